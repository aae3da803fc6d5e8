"""Datasets as tables: rows found, sorted, and written to files."""

import base64
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated, Literal

from pydantic import Field

from backlit.data import Example
from backlit.data.query import Condition, Order, columns_of, found, text_of, value_of
from backlit.data.writers import Form, written
from backlit.errors import InputError
from backlit.explaining.measuring import COLUMN
from backlit.serving import wire
from backlit.serving.requests.base import ShelfKind, ShelfRequest
from backlit.serving.shelf import Shelf

MAX_NAME = 200  # characters
MAX_ROWS = 1_000  # told at once
MAX_EDITS = 100_000
MAX_COLUMNS = 40  # a person does not read more; the others are told with a row
EXACT = 2**53  # a page knows no whole numbers beyond it
MAX_CONDITIONS = 50
SHOWN = 200  # characters of a value


Name = Annotated[str, Field(min_length=1, max_length=MAX_NAME)]
RowId = Annotated[str, Field(min_length=1, max_length=1_000)]


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
    """Some of the rows that are found, as a table shows them: in its first columns."""

    first: Annotated[int, Field(ge=0)] = 0
    count: Annotated[int, Field(ge=0, le=MAX_ROWS)] = 200


class RowHead(wire.Wire):
    """A row as a table shows it: for each column a number, or the beginning of its text."""

    dataset: str
    id: str
    cells: list[float | str | None]


class RowsEvent(wire.Event):
    """`found` rows meet the conditions, of `total`; these are the first of them from `first` on.
    There are `more` columns, which are not shown.
    """

    type: Literal["rows"] = "rows"
    total: int
    found: int
    first: int
    columns: list[str]
    more: int
    rows: list[RowHead]


class Place(wire.Wire):
    """Where a row is."""

    dataset: Name
    id: RowId


class RowRequest(ShelfRequest):
    """All of some rows."""

    places: Annotated[list[Place], Field(min_length=1, max_length=MAX_ROWS)]


class RowEvent(wire.Event):
    """In the same order; null where there is none of this id."""

    type: Literal["row"] = "row"
    rows: list[wire.ExampleInfo | None]


class WriteRequest(FoundRequest):
    """The rows that are found as a file, or those that are named, in the same order."""

    only: Annotated[list[Place], Field(max_length=MAX_EDITS)] | None = None
    form: Form


class WrittenEvent(wire.Event):
    """The bytes of the file in base 64, how many rows it has, and how many it has not, as they
    are without a prompt and could not be read again.
    """

    type: Literal["written"] = "written"
    name: str
    content: str
    count: int
    left_out: int


def rows(request: RowsRequest, shelf: Shelf) -> wire.Event:
    every = _all(request, shelf)
    numbers = _found(request, every)
    known = _seen_first(columns_of(example for _, example in every))
    columns = known[:MAX_COLUMNS]
    return RowsEvent(
        total=len(every),
        found=len(numbers),
        first=request.first,
        columns=list(columns),
        more=len(known) - len(columns),
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
    if value is None or isinstance(value, float):
        return value
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) <= EXACT:
        return value
    text = text_of(value)
    return text if len(text) <= SHOWN else text[: SHOWN - 1] + "…"


def row(request: RowRequest, shelf: Shelf) -> wire.Event:
    return RowEvent(rows=[info_of(one) for one in examples_at(request.places, shelf)])


def examples_at(places: Sequence[Place], shelf: Shelf) -> list[Example | None]:
    """The rows at these places, each dataset looked up once; None where there is none."""
    datasets = {name: shelf.get(name) for name in {one.dataset for one in places}}
    return [datasets[one.dataset].find(one.id) for one in places]


def info_of(example: Example | None) -> wire.ExampleInfo | None:
    """A row as it travels, if there is one."""
    return None if example is None else wire.ExampleInfo.of(example)


def write(request: WriteRequest, shelf: Shelf) -> wire.Event:
    every = _all(request, shelf)
    if request.only is None:
        chosen = [every[i] for i in _found(request, every)]
    else:
        wanted = {(one.dataset, one.id) for one in request.only}
        chosen = [one for one in every if (one[0], one[1].id) in wanted]
    readable = [one for one in chosen if one[1].prompt]
    if not readable:
        raise InputError("There is no row to write.", "Look for less, or choose some.")
    names = {name for name, _ in readable}
    stem = names.pop() if len(names) == 1 else "rows"
    content = base64.b64encode(written(_distinct(readable), request.form)).decode()
    return WrittenEvent(
        name=f"{stem}.{request.form}",
        content=content,
        count=len(readable),
        left_out=len(chosen) - len(readable),
    )


def _distinct(rows: list[tuple[str, Example]]) -> list[Example]:
    """Rows of several datasets in one file, whose ids differ there."""
    ids = Counter(example.id for _, example in rows)
    return [
        example if ids[example.id] == 1 else replace(example, id=f"{name}/{example.id}")
        for name, example in rows
    ]


ROWS = ShelfKind("rows", RowsRequest, rows, (RowsEvent,))
ROW = ShelfKind("row", RowRequest, row, (RowEvent,))
WRITE = ShelfKind("write", WriteRequest, write, (WrittenEvent,))
