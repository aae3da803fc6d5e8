"""What methods explain: log p(target), or log p(target) - log p(foil) for a contrast.

A method asks the objective, never the engine, so that it need not know whether there is a
foil, and so that no altered prompt is scored twice.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

import numpy as np

from backlit.engines.base import FloatArray
from backlit.types import Span, Target, TokenSequence

CHUNK = 32  # altered prompts handed to the engine at a time


@dataclass(frozen=True, slots=True)
class ContextGradient:
    """The objective and how it changes with the embeddings of the context.

    Attributes:
        embeddings: `(context, dim)`.
        gradient: `(context, dim)`.
        value: of the objective, nats.
    """

    embeddings: FloatArray
    gradient: FloatArray
    value: float


class Objective:
    """The objective of one target on one engine.

    Args:
        engine: with the capability that the method needs.
        sequence: a prompt and its response.
        target: what is explained, and its foil if there is one.
        chunk: the most altered prompts handed to the engine at a time.
    """

    def __init__(
        self, engine: Any, sequence: TokenSequence, target: Target, chunk: int = CHUNK
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
        self._log_probs: FloatArray | None = None  # (1 or 2,): of target and foil
        self._known: dict[bytes, float] = {}

    # ---- what is known of it -------------------------------------------------------------

    @property
    def target_log_prob(self) -> float:
        """The target's summed log-probability with everything there, nats."""
        return float(self._whole()[0])

    @property
    def foil_log_prob(self) -> float | None:
        """The foil's, if there is one."""
        return float(self._whole()[1]) if self.target.foil else None

    @property
    def value(self) -> float:
        """The objective with everything there, nats."""
        return float(self._whole() @ [1.0, -1.0][: len(self.answers)])

    def _whole(self) -> FloatArray:
        if self._log_probs is None:
            ((_, found),) = self.engine.score([self.context], *self.answers)
            self._learn(found)
        assert self._log_probs is not None
        return self._log_probs

    def _learn(self, found: FloatArray) -> None:
        """Keep what was found of the whole context, `(answers,)`."""
        size = len(self.answers[0])
        sums = [found[:size].sum(), found[size:].sum()]
        self._log_probs = np.array(sums[: len(self.answers)])

    # ---- altered prompts -----------------------------------------------------------------

    def score(self, contexts: Sequence[Sequence[int]]) -> Iterator[tuple[int, float]]:
        """The objective after each context: `(index, value)`, in whatever order is quickest.

        What was scored before is known, also by methods that ran earlier on this objective.
        """
        keys = [_key(context) for context in contexts]
        yield from self._scored(
            keys, lambda wanted: self.engine.score([contexts[i] for i in wanted], *self.answers)
        )

    def knock_out(self, spans: Sequence[Span]) -> Iterator[tuple[int, float]]:
        """The objective with the attention to each span cut: `(index, value)`.

        An empty span cuts nothing: that is the objective as it is.
        """
        keys = [
            b"knocked %d %d" % span if span[0] < span[1] else _key(self.context) for span in spans
        ]
        yield from self._scored(
            keys,
            lambda wanted: self.engine.knock_out(
                self.context, [spans[i] for i in wanted], *self.answers
            ),
        )

    def _scored(self, keys: list[bytes], run: Any) -> Iterator[tuple[int, float]]:
        """Values by key, of which those not known are run, so many at a time."""
        waiting: dict[bytes, list[int]] = {}
        for index, key in enumerate(keys):
            if key in self._known:
                yield index, self._known[key]
            else:
                waiting.setdefault(key, []).append(index)
        fresh = list(waiting.items())
        whole = _key(self.context)
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

    def gradient(self) -> ContextGradient:
        """At the embeddings as they are."""
        found = [self.engine.gradient(*case) for case in self._cases()]
        self._learn(np.concatenate([one.log_probs for one in found]))
        start = self.target.start
        return ContextGradient(
            found[0].embeddings[:start],
            _difference([one.gradient[:start] for one in found]),
            self.value,
        )

    def token_gradients(self) -> Iterator[ContextGradient]:
        """The gradient of each target token's own log-probability, over all that is before it.

        The foil has no part in it.
        """
        found = self.engine.token_gradients(*self._cases()[0])
        for number, one in enumerate(found, start=self.target.start):
            yield ContextGradient(
                one.embeddings[:number], one.gradient[:number], float(one.log_probs[0])
            )

    def score_at(self, contexts: FloatArray) -> FloatArray:
        """Values `(batch,)` for other embeddings of the context, `(batch, context, dim)`."""
        found = [self.engine.score_at(*case, contexts) for case in self._cases()]
        values: FloatArray = _difference(found)
        return values

    def gradient_at(self, contexts: FloatArray) -> tuple[FloatArray, FloatArray]:
        """As `score_at`, and the gradients there, `(batch, context, dim)`."""
        found = [self.engine.gradient_at(*case, contexts) for case in self._cases()]
        return _difference([f[0] for f in found]), _difference([f[1] for f in found])

    def edges(self) -> FloatArray:
        """Gradient by the gate of each edge of attention, `(query, key)`.

        Queries are the context and what of the answer predicts; keys are the context.
        """
        found = [self.engine.gate_gradient(*case) for case in self._cases()]
        self._learn(np.concatenate([one.log_probs for one in found]))
        start = self.target.start
        edges = np.zeros((max(len(one.edges) for one in found), start))  # (query, key)
        for one, sign in zip(found, (1, -1), strict=False):
            edges[: len(one.edges)] += sign * one.edges[:, :start]
        return edges

    def _cases(self) -> list[tuple[tuple[int, ...], Target]]:
        """Input ids and span of the target, and of the foil in its place."""
        start = self.target.start
        return [
            (self.context + answer, Target(start, start + len(answer))) for answer in self.answers
        ]


def _difference(found: Sequence[Any]) -> Any:
    return found[0] - found[1] if len(found) == 2 else found[0]


def _key(context: Sequence[int]) -> bytes:
    return blake2b(np.asarray(context, dtype=np.int64).tobytes(), digest_size=16).digest()
