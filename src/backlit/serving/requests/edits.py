"""Datasets as people change them: rows changed and that undone, datasets added and removed."""

import base64
import re
from collections.abc import Mapping
from dataclasses import replace
from itertools import count
from typing import Annotated, Any, Literal

from pydantic import Field, TypeAdapter, ValidationError

from backlit.data import Example
from backlit.data.edited import Edit, EditedDataset, undone, with_columns
from backlit.data.readers import read_dataset
from backlit.errors import InputError
from backlit.explaining.measuring import without_outdated
from backlit.serving import wire
from backlit.serving.requests.base import ShelfKind, ShelfRequest
from backlit.serving.requests.rows import MAX_EDITS, Name, RowId, info_of
from backlit.serving.shelf import Edited, Shelf

MAX_FILE_BYTES = 50_000_000

RESERVED = frozenset({"id", "messages"})  # columns that are no fields
COPY = re.compile(r" \(\d+\)$")  # behind the id of a copy


class RowEdit(wire.Wire):
    """What becomes of a row, or with `new` what is in one that is added.

    `values` are the columns that change: of fields, null takes one away. Without, the row is
    removed. A new row begins as a copy of the row `like`, if that is told, and stands right behind
    the row `after`, or behind all; its id is another one like `id` if there is such a row.
    """

    id: RowId
    values: dict[str, Any] | None
    new: bool = False
    like: RowId | None = None
    after: RowId | None = None


class EditRequest(ShelfRequest):
    """Change rows, all or none."""

    dataset: Name
    edits: Annotated[list[RowEdit], Field(min_length=1, max_length=MAX_EDITS)]


class UndoRequest(ShelfRequest):
    """Take a change back: what was changed of the rows besides stays."""

    dataset: Name
    undo: str


class EditedEvent(wire.Event):
    """It is kept: the rows by their ids, and what to send to undo it."""

    type: Literal["edited"] = "edited"
    ids: list[str]
    undo: str


class AddRequest(ShelfRequest):
    """A dataset of its own, from a file: its name, whose ending says its format, and its bytes in
    base 64.
    """

    name: Name
    file: Name
    content: Annotated[str, Field(max_length=MAX_FILE_BYTES * 4 // 3 + 4)]


class RemoveRequest(ShelfRequest):
    """Drop a dataset that was added."""

    dataset: Name


class RemovedEvent(wire.Event):
    """It is gone."""

    type: Literal["removed"] = "removed"


class AddedEvent(wire.Event):
    """It is there."""

    type: Literal["added"] = "added"
    name: str
    count: int


def edit(request: EditRequest, shelf: Shelf) -> wire.Event:
    def change(dataset: EditedDataset) -> list[Edit]:
        taken: set[str] = set()
        ids = [_free_id(one, dataset, taken) for one in request.edits]
        new = [one for one in request.edits if one.new]
        places = iter(dataset.places(new[0].after, len(new)) if new else ())
        return [
            _new(name, one, dataset, next(places)) if one.new else _changed(one, dataset)
            for name, one in zip(ids, request.edits, strict=True)
        ]

    return _edited(shelf.edit(request.dataset, change))


def _new(name: str, asked: RowEdit, dataset: EditedDataset, order: float) -> Edit:
    like = dataset.find(asked.like) if asked.like is not None else None
    start = like or Example(name, "")
    return Edit(name, replace(_with(start, asked.values or {}), id=name), order)


def _changed(asked: RowEdit, dataset: EditedDataset) -> Edit:
    before, order = dataset.find(asked.id), dataset.order(asked.id)
    if before is None or order is None:
        raise InputError(
            f"The row {asked.id!r} is not there any more.", "Somebody may have removed it."
        )
    if asked.values is None:
        return Edit(asked.id, None, order)
    return Edit(asked.id, without_outdated(_with(before, asked.values), before), order)


def _with(example: Example, values: Mapping[str, Any]) -> Example:
    """A row with what a person typed in some columns."""
    taken = RESERVED & set(values)
    if taken:
        raise InputError(
            f"A field can't be called {min(taken)!r}.", "Call it something else: it is a column."
        )
    try:
        first = {name: values[name] for name in ("prompt", "target", "source") if name in values}
        read = wire.ExampleInfo.model_validate({"id": example.id, "prompt": "", **first}).example
    except ValidationError as error:
        raise InputError("A prompt is text or messages, a target is text.") from error
    typed = {name: getattr(read, name) or ("" if name == "prompt" else None) for name in first}
    return with_columns(example, {**values, **typed})


def undo(request: UndoRequest, shelf: Shelf) -> wire.Event:
    try:
        told = UNDONE.validate_json(request.undo)
    except ValidationError as error:
        raise InputError("This can't be undone.", "Change it by hand.") from error

    def change(dataset: EditedDataset) -> list[Edit]:
        back = []
        for one in told:
            before = None if one.before is None else one.before.example
            after = None if one.after is None else one.after.example
            row = undone(before, after, dataset.find(one.id))
            back.append(Edit(one.id, row, one.order))
        return back

    return _edited(shelf.edit(request.dataset, change))


class Undone(wire.Wire):
    """A row before and after it was changed; null where there was none."""

    id: str
    order: float
    before: wire.ExampleInfo | None
    after: wire.ExampleInfo | None


UNDONE = TypeAdapter(list[Undone])


def _edited(edited: Edited) -> EditedEvent:
    after = {one.id: one.example for one in edited.edits}
    undo = [
        Undone(
            id=one.id,
            order=one.order,
            before=info_of(one.example),
            after=info_of(after[one.id]),
        )
        for one in edited.undoing
    ]
    return EditedEvent(ids=[one.id for one in edited.edits], undo=UNDONE.dump_json(undo).decode())


def _free_id(one: RowEdit, dataset: EditedDataset, taken: set[str]) -> str:
    name = one.id
    if one.new:
        stem = COPY.sub("", one.id)
        numbers = count(2)
        while name in taken or dataset.find(name) is not None:
            name = f"{stem} ({next(numbers)})"
    taken.add(name)
    return name


def add(request: AddRequest, shelf: Shelf) -> wire.Event:
    try:
        content = base64.b64decode(request.content, validate=True)
    except ValueError as error:  # also of characters that base 64 does not have
        raise InputError(f"{request.file} did not arrive whole.", "Send it again.") from error
    dataset = shelf.add(request.name, read_dataset(content, request.file, request.name).examples)
    return AddedEvent(name=dataset.name, count=len(dataset.examples))


def remove(request: RemoveRequest, shelf: Shelf) -> wire.Event:
    shelf.remove(request.dataset)
    return RemovedEvent()


EDIT = ShelfKind("edit", EditRequest, edit, (EditedEvent,))
UNDO = ShelfKind("undo", UndoRequest, undo, (EditedEvent,))
ADD = ShelfKind("add", AddRequest, add, (AddedEvent,))
REMOVE = ShelfKind("remove", RemoveRequest, remove, (RemovedEvent,))
