"""Rows that are looked for: those that meet conditions, in an order, and what their columns are."""

import json
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from backlit.data.base import Example
from backlit.errors import PatternError
from backlit.segments import compile_pattern

FIRST_COLUMNS = ("id", "prompt", "target", "source")
MAX_SECONDS = 2.0  # for the patterns of one query, over all rows


@dataclass(frozen=True, slots=True)
class Condition:
    """What a row must have.

    Attributes:
        text: letters of either case that stand there, or with `is_pattern` a regular expression
            that matches there.
        column: where; None is anywhere.
        is_pattern: whether the text is one.
    """

    text: str
    column: str | None = None
    is_pattern: bool = False


@dataclass(frozen=True, slots=True)
class Order:
    """Sorted by a column: numbers before text, and rows that lack it last."""

    column: str
    descending: bool = False


def columns_of(examples: Iterable[Example]) -> tuple[str, ...]:
    """Those that some row has something in: what every row may have, then fields as they come."""
    known = dict.fromkeys(FIRST_COLUMNS[:2])
    fields: dict[str, None] = {}
    for example in examples:
        if example.target is not None:
            known["target"] = None
        if example.source is not None:
            known["source"] = None
        fields.update(dict.fromkeys(example.fields))
    return (*(name for name in FIRST_COLUMNS if name in known), *fields)


def value_of(example: Example, column: str) -> object:
    """What a row has in a column; None if it lacks that."""
    if column in FIRST_COLUMNS:
        return getattr(example, column)
    return example.fields.get(column)


def text_of(value: object) -> str:
    """A value as it is shown and searched in."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, tuple):  # a chat
        return "\n".join(f"{message.role}: {message.content}" for message in value)
    return json.dumps(value, ensure_ascii=False)


def found(
    examples: Sequence[Example], conditions: Sequence[Condition] = (), order: Order | None = None
) -> list[int]:
    """The numbers, from 0, of the rows that meet all conditions, in order.

    Raises:
        PatternError: one can't be read, or takes too long.
    """
    tests = [_test(condition) for condition in conditions]
    numbers = [i for i, example in enumerate(examples) if all(test(example) for test in tests)]
    if order is None:
        return numbers
    values = {i: value_of(examples[i], order.column) for i in numbers}
    having = [i for i in numbers if values[i] not in (None, "")]
    lacking = [i for i in numbers if values[i] in (None, "")]
    having.sort(key=lambda i: _rank(values[i]), reverse=order.descending)
    return having + lacking


def _rank(value: object) -> tuple[int, float, str]:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return (0, value, "")
    text = text_of(value)
    return (1, 0.0, text.casefold())


def _test(condition: Condition) -> Callable[[Example], bool]:
    matches = _pattern(condition.text) if condition.is_pattern else _letters(condition.text)
    column = condition.column
    if column is not None:
        return lambda example: matches(text_of(value_of(example, column)))

    def anywhere(example: Example) -> bool:
        values = (*(value_of(example, name) for name in FIRST_COLUMNS), *example.fields.values())
        return any(matches(text_of(value)) for value in values)

    return anywhere


def _letters(text: str) -> Callable[[str], bool]:
    wanted = folded(text)
    return lambda value: wanted in folded(value)


def folded(text: str) -> str:
    """Small letters, with one i for all that Turkish has: "ISPARTA" is found by "ısparta"."""
    return text.casefold().replace("ı", "i").replace("\N{COMBINING DOT ABOVE}", "")


def _pattern(pattern: str) -> Callable[[str], bool]:
    compiled = compile_pattern(pattern)
    end = time.monotonic() + MAX_SECONDS

    def matches(value: str) -> bool:
        left = end - time.monotonic()
        try:
            if left <= 0:
                raise TimeoutError
            return compiled.search(value, timeout=left, concurrent=True) is not None
        except TimeoutError as error:
            raise PatternError(
                f"The pattern took longer than {MAX_SECONDS:.0f} seconds.",
                "Simplify it: a repeat inside a repeat, such as (a+)+, is the usual cause.",
            ) from error

    return matches
