"""Datasets as tables."""

import base64

import pytest

from backlit.data import Example
from backlit.data.base import ExampleList
from backlit.errors import InputError
from backlit.serving import wire
from backlit.serving.requests import rows as module
from backlit.serving.requests.rows import (
    Place,
    RowCondition,
    RowEvent,
    RowOrder,
    RowRequest,
    RowsEvent,
    RowsRequest,
)
from backlit.serving.shelf import Shelf
from backlit.types import Message

LONG = "word " * 100
LETTERS = ExampleList(
    "letters",
    (
        Example("a", "Say a.", None, None, {"level": 2}),
        Example("b", (Message("user", "Say b."),), " b", None, {"level": 1, "loud": True}),
    ),
)
NUMBERS = ExampleList("numbers", (Example("1", LONG),))


@pytest.fixture
def shelf() -> Shelf:
    return Shelf([LETTERS, NUMBERS])


def asked(shelf: Shelf, *datasets: str, **more: object) -> RowsEvent:
    request = RowsRequest.model_validate({"datasets": datasets or ("letters",), **more})
    event = module.rows(request, shelf)
    assert isinstance(event, RowsEvent)
    return event


def test_rows_travel_thin(shelf: Shelf) -> None:
    event = asked(shelf, "letters", "numbers")
    assert event.columns == ["id", "prompt", "target", "level", "loud"]
    assert (event.total, event.found) == (3, 3)
    first, second, third = event.rows
    assert first.cells == ["a", "Say a.", None, 2, None]
    assert second.cells == ["b", "user: Say b.", " b", 1, "true"]
    assert (third.dataset, third.id) == ("numbers", "1")
    assert third.cells[1] == LONG[: module.SHOWN - 1] + "…"


def test_some_of_those_that_are_looked_for(shelf: Shelf) -> None:
    condition = RowCondition(text="say", column="prompt")
    event = asked(
        shelf, "letters", "numbers",
        conditions=[condition], order=RowOrder(column="level"), first=1, count=1,
    )  # fmt: skip
    assert (event.total, event.found, event.first) == (3, 2, 1)
    assert [row.id for row in event.rows] == ["a"]
    assert asked(shelf, conditions=[RowCondition(text="zzz")]).rows == []


def test_all_of_a_row(shelf: Shelf) -> None:
    event = module.row(
        RowRequest(places=[Place(dataset="numbers", id="1"), Place(dataset="numbers", id="2")]),
        shelf,
    )
    assert event == RowEvent(rows=[wire.ExampleInfo(id="1", prompt=LONG), None])


def test_what_is_found_is_written_to_a_file(shelf: Shelf) -> None:
    request = module.WriteRequest(
        datasets=["letters", "numbers"], conditions=[RowCondition(text="say")], form="jsonl"
    )
    event = module.write(request, shelf)
    assert isinstance(event, module.WrittenEvent)
    assert (event.name, event.count) == ("letters.jsonl", 2)
    assert b'"prompt": "Say a."' in base64.b64decode(event.content)
    only = [Place(dataset="letters", id="b"), Place(dataset="letters", id="zzz")]
    event = module.write(request.model_copy(update={"only": only}), shelf)
    assert isinstance(event, module.WrittenEvent)
    assert event.count == 1
    with pytest.raises(InputError, match="no row"):
        module.write(request.model_copy(update={"only": []}), shelf)


def test_what_is_chosen_is_written_though_it_is_not_looked_for() -> None:
    shelf = Shelf([ExampleList("letters", (Example("a", "Say."), Example("blank", "")))])
    only = [Place(dataset="letters", id=name) for name in ("a", "blank")]
    request = module.WriteRequest(
        datasets=["letters"], conditions=[RowCondition(text="zzz")], only=only, form="csv"
    )
    event = module.write(request, shelf)
    assert isinstance(event, module.WrittenEvent)
    assert (event.count, event.left_out) == (1, 1)  # a row without a prompt is read from no file


def test_a_wide_table_has_its_first_columns() -> None:
    fields = {f"column {number}": number for number in range(200)}
    shelf = Shelf([ExampleList("letters", (Example("a", "Say.", fields=fields),))])
    event = asked(shelf)
    assert len(event.columns) == len(event.rows[0].cells) == module.MAX_COLUMNS
    assert event.more == 202 - module.MAX_COLUMNS


def test_a_number_that_no_page_knows_is_text() -> None:
    fields = {"large": 2**53 + 1, "huge": 10**400, "whole": 2**53, "part": 0.5, "yes": True}
    shelf = Shelf([ExampleList("letters", (Example("a", "Say.", fields=fields),))])
    cells = asked(shelf).rows[0].cells[2:]
    assert cells == ["9007199254740993", "1" + "0" * (module.SHOWN - 2) + "…", 2**53, 0.5, "true"]


def test_rows_of_one_id_are_told_apart_in_a_file() -> None:
    shelf = Shelf(
        [ExampleList("one", (Example("a", "A"),)), ExampleList("two", (Example("a", "B"),))]
    )
    event = module.write(module.WriteRequest(datasets=["one", "two"], form="jsonl"), shelf)
    assert isinstance(event, module.WrittenEvent)
    assert event.name == "rows.jsonl"
    text = base64.b64decode(event.content)
    assert b'"one/a"' in text
    assert b'"two/a"' in text
