"""Whether to believe a map: take segments away in its order, and in random orders.

The unit is the nat: DeYoung et al. 2020 (arXiv:1911.03429) compare probabilities, but an answer
of many tokens has a probability near 0 whatever is taken away.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from backlit.engines.base import Scorer
from backlit.errors import CapabilityError, InputError
from backlit.methods.base import FloatArray, Report
from backlit.methods.objective import Objective
from backlit.methods.perturbation import Ablation, Masks
from backlit.types import Attribution, Curve, Faithfulness, Segment, Verdict

ORDERS = 20
FEWEST = 4  # segments; fewer have too few orders to tell one from chance
SHOWN = 3  # segments that the sentence speaks of
HOLDS = 95.0  # percent of random orders that a map must beat
WEAK = 75.0

Order = npt.NDArray[np.intp]


def check_map(
    objective: Objective,
    segments: Sequence[Segment],
    scores: Sequence[float],
    *,
    unit: str = "segment",
    index: int = 0,
    orders: int = ORDERS,
    seed: int = 0,
    report: Report = lambda done, total, scored: None,
) -> Faithfulness:
    """Compare the order of a map with random orders and with the exact leave-one-out order.

    Segments of a template are never taken away. All orders get the same steps, so the same
    budget.

    Args:
        objective: what the map explains.
        segments: they tile what is before the target.
        scores: the map's, one for each; the highest is taken away first.
        unit: what people call a segment.
        index: of the map in its explanation.
        orders: how many random orders.
        seed: of the random orders.
        report: called as altered prompts are scored.

    Raises:
        CapabilityError: the engine can't say how likely a given text is.
        InputError: there are too few segments to check an order.
    """
    if not isinstance(objective.engine, Scorer):
        raise CapabilityError(
            f"{objective.engine.name} can't say how likely a given text is, so a map can't be "
            "checked.",
            "Pick another model.",
        )
    ablation = Ablation(objective, segments)
    size = len(ablation.players)
    if size < FEWEST:
        raise InputError(
            f"There are only {size} {unit}s: too few to tell an order from chance.",
            "Choose a finer granularity.",
        )
    steps = _steps(size)
    random = np.random.default_rng(seed)
    drawn = [random.permutation(size) for _ in range(orders)]
    own = np.argsort(-np.asarray(scores)[ablation.players], kind="stable")
    singles = ~np.eye(size, dtype=bool)  # all but one: (players, players)
    blocks = [np.ones((1, size), dtype=bool), singles]
    blocks += [_masks(order, steps) for order in (own, *drawn)]
    masks = np.concatenate(blocks)
    total = len(masks) + 2 * len(steps)
    report(0, total, ())
    values = ablation.values(masks, lambda done, _: report(done, total, ()))
    whole = values[0]
    exact = np.argsort(values[1 : 1 + size], kind="stable")  # what costs most first
    last = ablation.values(
        _masks(exact, steps), lambda done, _: report(len(masks) + done, total, ())
    )
    lost = whole - values[1 + size :].reshape(1 + orders, 2, len(steps))  # (orders, 2, steps)
    lost_exact = (whole - last).reshape(2, len(steps))
    areas = lost[1:, 0].mean(axis=1)  # (orders,)
    area = float(lost[0, 0].mean())
    percentile = float(100 * ((areas < area).mean() + (areas == area).mean() / 2))
    verdict: Verdict = (
        "holds" if percentile >= HOLDS else "weak" if percentile >= WEAK else "chance"
    )
    shown = max(i for i, step in enumerate(steps) if step <= SHOWN)
    return Faithfulness(
        attribution=index,
        steps=steps,
        order=tuple((segments[i].start, segments[i].stop) for i in ablation.players[own]),
        map=_curve(lost[0]),
        leave_one_out=_curve(lost_exact),
        random=tuple(_curve(one) for one in lost[1:]),
        comprehensiveness=area,
        sufficiency=float(lost[0, 1].mean()),
        percentile=percentile,
        verdict=verdict,
        sentence=_sentence(
            steps[shown],
            unit,
            float(lost[0, 0, shown]),
            float(np.median(lost[1:, 0, shown])),
            verdict,
            contrast=objective.target.foil is not None,
        ),
    )


def deletion_area(
    objective: Objective, segments: Sequence[Segment], scores: Sequence[float] | FloatArray
) -> float:
    """The mean of nats lost over the deletion curve of one map, without comparing it."""
    ablation = Ablation(objective, segments)
    order = np.argsort(-np.asarray(scores)[ablation.players], kind="stable")
    steps = _steps(len(order))
    masks = _masks(order, steps)[: len(steps)]
    return float(objective.value - ablation.values(masks).mean())


def unit_of(attribution: Attribution) -> str:
    """What people call a segment of this map."""
    mixed = attribution.granularity == "custom" or any(s.level for s in attribution.segments)
    return "part" if mixed else attribution.granularity


def agreement(maps: Sequence[Sequence[float]]) -> FloatArray:
    """Spearman's rank correlation of maps of the same segments, `(maps, maps)`."""
    ranks = np.array([_ranks(np.asarray(one, dtype=np.float64)) for one in maps])
    ranks -= ranks.mean(axis=1, keepdims=True)
    length = np.linalg.norm(ranks, axis=1)
    length[length == 0] = np.inf  # a map without differences agrees with none
    found: FloatArray = ranks @ ranks.T / np.outer(length, length)
    return found


def _ranks(values: FloatArray) -> FloatArray:
    """Ranks `(n,)`; equal values share the mean of theirs."""
    below = (values[:, None] > values).sum(axis=1)
    ranks: FloatArray = below + ((values[:, None] == values).sum(axis=1) - 1) / 2
    return ranks


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
    told = {
        "holds": ": this map holds up.",
        "weak": ": better than most random orders, but not by enough to rely on.",
        "chance": ": no better than chance, don't rely on it.",
    }[verdict]
    if verdict != "holds" and lost > by_chance:
        told = "; but the rest of the order does too little better than chance to rely on it."
    return (
        f"Taking away the top {count} {unit}s makes this answer {_times(lost)}{against}; "
        f"{count} random {unit}s, {_times(by_chance)}{told}"
    )


def _times(nats: float) -> str:
    """A change of log-probability in words: "40 times less likely"."""
    way = "less" if nats >= 0 else "more"
    if abs(nats) > np.log(1e6):
        return f"over a million times {way} likely"
    times = float(np.exp(abs(nats)))
    if times < 1.05:
        return "about as likely as before"
    return f"{times:,.1f} times {way} likely" if times < 10 else f"{times:,.0f} times {way} likely"
