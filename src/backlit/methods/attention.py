"""Methods that take segments out of attention instead of out of the prompt."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from backlit.methods.base import Facts, Scores
from backlit.methods.gradient import BACKWARD, SHARES
from backlit.methods.objective import ContextEdges, Objective
from backlit.methods.perturbation import leave_one_out
from backlit.progress import Progress
from backlit.types import Segment


@dataclass(frozen=True, slots=True)
class GateGradient:
    """How the objective changes with a gate on the attention that later tokens pay a token.

    Each token's keys get a gate g in every layer and head, added to the attention logits as
    log g for all later tokens. At g = 1, where the model is what it is, the derivative by g is
    the first-order effect of closing the gate: score_i = d log p / d g_i, positive if
    the token supports the target. One backward pass gives it for every token at once.
    """

    facts: ClassVar[Facts] = Facts(
        name="gate_gradient",
        label="Gate gradient",
        description=(
            "What the answer would lose if later tokens paid each token less attention, all from "
            "one backward pass. Quick and signed; an estimate of knockout."
        ),
        unit="nats, to first order",
        reference=(
            "This project; compare attention knockout (Geva et al. 2023, arXiv:2304.14767), "
            "AtMan (Deiseroth et al. 2023, arXiv:2301.08110) and attribution patching "
            "(Syed et al. 2023, arXiv:2310.10348)"
        ),
        kind="gradient",
        signed=True,
        needs=("gates",),
        scores_tokens=True,
        exact_cost=True,
    )

    def forward_passes(self, segments: int) -> float:
        return BACKWARD

    def attribute(
        self, objective: Objective, segments: Sequence[Segment], progress: Progress
    ) -> Scores:
        return _column_sums(objective.edges())


@dataclass(frozen=True, slots=True)
class GateRelevance:
    """The gate gradient, where on the way back the factors of products share the gradient.

    The same gates and sums as `GateGradient`, for the target's words (`Objective.edges`). Positive
    if the token supports them. No derivative of anything, and so no nats: what
    `Differentiable.gradient` says of `shared`.
    """

    facts: ClassVar[Facts] = Facts(
        name="gate_relevance",
        label="Gate relevance",
        description=(
            "Follows the answer back through the model's attention to the tokens that it was "
            "read from. Quick and signed; the scores rank, they don't sum to anything."
        ),
        unit="relevance, not nats",
        reference=SHARES,
        kind="gradient",
        signed=True,
        needs=("gates", "relevance"),
        scores_tokens=True,
        exact_cost=True,
    )

    def forward_passes(self, segments: int) -> float:
        return BACKWARD

    def attribute(
        self, objective: Objective, segments: Sequence[Segment], progress: Progress
    ) -> Scores:
        return _column_sums(objective.edges(shared=True))


@dataclass(frozen=True, slots=True)
class Knockout:
    """The objective with everything there, minus with no attention to the segment, in nats.

    The gates of all edges from behind the segment into it are 0 in every layer and head; it sees
    itself, and positions stay what they are. Positive if the segment supports the target. Geva et
    al. 2023, arXiv:2304.14767.
    """

    facts: ClassVar[Facts] = Facts(
        name="knockout",
        label="Knockout",
        description=(
            "Hides each segment in turn from everything behind it and measures what the answer "
            "loses. Like occlusion, but all else stays in its place."
        ),
        unit="nats",
        reference="Geva et al. 2023, arXiv:2304.14767",
        kind="perturbation",
        signed=True,
        needs=("gates",),
        scores_tokens=False,
    )

    def forward_passes(self, segments: int) -> float:
        return 1 + segments / 2  # half of the prompt stands before a segment, on average

    def attribute(
        self, objective: Objective, segments: Sequence[Segment], progress: Progress
    ) -> Scores:
        spans = [(0, 0), *((segment.start, segment.stop) for segment in segments)]
        return Scores(leave_one_out(objective.knock_out(spans), segments, progress))


def _column_sums(found: ContextEdges) -> Scores:
    """What all later tokens' edges to a token sum to; a token always sees itself."""
    return Scores(np.tril(found.edges, -1).sum(axis=0), notes=found.notes)  # (context,)
