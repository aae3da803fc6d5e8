"""A result as one piece of static HTML, for notebooks.

The HTML goes where it is not trusted, so it has no script, style sheet, class or id, and reads
well without its colours: GitHub takes every `style` away. `<b>` rather than `<mark>`, because
JupyterLab's sanitizer keeps a mark's tint but not `color: inherit`, which leaves black on black.
"""

import re
from collections.abc import Iterator, Sequence
from html import escape
from itertools import groupby
from typing import NamedTuple

from backlit.display.figure import (
    OPPOSES,
    SUPPORTS,
    MapFigure,
    ResponseFigure,
    is_unsure,
    one_line,
    ranking,
    score_text,
    tint_of_segment,
    words_of,
)
from backlit.display.text import MAX_WIDTH, TOP
from backlit.display.unseen import with_signs
from backlit.types import ScoredSegment

ALPHAS = (0.13, 0.21, 0.29, 0.37, 0.45)  # of tints that text is easy to read on, light and dark
MAX_LENGTH = 20_000  # characters of a text that is shown whole
CONTEXT = 800  # characters shown of a longer one, on both sides of the ends of what matters

DIM = "opacity:0.65"
BOX = (
    "white-space:pre-wrap;word-break:normal;overflow-wrap:break-word;line-height:1.6;"
    "max-width:60em;max-height:24em;overflow:auto;margin:0.5em 0;padding:0.5em 0.75em;"
    "border:1px solid rgba(128,128,128,0.35);border-radius:4px"
)
CHIP = "padding:0 0.3em;border-radius:3px"
PLAIN = "background-color:transparent"


class _Piece(NamedTuple):
    """A stretch of text and the tags around it; of a `vital` one the ends are always shown."""

    text: str
    before: str = ""
    after: str = ""
    vital: bool = False


def maps_html(figures: Sequence[MapFigure]) -> str:
    """Each map: what it is, the tinted text, and its first segments."""
    return "".join(_map_html(figure) for figure in figures)


def response_html(figure: ResponseFigure) -> str:
    """The prompt dimmed, and the response in a box of its own, so that it is in sight."""
    prompt = _text_html([_dimmed(figure.prompt)])
    marks = ('<strong style="font-weight:normal">', "</strong>")
    response = _text_html([_Piece(figure.response, *marks, vital=True)])
    return f"<div><div>{_escaped(figure.facts)}</div>{prompt}{response}</div>"


def _map_html(figure: MapFigure) -> str:
    first = ranking(figure.segments)[:TOP]
    pieces = [
        *_segment_pieces(figure, first),
        _dimmed(figure.between),
        _Piece(
            figure.target,
            '<strong><em style="font-style:normal;text-decoration:underline">',
            "</em></strong>",
            vital=True,
        ),
        _dimmed(figure.rest),
    ]
    # The tinted scores of the list are the legend of the text above it.
    rows = "".join(
        f'<li><code style="{CHIP};{_tint(segment, figure.largest) or PLAIN}'
        f'{f";{DIM}" if is_unsure(segment) else ""}">'
        f"{_escaped(score_text(segment, figure.decimals))}</code> "
        f'<span dir="auto">{_escaped(one_line(words_of(segment), MAX_WIDTH))}</span></li>'
        for segment in first
    )
    remarks = "".join(f"<li>{_escaped(remark)}</li>" for remark in figure.remarks)
    return (
        '<div style="margin:0 0 1.5em">'
        f"<div><strong>{_escaped(f'{figure.model} · {figure.name}')}</strong>: "
        f"{_escaped(one_line(figure.meaning))}."
        f' Target: <strong dir="auto">{_escaped(one_line(figure.target, MAX_WIDTH))}</strong></div>'
        f'{_text_html(pieces)}<ol style="margin:0.5em 0">{rows}</ol>'
        + (f'<ul style="margin:0.5em 0">{remarks}</ul></div>' if remarks else "</div>")
    )


def _segment_pieces(figure: MapFigure, first: Sequence[ScoredSegment]) -> Iterator[_Piece]:
    """Segments with their tints; neighbours that look alike are one piece."""
    largest = figure.largest
    best = {segment.start for segment in first if _tint(segment, largest)}

    def look(segment: ScoredSegment) -> tuple[bool, str, int]:
        alone = segment.start if segment.start in best else -1
        return segment.role == "template", _tint(segment, largest), alone

    for (template, tint, alone), group in groupby(figure.segments, key=look):
        alike = list(group)
        text = "".join(segment.text for segment in alike)
        if template:
            yield _dimmed(text)
        elif alone >= 0:
            style = f"font-weight:normal;border-radius:3px;{tint}"
            yield _Piece(
                text,
                f'<b title="{score_text(alike[0], figure.decimals)}" style="{style}">',
                "</b>",
                vital=True,
            )
        elif tint:
            scores = sorted(
                {f"{segment.score:+.{figure.decimals}f}" for segment in alike}, key=float
            )
            title = scores[0] if len(scores) == 1 else f"{scores[0]} to {scores[-1]}"
            yield _Piece(text, f'<span title="{title}" style="{tint}">', "</span>")
        else:
            yield _Piece(text)


def _tint(segment: ScoredSegment, largest: float) -> str:
    """A background for a segment; may be none."""
    tint = tint_of_segment(segment, largest)
    if tint == 0:
        return ""
    red, green, blue = SUPPORTS if tint > 0 else OPPOSES
    return f"background-color:rgba({red},{green},{blue},{ALPHAS[abs(tint) - 1]})"


def _dimmed(text: str) -> _Piece:
    return _Piece(text, f'<span style="{DIM}">', "</span>")


def _text_html(pieces: list[_Piece]) -> str:
    """A box with the text. The span in front keeps a first line end, which parsers drop."""
    inside = "".join(_piece_html(piece) for piece in _abridged(pieces))
    return f'<pre dir="auto" style="{BOX}"><span></span>{inside}</pre>'


def _piece_html(piece: _Piece) -> str:
    """Its tags are put close around what is visible, so that no bare space is tinted."""
    core = piece.text.strip() or piece.text
    if not core:
        return ""
    lead, _, trail = piece.text.partition(core)
    return "".join((_escaped(lead), piece.before, _escaped(core), piece.after, _escaped(trail)))


def _abridged(pieces: list[_Piece]) -> list[_Piece]:
    """All pieces; of a text longer than `MAX_LENGTH`, what is `CONTEXT` the ends of vital ones."""
    starts = [0]
    for piece in pieces:
        starts.append(starts[-1] + len(piece.text))
    total = starts.pop()
    if total <= MAX_LENGTH:
        return pieces
    placed = list(zip(starts, pieces, strict=True))
    shown: list[_Piece] = []
    done = 0
    for end in sorted({a + n for a, one in placed if one.vital for n in (0, len(one.text))}):
        start, stop = max(done, end - CONTEXT), min(total, end + CONTEXT)
        shown += _gap(start - done)
        shown += [
            one._replace(text=one.text[max(0, start - a) : max(0, stop - a)]) for a, one in placed
        ]
        done = max(done, stop)
    return shown + _gap(total - done)


def _gap(count: int) -> list[_Piece]:
    return [_Piece(f" … {count:,} characters … ", "<em>", "</em>")] if count > 0 else []


def _escaped(text: str) -> str:
    """Text as HTML. Line ends are written out: one line of HTML stays whole inside Markdown."""
    return re.sub("\r\n?|\n", "&#10;", escape(with_signs(text)))
