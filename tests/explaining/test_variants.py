"""Variants: what each changed, and that the rest stayed."""

import math
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backlit.errors import OptionsError
from backlit.explaining.variants import (
    MOST_ORDERS,
    Making,
    make_variants,
    on_top,
    reordered,
    with_line,
    with_other_words,
    with_principles,
    without_each_example,
    without_each_line,
)
from backlit.types import Message

SHOTS = "Q: a\nA: b\n\nQ: c\nA: d\n\nQ: e\nA:"


def test_each_line_is_left_out_once() -> None:
    variants = list(without_each_line("a\n\nb\nc"))
    assert [one.template for one in variants] == ["\nb\nc", "a\n\nc", "a\n\nb\n"]
    assert variants[1].change == "without line 3, “b”"


def test_each_example_is_left_out_and_the_question_stays() -> None:
    variants = list(without_each_example(SHOTS))
    assert [one.template for one in variants] == [
        "Q: c\nA: d\n\nQ: e\nA:",
        "Q: a\nA: b\n\nQ: e\nA:",
    ]


@given(st.integers(2, 7))
def test_orders_differ_and_keep_everything(size: int) -> None:
    template = "".join(f"example {i}\n\n" for i in range(size)) + "question"
    variants = list(reordered(template))
    texts = [one.template for one in variants]
    assert len(set(texts)) == len(texts) == min(math.factorial(size) - 1, MOST_ORDERS)
    assert template not in texts
    for text in texts:
        assert isinstance(text, str)
        assert text.endswith("question")
        assert sorted(text.split("\n\n")) == sorted(template.split("\n\n"))
    assert texts == [one.template for one in reordered(template)]


def test_words_are_whole() -> None:
    variants = list(with_other_words("cat, cats, Cat: cat", {"cat": ["dog", r"\1"]}))
    assert [one.template for one in variants] == ["dog, cats, Cat: dog", r"\1, cats, Cat: \1"]
    with pytest.raises(OptionsError, match="no 'bird'"):
        list(with_other_words("cat", {"bird": ["dog"]}))


def test_a_line_is_fixed_and_its_end_stays() -> None:
    assert with_line("a\r\nb\r\nc", 2, "x").template == "a\r\nx\r\nc"
    with pytest.raises(OptionsError, match="no line 4"):
        with_line("a\nb\nc", 4, "x")


def test_only_what_ends_a_line_on_the_page_does_so_here() -> None:
    assert with_line("a\x0cb", 1, "x").template == "x"
    assert len(list(without_each_line("a\u2028b\r\nc"))) == 2
    shots = SHOTS.replace("\n", "\r\n")
    assert len(list(without_each_example(shots))) == 2


def test_blank_parts_and_equal_orders_are_no_variants() -> None:
    assert len(list(without_each_example("\n\na\n \n \n\nb\n\nq\n\n"))) == 2
    assert list(reordered("same\n\nsame\n\nq")) == []


def test_made_variants_have_names_of_their_own_and_are_bounded() -> None:
    lines = ((1, "x" * 100 + "a"), (1, "x" * 100 + "b"))
    names = [one.name for one in make_variants("a", Making(lines=lines))]
    assert len(set(names)) == 2
    assert max(map(len, names)) < 100
    with pytest.raises(OptionsError, match="characters"):
        list(make_variants("some line\n" * 10_000, Making(without_each="line")))
    with pytest.raises(OptionsError, match="too long"):
        list(with_other_words("a " * 100_000, {"a": ["x" * 1_000]}))


def test_principles_go_on_behind_those_that_are_there() -> None:
    text = "Principle 1: Be kind.\n\nSay it."
    more = "Principle 1: Be kind.\nPrinciple 2: Be brief.\nPrinciple 3: Be exact.\n\nSay it."
    assert on_top(text, ["Be brief.", "Be exact."]) == more
    told = (Message("system", text), Message("user", "Hello"))
    assert on_top(told, ["Be brief.", "Be exact."])[0] == Message("system", more)


def test_principles_stand_on_top_alone_and_together() -> None:
    variants = list(with_principles("Say it.", ["Be kind.", "Be brief."]))
    assert [one.name for one in variants] == ["principle 1", "principle 2", "all principles"]
    assert variants[2].template == "Principle 1: Be kind.\nPrinciple 2: Be brief.\n\nSay it."
    chat = (Message("user", "Say it."),)
    assert on_top(chat, ["Be kind."]) == (Message("system", "Principle 1: Be kind."), *chat)
    told = (Message("system", "You are terse."), *chat)
    assert on_top(told, ["Be kind."]) == (
        Message("system", "Principle 1: Be kind.\n\nYou are terse."),
        *chat,
    )
    assert len(list(with_principles("Say it.", ["Be kind."]))) == 1


def test_without_a_separator_there_are_no_examples() -> None:
    with pytest.raises(OptionsError, match="no examples"):
        list(reordered("one line"))
    assert len(list(without_each_example("a;b;c", re.compile(";")))) == 2
