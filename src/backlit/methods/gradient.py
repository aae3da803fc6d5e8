"""Gradient methods: one forward and one backward pass, a score for each token."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np

from backlit.engines.base import Differentiable
from backlit.methods.base import Report, Scores
from backlit.types import Segment, Target, TokenSequence


@dataclass(frozen=True, slots=True)
class GradL2:
    """The length of the gradient at each token's embedding: `||d log p / d e_i||`."""

    name: ClassVar[str] = "grad_l2"
    label: ClassVar[str] = "Grad L2"
    description: ClassVar[str] = (
        "How strongly the answer reacts to a small nudge of each token. "
        "Quick, but it does not say in which direction."
    )
    unit: ClassVar[str] = "nats per unit of embedding"
    reference: ClassVar[str] = "Simonyan et al. 2014, arXiv:1312.6034"
    signed: ClassVar[bool] = False
    complete: ClassVar[bool] = False
    needs: ClassVar[Literal["score", "gradient"]] = "gradient"
    scores_tokens: ClassVar[bool] = True

    def attribute(
        self,
        engine: Differentiable,
        sequence: TokenSequence,
        target: Target,
        segments: Sequence[Segment],
        report: Report,
    ) -> Scores:
        found = engine.gradient(sequence.input_ids, target)
        scores = np.linalg.norm(found.gradient[: target.start], axis=-1)  # (start,)
        return Scores(scores, float(found.log_probs.sum()))


@dataclass(frozen=True, slots=True)
class GradXInput:
    """Gradient times input: `e_i . d log p / d e_i`."""

    name: ClassVar[str] = "grad_x_input"
    label: ClassVar[str] = "Grad × Input"
    description: ClassVar[str] = (
        "A straight-line guess of what each token adds to the answer's log-probability. "
        "Quick and signed, but rough where the model bends."
    )
    unit: ClassVar[str] = "nats, to first order"
    reference: ClassVar[str] = "Denil et al. 2014, arXiv:1412.6815"
    signed: ClassVar[bool] = True
    complete: ClassVar[bool] = False
    needs: ClassVar[Literal["score", "gradient"]] = "gradient"
    scores_tokens: ClassVar[bool] = True

    def attribute(
        self,
        engine: Differentiable,
        sequence: TokenSequence,
        target: Target,
        segments: Sequence[Segment],
        report: Report,
    ) -> Scores:
        found = engine.gradient(sequence.input_ids, target)
        scores = (found.gradient * found.embeddings)[: target.start].sum(axis=-1)  # (start,)
        return Scores(scores, float(found.log_probs.sum()))
