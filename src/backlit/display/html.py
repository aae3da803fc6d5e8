"""What a notebook shows of a result: one piece of static HTML, and plain text beside it.

The HTML goes where it is not trusted, so it has no script, style sheet, class or id, and reads
well without its colours: GitHub takes every `style` away. `<b>` rather than `<mark>`, because
JupyterLab's sanitizer keeps a mark's tint but not `color: inherit`, which leaves black on black.
"""

import re
from collections.abc import Iterator
from html import escape
from itertools import groupby
from typing import TYPE_CHECKING, NamedTuple

from backlit.types import Attribution, FinishReason, Generation, ScoredSegment

if TYPE_CHECKING:
    from backlit.explanation import Explanation

SUPPORTS = (0x2F, 0x7F, 0xE0)  # blue and orange: told apart by almost everyone
OPPOSES = (0xE0, 0x82, 0x14)
ALPHAS = (0.13, 0.21, 0.29, 0.37, 0.45)  # of tints that text is easy to read on, light and dark
STEPS = len(ALPHAS)
TOP = 5
WIDEST = 80  # characters of a segment in a list
LONGEST = 20_000  # characters of a text that is shown whole
AROUND = 800  # characters shown of a longer one, on both sides of the ends of what matters
LINES = 14  # of plain text

DIM = "opacity:0.65"
BOX = (
    "white-space:pre-wrap;word-break:normal;overflow-wrap:break-word;line-height:1.6;"
    "max-width:60em;max-height:24em;overflow:auto;margin:0.5em 0;padding:0.5em 0.75em;"
    "border:1px solid rgba(128,128,128,0.35);border-radius:4px"
)
CHIP = "padding:0 0.3em;border-radius:3px"
PLAIN = "background-color:transparent"
FINISH: dict[FinishReason, str] = {
    "stop": "stopped by itself",
    "length": "reached its limit of new tokens",
    "context": "filled the model’s context",
    "cancelled": "cut short",
    "given": "given, not generated",
}
_UNSHOWABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")


class _Piece(NamedTuple):
    """A stretch of text and the tags around it; of a `vital` one the ends are always shown."""

    text: str
    before: str = ""
    after: str = ""
    vital: bool = False


def explanation_html(explanation: "Explanation") -> str:
    """Each map of an explanation: what it is, the tinted text, and its first segments."""
    blocks = [_map_html(explanation, index) for index in range(len(explanation.attributions))]
    return "".join(blocks) or generation_html(explanation.generation)


