"""Gradient methods: one forward and one backward pass, a score for each token."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from backlit.engines.base import FloatArray
from backlit.methods.base import Facts, Scores
from backlit.methods.objective import Objective
from backlit.progress import Progress
from backlit.types import Segment

BACKWARD = 3.0  # a forward and a backward pass, in forward passes
SHARES = (
    "This project; shares of a product as Sundararajan et al. 2017, arXiv:1703.01365, has them; "
    "compare GIM (Edin et al. 2025, arXiv:2505.17630) and AttnLRP (Achtibat et al. 2024, "
    "arXiv:2402.05602)"
)


@dataclass(frozen=True, slots=True)
class GradL2:
    """The length of the gradient at each token's embedding: `||d log p / d e_i||`.

    Not signed; nats per unit of embedding. Simonyan et al. 2014, arXiv:1312.6034.
    """

    facts: ClassVar[Facts] = Facts(
        name="grad_l2",
        label="Grad L2",
        description=(
            "How strongly the answer reacts to a small nudge of each token. "
            "Quick, but it does not say in which direction."
        ),
        unit="nats per unit of embedding",
        reference="Simonyan et al. 2014, arXiv:1312.6034",
        kind="gradient",
        signed=False,
        needs=("gradient",),
        scores_tokens=True,
        exact_cost=True,
    )

    def forward_passes(self, segments: int) -> float:
        return BACKWARD

    def attribute(
        self, objective: Objective, segments: Sequence[Segment], progress: Progress
    ) -> Scores:
        lengths: FloatArray = np.linalg.norm(objective.gradient().gradient, axis=-1)  # (context,)
        return Scores(lengths)


@dataclass(frozen=True, slots=True)
class GradXInput:
    """Gradient times input: `e_i . d log p / d e_i`, in nats to first order.

    Positive if the token supports the target. Denil et al. 2014, arXiv:1412.6815.
    """

    facts: ClassVar[Facts] = Facts(
        name="grad_x_input",
        label="Grad × Input",
        description=(
            "A straight-line guess of what each token adds to the answer's log-probability. "
            "Quick and signed, but rough where the model bends."
        ),
        unit="nats, to first order",
        reference="Denil et al. 2014, arXiv:1412.6815",
        kind="gradient",
        signed=True,
        needs=("gradient",),
        scores_tokens=True,
        exact_cost=True,
    )

    def forward_passes(self, segments: int) -> float:
        return BACKWARD

    def attribute(
        self, objective: Objective, segments: Sequence[Segment], progress: Progress
    ) -> Scores:
        point = objective.gradient()
        return Scores((point.gradient * point.embeddings).sum(axis=-1))  # (context,)


@dataclass(frozen=True, slots=True)
class InputRelevance:
    """Gradient times input, where on the way back the factors of products share the gradient.

    Of the target's words (`Objective.gradient`). Positive if the token supports them. No derivative
    of anything, and so no nats: what `Differentiable.gradient` says of `shared`.
    """

    facts: ClassVar[Facts] = Facts(
        name="input_relevance",
        label="Input relevance",
        description=(
            "Follows the answer back to the tokens that it was read from, through all that they "
            "were multiplied with. Quick and signed; the scores rank, they don't sum to anything."
        ),
        unit="relevance, not nats",
        reference=SHARES,
        kind="gradient",
        signed=True,
        needs=("gradient", "relevance"),
        scores_tokens=True,
        exact_cost=True,
    )

    def forward_passes(self, segments: int) -> float:
        return BACKWARD

    def attribute(
        self, objective: Objective, segments: Sequence[Segment], progress: Progress
    ) -> Scores:
        point = objective.gradient(shared=True)
        values: FloatArray = (point.gradient * point.embeddings).sum(axis=-1)  # (context,)
        return Scores(values, notes=point.notes)
