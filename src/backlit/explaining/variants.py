"""Variants of a template, and what each changed: a line or example left out, another order, other
words, a line fixed, a principle added.
"""

import math
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import islice, pairwise, permutations
from typing import Literal

import numpy as np
import regex

from backlit.display.figure import one_line
from backlit.display.speech import say
from backlit.errors import OptionsError
from backlit.explaining.templates import mapped
from backlit.explanation.cell import Variant
from backlit.explanation.proof import MAX_WORDS
from backlit.segments import PARAGRAPH_END, split_lines
from backlit.types import Message, Prompt

MAX_CHARACTERS = 10_000_000  # of all variants that are made
MAX_FACTORIAL = 12  # examples: of more nobody wants all orders
MOST_ORDERS = 24  # all orders of up to four examples; of more, so many by chance


PRINCIPLES = re.compile(r"(?:Principle \d+: [^\n]*\n)+")

Separator = re.Pattern[str] | regex.Pattern[str]
"""What parts examples; left out, blank lines do."""


@dataclass(frozen=True, slots=True)
class Making:
    """Which variants of a template to make.

    Attributes:
        without_each: leave each line out in turn, or each example that a blank line parts.
        reorder: put those examples in other orders.
        principles: put each on top alone, and all of them together.
        lines: numbers, from 1, and what to put in the place of those lines.
        words: other words to put in the place of each.
    """

    without_each: Literal["line", "example"] | None = None
    reorder: bool = False
    principles: tuple[str, ...] = ()
    lines: tuple[tuple[int, str], ...] = ()
    words: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def make_variants(template: Prompt, making: Making) -> Iterator[Variant]:
    """All that are asked for, in the order of the fields of `Making`, each by a name of its own.

    Raises:
        OptionsError: one can't be made of this template, or they are too long.
    """
    names: Counter[str] = Counter()
    size = 0
    for one in _made(template, making):
        size += len(str(one.template))
        if size > MAX_CHARACTERS:
            raise OptionsError(
                f"The variants have more than {MAX_CHARACTERS:,} characters.",
                "Make fewer at a time, or of a shorter template.",
            )
        names[one.name] += 1
        count = names[one.name]
        yield one if count == 1 else replace(one, name=f"{one.name} ({count})")


def _made(template: Prompt, making: Making) -> Iterator[Variant]:
    if isinstance(template, str):
        if making.without_each == "line":
            yield from without_each_line(template)
        if making.without_each == "example":
            yield from without_each_example(template)
        if making.reorder:
            yield from reordered(template)
    elif making.without_each or making.reorder or making.lines:
        raise OptionsError(
            "Of a chat, lines and examples are not changed one by one.",
            "Use principles or other words, or write the variant as a template of its own.",
        )
    yield from with_principles(template, making.principles)
    if isinstance(template, str):
        yield from (with_line(template, number, text) for number, text in making.lines)
    yield from with_other_words(template, making.words)


def without_each_line(template: str) -> Iterator[Variant]:
    """One variant for each line that holds something, without it."""
    lines = split_lines(template)
    for number, line in enumerate(lines, start=1):
        if line.strip():
            rest = "".join(lines[: number - 1] + lines[number:])
            yield Variant(
                say("no line {number}", number=number),
                rest,
                say("without line {number}, {words}", number=number, words=quoted(line)),
            )


def without_each_example(template: str, separator: Separator = PARAGRAPH_END) -> Iterator[Variant]:
    """One variant for each of the examples that a separator parts, without it; the last part, which
    asks, stays.
    """
    parts = _parts(template, separator)
    for number in range(1, len(parts)):
        rest = "".join(parts[: number - 1] + parts[number:])
        yield Variant(
            say("no example {number}", number=number),
            rest,
            say(
                "without example {number}, {words}", number=number, words=quoted(parts[number - 1])
            ),
        )


def reordered(
    template: str,
    separator: Separator = PARAGRAPH_END,
    most: int = MOST_ORDERS,
    seed: int = 0,
) -> Iterator[Variant]:
    """The examples in other orders: in all of them if those are at most `most`, else in some by
    chance. The last part, which asks, stays the last.
    """
    *examples, question = _parts(template, separator)
    size = len(examples)
    orders: Iterator[tuple[int, ...]]
    usual = tuple(range(size))
    if math.factorial(min(size, MAX_FACTORIAL)) <= most + 1:
        orders = islice(permutations(usual), 1, None)
    else:
        orders = _random_orders(size, most, seed)
    seen = {template}
    for order in orders:
        told = one_line(", ".join(str(i + 1) for i in order), MAX_WORDS)
        text = "".join(examples[i] for i in order) + question
        if text not in seen:  # examples may be the same
            yield Variant(
                say("order {order}", order=told),
                text,
                say("examples in the order {order}", order=told),
            )
        seen.add(text)


