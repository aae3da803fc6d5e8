"""A map as a terminal shows it: the text tinted, then the segments ranked."""

from collections.abc import Sequence
from io import StringIO

from rich.console import Console, Group, RenderableType
from rich.style import Style
from rich.table import Table
from rich.text import Text

from backlit.display.figure import (
    OPPOSES,
    SUPPORTS,
    TINTS,
    MapFigure,
    is_unsure,
    ranking,
    score_text,
    tint_of_segment,
    words_of,
)
from backlit.display.unseen import with_signs
from backlit.types import ScoredSegment

TOP = 10
PLAIN_WIDTH = 100  # columns of a rendering that goes to no terminal


def render(figures: Sequence[MapFigure]) -> RenderableType:
    """For each map the whole text, tinted, and its first segments."""
    return Group(*(_render(figure) for figure in figures))


def plain(figures: Sequence[MapFigure]) -> str:
    """The same without colours."""
    console = Console(file=StringIO(), width=PLAIN_WIDTH, no_color=True)
    with console.capture() as capture:
        console.print(render(figures))
    return "\n".join(line.rstrip() for line in capture.get().splitlines()).rstrip()


def _render(figure: MapFigure) -> RenderableType:
    largest = figure.largest
    text = Text()
    for segment in figure.segments:
        template = segment.role == "template"
        text.append(
            with_signs(segment.text), Style(dim=True) if template else _tint(segment, largest)
        )
    text.append(with_signs(figure.between), Style(dim=True))
    text.append(with_signs(figure.target), Style(bold=True, underline=True))
    text.append(with_signs(figure.rest), Style(dim=True))

    table = Table(box=None, padding=(0, 1), show_header=True, header_style="dim")
    table.add_column("#", justify="right")
    table.add_column("score", justify="right")
    table.add_column("segment", overflow="ellipsis", no_wrap=True)
    for rank, segment in enumerate(ranking(figure.segments)[:TOP], start=1):
        score = Text(score_text(segment, figure.decimals), "dim" if is_unsure(segment) else "")
        table.add_row(str(rank), score, Text(words_of(segment)))
    remarks = [Text(with_signs(remark), style="bold") for remark in figure.remarks]
    caption = Text(with_signs(f"{figure.name}: {figure.meaning}."), style="dim")
    return Group(text, Text(), table, caption, *remarks, Text())


def _tint(segment: ScoredSegment, largest: float) -> Style:
    """A background for a segment."""
    tint = tint_of_segment(segment, largest)
    if tint == 0:
        return Style()
    red, green, blue = (int(c * abs(tint) / TINTS) for c in (SUPPORTS if tint > 0 else OPPOSES))
    return Style(bgcolor=f"#{red:02x}{green:02x}{blue:02x}", color="white")
