"""What methods explain: log p(target), or log p(target) - log p(foil) for a contrast.

A method asks the objective, never the engine, so that it need not know whether there is a
foil, and so that no altered prompt is scored twice.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from backlit.display.words import times_likely
from backlit.engines.base import (
    Engine,
    FloatArray,
    as_differentiable,
    as_gated,
    as_scorer,
)
from backlit.methods.bounds import Bounds
from backlit.types import Bound, Quantity, Span, Target, Token, TokenSequence, key_of

CHUNK = 32  # altered prompts handed to the engine at a time
SEPARATORS = frozenset(".,:;。，、：；،؛।")

Run = Callable[[list[int]], Iterator[tuple[int, FloatArray]]]
"""Log-probabilities of the answers after the contexts with these indices."""


@dataclass(frozen=True, slots=True)
class ContextGradient:
    """The objective and how it changes with the embeddings of the context.

    Attributes:
        embeddings: `(context, dim)`.
        gradient: `(context, dim)`.
        value: of the objective, nats.
        notes: sentences that the engine has for people.
    """

    embeddings: FloatArray
    gradient: FloatArray
    value: float
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ContextEdges:
    """How the objective changes with the gate of each edge of attention.

    Attributes:
        edges: `(query, key)`; queries are the context and what of the answer predicts, keys are
            the context.
        notes: sentences that the engine has for people.
    """

    edges: FloatArray
    notes: tuple[str, ...] = ()


class Objective:
    """The objective of one target on one engine: the seam between methods and engines.

    Args:
        engine: with the capability that the method needs.
        sequence: a prompt and its response.
        target: what is explained, and its foil if there is one.
        chunk: the most altered prompts handed to the engine at a time.
    """

    quantity: Quantity = "log_prob"

    def __init__(
        self, engine: Engine, sequence: TokenSequence, target: Target, chunk: int = CHUNK
    ) -> None:
        self._chunk = chunk
        self.engine = engine
        self.sequence = sequence
        self.target = target
        ids = sequence.input_ids
        self.context = ids[: target.start]
        self.answers: list[tuple[int, ...]] = [ids[target.start : target.stop]]
        if target.foil is not None:
            self.answers.append(target.foil.ids)
        lengths = [len(answer) for answer in self.answers]
        self._signs = np.repeat([1.0, -1.0][: len(lengths)], lengths)  # (answers,)
        self._words = (
            None if target.foil is not None else _words(sequence.tokens[target.start : target.stop])
        )
        self._log_probs: FloatArray | None = None  # (1 or 2,): of target and foil
        self._known: dict[bytes, float] = {}
        self._bounds = Bounds(engine, target, self.answers)

    def of(self, target: Target) -> "Objective":
        """The objective of another target of the same sequence."""
        return Objective(self.engine, self.sequence, target, self._chunk)

    # ---- with everything there -----------------------------------------------------------

    def log_probs(self) -> tuple[float, float | None]:
        """The summed log-probabilities of the target and, if there is one, of the foil, nats.

        Runs the model unless something that ran before has told them.

        Raises:
            TargetError: the engine knows them as bounds alone.
        """
        target, *foil = self._whole().tolist()
        return target, foil[0] if foil else None

    def value(self) -> float:
        """The objective, nats; runs the model as `log_probs` does."""
        return float(self._whole() @ [1.0, -1.0][: len(self.answers)])

    def _whole(self) -> FloatArray:
        if self._log_probs is None:
            ((_, log_probs),) = as_scorer(self.engine).score([self.context], *self.answers)
            self._bounds.refuse(self.context, self.sequence)
            self._learn(log_probs)
        assert self._log_probs is not None
        return self._log_probs

    def _learn(self, log_probs: FloatArray) -> None:
        """Keep what is known of the whole context, `(answers,)`."""
        size = len(self.answers[0])
        sums = [log_probs[:size].sum(), log_probs[size:].sum()]
        self._log_probs = np.array(sums[: len(self.answers)])

    # ---- what it comes to -----------------------------------------------------------------

    def change(self, lost: float) -> str:
        """What a loss of nats makes of the target: "163 times less likely"."""
        return times_likely(lost)

    def intervals(self, lost: FloatArray) -> FloatArray | None:
        """None: what an engine scores is exact."""
        return None

    def noise(self, values: FloatArray) -> FloatArray | None:
        """None, as for `intervals`."""
        return None

    # ---- reading -------------------------------------------------------------------------

    def tokenize(self, text: str) -> tuple[int, ...]:
        """The ids of a text that stands behind the prompt.

        Raises:
            TargetError: the tokenizer can't write it.
        """
        prompt = self.sequence.prompt
        return self.engine.append(prompt, text).input_ids[prompt.prompt_length :]

    @property
    def vocabulary_size(self) -> int:
        """How many ids have an embedding."""
        return as_differentiable(self.engine).vocabulary_size

    def embed(self, ids: Sequence[int]) -> FloatArray:
        """The embeddings of ids `(n,)`: `(n, dim)`."""
        return as_differentiable(self.engine).embed(ids)

    # ---- altered prompts -----------------------------------------------------------------

    def score(self, contexts: Sequence[Sequence[int]]) -> Iterator[tuple[int, float]]:
        """The objective after each context: `(index, value)`, in whatever order is quickest.

        What was scored before is known, also by methods that ran earlier on this objective.

        Raises:
            TargetError: as `log_probs`, before any other context is scored.
        """
        scorer = as_scorer(self.engine)
        keys = [key_of(context) for context in contexts]
        if self._bounds.possible:
            self._whole()

        def run(indices: list[int]) -> Iterator[tuple[int, FloatArray]]:
            for number, log_probs in scorer.score([contexts[i] for i in indices], *self.answers):
                self._bounds.learn(contexts[indices[number]])
                yield number, log_probs

        yield from self._scored(keys, run)

    def bounds(self, contexts: Sequence[Sequence[int]]) -> list[Bound | None]:
        """What the values tell that `score` gave after these contexts; None if they are exact."""
        return [self._bounds.of(context) for context in contexts]

    def knock_out(self, spans: Sequence[Span]) -> Iterator[tuple[int, float]]:
        """The objective with the attention to each span cut: `(index, value)`.

        An empty span cuts nothing: that is the objective as it is.
        """
        gated = as_gated(self.engine)
        keys = [
            b"knocked %d %d" % span if span[0] < span[1] else key_of(self.context) for span in spans
        ]
        yield from self._scored(
            keys,
            lambda indices: gated.knock_out(
                self.context, [spans[i] for i in indices], *self.answers
            ),
        )

    def _scored(self, keys: list[bytes], run: Run) -> Iterator[tuple[int, float]]:
        """Values by key, of which those not known are run, so many at a time."""
        waiting: dict[bytes, list[int]] = {}
        for index, key in enumerate(keys):
            if key in self._known:
                yield index, self._known[key]
            else:
                waiting.setdefault(key, []).append(index)
        fresh = list(waiting.items())
        whole = key_of(self.context)
        for at in range(0, len(fresh), self._chunk):
            chunk = fresh[at : at + self._chunk]
            for number, log_probs in run([indices[0] for _, indices in chunk]):
                key, indices = chunk[number]
                if key == whole:
                    self._learn(log_probs)
                self._known[key] = float(log_probs @ self._signs)
                for index in indices:
                    yield index, self._known[key]

    # ---- gradients -----------------------------------------------------------------------

    def gradient(self, *, shared: bool = False) -> ContextGradient:
        """At the embeddings as they are.

        Args:
            shared: as for `Differentiable.gradient`. Then only the target's words are asked about,
                unless there is a foil or it has none: what makes a model set a colon, say, is often
                not what gave it the words on either side, and speaks against them.
        """
        engine = as_differentiable(self.engine)
        words = partial(engine.gradient, shared=True, weights=self._words)
        ask = words if shared else engine.gradient
        each = [ask(*case) for case in self._cases()]
        self._learn(np.concatenate([one.log_probs for one in each]))
        start = self.target.start
        return ContextGradient(
            each[0].embeddings[:start],
            _difference([one.gradient[:start] for one in each]),
            self.value(),
            each[0].notes,
        )

    def score_at(self, contexts: FloatArray) -> FloatArray:
        """Values `(batch,)` for other embeddings of the context, `(batch, context, dim)`."""
        engine = as_differentiable(self.engine)
        return _difference([engine.score_at(*case, contexts) for case in self._cases()])

    def gradient_at(self, contexts: FloatArray) -> tuple[FloatArray, FloatArray]:
        """As `score_at`, and the gradients there, `(batch, context, dim)`."""
        engine = as_differentiable(self.engine)
        each = [engine.gradient_at(*case, contexts) for case in self._cases()]
        values, gradients = zip(*each, strict=True)
        return _difference(values), _difference(gradients)

    def edges(self, *, shared: bool = False) -> ContextEdges:
        """Gradient by the gate of each edge; `shared` as for `gradient`."""
        gated = as_gated(self.engine)
        words = partial(gated.gate_gradient, shared=True, weights=self._words)
        ask = words if shared else gated.gate_gradient
        each = [ask(*case) for case in self._cases()]
        self._learn(np.concatenate([one.log_probs for one in each]))
        start = self.target.start
        edges = np.zeros((max(len(one.edges) for one in each), start))  # (query, key)
        for one, sign in zip(each, (1, -1), strict=False):
            edges[: len(one.edges)] += sign * one.edges[:, :start]
        return ContextEdges(edges, each[0].notes)

    def _cases(self) -> list[tuple[tuple[int, ...], Target]]:
        """Input ids and span of the target, and of the foil in its place."""
        start = self.target.start
        return [
            (self.context + answer, Target(start, start + len(answer))) for answer in self.answers
        ]


def _words(tokens: Sequence[Token]) -> list[float] | None:
    """A 1 for each token but those that only set words apart; None if that is all or none."""
    weights = [float(not SEPARATORS.issuperset(token.text.strip())) for token in tokens]
    return weights if 0 < sum(weights) < len(weights) else None


def _difference(arrays: Sequence[FloatArray]) -> FloatArray:
    """The target's, less the foil's if there is one."""
    return arrays[0] - arrays[1] if len(arrays) == 2 else arrays[0]
