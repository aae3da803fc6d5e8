"""A result as Markdown, for issues, wikis and chats."""

import re
from collections.abc import Sequence

from backlit.display.figure import MapFigure, one_line, ranking, score_text, words_of
from backlit.display.speech import say
from backlit.display.text import MAX_WIDTH

TOP = 10
SPECIAL = re.compile(r"([\\`*_\[\]<>#|~&$@!])")
FIRST = re.compile(r"^(\d*)([-+=.)])")  # at the beginning of a line: an item, or a heading's line
LONGEST = 100_000  # characters


def maps_markdown(figures: Sequence[MapFigure]) -> str:
    """Each map: what was asked about, what was found, and its first segments."""
    return "\n".join(_map_markdown(figure) for figure in figures)


def escaped(text: str) -> str:
    """Text whose signs are text: no Markdown, no HTML, no mention of somebody."""
    return FIRST.sub(r"\1\\\2", SPECIAL.sub(r"\\\1", one_line(text, LONGEST)))


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table of cells that are Markdown already, to the left in notebooks, too; `#` are ranks."""
    lines = [header, ["---:" if name == "#" else ":---" for name in header], *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _map_markdown(figure: MapFigure) -> str:
    rows = [
        [
            str(rank),
            score_text(segment, figure.decimals),
            escaped(one_line(words_of(segment), MAX_WIDTH)),
        ]
        for rank, segment in enumerate(ranking(figure.segments)[:TOP], start=1)
    ]
    remarks = "".join(f"- {escaped(remark)}\n" for remark in figure.remarks)
    return (
        f"### {escaped(figure.model)}: {escaped(one_line(figure.target, MAX_WIDTH))}\n\n"
        + (f"{remarks}\n" if remarks else "")
        + table(["#", say("score"), say("part")], rows)
        + f"\n{escaped(f'{figure.name}: {figure.meaning}.')}\n"
    )
