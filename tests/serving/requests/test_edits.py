"""Datasets as people change them."""

import base64
import json

import pytest

from backlit.data import Example
from backlit.data.base import ExampleList
from backlit.errors import DataError, InputError, UnknownNameError
from backlit.serving.requests import edits as module
from backlit.serving.requests.edits import (
    AddedEvent,
    AddRequest,
    EditedEvent,
    EditRequest,
    RemoveRequest,
    RowEdit,
    UndoRequest,
)
from backlit.serving.shelf import Shelf
from backlit.types import Message

LETTERS = ExampleList(
    "letters",
    (
        Example("a", "Say a.", None, None, {"level": 2, "large": 2**60 + 1}),
        Example("b", (Message("user", "Say b."),), " b", None, {"level": 1, "loud": True}),
    ),
)


@pytest.fixture
def shelf() -> Shelf:
    return Shelf([LETTERS])


def edited(shelf: Shelf, *edits: RowEdit) -> EditedEvent:
    event = module.edit(EditRequest(dataset="letters", edits=list(edits)), shelf)
    assert isinstance(event, EditedEvent)
    return event


def undone(shelf: Shelf, event: EditedEvent) -> EditedEvent:
    back = module.undo(UndoRequest(dataset="letters", undo=event.undo), shelf)
    assert isinstance(back, EditedEvent)
    return back


def ids(shelf: Shelf) -> list[str]:
    return [one.id for one in shelf.get("letters").examples]


def test_rows_are_changed_added_and_removed_and_that_undone_and_done_again(shelf: Shelf) -> None:
    event = edited(
        shelf,
        RowEdit(id="a", values={"prompt": "Shout a.", "level": None, "mood": "calm"}),
        RowEdit(id="new", values={"prompt": "Say."}, new=True, after="a"),
        RowEdit(id="b", values=None),
    )
    changed = (
        Example("a", "Shout a.", fields={"large": 2**60 + 1, "mood": "calm"}),
        Example("new", "Say."),
    )
    assert shelf.get("letters").examples == changed
    again = undone(shelf, event)
    assert shelf.get("letters").examples == LETTERS.examples
    undone(shelf, again)
    assert shelf.get("letters").examples == changed


def test_what_was_changed_since_is_not_undone(shelf: Shelf) -> None:
    event = edited(shelf, RowEdit(id="a", values={"prompt": "Shout a."}))
    edited(shelf, RowEdit(id="a", values={"level": 7, "target": " a"}))
    undone(shelf, event)
    assert shelf.get("letters").find("a") == Example(
        "a", "Say a.", " a", None, {"level": 7, "large": 2**60 + 1}
    )


def test_a_chat_and_what_is_emptied(shelf: Shelf) -> None:
    messages = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Say."}]
    edited(shelf, RowEdit(id="b", values={"prompt": messages, "target": ""}))
    found = shelf.get("letters").find("b")
    assert found is not None
    assert found.prompt == (Message("system", "Be brief."), Message("user", "Say."))
    assert found.target is None


def test_a_copy_gets_an_id_of_its_own(shelf: Shelf) -> None:
    copy = RowEdit(id="a", values={}, new=True, like="a", after="a")
    assert edited(shelf, copy, copy).ids == ["a (2)", "a (3)"]
    assert edited(shelf, copy.model_copy(update={"id": "a (2)"})).ids == ["a (4)"]
    assert ids(shelf) == ["a", "a (4)", "a (2)", "a (3)", "b"]
    found = shelf.get("letters").find("a (4)")
    assert found is not None
    assert found.fields == LETTERS.examples[0].fields


@pytest.mark.parametrize(
    ("edit", "words"),
    [
        (RowEdit(id="gone", values={"prompt": "x"}), "not there any more"),
        (RowEdit(id="gone", values=None), "not there any more"),
        (RowEdit(id="a", values={"id": "b"}), "can't be called 'id'"),
        (RowEdit(id="a", values={"messages": []}), "can't be called 'messages'"),
        (RowEdit(id="a", values={"prompt": 3}), "A prompt is text"),
        (RowEdit(id="a", values={"target": [1]}), "a target is text"),
    ],
)
def test_what_can_not_be_changed(shelf: Shelf, edit: RowEdit, words: str) -> None:
    with pytest.raises(InputError, match=words):
        edited(shelf, RowEdit(id="b", values=None), edit)
    assert shelf.get("letters").examples == LETTERS.examples  # all or none


def test_what_is_no_undo_is_refused(shelf: Shelf) -> None:
    with pytest.raises(InputError, match="can't be undone"):
        module.undo(UndoRequest(dataset="letters", undo=json.dumps([{"id": "a"}])), shelf)


def test_a_file_becomes_a_dataset_until_it_is_removed(shelf: Shelf) -> None:
    content = base64.b64encode(b"prompt,level\nSay it.,3\n").decode()
    event = module.add(AddRequest(name="mine", file="rows.csv", content=content), shelf)
    assert event == AddedEvent(name="mine", count=1)
    assert shelf.get("mine").examples == (Example("mine-1", "Say it.", fields={"level": "3"}),)
    module.remove(RemoveRequest(dataset="mine"), shelf)
    with pytest.raises(UnknownNameError):
        shelf.get("mine")


@pytest.mark.parametrize(
    ("file", "content", "error", "words"),
    [
        ("rows.csv", "%%", InputError, "did not arrive whole"),
        ("rows.csv", "ü", InputError, "did not arrive whole"),
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
    assert len(shelf.all()) == 1
