"""What an evaluation found, as a picture: how often methods are right, against what they cost."""

from collections.abc import Iterator, Sequence
from html import escape
from math import log10

import numpy as np

from backlit.evaluation.ranking import CHANCE, Evaluation, MethodRanking
from backlit.explanation.interval import wilson

WIDTH, HEIGHT = 760, 420  # pixels
LEFT, RIGHT, TOP, BOTTOM = 60, 180, 20, 50  # margins
COLOURS = ("#1a6fb3", "#c05a00", "#2f7d32", "#7b3fa0")
SHARES = (0.0, 0.25, 0.5, 0.75, 1.0)
LETTER, LINE = 7, 13  # pixels that a letter takes, and a line
APART = 6  # pixels between two models' points of one cost


def plot(evaluations: Sequence[Evaluation]) -> str:
    """First-place share against forward passes, as SVG: a point for each method and model.

    A line through a point is Wilson's 95% interval; its name and figures are its title.
    """
    rows = [
        (number, one.model, row, _cost(row))
        for number, one in enumerate(evaluations)
        for row in one.rankings
        if row.method != CHANCE and row.of()
    ]
    most = max([10.0, *(cost for *_, cost in rows)])
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
        'font-family="sans-serif" font-size="12" fill="#444">',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>',
        *_axes(most),
        *(_point(_x(cost, most), number, model, row) for number, model, row, cost in rows),
        *_names([(row, _x(cost, most)) for number, _, row, cost in rows if number == 0]),
        *(_key(number, one.model) for number, one in enumerate(evaluations)),
        "</svg>",
    ]
    return "\n".join(lines) + "\n"


def _cost(row: MethodRanking) -> float:
    return max(1.0, float(np.median([score.passes for score in row.of()])))


def _x(cost: float, most: float) -> float:
    return LEFT + (WIDTH - LEFT - RIGHT) * log10(cost) / log10(most)


def _y(share: float) -> float:
    return TOP + (HEIGHT - TOP - BOTTOM) * (1 - share)


def _axes(most: float) -> Iterator[str]:
    for share in SHARES:
        yield f'<path d="M{LEFT} {_y(share):.1f}H{WIDTH - RIGHT}" stroke="#ddd"/>'
        yield f'<text x="{LEFT - 8}" y="{_y(share) + 4:.1f}" text-anchor="end">{share:.0%}</text>'
    for cost in (10**power for power in range(int(log10(most)) + 1)):
        yield (
            f'<text x="{_x(cost, most):.1f}" y="{HEIGHT - BOTTOM + 18}" '
            f'text-anchor="middle">{cost}</text>'
        )
    middle = (LEFT + WIDTH - RIGHT) / 2
    yield f'<text x="{middle}" y="{HEIGHT - 10}" text-anchor="middle">forward passes</text>'
    yield (
        f'<text transform="translate(14 {HEIGHT / 2}) rotate(-90)" text-anchor="middle">'
        "planted line first</text>"
    )


def _point(x: float, number: int, model: str, row: MethodRanking) -> str:
    colour = COLOURS[number % len(COLOURS)]
    low, high = wilson(*row.firsts())
    x += APART * number
    name = escape(f"{row.method}, {model}: {row.first:.0%} ({low:.0%}-{high:.0%})")
    return (
        f'<g stroke="{colour}" fill="{colour}"><title>{name}</title>'
        f'<path d="M{x:.1f} {_y(low):.1f}V{_y(high):.1f}" stroke-opacity="0.35"/>'
        f'<circle cx="{x:.1f}" cy="{_y(row.first):.1f}" r="4"/></g>'
    )


def _names(rows: Sequence[tuple[MethodRanking, float]]) -> Iterator[str]:
    """Names beside the points, moved down where they would lie on each other."""
    taken: list[tuple[float, float, float]] = []  # from, to, height
    for row, x in sorted(rows, key=lambda one: -one[0].first):
        y, end = _y(row.first) + 4, x + LETTER * len(row.method)
        while any(a < end and x < b and abs(y - above) < LINE for a, b, above in taken):
            y += LINE
        taken.append((x, end, y))
        yield f'<text x="{x + 18:.1f}" y="{y:.1f}">{escape(row.method)}</text>'


def _key(number: int, model: str) -> str:
    x, y = WIDTH - RIGHT + 40, HEIGHT - BOTTOM - 18 * (number + 1)
    return f'<text x="{x}" y="{y}" fill="{COLOURS[number % len(COLOURS)]}">● {escape(model)}</text>'
