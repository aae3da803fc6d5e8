"""The datasets that are shown, as people changed them, and where that is kept."""

import hashlib
import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from backlit.data import Dataset, Example
from backlit.data.base import ExampleList
from backlit.data.edited import Edit, EditedDataset
from backlit.errors import InputError, UnknownNameError
from backlit.serving import wire
from backlit.workspace import Record, Workspace

ROWS = "rows"  # the collection of changed rows, one record for each
DATASETS = "datasets"  # the collection of datasets that were added, one record for each


@dataclass(frozen=True, slots=True)
class Edited:
    """What became of rows, and what they were."""

    edits: tuple[Edit, ...]
    undoing: tuple[Edit, ...]


class Shelf:
    """Datasets by name, in order: those of the program, and behind them those that were added.

    What is changed is kept in a workspace; without one, until the program ends. Two programs with
    one workspace see each other's changes. Its methods may be called from any thread.

    Args:
        datasets: of the program.
        workspace: where changes are kept.
    """

    def __init__(self, datasets: Sequence[Dataset], workspace: Workspace | None = None) -> None:
        self._workspace = workspace
        self._lock = threading.RLock()
        self._revision = 0
        self._datasets: dict[str, EditedDataset] = {}
        self._added: dict[str, Dataset] = {}
        self._loaded: tuple[Dataset, ...] = ()
        self.put(datasets)

    def put(self, datasets: Sequence[Dataset]) -> None:
        """Have these datasets of the program instead of those there were."""
        with self._lock:
            self._loaded = tuple(datasets)
            self._read()

    def all(self) -> tuple[EditedDataset, ...]:
        """Every dataset, as it is now."""
        with self._lock:
            self._follow()
            return tuple(self._datasets.values())

    def get(self, name: str) -> EditedDataset:
        """One of them, as it is now.

        Raises:
            UnknownNameError: there is none of this name.
        """
        with self._lock:
            self._follow()
            if name not in self._datasets:
                known = ", ".join(self._datasets) or "none yet"
                raise UnknownNameError(f"There is no dataset {name!r} here.", f"There is {known}.")
            return self._datasets[name]

    def edit(self, name: str, change: Callable[[EditedDataset], Sequence[Edit]]) -> Edited:
        """Change rows of a dataset, all or none; they are kept when this returns.

        Args:
            name: the dataset's.
            change: says what becomes of which rows; meanwhile nobody changes any.

        Raises:
            UnknownNameError: there is no such dataset.
            ReadOnlyError, WorkspaceError: they can't be kept.
        """
        with self._lock:
            dataset = self.get(name)
            edits = tuple(change(dataset))
            undoing = dataset.apply(edits)
            changed = {edit.id for edit in dataset.edits}
            base = self._base(name)
            try:
                self._keep(
                    [_record(base, edit) for edit in edits if edit.id in changed],
                    [(ROWS, _id(base, edit.id)) for edit in edits if edit.id not in changed],
                )
            except BaseException:
                dataset.apply(undoing)
                raise
            return Edited(edits, undoing)

    def check_kept(self) -> None:
        """Before work whose results could not be kept.

        Raises:
            ReadOnlyError: nothing can be.
        """
        if self._workspace is not None:
            self._workspace.check_writable()

    def is_added(self, name: str) -> bool:
        """Whether a dataset is none of the program's."""
        return name in self._added and all(one.name != name for one in self._loaded)

    def remove(self, name: str) -> None:
        """Drop a dataset that was added.

        Raises:
            UnknownNameError: there is no such dataset.
            InputError: it is one of the program's.
            ReadOnlyError, WorkspaceError: it can't be dropped.
        """
        with self._lock:
            dataset = self.get(name)
            if not self.is_added(name):
                raise InputError(
                    f"The dataset {name!r} is in a file of its own.", "Start without it."
                )
            base = self._base(name)
            rows = [(ROWS, _id(base, edit.id)) for edit in dataset.edits]
            self._keep([], [(DATASETS, name), *rows])
            del self._added[name], self._datasets[name]

    def add(self, name: str, examples: Sequence[Example]) -> EditedDataset:
        """A dataset of its own, from a file or from what was pasted.

        Raises:
            InputError: there is one of this name.
            ReadOnlyError, WorkspaceError: it can't be kept.
        """
        with self._lock:
            self._follow()
            if name in self._datasets:
                raise InputError(
                    f"There is a dataset {name!r} already.", "Give this one another name."
                )
            rows = [wire.ExampleInfo.of(example).model_dump() for example in examples]
            self._keep([Record(DATASETS, name, {"count": len(rows)}, {"rows": rows})])
            self._added[name] = ExampleList(name, tuple(examples))
            self._datasets[name] = EditedDataset(self._added[name])
            return self._datasets[name]

    def _base(self, name: str) -> Dataset:
        every = (*self._added.values(), *self._loaded)  # one of the program hides an added one
        return {one.name: one for one in every}[name]

    def _keep(self, records: list[Record], without: Sequence[tuple[str, str]] = ()) -> None:
        if self._workspace is None:
            return
        revision = self._workspace.keep(records, without=without)
        if revision == self._revision + 1:  # nobody else changed anything since
            self._revision = revision

    def _follow(self) -> None:
        """What another program changed is read."""
        if self._workspace is None:
            return
        changes = self._workspace.changes(self._revision)
        self._revision = changes.revision
        if {ROWS, DATASETS} & set(changes.collections):
            self._read(added=DATASETS in changes.collections)

    def _read(self, *, added: bool = True) -> None:
        edits: dict[tuple[str, str], list[Edit]] = {}
        if self._workspace is None:  # what is known of them is all there is
            for name, one in self._datasets.items():
                edits[name, ""] = list(one.edits)
        else:
            self._revision = self._workspace.revision()
            if added:
                self._added = {one.name: one for one in self._kept_datasets()}
            for place, edit in self._kept_edits():
                edits.setdefault(place, []).append(edit)
        hidden = {one.name for one in self._loaded}
        shown = [*self._loaded, *(one for name, one in self._added.items() if name not in hidden)]
        self._datasets = {
            one.name: EditedDataset(
                one, edits.get((one.name, _address(one) if self._workspace else ""), ())
            )
            for one in shown
        }

    def _kept_datasets(self) -> Iterable[Dataset]:
        assert self._workspace is not None
        for kept in reversed(self._workspace.all(DATASETS)):
            rows = [wire.ExampleInfo.model_validate(row) for row in kept.body["rows"]]
            yield ExampleList(kept.id, tuple(row.example for row in rows))

    def _kept_edits(self) -> Iterable[tuple[tuple[str, str], Edit]]:
        assert self._workspace is not None
        for kept in self._workspace.all(ROWS):
            example = kept.body and wire.ExampleInfo.model_validate(kept.body).example
            edit = Edit(kept.head["row"], example or None, kept.head["order"])
            yield (kept.head["dataset"], kept.head["address"]), edit


def _address(dataset: Dataset) -> str:
    """Tells apart datasets of one name, so that each has its own changes."""
    return getattr(dataset, "address", "")


def _id(base: Dataset, row: str) -> str:
    return hashlib.sha256(f"{base.name}\0{_address(base)}\0{row}".encode()).hexdigest()[:32]


def _record(base: Dataset, edit: Edit) -> Record:
    head = {
        "dataset": base.name,
        "address": _address(base),
        "row": edit.id,
        "order": edit.order,
    }
    body = {} if edit.example is None else wire.ExampleInfo.of(edit.example).model_dump()
    return Record(ROWS, _id(base, edit.id), head, body)
