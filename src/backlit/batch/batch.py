"""A batch that was run, or is being run: its tables, and each run as an explanation."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from backlit.batch.folder import Folder
from backlit.batch.job import Job
from backlit.batch.manifest import job_of, read_manifest
from backlit.batch.parts import Member
from backlit.batch.tables import RUNS, SCORES, Reader, are_current, write_tables
from backlit.display.figure import count_of
from backlit.errors import DataError, UnknownNameError
from backlit.explanation import Explanation


class Batch:
    """What a batch's folder holds; `load_batch` opens it.

    `batch[0]` and `batch["run"]` are explanations, read when they are asked for; of a run that
    failed there is none.

    Attributes:
        folder: where it is.
        manifest: what it is of: `job`, `model` and `data`.
    """

    def __init__(self, folder: Folder, manifest: Mapping[str, Any]) -> None:
        self.folder = folder
        self.manifest = manifest
        self._reader = Reader(folder)
        self._runs: pa.Table | None = None
        self._places: dict[str, int] | None = None

    @property
    def job(self) -> Job:
        """What was done with every row."""
        return job_of(self.manifest)

    @property
    def runs(self) -> pa.Table:
        """A row for each run, in the order of rows and variants."""
        if self._runs is None:
            self._runs = self._table(RUNS)
        return self._runs

    @property
    def scores(self) -> pa.Table:
        """A row for each segment of each map."""
        return self._table(SCORES)

    def __len__(self) -> int:
        return int(self.runs.num_rows)

    def __getitem__(self, key: int | str) -> Explanation:
        """A run, by its place or its name.

        Raises:
            UnknownNameError: there is no such run.
            DataError: it failed, so there is none.
        """
        if isinstance(key, str):
            key = self._place(key)
        if not -len(self) <= key < len(self):
            raise IndexError(key)
        columns = ("part", "part_start", "part_stop", "part_line", "row", "error")
        part, start, stop, line, row, error = (self.runs[name][key].as_py() for name in columns)
        record = self._reader.record((Member(part, start, stop), line))
        if record.explanation is None:
            raise DataError(f"{row} failed: {error}")
        return record.explanation

    def __iter__(self) -> Iterator[Explanation]:
        """The runs that did not fail."""
        for number, status in enumerate(self.runs["status"].to_pylist()):
            if status != "failed":
                yield self[number]

    def _place(self, run: str) -> int:
        if self._places is None:
            names = self.runs["run"].to_pylist()
            self._places = {name: number for number, name in enumerate(names)}
        if run not in self._places:
            raise UnknownNameError(f"There is no run {run!r} in {self.folder.name}.")
        return self._places[run]

    def _table(self, name: str) -> pa.Table:
        """A table, made anew if there are more runs than when it was made."""
        if not are_current(self.folder):
            write_tables(self.folder)
        with self.folder.opened(name) as file:
            return pq.read_table(file)

    def __repr__(self) -> str:
        return f"<Batch {self.folder.name}: {count_of(len(self), 'run')}>"


def load_batch(folder: str | Path) -> Batch:
    """Open what `backlit batch` or `explain_dataset` wrote, also while it is being written.

    Args:
        folder: a path, or a URL that fsspec knows.

    Returns:
        Its tables as Arrow's, and lazily each run as an `Explanation`.

    Raises:
        OptionsError: no batch is there.
        DataError: it is damaged, or of another version.
        DiskError: its tables are to be made, and can't be written.
    """
    place = Folder(folder)
    manifest = read_manifest(place)
    if manifest is None:
        raise DataError(f"There is no batch in {folder}.", "Run: backlit batch DATA --output DIR")
    return Batch(place, manifest)
