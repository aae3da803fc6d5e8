"""Templates: prompts with `{variables}`, which rows fill in, and where their lines then stand."""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from itertools import accumulate
from numbers import Real
from typing import Any

from backlit.data.base import Example
from backlit.errors import DataError
from backlit.explanation.cell import Line
from backlit.segments import split_lines, token_spans
from backlit.types import Prompt, Span, TokenSequence

VARIABLE = re.compile(r"\{([^\W\d]\w*)\}")
"""A name in braces. Other braces, as JSON and programs have them, are text."""

MAX_CHARACTERS = 2_000_000  # of a prompt
OWN = ("prompt", "target", "id", "source")  # variables that every example has beside its fields


def variables(template: Prompt) -> tuple[str, ...]:
    """The names of its variables, each once, as they come."""
    names = (name for text in _texts(template) for name in VARIABLE.findall(text))
    return tuple(dict.fromkeys(names))


def filled(template: Prompt, example: Example) -> Prompt:
    """The template with what the example's row says.

    Values are put in as they are: what looks like a variable inside of one stays text.

    Raises:
        DataError: the row lacks a variable, it is no text or number there, or all is too long.
    """
    values = values_of(example)
    size = sum(len(text) for text in _texts(template))

    def value(match: re.Match[str]) -> str:
        nonlocal size
        name = match[1]
        if name not in values:
            raise DataError(
                f"{example.id} has nothing for the variable {{{name}}}.",
                f"Its row has {', '.join(values) or 'no fields'}.",
            )
        text = _text(values[name], name, example)
        size += len(text)
        if size > MAX_CHARACTERS:
            raise DataError(
                f"The prompt of {example.id} has more than {MAX_CHARACTERS:,} characters.",
                "Use a shorter template, or shorter values.",
            )
        return text

    return mapped(template, lambda text: VARIABLE.sub(value, text))


def mapped(template: Prompt, change: Callable[[str], str]) -> Prompt:
    """The template with every text of it changed."""
    if isinstance(template, str):
        return change(template)
    return tuple(replace(one, content=change(one.content)) for one in template)


def values_of(example: Example) -> Mapping[str, Any]:
    """What an example has for variables: its row's fields, its target, and its prompt if that is
    text.
    """
    own = {name: example[name] for name in OWN}
    known = {name: value for name, value in own.items() if isinstance(value, str) and value}
    return {**known, **example.fields}


def lines_of(template: Prompt) -> tuple[Line, ...]:
    """The lines of a template that hold something."""
    found = []
    for at, text in enumerate(_texts(template)):
        message = None if isinstance(template, str) else at + 1
        for number, line in enumerate(split_lines(text), start=1):
            if line.strip():
                found.append(Line(number, line.rstrip("\r\n"), message))
    return tuple(found)


def spans_of_lines(
    sequence: TokenSequence, template: Prompt, example: Example
) -> tuple[tuple[Span, ...], ...]:
    """Where the lines of a template stand in a prompt that was filled in with it.

    Args:
        sequence: the filled prompt, as a model reads it.
        template: what was filled in.
        example: with what.

    Returns:
        For each of `lines_of`, the token spans of the prompt's own lines that come of it: several
        where a value has several lines, none where nothing of it is left.
    """
    starts: list[int] = []  # of each line, blank ones too, in the sequence's text
    numbers: list[int | None] = []  # of `lines_of`, of each of those
    count = at = 0
    firsts = _firsts(sequence)
    for text, role in zip(_texts(template), _roles(template), strict=True):
        lines = [str(filled(line, example)) for line in split_lines(text)]
        whole = "".join(lines)
        visible = whole.strip()
        named = [line.strip() != "" for line in split_lines(text)]
        if visible:  # chat templates may trim contents, so what is blank at their ends may be gone
            found = _found(sequence.text, visible, firsts.get(role, []), at)
            begin = found - (len(whole) - len(whole.lstrip()))
            ends = accumulate(map(len, lines[:-1]), initial=begin)
            starts += (max(end, at) for end in ends)
            numbering = iter(range(count, count + sum(named)))
            numbers += (next(numbering) if one else None for one in named)
            at = found + len(visible)
        count += sum(named)
    spans: list[list[Span]] = [[] for _ in range(count)]
    for start, stop in token_spans(sequence, "line"):
        first = sequence.tokens[start]
        if first.role == "template":
            continue
        shown = sequence.text[first.start : sequence.tokens[stop - 1].stop]
        if not shown.strip():  # a message of blanks
            continue
        seen = first.start + len(shown) - len(shown.lstrip())
        place = bisect_right(starts, seen) - 1
        number = numbers[place] if place >= 0 else None
        if number is not None:
            spans[number].append((start, stop))
    return tuple(map(tuple, spans))


def _texts(template: Prompt) -> Sequence[str]:
    return [template] if isinstance(template, str) else [one.content for one in template]


def _roles(template: Prompt) -> Sequence[str]:
    return ["prompt"] if isinstance(template, str) else [one.role for one in template]


def _firsts(sequence: TokenSequence) -> dict[str, list[int]]:
    """Where the tokens of each role begin, in order."""
    found: dict[str, list[int]] = {}
    for token in sequence.tokens:
        found.setdefault(token.role, []).append(token.start)
    return found


def _found(whole: str, text: str, firsts: Sequence[int], start: int) -> int:
    """Where a text stands from a place on, with one of these beginnings of tokens in it; the place
    if it does not.
    """
    at = whole.find(text, start)
    while at >= 0:
        near = bisect_left(firsts, at)
        if near < len(firsts) and firsts[near] < at + len(text):
            return at
        at = whole.find(text, at + 1)
    return start


def _text(value: Any, name: str, example: Example) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, Real) and value is not True and value is not False:
        with suppress(ValueError):  # of more digits than Python writes
            return f"{value}"
    raise DataError(
        f"{example.id} has {type(value).__name__} for the variable {{{name}}}, which is no text.",
        "Use a field that holds text or a number.",
    )
