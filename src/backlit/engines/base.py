"""What a model can be asked to do. Engines offer these capabilities; methods need them.

An engine runs one call at a time: callers give it one thread. It leaves no trace of a call
behind (no altered weights, hooks or modes), and every returned array is float64 numpy.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt

from backlit.types import (
    FinishReason,
    GenerationOptions,
    Prompt,
    Target,
    Token,
    TokenSequence,
)

FloatArray = npt.NDArray[np.float64]

Progress = Callable[[str, int, int | None], None]
"""`progress(phase, done, total)`: called often; may raise `Cancelled` to stop the work."""


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
    """

    embeddings: FloatArray
    gradient: FloatArray
    log_probs: FloatArray


@runtime_checkable
class Engine(Protocol):
    """Reads and writes text: the least a model must do."""

    @property
    def name(self) -> str:
        """What people call it."""
        ...

    @property
    def metadata(self) -> Mapping[str, str]:
        """What an explanation should record: source, versions, dtype, device."""
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
        temperature and top-p) and the five best alternatives.
        """
        ...


@runtime_checkable
class Scorer(Engine, Protocol):
    """Says how likely a continuation is."""

    def score(
        self, contexts: Sequence[Sequence[int]], target: Sequence[int]
    ) -> Iterator[tuple[int, FloatArray]]:
        """Log-probabilities of `target` after each context.

        Args:
            contexts: token ids, each `(context,)`. Those that share a beginning with the
                first are cheaper: it is run once.
            target: token ids, `(target,)`, at least one.

        Yields:
            `(index, log_probs)`, the first context first and the others in whatever order is
            quickest; `log_probs` `(target,)` in nats.
        """
        ...

    def annotate(self, sequence: TokenSequence) -> TokenSequence:
        """The sequence, its response tokens with log-probability and alternatives."""
        ...


@runtime_checkable
class Differentiable(Scorer, Protocol):
    """Says how a target's log-probability changes with the input embeddings."""

    def gradient(self, input_ids: Sequence[int], target: Target) -> EmbeddingGradient:
        """Gradient of the target's summed log-probability at the token embeddings.

        Args:
            input_ids: `(seq,)`; what comes after the target is not run.
            target: token span, `target.start >= 1`.
        """
        ...


CAPABILITIES: dict[str, Any] = {
    "generate": Engine,
    "score": Scorer,
    "gradient": Differentiable,
}


def capabilities(engine: Engine) -> tuple[str, ...]:
    """The names of what an engine can do."""
    return tuple(name for name, kind in CAPABILITIES.items() if isinstance(engine, kind))


__all__ = [
    "CAPABILITIES",
    "Differentiable",
    "EmbeddingGradient",
    "Engine",
    "FloatArray",
    "GenerationStep",
    "Progress",
    "Scorer",
    "capabilities",
]
