"""A batch that was run, or is being run: its tables, and each run as an explanation."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from backlit.batch.averages.effect import By, Section
from backlit.batch.averages.summarizing import summarize
from backlit.batch.averages.summary import Summary
from backlit.batch.averages.wanted import Wanted
from backlit.batch.folder import Folder
from backlit.batch.job import Job
from backlit.batch.manifest import job_of, read_manifest
from backlit.batch.parts import Member
from backlit.batch.tables import RUNS, SCORES, Reader, are_current, damaged_of, write_tables
from backlit.display.figure import count_of
from backlit.errors import DataError, OptionsError, UnknownNameError
from backlit.explaining.asked import Searches
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
    def damaged(self) -> tuple[str, ...]:
        """Part files of which not all can be read, so that runs may be missing; those are done anew
        when the batch is run again, and none is named any more.
        """
        return damaged_of(self.runs)

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

    def summary(
        self,
        *,
        method: str | None = None,
        granularity: str | None = None,
        by: By | None = None,
        sections: Mapping[str, Sequence[int]] | None = None,
        find: str | Searches | None = None,
        seed: int = 0,
    ) -> Summary:
        """What holds on average over rows: which part of the prompt did it, by how much.

        Args:
            method: whose maps; left out, the batch's first.
            granularity: at which; left out, the batch's first.
            by: what is a part: `line` of the template, `role`, or `section`.
            sections: lines by names, such as `{"examples": (1, 19)}`: the first and the last, by
                their numbers in the first variant's template, or in the rows' own prompts; of a
                chat, message, first and last.
            find: in which share of the answers is this phrase, or does this compiled regular
                expression match?
            seed: of the draws that intervals and chance are made of.

        Raises:
            DataError: there is no map.
            UnknownNameError: no such method, granularity or section.
            OptionsError: parts that do not go together.
            PatternError: the pattern took too long.
        """
        named = tuple(_section(name, lines) for name, lines in (sections or {}).items())
        wanted = Wanted(method, granularity, by, named, find, seed)
        scores = self.scores  # which may be made anew, and runs with them
        return summarize(self.job, self.manifest, self.runs, scores, self.__getitem__, wanted)

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
            self._runs = self._places = None
        with self.folder.opened(name) as file:
            return pq.read_table(file)

    def __repr__(self) -> str:
        return f"<Batch {self.folder.name}: {count_of(len(self), 'run')}>"


def _section(name: str, lines: Sequence[int]) -> Section:
    """Lines by a name: the first and the last, behind the number of a message if there is one.

    Raises:
        OptionsError: these are no lines.
    """
    if not all(isinstance(one, int) for one in lines) or len(lines) not in (2, 3):
        raise OptionsError(
            f"The section {name} is {lines!r}.",
            "Give its first and its last line; of a chat, message, first and last.",
        )
    *message, first, last = lines
    return Section(name, first, last, message[0] if message else None)


def load_batch(folder: str | Path) -> Batch:
    """Open what `backlit batch` or `explain_dataset` wrote, also while it is being written.

    Args:
        folder: a path, or a URL that fsspec knows.

    Returns:
        Its tables as Arrow's, and lazily each run as an `Explanation`.

    Raises:
        OptionsError: something else is there.
        DataError: no batch is there, or a damaged one, or one of another version.
        DiskError: its tables are to be made, and can't be written.
    """
    place = Folder(folder)
    manifest = read_manifest(place)
    if manifest is None:
        raise DataError(f"There is no batch in {folder}.", "Run: backlit batch DATA --output DIR")
    return Batch(place, manifest)
