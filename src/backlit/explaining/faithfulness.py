"""Whether to believe a map: take segments away in its order, and in random orders.

The unit is the map's own: percentage points where answers were counted, else the nat. DeYoung et
al. 2020 (arXiv:1911.03429) compare probabilities, but an answer of many tokens has a probability
near 0 whatever is taken away.
"""

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from backlit.display.speech import counted, digits, percent, plural, say
from backlit.engines.base import FloatArray
from backlit.errors import InputError
from backlit.explaining.deletion import Deletion, Order, steps_of
from backlit.explanation import Curve, Faithfulness, Provisional
from backlit.explanation.interval import wilson
from backlit.methods.measurable import Measurable
from backlit.progress import SILENT, Progress
from backlit.types import WRITTEN, Quantity, Segment, Span, Verdict

ORDERS = 20
LOOKS = (5, 12, 19)  # random orders after which the verdict is looked at: 19 of 20 is the most
ROUGH = 1  # the step that the first look is at: 3 segments, but of few segments 2
MIN_SEGMENTS = 4  # fewer have too few orders to tell one from chance
MAX_TOP = 3  # segments that the sentence speaks of, at most
HOLDS_FROM = 95.0  # percent of random orders that a map must beat
WEAK_FROM = 75.0

GUESSES: Mapping[Verdict, str] = {
    "holds": "this map holds up",
    "weak": "better than most, but not by enough to rely on",
    "chance": "no better than chance",
}
CONCLUSIONS: Mapping[Verdict, str] = {
    "holds": ": this map holds up.",
    "weak": ": better than most random orders, but not by enough to rely on.",
    "chance": ": no better than chance, don't rely on it.",
}

ANSWERS: Mapping[Quantity, str] = {
    "log_prob": "this answer",
    "share": "the share of such answers",
}

SoFar = Callable[[Provisional], None]


def unheard(so_far: object) -> None:
    """Tell nobody."""


def check_map(
    objective: Measurable,
    segments: Sequence[Segment],
    scores: Sequence[float],
    *,
    unit: str = "segment",
    orders: int = ORDERS,
    seed: int = 0,
    keep: Sequence[Span] = (),
    progress: Progress = SILENT,
    so_far: SoFar = unheard,
) -> Faithfulness:
    """Compare the order of a map with random orders and with the exact leave-one-out order.

    Segments of a template are never taken away. All orders get the same steps, so the same
    budget. Random orders are run a few at a time, and no more once none could change the verdict.

    Args:
        objective: what the map explains.
        segments: they tile what is before the target.
        scores: the map's, one for each; the highest is taken away first.
        unit: what people call a segment.
        orders: how many random orders, at most.
        seed: of the random orders.
        keep: token spans that are left out of the check: they are never taken away.
        progress: told of the phase `check map`.
        so_far: told what is known after a few orders, first of one step alone.

    Raises:
        CapabilityError: the engine can't say how likely a given text is.
        InputError: there are too few segments to check an order.
    """
    deletion = Deletion(objective, segments, keep)
    if deletion.size < MIN_SEGMENTS:
        raise InputError(
            f"There are only {deletion.size} {unit}s: too few to tell an order from chance.",
            "Choose a finer granularity, or leave fewer parts out of the check."
            if keep
            else "Choose a finer granularity.",
        )
    drawn = deletion.random_orders(orders, seed)
    every, lost, kept = _tried_orders(
        deletion, deletion.order(scores), drawn, unit, progress, so_far
    )
    run = len(every) - 2  # random orders
    percentile = _percentile(_beaten(lost[2:], lost[0]), run)
    verdict = _verdict(percentile)
    tokens = np.array([deletion.tokens(one) for one in every])  # (2 + random orders, steps)
    per_token = lost.sum(axis=1) / tokens.sum(axis=1)  # (2 + random orders,)
    curves = [
        Curve(tuple(out.tolist()), tuple(left.tolist()), tuple(count.tolist()))
        for out, left, count in zip(lost, kept, tokens, strict=True)
    ]
    top = max(i for i, step in enumerate(deletion.steps) if step <= MAX_TOP)
    taken = [segments[i] for i in deletion.maskable[every[0]]]
    return Faithfulness(
        steps=deletion.steps,
        order=tuple((one.start, one.stop) for one in taken),
        map_order=curves[0],
        leave_one_out=curves[1],
        random_orders=tuple(curves[2:]),
        comprehensiveness=float(lost[0].mean()),
        sufficiency=float(kept[0].mean()),
        percentile=percentile,
        verdict=verdict,
        sentence=_sentence(
            deletion,
            every,
            top,
            unit,
            (float(lost[0, top]), float(np.median(lost[2:, top]))),
            verdict,
            own=any(one.role in WRITTEN for one in taken[: deletion.steps[top]]),
        )
        + deletion.remark(),
        percentile_per_token=_percentile(_beaten(per_token[2:, None], per_token[:1]), run),
        kept=tuple(keep),
    )


