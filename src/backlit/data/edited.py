"""A dataset as people changed it: rows changed, added and removed, over those that were loaded."""

from collections.abc import Iterable
from dataclasses import dataclass

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

    def _sorted(self) -> tuple[Edit, ...]:
        if self._rows is None:
            rows = [row for row in {**self._base, **self._edits}.values() if row.example]
            self._rows = tuple(sorted(rows, key=lambda row: row.order))
        return self._rows
