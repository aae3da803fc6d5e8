"""What all methods share that take segments away: masks -> prompts -> values."""

from collections.abc import Callable, Iterable, Sequence

import numpy as np
import numpy.typing as npt

from backlit.display.speech import say
from backlit.engines.base import FloatArray
from backlit.methods.base import parameter
from backlit.methods.bounds import bound_notes
from backlit.methods.measurable import Measurable
from backlit.progress import Progress
from backlit.types import Bound, Segment, Span

Masks = npt.NDArray[np.bool_]
Estimate = Callable[[Masks, FloatArray], FloatArray]

MASKS_PER_ESTIMATE = 32  # masks between two looks at what they say so far
BOOTSTRAP_DRAWS = 50


class Ablation:
    """The objective as a function of which segments are kept.

    Segments that a chat template or tokenizer added are always kept. Where nothing at all
    would be left, the last token before the target is: a model must read something.

    Args:
        objective: what is measured.
        segments: they tile the context.
        replacement: text to put in a segment's place; "" takes it away.
        keep: token spans; segments that hold some of them are always kept, too.

    Attributes:
        maskable: indices of the segments that may be taken away, `(maskable,)`.
    """

    def __init__(
        self,
        objective: Measurable,
        segments: Sequence[Segment],
        replacement: str = "",
        keep: Sequence[Span] = (),
    ) -> None:
        self._objective = objective
        self._segments = segments
        self._gap = replacement_ids(objective, replacement)
        self._bounds: dict[bytes, Bound] = {}  # of the values by mask, those that are not exact
        free = [
            i
            for i, one in enumerate(segments)
            if one.role != "template" and not any(a < one.stop and b > one.start for a, b in keep)
        ]
        self.maskable = np.array(free, dtype=np.intp)

    def context(self, mask: npt.NDArray[np.bool_]) -> tuple[int, ...]:
        """The ids that are left when `mask` `(maskable,)` says who is kept."""
        kept = np.ones(len(self._segments), dtype=bool)
        kept[self.maskable] = mask
        ids = self._objective.context
        ids_left: list[int] = []
        for segment, keep in zip(self._segments, kept, strict=True):
            ids_left += ids[segment.start : segment.stop] if keep else self._gap
        return tuple(ids_left) or ids[-1:]

    def values(self, masks: Masks, report: Callable[[int], None] = lambda done: None) -> FloatArray:
        """The objective `(masks,)` for masks `(masks, maskable)`; tells after each how many."""
        values = np.zeros(len(masks))  # (masks,)
        contexts = [self.context(mask) for mask in masks]
        scored = self._objective.score(contexts)
        for done, (index, value) in enumerate(scored, start=1):
            values[index] = value
            report(done)
        for mask, bound in zip(masks, self._objective.bounds(contexts), strict=True):
            if bound is not None:
                self._bounds[mask.tobytes()] = bound
        return values

    def bounds(self, masks: Masks) -> list[Bound | None]:
        """What the values of masks that were run tell; None if they are exact."""
        return [self._bounds.get(mask.tobytes()) for mask in masks]

    @property
    def bounded(self) -> int:
        """How many of the masks that were run have a value that is not exact."""
        return len(self._bounds)

    def rough(self) -> list[Bound | None] | None:
        """What scores tell that are fitted to all values: `(segments,)`, None if all are exact."""
        if not self._bounds:
            return None
        masked = set(self.maskable.tolist())
        return ["about" if i in masked else None for i in range(len(self._segments))]

    def bound_notes(self, masks: Masks) -> tuple[str, ...]:
        """What to say with such scores."""
        altered = {mask.tobytes() for mask in masks if not mask.all()} if self._bounds else ()
        return bound_notes(self._objective, self.bounded, len(altered), measured=False)

    def sampled(
        self, masks: Masks, estimate: Estimate, progress: Progress, min_masks: int
    ) -> FloatArray:
        """As `values`, telling what `estimate(masks, values)` makes of those known so far.

        Args:
            masks: `(masks, maskable)`.
            estimate: scores `(maskable,)` from masks and their values.
            progress: as a method gets it.
            min_masks: masks it needs before an estimate means anything.
        """
        total = len(masks)
        values = np.zeros(total)  # (masks,)
        for at in range(0, total, MASKS_PER_ESTIMATE):
            part = slice(at, min(at + MASKS_PER_ESTIMATE, total))

            def report(done: int, at: int = at) -> None:
                progress("explain", at + done, total)

            values[part] = self.values(masks[part], report)
            if min_masks <= part.stop < total:
                scores = estimate(masks[: part.stop], values[: part.stop]).tolist()
                own = [self._segments[i] for i in self.maskable]
                partial = [(s.start, s.stop, score) for s, score in zip(own, scores, strict=True)]
                progress("explain", part.stop, total, partial)
        return values

    def to_segments(self, scores: FloatArray) -> FloatArray:
        """Scores of maskable segments `(maskable,)` as scores of all, `(segments,)`."""
        whole = np.zeros(len(self._segments))  # (segments,)
        whole[self.maskable] = scores
        return whole


