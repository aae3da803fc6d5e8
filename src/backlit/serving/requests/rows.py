"""Datasets as tables: rows found, sorted, changed and written to files; datasets added."""

import base64
import binascii
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from itertools import count
from typing import Annotated, Any, Literal

from pydantic import Field

from backlit.data import Example
from backlit.data.edited import Edit, EditedDataset
from backlit.data.query import Condition, Order, columns_of, found, text_of, value_of
from backlit.data.readers import read_dataset
from backlit.data.writers import Form, written
from backlit.errors import InputError
from backlit.explaining.measuring import COLUMN, without_outdated
from backlit.serving import wire
from backlit.serving.requests.base import ShelfKind, ShelfRequest
from backlit.serving.shelf import Shelf

MAX_NAME = 200  # characters
MAX_ROWS = 1_000  # told at once
MAX_EDITS = 10_000
MAX_CONDITIONS = 50
SHOWN = 200  # characters of a value
MAX_FILE_BYTES = 50_000_000

COPY = re.compile(r" \(\d+\)$")  # behind the id of a copy

Name = Annotated[str, Field(min_length=1, max_length=MAX_NAME)]


class RowCondition(wire.Wire):
    """Letters that a row must have, or a regular expression that must match; null is anywhere."""

    text: Annotated[str, Field(max_length=1_000)]
    column: Name | None = None
    is_pattern: bool = False


class RowOrder(wire.Wire):
    """Sorted by a column."""

    column: Name
    descending: bool = False


class FoundRequest(ShelfRequest):
    """Rows that meet all conditions, in order."""

    datasets: Annotated[list[Name], Field(min_length=1, max_length=100)]
    conditions: Annotated[list[RowCondition], Field(max_length=MAX_CONDITIONS)] = []
    order: RowOrder | None = None


class RowsRequest(FoundRequest):
    """Some of the rows that are found, as a table shows them."""

    first: Annotated[int, Field(ge=0)] = 0
    count: Annotated[int, Field(ge=0, le=MAX_ROWS)] = 200


class RowHead(wire.Wire):
    """A row as a table shows it: for each column a number, or the beginning of its text."""

    dataset: str
    id: str
    cells: list[float | str | None]


class RowsEvent(wire.Event):
    """`found` rows meet the conditions, of `total`; these are the first of them from `first` on."""

    type: Literal["rows"] = "rows"
    total: int
    found: int
    first: int
    columns: list[str]
    rows: list[RowHead]


class RowRequest(ShelfRequest):
    """All of a row."""

    dataset: Name
    id: str


class RowEvent(wire.Event):
    """Null if there is none of this id."""

    type: Literal["row"] = "row"
    row: wire.ExampleInfo | None


class RowEdit(wire.Wire):
    """A row as it is from now on; null if it is removed.

    Without `order`, it stays where it is; one that is new stands right behind the row `after`, or
    behind all. With `new`, its id is another one like it if there is a row of that id.
    """

    id: Annotated[str, Field(min_length=1, max_length=1_000)]
    row: wire.ExampleInfo | None
    order: float | None = None
    after: str | None = None
    new: bool = False


class EditRequest(ShelfRequest):
    """Change rows, all or none."""

    dataset: Name
    edits: Annotated[list[RowEdit], Field(min_length=1, max_length=MAX_EDITS)]


class EditedEvent(wire.Event):
    """It is kept: the rows by their ids, and the edits that undo it."""

    type: Literal["edited"] = "edited"
    ids: list[str]
    undo: list[RowEdit]


class Place(wire.Wire):
    """Where a row is."""

    dataset: Name
    id: str


class WriteRequest(FoundRequest):
    """The rows that are found as a file, or of them those that are named."""

    only: list[Place] | None = None
    form: Form


class WrittenEvent(wire.Event):
    """The bytes of the file in base 64, and how many rows it has."""

    type: Literal["written"] = "written"
    name: str
    content: str
    count: int


