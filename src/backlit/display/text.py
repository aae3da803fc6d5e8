"""A result in a few lines of plain text."""

from collections.abc import Sequence

from backlit.display.figure import (
    MapFigure,
    ResponseFigure,
    one_line,
    ranking,
    score_text,
    words_of,
)

TOP = 5
MAX_WIDTH = 80  # characters of a segment in a list
MAX_LINES = 14


def maps_text(figures: Sequence[MapFigure]) -> str:
    """Each map's first segments and its target, without the text before it."""
    others = sum(len(_map_lines(figure, 0)) for figure in figures)
    rows = max(1, min(TOP, (MAX_LINES - others) // len(figures)))
    lines = [line for figure in figures for line in _map_lines(figure, rows)]
    if len(lines) > MAX_LINES:
        lines[MAX_LINES - 1 :] = [f"… {len(lines) - MAX_LINES + 1} more lines"]
    return "\n".join(lines)


def response_text(figure: ResponseFigure) -> str:
    """What is known of a generation, its prompt and its response: three lines."""
    return "\n".join(
        (
            one_line(figure.facts),
            f"  prompt: {one_line(figure.prompt, 5 * MAX_WIDTH)}",
            f"  response: {one_line(figure.response, 5 * MAX_WIDTH)}",
        )
    )


def _map_lines(figure: MapFigure, rows: int) -> list[str]:
    first = ranking(figure.segments)[:rows]
    width = max((len(score_text(segment, figure.decimals)) for segment in first), default=0)
    return [
        one_line(f"{figure.model} · {figure.name}: {figure.meaning}."),
        *(
            f"  {rank}. {score_text(segment, figure.decimals):<{width}}  "
            f"{one_line(words_of(segment), MAX_WIDTH)}"
            for rank, segment in enumerate(first, start=1)
        ),
        f"  target: {one_line(figure.target, MAX_WIDTH)}",
        *(f"  {one_line(remark)}" for remark in figure.remarks),
    ]