def _tried_orders(
    deletion: Deletion,
    mapped: Order,
    drawn: Sequence[Order],
    unit: str,
    progress: Progress,
    so_far: SoFar,
) -> tuple[list[Order], FloatArray, FloatArray]:
    """Take segments away in a map's order, in that of leave-one-out, and in random ones.

    Returns:
        The orders that were tried, the map's first, leave-one-out's second; nats lost without the
        first segments of each, `(2 + random orders, steps)`, and with them alone.
    """
    tried = list(drawn[: LOOKS[0]])
    steps = len(deletion.steps)
    total = 1 + len(tried) + deletion.size + 2 * steps * (2 + len(drawn))  # some are known by then
    done = 0

    def tell(more: int) -> None:
        progress("check map", done + more, total)

    progress("check map", 0, total)
    rough = deletion.deleted([mapped, *tried], tell, only=ROUGH)  # (1 + random orders, 1)
    done += rough.size
    so_far(_provisional(rough, unit, deletion.steps[ROUGH], decided=False))
    singles = deletion.singles(tell)  # (size,), which are the first steps of all orders
    done += singles.size
    lost = deletion.deleted([mapped, *tried], tell)  # (1 + random orders, steps)
    done += lost.size
    while True:
        decided = _decided(_beaten(lost[1:], lost[0]), len(tried), len(drawn))
        so_far(_provisional(lost, unit, None, decided=decided))
        if decided:
            break
        more = drawn[len(tried) : next((n for n in LOOKS if n > len(tried)), len(drawn))]
        lost = np.concatenate([lost, deletion.deleted(more, tell)])
        done += len(more) * steps
        tried += more

    leave_one_out = np.argsort(-singles, kind="stable")  # what costs most first
    every = [mapped, leave_one_out, *tried]
    lost = np.insert(lost, 1, deletion.deleted([leave_one_out], tell)[0], axis=0)
    done += steps
    kept = deletion.inserted(every, tell)  # (2 + random orders, steps)
    progress("check map", total, total)
    return every, lost, kept


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


def altered_prompts(segments: int, orders: int = ORDERS) -> int:
    """How many altered prompts a check of so many segments runs, at most."""
    steps = len(steps_of(segments))
    return segments + (2 + orders) * (2 * steps - 1)


def forward_passes(segments: int) -> float:
    """About what a check of so many segments costs, in forward passes of the whole prompt.

    Altered prompts share their beginnings, and are shorter than the whole one: half as long.
    """
    return (1 + altered_prompts(segments)) / 2


def percentile_of(lost: FloatArray, of_random: FloatArray) -> float:
    """Share of random orders that lose less than a map's, percent; ties count half.

    Args:
        lost: of the map, nats `(steps,)`.
        of_random: `(orders, steps)`.
    """
    return _percentile(_beaten(of_random, lost), len(of_random))


def _beaten(of_random: FloatArray, lost: FloatArray) -> float:
    """How many orders `(orders, steps)` lose less than `(steps,)`, on average; ties count half."""
    areas, area = of_random.mean(axis=1), lost.mean()
    return float((areas < area).sum() + (areas == area).sum() / 2)


def _percentile(beaten: float, orders: int) -> float:
    return 100 * beaten / orders


def _verdict(percentile: float) -> Verdict:
    if percentile >= HOLDS_FROM:
        return "holds"
    return "weak" if percentile >= WEAK_FROM else "chance"


def _decided(beaten: float, run: int, orders: int) -> bool:
    """Whether no order that was not run yet could change the verdict."""
    worst, best = _percentile(beaten, orders), _percentile(beaten + orders - run, orders)
    return _verdict(worst) == _verdict(best)


def _provisional(lost: FloatArray, unit: str, step: int | None, *, decided: bool) -> Provisional:
    """From nats `(1 + orders, steps)`, the map's first; `step` if it is that one alone."""
    run = len(lost) - 1
    beaten = _beaten(lost[1:], lost[0])
    percentile = _percentile(beaten, run)
    low, high = (100 * end for end in wilson(beaten, run))
    verdict = _verdict(percentile)
    guess = say(GUESSES[verdict])
    what = (
        say("the top {parts}", parts=counted(step, unit))
        if step
        else say("{unit} in this order", unit=plural(unit))
    )
    sentence = say(
        "Taking away {what} costs more than by chance in {beaten} of {run} tries: {guess}. Of all "
        "tries it may be {low} to {high}.",
        what=what,
        beaten=digits(beaten, 0 if beaten == round(beaten) else 1),
        run=run,
        guess=guess if decided else say("so far {guess}", guess=guess),
        low=percent(low / 100),
        high=percent(high / 100),
    )
    return Provisional(run, percentile, low, high, verdict, sentence, decided)


def _sentence(
    deletion: Deletion,
    every: Sequence[Order],
    top: int,
    unit: str,
    losses: tuple[float, float],
    verdict: Verdict,
    *,
    own: bool,
) -> str:
    """`losses` of a map's order at step `top`, and by chance; `own`: not of the prompt alone."""
    (lost, by_chance), objective, count = losses, deletion.objective, deletion.steps[top]
    parts = counted(count, unit)
    what = say("the top {parts}", parts=parts)
    if own:
        what = say("{what}, some of them the answer's own,", what=what)
    change = deletion.change(lost, every[:1], top)
    if objective.target.foil is not None:
        change = say("{change} against the foil", change=change)
    if verdict != "holds" and lost > by_chance:
        conclusion = "; but the rest of the order does too little better than chance to rely on it."
    else:
        conclusion = CONCLUSIONS[verdict]
    return say(
        "Taking away {what} makes {answer} {change}; {random}, {by_chance}{conclusion}",
        what=what,
        answer=say(ANSWERS[objective.quantity]),
        change=change,
        random=say("{count} random {unit}", count=count, unit=plural(unit)),
        by_chance=deletion.change(by_chance, every[2:], top),
        conclusion=say(conclusion),
    )
