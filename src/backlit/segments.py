"""Cutting a sequence into segments, and joining token scores over them.

The cut is made once, here, for every face of the product: text is cut into pieces by the
rules of a granularity, and every token goes to the piece that holds its first visible
character. So segments are whole tokens, they tile the sequence, and none crosses from the
prompt into the response or from one chat turn into the next.
"""

import time
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import get_args

import numpy as np
import numpy.typing as npt
import regex
import sentencex

from backlit.errors import PatternError, UnknownNameError
from backlit.progress import stoppable
from backlit.types import Aggregate, Granularity, Segment, Span, TokenSequence

GRANULARITIES: tuple[Granularity, ...] = get_args(Granularity)
AGGREGATES: tuple[Aggregate, ...] = get_args(Aggregate)

MAX_PATTERN_SECONDS = 0.5
MAX_PATTERN_CHARACTERS = 1_000
MAX_PATTERN_ITEMS = 200_000  # some 30 MB once it is compiled

_CHARACTER = regex.compile(r"\X")  # what a person sees as one: grapheme clusters of UAX #29
_EXTENDING = regex.compile(
    r"(?<=[^\r\n\v\f\x85\u2028\u2029])"
    r"(?:[\p{WB=Extend}\p{WB=Format}]|\u200d(?!\p{Extended_Pictographic}))+"
)
_WORD_EDGE = regex.compile(r"(?w)\b")  # the default word boundaries of Unicode UAX #29
_REPEAT = regex.compile(r"\{\s*(\d*)\s*,?\s*(\d*)\s*\}")
_VERBOSE = regex.compile(r"\(\?\w*x")  # blanks and comments are allowed then
_LINE_END = regex.compile(r"\r\n|\n|\r")
PARAGRAPH_END = regex.compile(r"(?>\r\n|\n|\r)(?:[^\S\r\n]*(?>\r\n|\n|\r))+")


def segment(
    sequence: TokenSequence,
    granularity: Granularity,
    pattern: str | None = None,
    stop: int | None = None,
) -> tuple[Segment, ...]:
    """Cut `sequence.tokens[:stop]` into segments that tile it.

    Args:
        sequence: what to cut.
        granularity: `token` (a visible character's tokens stay together), `word` (UAX #29,
            with the space before it), `sentence` (a new line ends one too), `line`,
            `paragraph` (blank lines end one), or `custom`.
        pattern: for `custom`, a regular expression; the text is cut after each match. A
            look-ahead such as `(?=Example)` cuts before.
        stop: cut no further than this token, as for a target that starts there.

    Raises:
        PatternError: the pattern is missing, wrong, or takes too long on this text.
        UnknownNameError: no such granularity.
    """
    spans = token_spans(sequence, granularity, pattern)
    if stop is not None:
        spans = [(a, min(b, stop)) for a, b in spans if a < stop]
    return tuple(segment_of(sequence, span) for span in stoppable(spans))


def split_lines(text: str) -> list[str]:
    """The lines of a text, each with its end; a text without any is one line, "" has none."""
    edges = dict.fromkeys([0, *(m.end() for m in stoppable(_LINE_END.finditer(text))), len(text)])
    return [text[a:b] for a, b in pairwise(edges)]


def token_spans(
    sequence: TokenSequence, granularity: Granularity, pattern: str | None = None
) -> list[Span]:
    """The token spans of `segment`, without their text."""
    if granularity not in GRANULARITIES:
        raise UnknownNameError(
            f"There is no granularity {granularity!r}.", f"Use one of {', '.join(GRANULARITIES)}."
        )
    compiled = compile_pattern(pattern) if granularity == "custom" else None
    deadline = time.monotonic() + MAX_PATTERN_SECONDS
    spans: list[Span] = []
    for chips in _regions(sequence):
        if granularity == "token":
            spans += chips
            continue
        first, last = chips[0][0], chips[-1][1] - 1
        offset = sequence.tokens[first].start
        text = sequence.text[offset : sequence.tokens[last].stop]
        if compiled is not None:
            edges = _custom_edges(text, compiled, deadline)
        else:
            edges = _edges(text, granularity)
        pieces = _without_blanks(text, edges, spaces_lead=granularity == "word")
        spans += _assign(sequence, chips, [offset + edge for edge in pieces])
    return spans


