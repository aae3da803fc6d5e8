"""Whether to believe a map: take segments away in its order, and in random orders.

The unit is the nat: DeYoung et al. 2020 (arXiv:1911.03429) compare probabilities, but an answer
of many tokens has a probability near 0 whatever is taken away.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from backlit.display.words import times_likely
from backlit.engines.base import FloatArray, as_scorer
from backlit.errors import InputError
from backlit.explanation import Curve, Faithfulness
from backlit.methods.objective import Objective
from backlit.methods.perturbation import Ablation, Masks
from backlit.progress import SILENT, Progress
from backlit.types import Segment, Verdict

ORDERS = 20
MIN_SEGMENTS = 4  # fewer have too few orders to tell one from chance
MAX_TOP = 3  # segments that the sentence speaks of, at most
HOLDS_FROM = 95.0  # percent of random orders that a map must beat
WEAK_FROM = 75.0

Order = npt.NDArray[np.intp]


def check_map(
    objective: Objective,
    segments: Sequence[Segment],
    scores: Sequence[float],
    *,
    unit: str = "segment",
    orders: int = ORDERS,
    seed: int = 0,
    progress: Progress = SILENT,
) -> Faithfulness:
    """Compare the order of a map with random orders and with the exact leave-one-out order.

    Segments of a template are never taken away. All orders get the same steps, so the same
    budget.

    Args:
        objective: what the map explains.
        segments: they tile what is before the target.
        scores: the map's, one for each; the highest is taken away first.
        unit: what people call a segment.
        orders: how many random orders.
        seed: of the random orders.
        progress: told of the phase `check map`.

    Raises:
        CapabilityError: the engine can't say how likely a given text is.
        InputError: there are too few segments to check an order.
    """
    as_scorer(objective.engine)
    ablation = Ablation(objective, segments)
    size = len(ablation.maskable)
    if size < MIN_SEGMENTS:
        raise InputError(
            f"There are only {size} {unit}s: too few to tell an order from chance.",
            "Choose a finer granularity.",
        )
    steps = _steps(size)
    random = np.random.default_rng(seed)
    random_orders = [random.permutation(size) for _ in range(orders)]
    map_order = np.argsort(-np.asarray(scores)[ablation.maskable], kind="stable")
    singles = ~np.eye(size, dtype=bool)  # all but one: (maskable, maskable)
    blocks = [np.ones((1, size), dtype=bool), singles]
    blocks += [_masks(order, steps) for order in (map_order, *random_orders)]
    masks = np.concatenate(blocks)  # (masks, maskable)
    total = len(masks) + 2 * len(steps)
    progress("check map", 0, total)
    values = ablation.values(masks, lambda done: progress("check map", done, total))  # (masks,)
    whole = values[0]
    leave_one_out = np.argsort(values[1 : 1 + size], kind="stable")  # what costs most first
    values_leave_one_out = ablation.values(  # (2 * steps,)
        _masks(leave_one_out, steps), lambda done: progress("check map", len(masks) + done, total)
    )
    lost = whole - values[1 + size :].reshape(1 + orders, 2, len(steps))  # (orders, 2, steps)
    lost_leave_one_out = (whole - values_leave_one_out).reshape(2, len(steps))  # (2, steps)
    areas = lost[1:, 0].mean(axis=1)  # (orders,)
    area = float(lost[0, 0].mean())  # of the map
    percentile = float(100 * ((areas < area).mean() + (areas == area).mean() / 2))
    verdict: Verdict = (
        "holds" if percentile >= HOLDS_FROM else "weak" if percentile >= WEAK_FROM else "chance"
    )
    top = max(i for i, step in enumerate(steps) if step <= MAX_TOP)
    return Faithfulness(
        steps=steps,
        order=tuple((segments[i].start, segments[i].stop) for i in ablation.maskable[map_order]),
        map_order=_curve(lost[0]),
        leave_one_out=_curve(lost_leave_one_out),
        random_orders=tuple(_curve(one) for one in lost[1:]),
        comprehensiveness=area,
        sufficiency=float(lost[0, 1].mean()),
        percentile=percentile,
        verdict=verdict,
        sentence=_sentence(
            steps[top],
            unit,
            float(lost[0, 0, top]),
            float(np.median(lost[1:, 0, top])),
            verdict,
            contrast=objective.target.foil is not None,
        ),
    )


def deletion_area(
    objective: Objective, segments: Sequence[Segment], scores: Sequence[float] | FloatArray
) -> float:
    """The mean of nats lost over the deletion curve of one map, without comparing it.

    Args:
        objective: what the map explains.
        segments: they tile what is before the target.
        scores: the map's, one for each; the highest is taken away first.
    """
    ablation = Ablation(objective, segments)
    order = np.argsort(-np.asarray(scores)[ablation.maskable], kind="stable")
    steps = _steps(len(order))
    masks = _masks(order, steps)[: len(steps)]
    return float(objective.value() - ablation.values(masks).mean())


def agreement(maps: Sequence[Sequence[float]]) -> FloatArray:
    """Spearman's rank correlation of maps of the same segments, `(maps, maps)`.

    A map without differences agrees with none, itself included: 0.
    """
    from scipy.stats import rankdata  # not at the top: it takes a while

    ranks = rankdata(np.asarray(maps, dtype=np.float64), axis=1)  # (maps, segments)
    ranks -= ranks.mean(axis=1, keepdims=True)
    length = np.linalg.norm(ranks, axis=1)  # (maps,)
    length[length == 0] = np.inf
    correlations: FloatArray = ranks @ ranks.T / np.outer(length, length)
    return correlations


def forward_passes(segments: int) -> float:
    """About what a check of so many segments costs, in forward passes of the whole prompt.

    Altered prompts are half as long, on average.
    """
    orders = ORDERS + 2  # random ones, the map's and the exact one, both ways
    return (1 + segments + orders * 2 * len(_steps(segments))) / 2


def _steps(size: int) -> tuple[int, ...]:
    """1, 2, 3, 5, 8, … up to half of `size`: behind that, all orders have lost the same."""
    steps = [1, 2]
    while steps[-1] + steps[-2] <= size / 2:
        steps.append(steps[-1] + steps[-2])
    return tuple(steps)


def _masks(order: Order, steps: Sequence[int]) -> Masks:
    """Whom to keep: without the first of an order, then with them alone, `(2 * steps, size)`."""
    place = np.empty_like(order)
    place[order] = np.arange(len(order))
    gone = np.array([place < step for step in steps])  # (steps, size)
    return np.concatenate([~gone, gone])


def _curve(lost: FloatArray) -> Curve:
    """From nats `(2, steps)`."""
    return Curve(tuple(lost[0].tolist()), tuple(lost[1].tolist()))


def _sentence(
    count: int, unit: str, lost: float, by_chance: float, verdict: Verdict, *, contrast: bool
) -> str:
    against = " against the foil" if contrast else ""
    conclusion = {
        "holds": ": this map holds up.",
        "weak": ": better than most random orders, but not by enough to rely on.",
        "chance": ": no better than chance, don't rely on it.",
    }[verdict]
    if verdict != "holds" and lost > by_chance:
        conclusion = "; but the rest of the order does too little better than chance to rely on it."
    return (
        f"Taking away the top {count} {unit}s makes this answer {times_likely(lost)}{against}; "
        f"{count} random {unit}s, {times_likely(by_chance)}{conclusion}"
    )
