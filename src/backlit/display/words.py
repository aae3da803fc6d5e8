"""Figures in words that a person can weigh."""

import math

from backlit.types import Granularity

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


def times_likely(nats: float) -> str:
    """What a loss of log-probability does: "163 times less likely", "10⁹ times more likely".

    Args:
        nats: lost; negative if it was gained.
    """
    if math.expm1(min(abs(nats), 1.0)) < SAME:
        return "about as likely as before"
    way = "less" if nats > 0 else "more"
    power = abs(nats) / math.log(10)
    if power > 6 - 1e-9:
        return f"10{str(round(power)).translate(SUPERSCRIPT)} times {way} likely"
    times = math.exp(abs(nats))
    return f"{times:.1f} times {way} likely" if times < 10 else f"{times:,.0f} times {way} likely"
