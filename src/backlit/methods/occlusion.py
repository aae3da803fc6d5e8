"""Leave one segment out, and see what the target loses."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal

from backlit.methods.base import Capability, Report, Scores
from backlit.methods.objective import Objective
from backlit.methods.perturbation import lost, replacement_ids, replacement_parameter
from backlit.types import Segment


@dataclass(frozen=True, slots=True)
class Occlusion:
    """The objective with everything there, minus without the segment."""

    name: ClassVar[str] = "occlusion"
    label: ClassVar[str] = "Occlusion"
    description: ClassVar[str] = (
        "Takes each segment away in turn and measures how much log-probability the target "
        "loses. Slower; it measures, where gradients estimate."
    )
    unit: ClassVar[str] = "nats"
    reference: ClassVar[str] = "Li et al. 2016, arXiv:1612.08220"
    kind: ClassVar[Literal["gradient", "perturbation"]] = "perturbation"
    signed: ClassVar[bool] = True
    complete: ClassVar[bool] = False
    needs: ClassVar[Capability] = "score"
    scores_tokens: ClassVar[bool] = False

    replacement: str = replacement_parameter()

    def runs(self, segments: int) -> float:
        return 1 + segments / 2  # half of the prompt stands before a segment, on average

    def attribute(
        self, objective: Objective, segments: Sequence[Segment], report: Report
    ) -> Scores:
        ids = objective.context
        gap = replacement_ids(objective, self.replacement)
        contexts = [ids]
        # With nothing before it the target has no probability to speak of, so a segment that
        # is all there is scores against the last token alone.
        contexts += [ids[: s.start] + gap + ids[s.stop :] or ids[-1:] for s in segments]
        return Scores(lost(objective.score(contexts), len(segments), report))