def leave_one_out(
    values: Iterable[tuple[int, float]], segments: Sequence[Segment], progress: Progress
) -> FloatArray:
    """What the objective loses without each segment, `(segments,)`, told as it becomes known.

    Args:
        values: `(0, value with everything there)` and `(i, value without segment i - 1)`.
        segments: of which one is left out at a time.
        progress: as a method gets it.
    """
    known = np.zeros(1 + len(segments))  # (1 + segments,)
    unreported: list[int] = []
    whole_is_known = False
    for done, (index, value) in enumerate(values):
        known[index] = value
        if index:
            unreported.append(index)
        whole_is_known |= index == 0
        if whole_is_known:
            partial = [
                (segments[i - 1].start, segments[i - 1].stop, float(known[0] - known[i]))
                for i in unreported
            ]
            progress("explain", done, len(segments), partial)
            unreported.clear()
    scores: FloatArray = known[0] - known[1:]
    return scores


def replacement_ids(objective: Measurable, text: str) -> tuple[int, ...]:
    """The ids of a text that takes a segment's place.

    Raises:
        TargetError: the tokenizer can't write it.
    """
    return objective.tokenize(text) if text else ()


def bootstrap(masks: Masks, values: FloatArray, estimate: Estimate, seed: int) -> FloatArray:
    """Standard errors `(maskable,)`: how estimates vary over resampled ablations.

    Efron 1979, doi:10.1214/aos/1176344552.
    """
    random = np.random.default_rng(seed)
    draws = random.integers(len(masks), size=(BOOTSTRAP_DRAWS, len(masks)))  # (draws, masks)
    estimates = np.array([estimate(masks[draw], values[draw]) for draw in draws])
    errors: FloatArray = estimates.std(axis=0, ddof=1)
    return errors


def noise_notes(noise: FloatArray | None) -> tuple[str, ...]:
    """What to say with standard errors that do not hold the noise of values, if there is any."""
    if noise is None:
        return ()
    return (say("The errors may hold only a part of the noise of each share."),)


def sampled_prompts(segments: Sequence[Segment], samples: int, rounds: int) -> int:
    """The most prompts that there can be in so many rounds, with the whole one: see `Altering`.

    Args:
        segments: of which those of a template are always kept.
        samples: of a round, beside the whole prompt.
        rounds: how many.
    """
    free = sum(one.role != "template" for one in segments)
    return min(1 + rounds * samples, rounds << min(free, 32))  # and no more than there are


def replacement_parameter() -> str:
    """What is put in a segment's place, declared alike for all."""
    declared: str = parameter(
        "", "Replacement", "Text to put in a segment's place; empty takes it away."
    )
    return declared


def samples_parameter(default: int) -> int:
    """How many altered prompts are run."""
    declared: int = parameter(
        default,
        "Samples",
        "How many altered prompts are run: more is slower and surer.",
        minimum=8,
        maximum=20_000,
    )
    return declared


def seed_parameter() -> int:
    """Which altered prompts are run."""
    declared: int = parameter(
        0, "Seed", "Another seed runs other altered prompts.", minimum=0, maximum=2**31
    )
    return declared
