"""Templates: prompts with `{variables}`, which rows fill in, and where their lines then stand."""

import re
from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from itertools import accumulate
from typing import Any

from backlit.data.base import Example
from backlit.errors import DataError
from backlit.explanation.cell import Line
from backlit.segments import token_spans
from backlit.types import Prompt, Span, TokenSequence

VARIABLE = re.compile(r"\{([A-Za-z_]\w*)\}")
"""A name in braces. Other braces, as JSON and programs have them, are text."""

OWN = ("prompt", "target", "id", "source")  # variables that every example has beside its fields


def variables(template: Prompt) -> tuple[str, ...]:
    """The names of its variables, each once, as they come."""
    names = (name for text in _texts(template) for name in VARIABLE.findall(text))
    return tuple(dict.fromkeys(names))


def filled(template: Prompt, example: Example) -> Prompt:
    """The template with what the example's row says.

    Values are put in as they are: what looks like a variable inside of one stays text.

    Raises:
        DataError: the row lacks a variable, or it is no text or number there.
    """
    values = values_of(example)

    def value(match: re.Match[str]) -> str:
        name = match[1]
        if name not in values:
            raise DataError(
                f"{example.id} has nothing for the variable {{{name}}}.",
                f"Its row has {', '.join(values) or 'no fields'}.",
            )
        return _text(values[name], name, example)

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
        for number, line in enumerate(text.splitlines(), start=1):
            if line.strip():
                found.append(Line(number, line, message))
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
    count = 0
    at = 0
    for text, role in zip(_texts(template), _roles(template), strict=True):
        lines = [filled(line, example) for line in text.splitlines(keepends=True)]
        whole = "".join(map(str, lines))
        begin = _found(sequence, whole.strip(), role, at) - (len(whole) - len(whole.lstrip()))
        at = begin + len(whole.rstrip())
        starts += accumulate((len(line) for line in lines[:-1]), initial=begin)
        for line in text.splitlines():
            numbers.append(count if line.strip() else None)
            count += bool(line.strip())
    spans: list[list[Span]] = [[] for _ in range(count)]
    for start, stop in token_spans(sequence, "line"):
        first = sequence.tokens[start]
        if first.role == "template":
            continue
        shown = sequence.text[first.start : sequence.tokens[stop - 1].stop]
        visible = first.start + len(shown) - len(shown.lstrip())
        place = bisect_right(starts, visible) - 1
        number = numbers[place] if place >= 0 else None
        if number is not None:
            spans[number].append((start, stop))
    return tuple(map(tuple, spans))


def _texts(template: Prompt) -> Sequence[str]:
    return [template] if isinstance(template, str) else [one.content for one in template]


def _roles(template: Prompt) -> Sequence[str]:
    return ["prompt"] if isinstance(template, str) else [one.role for one in template]


def _found(sequence: TokenSequence, text: str, role: str, start: int) -> int:
    """Where a text stands among tokens of a role, from a place on; the place if it does not."""
    of_role = {token.start for token in sequence.tokens if token.role == role}
    at = sequence.text.find(text, start)
    while at >= 0:
        if not text or any(at <= place < at + len(text) for place in of_role):
            return at
        at = sequence.text.find(text, at + 1)
    return start


def _text(value: Any, name: str, example: Example) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, int | float) and not isinstance(value, bool):
        return f"{value}"
    raise DataError(
        f"{example.id} has {type(value).__name__} for the variable {{{name}}}, which is no text.",
        "Use a field that holds text or a number.",
    )
