"""Segments taken away in some order, step by step, and what the objective loses by that."""

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from backlit.display.speech import say
from backlit.display.words import bounded
from backlit.engines.base import FloatArray
from backlit.methods.measurable import Measurable
from backlit.methods.perturbation import Ablation, Masks
from backlit.types import Segment, Span, joined, opposite

Order = npt.NDArray[np.intp]
Told = Callable[[int], None]


def silent(done: int) -> None:
    """Tell nobody."""


class Deletion:
    """Segments taken away in orders; what was run before, for any order, is not run again.

    Args:
        objective: that loses.
        segments: they tile what is before the target. A template's are never taken away.
        keep: token spans; segments that hold some of them are not taken away either.

    Attributes:
        objective: that loses.
        segments: all of them.
        maskable: indices of those that may be taken away, `(size,)`.
        steps: how many are taken away at each step.
    """

    def __init__(
        self, objective: Measurable, segments: Sequence[Segment], keep: Sequence[Span] = ()
    ) -> None:
        self.objective = objective
        self._ablation = Ablation(objective, segments, keep=keep)
        self.segments = segments
        self.maskable = self._ablation.maskable
        self.steps = steps_of(self.size)
        lengths = [segments[i].stop - segments[i].start for i in self.maskable]
        self._lengths = np.array(lengths, dtype=np.intp)  # (size,) tokens

    @property
    def size(self) -> int:
        """How many segments may be taken away."""
        return len(self.maskable)

    def order(self, scores: Sequence[float] | FloatArray) -> Order:
        """The order of a map, `(size,)` of `maskable`: the highest of `(segments,)` first."""
        return np.argsort(-np.asarray(scores)[self.maskable], kind="stable")

    def random_orders(self, count: int, seed: int) -> list[Order]:
        """Orders by chance; more leave the first ones as they are."""
        random = np.random.default_rng(seed)
        return [random.permutation(self.size) for _ in range(count)]

    def deleted(
        self, orders: Sequence[Order], tell: Told = silent, *, only: int | None = None
    ) -> FloatArray:
        """Nats lost without the first segments of each order, `(orders, steps)`, or of one step."""
        chosen = slice(None) if only is None else slice(only, only + 1)
        return self._lost([self._gone(order)[chosen] for order in orders], tell)

    def inserted(self, orders: Sequence[Order], tell: Told = silent) -> FloatArray:
        """Nats lost with the first segments of each order alone, `(orders, steps)`."""
        return self._lost([~self._gone(order) for order in orders], tell)

    def singles(self, tell: Told = silent) -> FloatArray:
        """Nats lost without each segment, `(size,)`."""
        (lost,) = self._lost([np.eye(self.size, dtype=bool)], tell)
        return np.asarray(lost)

    def change(self, lost: float, orders: Sequence[Order], step: int) -> str:
        """What a loss of these orders at a step, which all of them ran, is in words."""
        masks = np.array([~self._gone(order)[step] for order in orders])
        bound = opposite(joined(self._ablation.bounds(masks)))
        return bounded(self.objective.change(lost), lost, bound)

    def remark(self) -> str:
        """What to say behind a verdict, if some of what was run gave a bound; "" if none did."""
        if not self._ablation.bounded:
            return ""
        return " " + say(
            "After {count} of the prompts that were tried the server tells only a bound, so "
            "another verdict could be right.",
            count=self._ablation.bounded,
        )

    def tokens(self, order: Order) -> npt.NDArray[np.intp]:
        """How many tokens are gone at each step, `(steps,)`."""
        gone: npt.NDArray[np.intp] = np.cumsum(self._lengths[order])[np.array(self.steps) - 1]
        return gone

    def _gone(self, order: Order) -> Masks:
        """Who is taken away at each step, `(steps, size)`."""
        place = np.empty_like(order)
        place[order] = np.arange(len(order))
        return np.array([place < step for step in self.steps])

    def _lost(self, gone: Sequence[Masks], tell: Told) -> FloatArray:
        """For masks of who is gone, `(n, m, size)`: nats lost, `(n, m)`."""
        masks = ~np.concatenate(gone)
        values = self._ablation.values(masks, tell)  # (n * m,)
        lost: FloatArray = (self.objective.value() - values).reshape(len(gone), -1)
        return lost


def steps_of(size: int) -> tuple[int, ...]:
    """1, 3, 8, 21, … up to half of `size`: behind that, all orders have lost the same."""
    steps, following = [1], 3
    before = 2
    while following <= size / 2:
        steps.append(following)
        before, following = before + following, before + 2 * following
    return tuple(steps) if len(steps) > 1 else (1, 2)
