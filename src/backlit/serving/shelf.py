"""The datasets that are shown, as people changed them, and where that is kept."""

import hashlib
import threading
from collections.abc import Iterable, Sequence

from backlit.data import Dataset, Example
from backlit.data.base import ExampleList
from backlit.data.edited import Edit, EditedDataset
from backlit.errors import InputError, UnknownNameError
from backlit.serving import wire
from backlit.workspace import Record, Workspace

ROWS = "rows"  # the collection of changed rows, one record for each
DATASETS = "datasets"  # the collection of datasets that were added, one record for each


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

    def edit(self, name: str, edits: Sequence[Edit]) -> tuple[Edit, ...]:
        """Change rows of a dataset, all or none; they are kept when this returns.

        Returns:
            The edits that undo it.

        Raises:
            UnknownNameError: there is no such dataset.
            ReadOnlyError, WorkspaceError: they can't be kept.
        """
        with self._lock:
            dataset = self.get(name)
            undoing = dataset.apply(edits)
            try:
                self._keep([_record(name, edit) for edit in edits])
            except BaseException:
                dataset.apply(undoing)
                raise
            return undoing

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

    def _keep(self, records: list[Record]) -> None:
        if self._workspace is not None:
            self._workspace.keep(records)

    def _follow(self) -> None:
        """What another program changed is read."""
        if self._workspace is None:
            return
        changes = self._workspace.changes(self._revision)
        self._revision = changes.revision
        if {ROWS, DATASETS} & set(changes.collections):
            self._read()

    def _read(self) -> None:
        edits: dict[str, list[Edit]] = {}
        if self._workspace is None:  # what is known of them is all there is
            edits = {name: list(one.edits) for name, one in self._datasets.items()}
        else:
            self._revision = self._workspace.revision()
            self._added = {one.name: one for one in self._kept_datasets()}
            for name, edit in self._kept_edits():
                edits.setdefault(name, []).append(edit)
        shown = {one.name: one for one in (*self._loaded, *self._added.values())}
        self._datasets = {
            name: EditedDataset(one, edits.get(name, ())) for name, one in shown.items()
        }

    def _kept_datasets(self) -> Iterable[Dataset]:
        assert self._workspace is not None
        taken = {one.name for one in self._loaded}
        for head in reversed(self._workspace.heads(DATASETS)):
            kept = self._workspace.read(DATASETS, head.id)
            if kept is not None and head.id not in taken:
                rows = [wire.ExampleInfo.model_validate(row) for row in kept.body["rows"]]
                yield ExampleList(head.id, tuple(row.example for row in rows))

    def _kept_edits(self) -> Iterable[tuple[str, Edit]]:
        assert self._workspace is not None
        for head in self._workspace.heads(ROWS):
            kept = self._workspace.read(ROWS, head.id)
            if kept is None:
                continue
            example = kept.body and wire.ExampleInfo.model_validate(kept.body).example
            edit = Edit(kept.head["row"], example or None, kept.head["order"])
            yield kept.head["dataset"], edit


def _record(dataset: str, edit: Edit) -> Record:
    name = hashlib.sha256(f"{dataset}\0{edit.id}".encode()).hexdigest()[:32]
    head = {"dataset": dataset, "row": edit.id, "order": edit.order}
    body = {} if edit.example is None else wire.ExampleInfo.of(edit.example).model_dump()
    return Record(ROWS, name, head, body)
