"""What all methods share that take segments away: masks -> prompts -> values."""

from collections.abc import Callable, Iterable, Sequence

import numpy as np
import numpy.typing as npt

from backlit.methods.base import FloatArray, Report, parameter
from backlit.methods.objective import Objective
from backlit.types import Segment

Masks = npt.NDArray[np.bool_]
Estimate = Callable[[Masks, FloatArray], FloatArray]

ROUND = 32  # masks between two looks at what they say so far
BOOTSTRAPS = 50


class Ablation:
    """The objective as a function of which segments are kept.

    Segments that a chat template or tokenizer added are always kept. Where nothing at all
    would be left, the last token before the target is: a model must read something.

    Args:
        objective: what is measured.
        segments: they tile the context.
        replacement: text to put in a segment's place; "" takes it away.

    Attributes:
        players: indices of the segments that may be taken away, `(players,)`.
    """

    def __init__(
        self, objective: Objective, segments: Sequence[Segment], replacement: str = ""
    ) -> None:
        self._objective = objective
        self._segments = segments
        self._gap = replacement_ids(objective, replacement)
        free = [i for i, segment in enumerate(segments) if segment.role != "template"]
        self.players = np.array(free, dtype=np.intp)

    def context(self, mask: npt.NDArray[np.bool_]) -> tuple[int, ...]:
        """The ids that are left when `mask` `(players,)` says who is kept."""
        kept = np.ones(len(self._segments), dtype=bool)
        kept[self.players] = mask
        ids = self._objective.context
        left: list[int] = []
        for segment, keep in zip(self._segments, kept, strict=True):
            left += ids[segment.start : segment.stop] if keep else self._gap
        return tuple(left) or ids[-1:]

    def values(
        self, masks: Masks, report: Callable[[int, int], None] = lambda done, total: None
    ) -> FloatArray:
        """The objective `(masks,)` for masks `(masks, players)`; reports after each."""
        values = np.zeros(len(masks))  # (masks,)
        found = self._objective.score([self.context(mask) for mask in masks])
        for done, (index, value) in enumerate(found, start=1):
            values[index] = value
            report(done, len(masks))
        return values

    def sampled(self, masks: Masks, estimate: Estimate, report: Report, least: int) -> FloatArray:
        """As `values`, reporting what `estimate(masks, values)` makes of those known so far.

        Args:
            masks: `(masks, players)`.
            estimate: scores `(players,)` from masks and their values.
            report: as a method gets it.
            least: masks it needs before an estimate means anything.
        """
        values = np.zeros(len(masks))  # (masks,)
        for at in range(0, len(masks), ROUND):
            part = slice(at, min(at + ROUND, len(masks)))

            def told(done: int, total: int, at: int = at) -> None:
                report(at + done, len(masks), ())

            values[part] = self.values(masks[part], told)
            if least <= part.stop < len(masks):
                scores = estimate(masks[: part.stop], values[: part.stop])
                pairs = zip(self.players.tolist(), scores.tolist(), strict=True)
                report(part.stop, len(masks), list(pairs))
        return values

    def spread(self, scores: FloatArray) -> FloatArray:
        """Scores of players `(players,)` as scores of segments `(segments,)`."""
        whole = np.zeros(len(self._segments))  # (segments,)
        whole[self.players] = scores
        return whole


def lost(values: Iterable[tuple[int, float]], count: int, report: Report) -> FloatArray:
    """What the objective loses without each segment, `(count,)`, reported as it becomes known.

    Args:
        values: `(0, value with everything there)` and `(i, value without segment i - 1)`.
        count: how many segments.
        report: as a method gets it.
    """
    found = np.zeros(1 + count)  # (1 + segments,)
    known: list[int] = []
    for done, (index, value) in enumerate(values):
        found[index] = value
        known.append(index)
        if 0 in known:
            report(done, count, [(i - 1, float(found[0] - found[i])) for i in known if i])
            known = [0]
    scores: FloatArray = found[0] - found[1:]
    return scores


def replacement_ids(objective: Objective, text: str) -> tuple[int, ...]:
    """The ids of a text that takes a segment's place.

    Raises:
        TargetError: the tokenizer can't write it.
    """
    if not text:
        return ()
    before = objective.sequence.prompt
    ids: tuple[int, ...] = objective.engine.append(before, text).input_ids
    return ids[before.prompt_length :]


def bootstrap(masks: Masks, values: FloatArray, estimate: Estimate, seed: int) -> FloatArray:
    """Standard errors `(players,)`: how estimates vary over resampled ablations.

    Efron 1979, doi:10.1214/aos/1176344552.
    """
    random = np.random.default_rng(seed)
    draws = random.integers(len(masks), size=(BOOTSTRAPS, len(masks)))  # (draws, masks)
    estimates = np.array([estimate(masks[draw], values[draw]) for draw in draws])
    errors: FloatArray = estimates.std(axis=0, ddof=1)
    return errors


def replacement_parameter() -> str:
    """What is put in a segment's place, declared alike for all."""
    made: str = parameter(
        "", "Replacement", "Text to put in a segment's place; empty takes it away."
    )
    return made


def samples_parameter(default: int) -> int:
    """How many altered prompts are run."""
    made: int = parameter(
        default,
        "Samples",
        "How many altered prompts are run: more is slower and surer.",
        minimum=8,
        maximum=20_000,
    )
    return made


def seed_parameter() -> int:
    """Which altered prompts are run."""
    made: int = parameter(
        0, "Seed", "Another seed runs other altered prompts.", minimum=0, maximum=2**31
    )
    return made
