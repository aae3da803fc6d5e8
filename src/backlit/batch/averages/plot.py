"""What holds on average, as a picture: each part's mean and interval beside what chance gives.

It is light or dark as whoever looks at it likes; where nothing tells, it is light.
"""

from collections.abc import Callable, Iterator, Sequence
from html import escape
from math import ceil, floor, log10

from backlit.batch.averages.effect import Effect, Measured, VariantSummary, between, number
from backlit.display.figure import OPPOSES, SUPPORTS, one_line
from backlit.display.speech import say

WIDTH, ROW = 880, 22  # pixels
LEFT, RIGHT = 330, 24  # where the scale begins, and what is free behind it
TOP, HEAD, FOOT = 34, 30, 22  # of the key, a variant's name, its scale
LETTERS = 46  # of a part's name and text
TICKS = 5
STYLE = f"""
.ground{{fill:#fff}} .ink{{fill:#1f2430}} .dim{{fill:#5c6470}} .band{{fill:#dfe2e7}}
.rule{{stroke:#e6e8ec}} .zero{{stroke:#8a919c}} .unsure{{fill:#7d8591;stroke:#7d8591}}
.for{{fill:rgb{SUPPORTS};stroke:rgb{SUPPORTS}}} .against{{fill:rgb{OPPOSES};stroke:rgb{OPPOSES}}}
@media (prefers-color-scheme: dark) {{
.ground{{fill:#16181d}} .ink{{fill:#e4e7ec}} .dim{{fill:#a0a8b4}} .band{{fill:#343a44}}
.rule{{stroke:#262a32}} .zero{{stroke:#767e8a}} .unsure{{fill:#8f97a3;stroke:#8f97a3}}
}}
"""


def plot(of: Measured, variants: Sequence[VariantSummary]) -> str:
    """A dot with its interval for each part of each variant, over a grey band of chance."""
    shown = [one for one in variants if one.effects]
    low, high = _reach([effect for one in shown for effect in one.effects])
    height = TOP + sum(HEAD + ROW * len(one.effects) + FOOT for one in shown)
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" '
        f'height="{height}" font-family="system-ui, sans-serif" font-size="12" role="img" '
        f'aria-label="{escape(say("Effects of the parts, beside chance"))}">',
        f"<style>{STYLE}</style>",
        f'<rect class="ground" width="{WIDTH}" height="{height}"/>',
        *_key(of),
    ]
    top = TOP
    for one in shown:
        lines += _variant(of, one, top, low, high)
        top += HEAD + ROW * len(one.effects) + FOOT
    return "\n".join([*lines, "</svg>"]) + "\n"


def _reach(effects: Sequence[Effect]) -> tuple[float, float]:
    """The ends of the scale; 0 is between them."""
    known = [0.0]
    for one in effects:
        ends = (one.mean.value, one.mean.low, one.mean.high, one.low, one.high)
        known += [end for end in ends if end is not None]
    low, high = min(known), max(known)
    margin = 0.03 * (high - low) or 1.0
    return low - margin, high + margin


def _key(of: Measured) -> Iterator[str]:
    y = TOP - 12
    yield f'<rect class="band" x="{LEFT}" y="{y - 10}" width="26" height="13" rx="2"/>'
    yield f'<text class="dim" x="{LEFT + 32}" y="{y}">{escape(say("by chance"))}</text>'
    yield f'<g class="for"><path d="M{LEFT + 150} {y - 4}h26"/>'
    yield f'<circle cx="{LEFT + 163}" cy="{y - 4}" r="4"/></g>'
    told = say("stands out, 95%")
    yield f'<text class="dim" x="{LEFT + 182}" y="{y}">{escape(told)}</text>'
    unit = escape(one_line(of.unit))
    yield f'<text class="dim" x="{WIDTH - RIGHT}" y="{y}" text-anchor="end">{unit}</text>'


def _variant(of: Measured, one: VariantSummary, top: int, low: float, high: float) -> Iterator[str]:
    def x(value: float) -> float:
        return LEFT + (WIDTH - LEFT - RIGHT) * (value - low) / (high - low)

    begin, end = top + HEAD, top + HEAD + ROW * len(one.effects)
    name = escape(one_line(one.name or say("all rows"), LETTERS))
    yield f'<text class="ink" x="12" y="{top + 19}" font-weight="600">{name}</text>'
    for tick, shown in _ticks(low, high):
        kind = "zero" if tick == 0 else "rule"
        yield f'<path class="{kind}" d="M{x(tick):.1f} {begin}V{end}"/>'
        yield (
            f'<text class="dim" x="{x(tick):.1f}" y="{end + 14}" text-anchor="middle" '
            f'font-size="11">{escape(shown)}</text>'
        )
    for place, effect in enumerate(one.effects):
        yield from _row(of, effect, begin + ROW * place, x)


def _row(of: Measured, effect: Effect, top: int, x: Callable[[float], float]) -> Iterator[str]:
    middle = top + ROW / 2
    mean, words = effect.mean, effect.part.words
    label = one_line(f"{effect.part.name} · {words}" if words else effect.part.name, LETTERS)
    kind = "unsure"
    if effect.stands_out:
        kind = "for" if mean.value > 0 else "against"
    value = number(mean.value, of.decimals, mean.bound, signed=of.signed)
    title = f"{effect.part.quoted}: {value} ({between(mean.low, mean.high, of.decimals)})"
    weight = ' font-weight="600"' if effect.stands_out else ""
    yield f"<g><title>{escape(title)}</title>"
    yield (
        f'<text class="ink" x="{LEFT - 14}" y="{middle + 4}" text-anchor="end"{weight}>'
        f"{escape(label)}</text>"
    )
    wide = max(1.0, x(effect.high) - x(effect.low))
    yield (
        f'<rect class="band" x="{x(effect.low):.1f}" y="{top + 3}" width="{wide:.1f}" '
        f'height="{ROW - 6}" rx="2"/>'
    )
    if mean.low is not None and mean.high is not None:
        yield (
            f'<path class="{kind}" stroke-width="2" '
            f'd="M{x(mean.low):.1f} {middle}H{x(mean.high):.1f}"/>'
        )
    yield f'<circle class="{kind}" cx="{x(mean.value):.1f}" cy="{middle}" r="4"/></g>'


def _ticks(low: float, high: float) -> Iterator[tuple[float, str]]:
    """A few round numbers between the ends."""
    rough = (high - low) / TICKS
    power = 10.0 ** floor(log10(rough))
    step = next(size * power for size in (1, 2, 5, 10) if size * power >= rough)
    decimals = max(0, -floor(log10(step)))
    for count in range(ceil(low / step), floor(high / step) + 1):
        yield count * step, number(count * step, decimals)
