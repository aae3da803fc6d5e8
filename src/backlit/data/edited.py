"""A dataset as people changed it: rows changed, added and removed, over those that were loaded."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from backlit.data.base import Dataset, Example
from backlit.errors import InputError


@dataclass(frozen=True, slots=True)
class Edit:
    """What became of a row.

    Attributes:
        id: the row's, unique within its dataset.
        example: what it is now, under that id; None if it was removed.
        order: where it stands: the rows that were loaded have 0, 1, 2 and so on.
    """

    id: str
    example: Example | None
    order: float

    def __post_init__(self) -> None:
        if self.example is not None and self.example.id != self.id:
            raise InputError(f"Row {self.id!r} is called {self.example.id!r} in itself.")


class EditedDataset:
    """A dataset, and what was changed of it since it was loaded.

    Args:
        base: as it was loaded. Edits of rows that it has no more add them.
        edits: in any order, one for a row.
    """

    def __init__(self, base: Dataset, edits: Iterable[Edit] = ()) -> None:
        self.name = base.name
        self._base = {
            example.id: Edit(example.id, example, float(number))
            for number, example in enumerate(base.examples)
        }
        self._edits: dict[str, Edit] = {}
        self._rows: tuple[Edit, ...] | None = None
        self.apply(edits)

    @property
    def examples(self) -> tuple[Example, ...]:
        """Every row there is, in order."""
        return tuple(row.example for row in self._sorted() if row.example is not None)

    @property
    def edits(self) -> tuple[Edit, ...]:
        """What differs from what was loaded."""
        return tuple(self._edits.values())

    def find(self, name: str) -> Example | None:
        """A row by its id."""
        row = self._row(name)
        return None if row is None else row.example

    def order(self, name: str) -> float | None:
        """Where a row stands; None if there is none of this id."""
        row = self._row(name)
        return None if row is None or row.example is None else row.order

    def apply(self, edits: Iterable[Edit]) -> tuple[Edit, ...]:
        """Change rows.

        Returns:
            What undoes it: to be applied as it is.
        """
        undoing = []
        for edit in edits:
            before = self._row(edit.id)
            undoing.append(before or Edit(edit.id, None, edit.order))
            base = self._base.get(edit.id)
            if edit == base or (base is None and edit.example is None):
                self._edits.pop(edit.id, None)
            else:
                self._edits[edit.id] = edit
            self._rows = None
        return tuple(reversed(undoing))

    def places(self, after: str | None, count: int) -> tuple[float, ...]:
        """Where new rows stand: right behind a row, or behind all of them."""
        rows = self._sorted()
        at = next((i for i, row in enumerate(rows) if row.id == after), len(rows) - 1)
        low = rows[at].order if rows else -1.0
        if at + 1 >= len(rows):
            return tuple(low + 1 + n for n in range(count))
        step = (rows[at + 1].order - low) / (count + 1)
        return tuple(low + step * (n + 1) for n in range(count))

    def _row(self, name: str) -> Edit | None:
        return self._edits.get(name) or self._base.get(name)

    def _place(self, row: Edit) -> tuple[float, bool, str]:
        """By which rows are in order: of one place, whichever was changed last."""
        return row.order, row.id not in self._base, row.id

    def _sorted(self) -> tuple[Edit, ...]:
        rows = self._rows
        if rows is None:
            every = [row for row in {**self._base, **self._edits}.values() if row.example]
            rows = self._rows = tuple(sorted(every, key=self._place))
        return rows


def undone(before: Example | None, after: Example | None, now: Example | None) -> Example | None:
    """A row without one change of it: what was changed besides, then or since, stays.

    Args:
        before, after: the row before and after the change; None where there was none.
        now: as it is.
    """
    if before is None or after is None or now is None:
        return before
    was, became = columns_of_row(before), columns_of_row(after)
    back = {name: was.get(name) for name in {**was, **became} if was.get(name) != became.get(name)}
    return with_columns(now, back)


def columns_of_row(example: Example) -> dict[str, Any]:
    """All that can be changed of a row, by column."""
    first = {"prompt": example.prompt, "target": example.target, "source": example.source}
    return {**example.fields, **first}


def with_columns(example: Example, columns: Mapping[str, Any]) -> Example:
    """A row with other values in some columns; a field of None is taken away."""
    first = {name: columns[name] for name in ("prompt", "target", "source") if name in columns}
    fields = {**example.fields, **{k: v for k, v in columns.items() if k not in first}}
    kept = {k: v for k, v in fields.items() if v is not None or k not in columns}
    return replace(example, **first, fields=kept)
