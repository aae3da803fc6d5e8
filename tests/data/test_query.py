"""Rows that are looked for."""

import pytest

from backlit.data import Example
from backlit.data import query as module
from backlit.data.query import Condition, Order, columns_of, found, text_of
from backlit.errors import PatternError
from backlit.types import Message

ROWS = (
    Example("1", "The dog likes water.", " It drinks.", None, {"level": 10, "tags": ["pet"]}),
    Example("2", (Message("user", "The Cat?"), Message("user", "Milk.")), None, "talk"),
    Example("3", "the bird", "", "talk", {"level": 9, "note": "Straße"}),
    Example("4", "the fish", None, None, {"level": "high"}),
)


def test_columns_are_those_that_some_row_has() -> None:
    assert columns_of(ROWS) == ("id", "prompt", "target", "source", "level", "tags", "note")
    assert columns_of(ROWS[3:]) == ("id", "prompt", "level")


def test_letters_of_either_case_are_found_anywhere_or_in_a_column() -> None:
    assert found(ROWS, [Condition("THE ")]) == [0, 1, 2, 3]
    assert found(ROWS, [Condition("user: milk")]) == [1]
    assert found(ROWS, [Condition("STRASSE")]) == [2]
    assert found(ROWS, [Condition("pet")]) == [0]
    assert found(ROWS, [Condition("talk", "source"), Condition("bird", "prompt")]) == [2]
    assert found(ROWS, [Condition("talk", "prompt")]) == []
    assert found(ROWS, [Condition("x", "no such column")]) == []


def test_a_pattern_is_matched_as_it_is_typed() -> None:
    assert found(ROWS, [Condition("^[Tt]he (dog|bird)", "prompt", is_pattern=True)]) == [0, 2]
    assert found(ROWS, [Condition("^$", "target", is_pattern=True)]) == [1, 2, 3]
    with pytest.raises(PatternError):
        found(ROWS, [Condition("(", is_pattern=True)])


def test_a_pattern_that_takes_too_long_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_SECONDS", 0.0)
    with pytest.raises(PatternError, match="took longer"):
        found(ROWS, [Condition("a", is_pattern=True)])


@pytest.mark.parametrize(
    ("order", "wanted"),
    [
        (Order("level"), [2, 0, 3, 1]),  # 9, 10, "high", nothing
        (Order("level", descending=True), [3, 0, 2, 1]),
        (Order("target"), [0, 1, 2, 3]),
        (Order("id", descending=True), [3, 2, 1, 0]),
        (Order("prompt"), [2, 0, 3, 1]),  # the chat begins with its role
    ],
)
def test_rows_are_sorted_and_those_that_lack_it_come_last(order: Order, wanted: list[int]) -> None:
    assert found(ROWS, order=order) == wanted


def test_what_is_shown_of_a_value() -> None:
    assert text_of(None) == ""
    assert text_of({"a": ["ö"]}) == '{"a": ["ö"]}'
    assert text_of(2.5) == "2.5"
