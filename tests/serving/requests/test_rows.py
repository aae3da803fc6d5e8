"""Datasets as tables."""

import base64

import pytest

from backlit.data import Example
from backlit.data.base import ExampleList
from backlit.errors import DataError, InputError
from backlit.serving import wire
from backlit.serving.requests import rows as module
from backlit.serving.requests.rows import (
    AddedEvent,
    AddRequest,
    EditedEvent,
    EditRequest,
    RowCondition,
    RowEdit,
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
    event = module.row(RowRequest(dataset="numbers", id="1"), shelf)
    assert event == RowEvent(row=wire.ExampleInfo(id="1", prompt=LONG))
    assert module.row(RowRequest(dataset="numbers", id="2"), shelf) == RowEvent(row=None)


def edited(shelf: Shelf, *edits: RowEdit) -> EditedEvent:
    event = module.edit(EditRequest(dataset="letters", edits=list(edits)), shelf)
    assert isinstance(event, EditedEvent)
    return event


def test_rows_are_changed_added_and_removed_and_that_undone(shelf: Shelf) -> None:
    new = wire.ExampleInfo(id="new", prompt="Say.")
    changed = wire.ExampleInfo(id="a", prompt="Shout a.")
    event = edited(
        shelf,
        RowEdit(id="a", row=changed),
        RowEdit(id="new", row=new, after="a"),
        RowEdit(id="b", row=None),
    )
    assert [row.cells[:2] for row in asked(shelf).rows] == [["a", "Shout a."], ["new", "Say."]]
    edited(shelf, *event.undo)
    assert shelf.get("letters").examples == LETTERS.examples


def test_a_copy_gets_an_id_of_its_own(shelf: Shelf) -> None:
    copy = RowEdit(id="a", row=wire.ExampleInfo(id="a", prompt="Say a."), new=True, after="a")
    assert edited(shelf, copy, copy).ids == ["a (2)", "a (3)"]
    assert edited(shelf, copy.model_copy(update={"id": "a (2)"})).ids == ["a (4)"]
    assert [row.id for row in asked(shelf).rows] == ["a", "a (4)", "a (2)", "a (3)", "b"]


def test_a_row_is_called_what_it_says(shelf: Shelf) -> None:
    with pytest.raises(InputError, match="called"):
        edited(shelf, RowEdit(id="a", row=wire.ExampleInfo(id="b", prompt="")))


def test_a_file_becomes_a_dataset(shelf: Shelf) -> None:
    content = base64.b64encode(b"prompt,level\nSay it.,3\n").decode()
    event = module.add(AddRequest(name="mine", file="rows.csv", content=content), shelf)
    assert event == AddedEvent(name="mine", count=1)
    assert asked(shelf, "mine").rows[0].cells == ["mine-1", "Say it.", "3"]


@pytest.mark.parametrize(
    ("file", "content", "error", "words"),
    [
        ("rows.csv", "%%", InputError, "did not arrive whole"),
        ("rows.doc", base64.b64encode(b"x").decode(), DataError, "not a dataset"),
        ("rows.jsonl", base64.b64encode(b"{}\n[]").decode(), DataError, "line 2"),
        ("rows.csv", "", DataError, "empty"),
    ],
)
def test_a_file_that_is_no_dataset(
    shelf: Shelf, file: str, content: str, error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        module.add(AddRequest(name="mine", file=file, content=content), shelf)
    assert len(shelf.all()) == 2


def test_what_is_found_is_written_to_a_file(shelf: Shelf) -> None:
    request = module.WriteRequest(
        datasets=["letters", "numbers"], conditions=[RowCondition(text="say")], form="jsonl"
    )
    event = module.write(request, shelf)
    assert isinstance(event, module.WrittenEvent)
    assert (event.name, event.count) == ("letters.jsonl", 2)
    assert b'"prompt": "Say a."' in base64.b64decode(event.content)
    only = [module.Place(dataset="letters", id="b"), module.Place(dataset="letters", id="zzz")]
    event = module.write(request.model_copy(update={"only": only}), shelf)
    assert isinstance(event, module.WrittenEvent)
    assert event.count == 1
    with pytest.raises(InputError, match="no row"):
        module.write(request.model_copy(update={"only": []}), shelf)


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
