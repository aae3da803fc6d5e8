"""A map as a picture: the text with its tints, and the first segments, as SVG."""

import re
from collections.abc import Sequence
from io import StringIO

from rich.console import Console
from rich.terminal_theme import TerminalTheme

from backlit.display.figure import MapFigure
from backlit.display.terminal import render
from backlit.errors import InputError

COLUMNS = 96
MAX_LENGTH = 60_000  # characters of all maps
# As rich draws it, but for the window around it and for its font, which would be loaded.
FORMAT = """\
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {terminal_width} {terminal_height}" \
width="{terminal_width}" height="{terminal_height}">
<style>
.{unique_id}-matrix {{
  font-family: ui-monospace, "DejaVu Sans Mono", Menlo, Consolas, monospace;
  font-size: {char_height}px;
  line-height: {line_height}px;
}}
{styles}
</style>
<defs>
<clipPath id="{unique_id}-clip-terminal">
<rect x="0" y="0" width="{terminal_width}" height="{terminal_height}"/>
</clipPath>
{lines}
</defs>
<g clip-path="url(#{unique_id}-clip-terminal)">
{backgrounds}
<g class="{unique_id}-matrix">
{matrix}
</g>
</g>
</svg>
"""
INK, GROUND = (228, 231, 236), (22, 24, 29)
THEME = TerminalTheme(GROUND, INK, [INK] * 7 + [(255, 255, 255)])
MARGIN = 24
SIZE = re.compile(r'width="([\d.]+)" height="([\d.]+)"')


def maps_svg(figures: Sequence[MapFigure]) -> str:
    """All maps below each other, on a dark ground.

    Raises:
        InputError: more text than a picture can show.
    """
    length = sum(len(one.text) for figure in figures for one in figure.segments)
    if length > MAX_LENGTH:
        raise InputError(
            f"{length:,} characters are too many for a picture: it shows {MAX_LENGTH:,} at most.",
            "Use html, md or csv.",
        )
    console = Console(
        file=StringIO(),
        width=COLUMNS,
        record=True,
        force_terminal=True,
        force_jupyter=False,  # a cell's output is not the place for it
        color_system="truecolor",
    )
    console.print(render(figures))
    drawing = console.export_svg(theme=THEME, code_format=FORMAT, unique_id="map")
    size = SIZE.search(drawing)
    assert size is not None
    width, height = (round(float(number)) + 2 * MARGIN for number in size.groups())
    inside = drawing.replace("<svg ", f'<svg x="{MARGIN}" y="{MARGIN}" ', 1)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
        f'viewBox="0 0 {width} {height}">\n'
        f'<rect width="{width}" height="{height}" fill="rgb{GROUND}"/>\n{inside}</svg>\n'
    )