def with_other_words(template: Prompt, words: Mapping[str, Sequence[str]]) -> Iterator[Variant]:
    """One variant for each other word in the place of one, wherever it stands as a whole word."""
    for word, others in words.items():
        for other in others:
            text = mapped(template, partial(_with_other_word, word, other))
            if text == template:
                raise OptionsError(f"The template has no {word!r}.", "Name a word that it has.")
            name = f"{one_line(word, MAX_WORDS)}: {one_line(other, MAX_WORDS)}"
            change = say("{new} for {old}", new=quoted(other), old=quoted(word))
            yield Variant(name, text, change)


def with_line(template: str, number: int, text: str) -> Variant:
    """With another line in the place of one, counted from 1."""
    lines = split_lines(template)
    if not 1 <= number <= len(lines):
        raise OptionsError(f"There is no line {number}.", f"Use 1 to {len(lines)}.")
    end = lines[number - 1][len(lines[number - 1].rstrip("\r\n")) :]
    lines[number - 1] = text + end
    name = say("line {number}: {words}", number=number, words=one_line(text, MAX_WORDS))
    change = say("line {number} changed to {words}", number=number, words=quoted(text))
    return Variant(name, "".join(lines), change)


def without_lines(template: str, numbers: Sequence[int]) -> str:
    """A template without some of its lines, counted from 1.

    Raises:
        OptionsError: there is no such line.
    """
    lines = split_lines(template)
    for number in numbers:
        if not 1 <= number <= len(lines):
            raise OptionsError(f"There is no line {number}.", f"Use 1 to {len(lines)}.")
    return "".join(line for at, line in enumerate(lines, start=1) if at not in numbers)


def with_principles(template: Prompt, principles: Sequence[str]) -> Iterator[Variant]:
    """With each principle alone, and with all of them together, on top."""
    for number, principle in enumerate(principles, start=1):
        yield Variant(
            say("principle {number}", number=number),
            on_top(template, [principle]),
            say("with the principle {words}", words=quoted(principle)),
        )
    if len(principles) > 1:
        name, change = say("all principles"), say("with all principles")
        yield Variant(name, on_top(template, principles), change)


def on_top(template: Prompt, principles: Sequence[str]) -> Prompt:
    """The template with principles before its text, each on a line; of a chat, in its system
    message, which comes before the others. Behind those that it begins with, the numbers go on.
    """
    if isinstance(template, str):
        return _headed(template, principles)
    if template and template[0].role in ("system", "developer"):
        content = _headed(template[0].content, principles)
        return (replace(template[0], content=content), *template[1:])
    return (Message("system", _headed("", principles).rstrip("\n")), *template)


def _headed(text: str, principles: Sequence[str]) -> str:
    found = PRINCIPLES.match(text)
    before = found[0] if found else ""
    first = before.count("\n") + 1
    more = "".join(f"Principle {n}: {one}\n" for n, one in enumerate(principles, start=first))
    return f"{before}{more}{text[len(before) :]}" if before else f"{more}\n{text}"


def quoted(text: str) -> str:
    """Words on one line in quotes, cut if they are many."""
    return f"“{one_line(text, MAX_WORDS)}”"


def _with_other_word(word: str, other: str, text: str) -> str:
    """Raises an `OptionsError` if that were too long."""
    whole = re.compile(rf"(?<!\w){re.escape(word)}(?!\w)")
    if len(text) + len(other) * len(whole.findall(text)) > MAX_CHARACTERS:
        raise OptionsError(
            f"With {quoted(other)} for {quoted(word)} the prompt is too long.",
            "Use a shorter word.",
        )
    return whole.sub(lambda _: other, text)


def _parts(template: str, separator: Separator) -> list[str]:
    """What a separator parts, each with the separator behind it.

    Raises:
        OptionsError: it parts nothing.
    """
    ends: list[int] = []
    for match in separator.finditer(template):
        before = template[ends[-1] if ends else 0 : match.end()]
        if before.strip() and template[match.end() :].strip():  # blank ones are no parts
            ends.append(match.end())
    if not ends:
        raise OptionsError(
            "The template has no examples that a blank line parts.",
            "Give the separator that stands between them.",
        )
    edges = [0, *ends, len(template)]
    return [template[a:b] for a, b in pairwise(edges)]


def _random_orders(size: int, count: int, seed: int) -> Iterator[tuple[int, ...]]:
    """Different orders by chance, none of them the usual one."""
    random = np.random.default_rng(seed)
    seen = {tuple(range(size))}
    while len(seen) <= count:
        order = tuple(random.permutation(size).tolist())
        if order not in seen:
            seen.add(order)
            yield order
