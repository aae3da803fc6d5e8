"""Gradient methods: one forward and one backward pass, a score for each token."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np

from backlit.methods.base import Capability, FloatArray, Report, Scores
from backlit.methods.objective import ContextGradient, Objective
from backlit.types import Segment

BACKWARD = 3.0  # a forward and a backward pass, in forward passes


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
    kind: ClassVar[Literal["gradient", "perturbation"]] = "gradient"
    signed: ClassVar[bool] = False
    complete: ClassVar[bool] = False
    needs: ClassVar[Capability] = "gradient"
    scores_tokens: ClassVar[bool] = True

    def runs(self, segments: int) -> float:
        return BACKWARD

    def attribute(
        self, objective: Objective, segments: Sequence[Segment], report: Report
    ) -> Scores:
        return Scores(self.of(objective.gradient()))

    def of(self, found: ContextGradient) -> FloatArray:
        """Scores `(context,)` from a gradient."""
        lengths: FloatArray = np.linalg.norm(found.gradient, axis=-1)
        return lengths


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
    kind: ClassVar[Literal["gradient", "perturbation"]] = "gradient"
    signed: ClassVar[bool] = True
    complete: ClassVar[bool] = False
    needs: ClassVar[Capability] = "gradient"
    scores_tokens: ClassVar[bool] = True

    def runs(self, segments: int) -> float:
        return BACKWARD

    def attribute(
        self, objective: Objective, segments: Sequence[Segment], report: Report
    ) -> Scores:
        return Scores(self.of(objective.gradient()))

    def of(self, found: ContextGradient) -> FloatArray:
        """Scores `(context,)` from a gradient."""
        products: FloatArray = (found.gradient * found.embeddings).sum(axis=-1)
        return products