def aggregate(
    token_scores: npt.NDArray[np.float64], segments: Sequence[Segment], how: Aggregate
) -> npt.NDArray[np.float64]:
    """Join token scores `(tokens,)` over segments: `(segments,)`.

    `max` is the score of largest magnitude, with its sign.
    """
    joined = np.empty(len(segments))  # (segments,)
    for i, part in enumerate(segments):
        scores = token_scores[part.start : part.stop]  # (tokens of the segment,)
        if how == "sum":
            joined[i] = scores.sum()
        elif how == "mean":
            joined[i] = scores.mean()
        else:
            joined[i] = scores[np.abs(scores).argmax()]
    return joined


def segment_of(sequence: TokenSequence, span: Span) -> Segment:
    """The segment of a token span."""
    tokens = sequence.tokens[span[0] : span[1]]
    text = sequence.text[tokens[0].start : max(t.stop for t in tokens)]
    if not text:  # a special token that stands for no characters, such as <bos>
        text = "".join(t.text for t in tokens)
    return Segment(span[0], span[1], text, tokens[0].role)


def _regions(sequence: TokenSequence) -> Iterator[list[Span]]:
    """Runs of visible chips of one role, as token spans of the chips.

    Tokens that share a visible character, such as an emoji of several code points, are one
    chip; so is a token with no characters of its own (the rest of a character cut short) with
    the token before it.
    """
    characters = stoppable(_CHARACTER.finditer(sequence.text))
    whole = {match.start() for match in characters} | {len(sequence.text)}
    region: list[Span] = []
    role = ""
    shown = 0
    for i, token in enumerate(stoppable(sequence.tokens)):
        empty = token.start == token.stop and not token.special
        joined = token.start < shown or token.start not in whole or empty
        if region and token.role != role:
            yield region
            region = []
        if region and joined:
            region[-1] = (region[-1][0], i + 1)
        else:
            region.append((i, i + 1))
        role = token.role
        shown = max(shown, token.stop)
    if region:
        yield region


def _word_edges(text: str) -> list[int]:
    """Word boundaries, of the text without combining marks and such: rule WB4 of UAX #29 says that
    they count for nothing, but `regex` sees a boundary before one that follows a full stop.
    """
    bare = _EXTENDING.sub("", text)
    edges = [m.start() for m in stoppable(_WORD_EDGE.finditer(bare))]
    if len(bare) == len(text):
        return edges
    marks = {at for m in _EXTENDING.finditer(text) for at in range(*m.span())}
    kept = [at for at in range(len(text)) if at not in marks]
    return [kept[edge] if edge < len(kept) else len(text) for edge in edges]


def _edges(text: str, granularity: Granularity) -> list[int]:
    if granularity == "word":
        return _word_edges(text)
    if granularity == "line":
        return [m.end() for m in stoppable(_LINE_END.finditer(text))]
    if granularity == "paragraph":
        return [m.end() for m in stoppable(PARAGRAPH_END.finditer(text))]
    edges = []
    lines = [0, *(m.end() for m in _LINE_END.finditer(text)), len(text)]
    for start, stop in stoppable(pairwise(lines)):
        at = start
        # sentencex cuts between \r and \n; a line's end is ours to find, so hand it none
        for sentence in sentencex.segment("en", text[start:stop].rstrip("\r\n")):
            edges.append(at)
            at += len(sentence)
        edges.append(stop)
    return edges


