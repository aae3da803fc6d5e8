"""What a model can be asked to do. Engines offer these capabilities; methods need them.

What an engine can do is settled when it is made, and said in `capabilities`: asking never runs
the model. Reading (`tokenize`, `append`) is safe from any thread, also while the model runs; of
all else an engine does one call at a time, and its callers see to that. It leaves no trace of a
call behind (no altered weights, hooks or modes), and every returned array is float64 numpy.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol, cast, runtime_checkable

import numpy as np
import numpy.typing as npt

from backlit.errors import CapabilityError
from backlit.types import (
    FinishReason,
    GenerationOptions,
    Prompt,
    Span,
    Target,
    Token,
    TokenSequence,
)

FloatArray = npt.NDArray[np.float64]

Capability = Literal["generate", "score", "gradient", "gates", "relevance", "batch"]
"""`generate`: writes responses. `score`, `gradient`, `gates` and `batch` are `Scorer`,
`Differentiable`, `Gated` and `Batched`; `relevance`: those of gradients and gates, where it has
them, also know `shared=True`.
"""


@dataclass(frozen=True, slots=True)
class GenerationStep:
    """Tokens whose characters are complete now, and why writing ended, on the last step."""

    tokens: tuple[Token, ...]
    finish_reason: FinishReason | None = None


@dataclass(frozen=True, slots=True)
class EmbeddingGradient:
    """The target's summed log-probability and how it changes with each input embedding.

    Attributes:
        embeddings: what the embedding layer put out, `(seq, dim)`, up to the target's last
            token but one (the last one predicts nothing in the target).
        gradient: d sum(log_probs) / d embeddings, `(seq, dim)`.
        log_probs: of each target token, nats, `(target,)`.
        notes: sentences for people: where products could not be shared.
    """

    embeddings: FloatArray
    gradient: FloatArray
    log_probs: FloatArray
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class EdgeGradient:
    """The target's summed log-probability and how it changes with each edge of attention.

    Every edge from a token (query) to an earlier one or itself (key) has a gate of 1, which
    multiplies the attention weight before it is normalized, in all layers and heads at once.

    Attributes:
        edges: d sum(log_probs) / d gate, `(query, key)`, zero where no edge is.
        log_probs: of each target token, nats, `(target,)`.
        notes: sentences for people: where products could not be shared.
    """

    edges: FloatArray
    log_probs: FloatArray
    notes: tuple[str, ...] = ()


@runtime_checkable
class Engine(Protocol):
    """Reads text, and writes it if it can: the least a model must do."""

    @property
    def name(self) -> str:
        """What people call it."""
        ...

    @property
    def metadata(self) -> Mapping[str, str]:
        """What an explanation should record: source, versions, dtype, device."""
        ...

    @property
    def capabilities(self) -> frozenset[Capability]:
        """What it can do; the same as long as it lives."""
        ...

    @property
    def context_length(self) -> int | None:
        """The most tokens it can read, or None if it knows no bound."""
        ...

    @property
    def chat(self) -> bool:
        """Whether it has a chat template."""
        ...

    def tokenize(self, prompt: Prompt) -> TokenSequence:
        """Read a prompt; `prompt_length` is all of it.

        Raises:
            PromptError: empty, holding lone surrogates, longer than the context, or
                messages for a model with no chat template.
        """
        ...

    def append(self, prompt: TokenSequence, response: str | Sequence[int]) -> TokenSequence:
        """The prompt and a given response: text to tokenize, or ids to show as they are.

        Raises:
            TargetError: the tokenizer can't write it, it is empty, or it does not fit.
        """
        ...

    def generate(
        self, prompt: TokenSequence, options: GenerationOptions
    ) -> Iterator[GenerationStep]:
        """Write a response, step by step; closing the iterator stops it at once.

        Tokens carry log-probability (nats, of the model's own distribution, before
        temperature and top-p) and the five best alternatives, where the model tells them: all
        tokens or none.

        Raises:
            CapabilityError: at once, if it can only score what is given.
        """
        ...


@runtime_checkable
class Scorer(Engine, Protocol):
    """Says how likely a continuation is."""

    def score(
        self, contexts: Sequence[Sequence[int]], *answers: Sequence[int]
    ) -> Iterator[tuple[int, FloatArray]]:
        """Log-probabilities of each answer after each context.

        Args:
            contexts: token ids, each `(context,)`, not empty. What they begin with alike may
                be run once.
            answers: token ids, each `(answer,)`, at least one of at least one.

        Yields:
            `(index, log_probs)`, the first context first and the others in whatever order is
            quickest; `log_probs` in nats, those of all answers one behind the other:
            `(answers,)`. Of a model that tells only their sum over an answer, equal shares.
        """
        ...

    def annotate(self, sequence: TokenSequence) -> TokenSequence:
        """The sequence, its response tokens with log-probability and alternatives, where the
        model tells them: all tokens or none.
        """
        ...


@runtime_checkable
class Batched(Scorer, Protocol):
    """Runs many prompts at once, what they begin with alike once: as alone, but for rounding."""

    def generate_batch(
        self, prompts: Sequence[TokenSequence], options: Sequence[GenerationOptions]
    ) -> Iterator[tuple[int, GenerationStep]]:
        """As `generate` for each prompt with its options: `(index, step)`, as they come."""
        ...

    def score_batch(
        self, contexts: Sequence[Sequence[int]], answers: Sequence[Sequence[int]]
    ) -> Iterator[tuple[int, FloatArray]]:
        """As `score`, of one answer after each context, its own: `(index, log_probs)`, in whatever
        order is quickest, `log_probs` `(answer,)`. Not asked of engines that score nothing.
        """
        ...


@runtime_checkable
class Differentiable(Scorer, Protocol):
    """Says how a target's log-probability changes with the input embeddings."""

    @property
    def vocabulary_size(self) -> int:
        """How many ids have an embedding."""
        ...

    def embed(self, ids: Sequence[int]) -> FloatArray:
        """What the embedding layer puts out for ids `(n,)`: `(n, dim)`."""
        ...

    def gradient(
        self,
        input_ids: Sequence[int],
        target: Target,
        *,
        shared: bool = False,
        weights: Sequence[float] | None = None,
    ) -> EmbeddingGradient:
        """Gradient of the target's summed log-probability at the token embeddings.

        Args:
            input_ids: `(seq,)`; what comes after the target is not run.
            target: token span, `target.start >= 1`.
            shared: on the way back, the factors of each product share its gradient: of two, each
                gets a half, its Aumann-Shapley share (Sundararajan et al. 2017,
                arXiv:1703.01365). No derivative any more, and only for those that offer
                `relevance`.
            weights: of the log-probability of each token of the target in what is differentiated,
                `(target,)`; left out, all are 1. Given only with `shared`.
        """
        ...

    def score_at(
        self, input_ids: Sequence[int], target: Target, contexts: FloatArray
    ) -> FloatArray:
        """The target's summed log-probability, `(batch,)`, for other embeddings before it.

        Args:
            input_ids: `(seq,)`, as for `gradient`.
            target: token span.
            contexts: embeddings in place of those before the target, `(batch, start, dim)`.
        """
        ...

    def gradient_at(
        self, input_ids: Sequence[int], target: Target, contexts: FloatArray
    ) -> tuple[FloatArray, FloatArray]:
        """As `score_at`, and the gradients there, `(batch, start, dim)`."""
        ...


