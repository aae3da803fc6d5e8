"""Leave one segment out, and see what the target loses."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from backlit.methods.base import Facts, Scores
from backlit.methods.bounds import bound_notes
from backlit.methods.measurable import Measurable
from backlit.methods.perturbation import leave_one_out, replacement_ids, replacement_parameter
from backlit.progress import Progress
from backlit.types import Segment, opposite


@dataclass(frozen=True, slots=True)
class Occlusion:
    """The objective with everything there, minus without the segment, in nats.

    score_i = log p(target | all) - log p(target | all but segment i): positive if the segment
    supports the target. Li et al. 2016, arXiv:1612.08220.
    """

    facts: ClassVar[Facts] = Facts(
        name="occlusion",
        label="Occlusion",
        description=(
            "Takes each segment away in turn and measures how much log-probability the target "
            "loses. Slower; it measures, where gradients estimate."
        ),
        unit="nats",
        reference="Li et al. 2016, arXiv:1612.08220",
        kind="perturbation",
        signed=True,
        needs=("score",),
        scores_tokens=False,
    )

    replacement: str = replacement_parameter()

    def forward_passes(self, segments: int) -> float:
        return 1 + segments / 2  # half of the prompt stands before a segment, on average

    def altered_prompts(self, segments: Sequence[Segment], rounds: int = 1) -> int:
        return 1 + len(segments)  # a segment of several rounds is taken away once

    def attribute(
        self, objective: Measurable, segments: Sequence[Segment], progress: Progress
    ) -> Scores:
        ids = objective.context
        gap = replacement_ids(objective, self.replacement)
        contexts = [ids]
        # With nothing before it the target has no probability to speak of, so a segment that
        # is all there is scores against the last token alone.
        # Of answers that are written anew, a template's parts are no matter: they stay.
        stay = {"template"} if objective.quantity == "share" else set()
        contexts += [
            ids if s.role in stay else ids[: s.start] + gap + ids[s.stop :] or ids[-1:]
            for s in segments
        ]
        lost = leave_one_out(objective.score(contexts), segments, progress)
        bounds = objective.bounds(contexts[1:])
        count = sum(bound is not None for bound in bounds)
        return Scores(
            lost,
            notes=bound_notes(objective, count, len(bounds), measured=True),
            intervals=objective.intervals(lost),
            bounds=[opposite(bound) for bound in bounds] if count else None,
        )