def explanation_text(explanation: "Explanation") -> str:
    """The same in a few lines, without the text before the target."""
    maps = range(len(explanation.attributions))
    if not maps:
        return generation_text(explanation.generation)
    others = sum(len(_map_lines(explanation, index, 0)) for index in maps)
    rows = max(1, min(TOP, (LINES - others) // len(maps)))
    lines = [line for index in maps for line in _map_lines(explanation, index, rows)]
    if len(lines) > LINES:
        lines[LINES - 1 :] = [f"… {len(lines) - LINES + 1} more lines"]
    return "\n".join(lines)


def generation_html(generation: Generation) -> str:
    """The prompt dimmed, and the response in a box of its own, so that it is in sight."""
    prompt = _text_html([_dimmed(generation.sequence.prompt.text)])
    marks = ('<strong style="font-weight:normal">', "</strong>")
    response = _text_html([_Piece(generation.response, *marks, vital=True)])
    return f"<div><div>{_escaped(_facts(generation))}</div>{prompt}{response}</div>"


def generation_text(generation: Generation) -> str:
    """What is known of a generation, its prompt and its response: three lines."""
    prompt, response = generation.sequence.prompt.text, generation.response
    return "\n".join(
        (
            _line(_facts(generation)),
            f"  prompt: {_line(prompt, 5 * WIDEST)}",
            f"  response: {_line(response, 5 * WIDEST)}",
        )
    )


def caption(attribution: Attribution) -> str:
    """What a map is and what its scores mean: a sentence without its full stop."""
    over = " over the foil" if attribution.target.foil else ""
    sign = f"positive supports the target{over}" if attribution.signed else "larger mattered more"
    levels = {segment.level for segment in attribution.segments if segment.level}
    unit = "coarse to fine" if levels else attribution.granularity
    told = (
        f"{attribution.method} by {unit}: {sign}. "
        f"log p(target) = {attribution.target_log_prob:.3f} nats"
    )
    if attribution.target.foil:
        foil = attribution.target.foil.text.strip()
        told += f", log p(foil “{foil}”) = {attribution.foil_log_prob:.3f} nats"
    return told


def ranking(attribution: Attribution) -> list[ScoredSegment]:
    """Segments by how much they mattered, without what a template added."""
    own = [segment for segment in attribution.segments if segment.role != "template"]
    return sorted(own, key=lambda segment: -abs(segment.score))


def score(segment: ScoredSegment) -> str:
    """A segment's score and, where it is known, its standard error."""
    error = segment.standard_error
    return f"{segment.score:+.3f}" + (f" ± {error:.3f}" if error is not None else "")


def words(segment: ScoredSegment) -> str:
    """A segment's text on one line."""
    return " ".join(segment.text.split()) or repr(segment.text)


def _map_html(explanation: "Explanation", index: int) -> str:
    generation, attribution = explanation.generation, explanation.attributions[index]
    ranked = ranking(attribution)
    largest = abs(ranked[0].score) if ranked else 0.0
    target, rest = _target_texts(generation, attribution)
    pieces = [
        *_segment_pieces(attribution, ranked, largest),
        _Piece(
            target,
            '<strong><em style="font-style:normal;text-decoration:underline">',
            "</em></strong>",
            vital=True,
        ),
        _dimmed(rest),
    ]
    # The tinted scores of the list are the legend of the text above it.
    rows = "".join(
        f'<li><code style="{CHIP};{_tint(segment.score, largest) or PLAIN}">'
        f"{_escaped(score(segment))}</code> "
        f'<span dir="auto">{_escaped(_line(words(segment), WIDEST))}</span></li>'
        for segment in ranked[:TOP]
    )
    remarks = "".join(f"<li>{_escaped(one)}</li>" for one in _remarks(explanation, index))
    name, _, meaning = caption(attribution).partition(": ")
    return (
        '<div style="margin:0 0 1.5em">'
        f"<div><strong>{_escaped(f'{generation.model} · {name}')}</strong>: "
        f"{_escaped(_line(meaning))}."
        f' Target: <strong dir="auto">{_escaped(_line(target, WIDEST))}</strong></div>'
        f'{_text_html(pieces)}<ol style="margin:0.5em 0">{rows}</ol>'
        + (f'<ul style="margin:0.5em 0">{remarks}</ul></div>' if remarks else "</div>")
    )


def _map_lines(explanation: "Explanation", index: int, rows: int) -> list[str]:
    generation, attribution = explanation.generation, explanation.attributions[index]
    first = ranking(attribution)[:rows]
    width = max((len(score(segment)) for segment in first), default=0)
    return [
        _line(f"{generation.model} · {caption(attribution)}."),
        *(
            f"  {rank}. {score(segment):<{width}}  {_line(words(segment), WIDEST)}"
            for rank, segment in enumerate(first, start=1)
        ),
        f"  target: {_line(_target_texts(generation, attribution)[0], WIDEST)}",
        *(f"  {_line(remark)}" for remark in _remarks(explanation, index)),
    ]


def _segment_pieces(
    attribution: Attribution, ranked: list[ScoredSegment], largest: float
) -> Iterator[_Piece]:
    """Segments with their tints; neighbours that look alike are one piece."""
    best = {segment.start for segment in ranked[:TOP] if _tint(segment.score, largest)}

    def look(segment: ScoredSegment) -> tuple[bool, str, int]:
        alone = segment.start if segment.start in best else -1
        return segment.role == "template", _tint(segment.score, largest), alone

    for (template, tint, alone), group in groupby(attribution.segments, key=look):
        alike = list(group)
        text = "".join(segment.text for segment in alike)
        if template:
            yield _dimmed(text)
        elif alone >= 0:
            style = f"font-weight:normal;border-radius:3px;{tint}"
            yield _Piece(text, f'<b title="{score(alike[0])}" style="{style}">', "</b>", vital=True)
        elif tint:
            scores = sorted({f"{segment.score:+.3f}" for segment in alike}, key=float)
            title = scores[0] if len(scores) == 1 else f"{scores[0]} to {scores[-1]}"
            yield _Piece(text, f'<span title="{title}" style="{tint}">', "</span>")
        else:
            yield _Piece(text)


def _target_texts(generation: Generation, attribution: Attribution) -> tuple[str, str]:
    """The target's text and what the answer goes on with."""
    sequence, target = generation.sequence, attribution.target
    start = max((t.stop for t in sequence.tokens[: target.start]), default=0)
    stop = max((t.stop for t in sequence.tokens[: target.stop]), default=0)
    names = "".join(t.text for t in sequence.tokens[target.start : target.stop])
    return sequence.text[start:stop] or names, sequence.text[stop:]


def _remarks(explanation: "Explanation", index: int) -> list[str]:
    """What a person should read with a map: its notes, and whether it was found faithful."""
    found = [one.sentence for one in explanation.faithfulness if one.attribution == index]
    return [*explanation.attributions[index].notes, *found]


def _facts(generation: Generation) -> str:
    count = len(generation.sequence.tokens) - generation.sequence.prompt_length
    facts = [
        generation.model,
        f"{count} token{'' if count == 1 else 's'}",
        FINISH[generation.finish_reason],
    ]
    if generation.muted:
        parts = len(generation.muted)
        facts.append(f"without {parts} muted part{'' if parts == 1 else 's'}")
    return " · ".join(facts)


def _tint(value: float, largest: float) -> str:
    """A background for a score, in `STEPS` steps of its share of the largest; may be none."""
    step = round(min(1.0, abs(value) / largest) * STEPS) if largest else 0
    if step == 0:
        return ""
    red, green, blue = SUPPORTS if value > 0 else OPPOSES
    return f"background-color:rgba({red},{green},{blue},{ALPHAS[step - 1]})"


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
    """All pieces; of a text longer than `LONGEST`, what is `AROUND` the ends of vital ones."""
    starts = [0]
    for piece in pieces:
        starts.append(starts[-1] + len(piece.text))
    total = starts.pop()
    if total <= LONGEST:
        return pieces
    placed = list(zip(starts, pieces, strict=True))
    shown: list[_Piece] = []
    done = 0
    for end in sorted({a + n for a, one in placed if one.vital for n in (0, len(one.text))}):
        start, stop = max(done, end - AROUND), min(total, end + AROUND)
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
    shown = escape(_UNSHOWABLE.sub("\N{REPLACEMENT CHARACTER}", text))
    return re.sub("\r\n?|\n", "&#10;", shown)


def _line(text: str, most: int = 1_000) -> str:
    """Text on one line, cut to `most` characters."""
    line = _UNSHOWABLE.sub("\N{REPLACEMENT CHARACTER}", " ".join(text.split()))
    return line if len(line) <= most else line[: most - 1] + "…"