@runtime_checkable
class Gated(Scorer, Protocol):
    """Says how the target's log-probability changes when attention is gated."""

    def gate_gradient(
        self,
        input_ids: Sequence[int],
        target: Target,
        *,
        shared: bool = False,
        weights: Sequence[float] | None = None,
    ) -> EdgeGradient:
        """Gradient at the gates of all edges; arguments as for `Differentiable.gradient`."""
        ...

    def knock_out(
        self, context: Sequence[int], spans: Sequence[Span], *answers: Sequence[int]
    ) -> Iterator[tuple[int, FloatArray]]:
        """As `score`, the context being the same each time but for one span of it that no
        token behind the span attends to: its gates are 0. Positions stay what they are.
        """
        ...


def as_scorer(engine: Engine) -> Scorer:
    """The engine as a `Scorer`.

    Raises:
        CapabilityError: it is none.
    """
    if "score" not in engine.capabilities:
        raise CapabilityError(
            f"{engine.name} can't say how likely a given text is.", "Pick another model."
        )
    return cast(Scorer, engine)


def as_differentiable(engine: Engine) -> Differentiable:
    """The engine as `Differentiable`.

    Raises:
        CapabilityError: it has no gradients.
    """
    if "gradient" not in engine.capabilities:
        raise CapabilityError(f"{engine.name} has no gradients.", "Pick another model or method.")
    return cast(Differentiable, engine)


def as_gated(engine: Engine) -> Gated:
    """The engine as `Gated`.

    Raises:
        CapabilityError: its attention can't be changed.
    """
    if "gates" not in engine.capabilities:
        raise CapabilityError(
            f"The attention of {engine.name} can't be changed.", "Use occlusion instead."
        )
    return cast(Gated, engine)
