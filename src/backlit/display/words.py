"""Figures in words that a person can weigh."""

import math

from backlit.display.speech import digits, say
from backlit.types import Bound, Granularity

SAME = 0.05  # a probability that changes by less is about the same
SUPERSCRIPT = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")

UNITS: dict[Granularity, str] = {
    "token": "token",
    "word": "word",
    "sentence": "sentence",
    "line": "line",
    "paragraph": "paragraph",
    "custom": "part",
}
"""What people call a segment of each granularity; of several, a "part"."""


def unreached(missed: int, layers: int) -> str:
    """What to say of a model some of whose layers have no attention to be reached."""
    return say(
        "In {missed} of {all} layers, what takes the place of attention can't be reached: "
        "there the gradient is the plain one.",
        missed=missed,
        all=layers,
    )


def points(lost: float) -> str:
    """What a share of answers is after a loss of percentage points: "60 points lower".

    Args:
        lost: percentage points; negative if it was gained.
    """
    size = digits(abs(lost), 0 if abs(lost) >= 10 or round(abs(lost), 1) == round(abs(lost)) else 1)
    if size == digits(0):
        return say("no different")
    if lost > 0:
        return say("{points} percentage points lower", points=size)
    return say("{points} percentage points higher", points=size)


def times_likely(nats: float, bound: Bound | None = None) -> str:
    """What a loss of log-probability does: "163 times less likely", "10⁹ times more likely".

    Args:
        nats: lost; negative if it was gained.
        bound: what `nats` tells, if it is not exact: "at least 163 times less likely".
    """
    return bounded(_times_likely(nats), nats, bound)


def bounded(change: str, lost: float, bound: Bound | None) -> str:
    """What a loss makes of something, in words, if that loss may be but a bound.

    Whoever loses at least so much gains at most so much.
    """
    same = _is_same(lost)
    if bound is None or (bound == "about" and same):
        return change
    if bound == "about":
        return say("roughly {change}", change=change)
    if (bound == "at_least") == (lost > 0 and not same):
        return say("at least {change}", change=change)
    return say("at most {change}", change=change)


def _is_same(nats: float) -> bool:
    return math.expm1(min(abs(nats), 1.0)) < SAME


def _times_likely(nats: float) -> str:
    if _is_same(nats):
        return say("about as likely as before")
    power = abs(nats) / math.log(10)
    if power > 6 - 1e-9:
        times = f"10{str(round(power)).translate(SUPERSCRIPT)}"
    else:
        times = digits(math.exp(abs(nats)), 1 if math.exp(abs(nats)) < 10 else 0)
    if nats > 0:
        return say("{times} times less likely", times=times)
    return say("{times} times more likely", times=times)
