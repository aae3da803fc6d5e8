"""Leave one segment out, and see what the target loses."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np

from backlit.engines.base import Scorer
from backlit.methods.base import Report, Scores
from backlit.types import Segment, Target, TokenSequence


@dataclass(frozen=True, slots=True)
class Occlusion:
    """Log-probability of the target with everything there, minus without the segment."""

    name: ClassVar[str] = "occlusion"
    label: ClassVar[str] = "Occlusion"
    description: ClassVar[str] = (
        "Takes each segment away in turn and measures how much log-probability the target "
        "loses. Slower; it measures, where gradients estimate."
    )
    unit: ClassVar[str] = "nats"
    reference: ClassVar[str] = "Li et al. 2016, arXiv:1612.08220"
    signed: ClassVar[bool] = True
    complete: ClassVar[bool] = False
    needs: ClassVar[Literal["score", "gradient"]] = "score"
    scores_tokens: ClassVar[bool] = False

    def attribute(
        self,
        engine: Scorer,
        sequence: TokenSequence,
        target: Target,
        segments: Sequence[Segment],
        report: Report,
    ) -> Scores:
        ids = sequence.input_ids
        contexts = [ids[: target.start]]
        # With nothing before it the target has no probability to speak of, so a segment that
        # is all there is scores against the last token alone.
        contexts += [
            ids[: s.start] + ids[s.stop : target.start] or ids[target.start - 1 : target.start]
            for s in segments
        ]
        scores = np.zeros(len(segments))  # (segments,)
        whole = 0.0
        found = engine.score(contexts, ids[target.start : target.stop])
        for done, (index, log_probs) in enumerate(found):
            if index == 0:
                whole = float(log_probs.sum())
                report(0, len(segments), ())
            else:
                scores[index - 1] = whole - log_probs.sum()
                report(done, len(segments), [(index - 1, float(scores[index - 1]))])
        return Scores(scores, whole)