class AddRequest(ShelfRequest):
    """A dataset of its own, from a file: its name, whose ending says its format, and its bytes in
    base 64.
    """

    name: Name
    file: Name
    content: Annotated[str, Field(max_length=MAX_FILE_BYTES * 4 // 3 + 4)]


class AddedEvent(wire.Event):
    """It is there."""

    type: Literal["added"] = "added"
    name: str
    count: int


def rows(request: RowsRequest, shelf: Shelf) -> wire.Event:
    every = _all(request, shelf)
    numbers = _found(request, every)
    columns = _seen_first(columns_of(example for _, example in every))
    return RowsEvent(
        total=len(every),
        found=len(numbers),
        first=request.first,
        columns=list(columns),
        rows=[
            RowHead(
                dataset=every[i][0],
                id=every[i][1].id,
                cells=[_cell(value_of(every[i][1], name)) for name in columns],
            )
            for i in numbers[request.first : request.first + request.count]
        ],
    )


def _seen_first(columns: Sequence[str]) -> tuple[str, ...]:
    """What was measured stands right behind what it was measured of."""

    def place(column: str) -> int:
        if column in ("id", "prompt", "target"):
            return 0
        return 1 if COLUMN.match(column) else 2

    return tuple(sorted(columns, key=place))


def _all(request: FoundRequest, shelf: Shelf) -> list[tuple[str, Example]]:
    """Every row of the datasets, with the name of its own."""
    names = dict.fromkeys(request.datasets)
    return [(name, example) for name in names for example in shelf.get(name).examples]


def _found(request: FoundRequest, every: list[tuple[str, Example]]) -> list[int]:
    conditions = [Condition(one.text, one.column, one.is_pattern) for one in request.conditions]
    examples = [example for _, example in every]
    if request.order is None:
        return found(examples, conditions)
    return found(examples, conditions, Order(request.order.column, request.order.descending))


def _cell(value: object) -> float | str | None:
    if value is None or (isinstance(value, int | float) and not isinstance(value, bool)):
        return value
    text = text_of(value)
    return text if len(text) <= SHOWN else text[: SHOWN - 1] + "…"


def row(request: RowRequest, shelf: Shelf) -> wire.Event:
    example = shelf.get(request.dataset).find(request.id)
    return RowEvent(row=None if example is None else wire.ExampleInfo.of(example))


def edit(request: EditRequest, shelf: Shelf) -> wire.Event:
    dataset = shelf.get(request.dataset)
    taken: set[str] = set()
    named = [(_free_id(one, dataset, taken), one) for one in request.edits]
    unplaced = [one for name, one in named if one.order is None and dataset.order(name) is None]
    places = iter(dataset.places(unplaced[0].after, len(unplaced)) if unplaced else ())
    edits = []
    for name, one in named:
        order = one.order if one.order is not None else dataset.order(name)
        example = None if one.row is None else one.row.example
        if example is not None and one.new:
            example = replace(example, id=name)
        before = dataset.find(name)
        if example is not None and before is not None:
            example = without_outdated(example, before)
        edits.append(Edit(name, example, next(places) if order is None else order))
    undo = shelf.edit(request.dataset, edits)
    return EditedEvent(ids=[one.id for one in edits], undo=[_row_edit(one) for one in undo])


def _free_id(one: RowEdit, dataset: EditedDataset, taken: set[str]) -> str:
    name = one.id
    if one.new:
        stem = COPY.sub("", one.id)
        numbers = count(2)
        while name in taken or dataset.find(name) is not None:
            name = f"{stem} ({next(numbers)})"
    taken.add(name)
    return name


def _row_edit(edit: Edit) -> RowEdit:
    row = None if edit.example is None else wire.ExampleInfo.of(edit.example)
    return RowEdit(id=edit.id, row=row, order=edit.order)


def write(request: WriteRequest, shelf: Shelf) -> wire.Event:
    every = _all(request, shelf)
    chosen = [every[i] for i in _found(request, every)]
    if request.only is not None:
        wanted = {(one.dataset, one.id) for one in request.only}
        chosen = [one for one in chosen if (one[0], one[1].id) in wanted]
    if not chosen:
        raise InputError("There is no row to write.", "Look for less, or choose some.")
    names = {name for name, _ in chosen}
    stem = names.pop() if len(names) == 1 else "rows"
    content = base64.b64encode(written(_distinct(chosen), request.form)).decode()
    return WrittenEvent(name=f"{stem}.{request.form}", content=content, count=len(chosen))


def _distinct(rows: list[tuple[str, Example]]) -> list[Example]:
    """Rows of several datasets in one file, whose ids differ there."""
    ids = Counter(example.id for _, example in rows)
    return [
        example if ids[example.id] == 1 else replace(example, id=f"{name}/{example.id}")
        for name, example in rows
    ]


def add(request: AddRequest, shelf: Shelf) -> wire.Event:
    try:
        content = base64.b64decode(request.content, validate=True)
    except binascii.Error as error:
        raise InputError(f"{request.file} did not arrive whole.", "Send it again.") from error
    dataset = shelf.add(request.name, read_dataset(content, request.file, request.name).examples)
    return AddedEvent(name=dataset.name, count=len(dataset.examples))


ROWS = ShelfKind("rows", RowsRequest, rows, (RowsEvent,))
ROW = ShelfKind("row", RowRequest, row, (RowEvent,))
EDIT = ShelfKind("edit", EditRequest, edit, (EditedEvent,))
WRITE = ShelfKind("write", WriteRequest, write, (WrittenEvent,))
ADD = ShelfKind("add", AddRequest, add, (AddedEvent,))

SHELF: tuple[ShelfKind[Any], ...] = (ROWS, ROW, EDIT, WRITE, ADD)