def compile_pattern(pattern: str | None) -> "regex.Pattern[str]":
    """A regular expression that anyone may have typed; matching it wants a `timeout`.

    Raises:
        PatternError: there is none, it can't be read, or it is too large.
    """
    if not pattern:
        raise PatternError(
            "There is no pattern.", "Type a regular expression, such as \\n\\n or [;.]."
        )
    if not isinstance(pattern, str):
        raise PatternError(
            f"A pattern can't be of type {type(pattern).__name__}.",
            "Give it as text; flags go inside, such as (?i) for ignoring case.",
        )
    if len(pattern) > MAX_PATTERN_CHARACTERS:
        raise PatternError(
            f"The pattern has {len(pattern)} characters.", f"Use at most {MAX_PATTERN_CHARACTERS}."
        )
    if _items(pattern) > MAX_PATTERN_ITEMS:
        raise PatternError(
            "The pattern repeats repeats too often.",
            "Use smaller counts: those of a group in braces multiply what is inside.",
        )
    try:
        # not kept: a few hundred large ones would fill the memory
        return regex.compile(pattern, regex.MULTILINE, cache_pattern=False)
    except (regex.error, RecursionError, OverflowError) as error:
        raise PatternError(
            f"The pattern can't be read: {error}.", "Fix it and try again."
        ) from error


def _items(pattern: str) -> int:
    """The most items that compiling makes of a pattern, as counted repeats are written out.

    A repeat of a group multiplies what is in it, perhaps others; what a repeat belongs to is
    judged by the character before it, to the safe side.
    """
    of_groups = of_items = 1
    verbose = _VERBOSE.search(pattern)
    for repeat in _REPEAT.finditer(pattern):
        count = max(int(digits or 1) for digits in repeat.groups())
        if verbose or pattern[: repeat.start()].rstrip().endswith(")"):
            of_groups *= max(count, 1)
        else:
            of_items = max(of_items, count)
    return len(pattern) * of_groups * of_items


def _custom_edges(text: str, pattern: "regex.Pattern[str]", deadline: float) -> list[int]:
    seconds = max(0.01, deadline - time.monotonic())
    try:
        # concurrent: lets go of the interpreter lock, so that a slow match stalls nobody
        return [m.end() for m in pattern.finditer(text, timeout=seconds, concurrent=True)]
    except TimeoutError as error:
        raise PatternError(
            f"The pattern took longer than {MAX_PATTERN_SECONDS} seconds on this text.",
            "Simplify it: a repeat inside a repeat, such as (a+)+, is the usual cause.",
        ) from error


def _without_blanks(text: str, edges: Sequence[int], *, spaces_lead: bool) -> list[int]:
    """The starts of pieces, blank ones joined to a neighbour: the one before, or for words the
    one after if no line ends between.
    """
    cuts = sorted({0, *edges, len(text)})
    starts: list[int] = []
    blank_before = True  # is all since the last start blank?
    for start, stop in stoppable(pairwise(cuts)):
        piece = text[start:stop]
        blank = not piece.strip()
        leads = spaces_lead and "\n" not in piece and "\r" not in piece
        if blank and starts and not leads:
            if blank_before and len(starts) > 1:  # a line ends behind these spaces
                starts.pop()
                blank_before = False
            continue
        if blank_before and starts:
            blank_before = blank
            continue
        starts.append(start)
        blank_before = blank
    if blank_before and len(starts) > 1:  # blanks at the very end have no word to lead
        starts.pop()
    return starts


def _assign(sequence: TokenSequence, chips: list[Span], starts: Sequence[int]) -> list[Span]:
    """Group chips by the piece that holds their first visible character."""
    spans: list[Span] = []
    current = -1
    piece = 0
    for first, stop in stoppable(chips):
        start = sequence.tokens[first].start
        text = sequence.text[start : sequence.tokens[stop - 1].stop]
        at = start + (len(text) - len(text.lstrip()) if text.strip() else 0)
        while piece + 1 < len(starts) and starts[piece + 1] <= at:
            piece += 1
        if piece == current:
            spans[-1] = (spans[-1][0], stop)
        else:
            spans.append((first, stop))
            current = piece
    return spans
