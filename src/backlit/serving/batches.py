"""The batches that are shown, and how their runs are found: in Arrow, however many there are."""

import threading
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cachetools import LRUCache

from backlit.display.speech import Language, spoken
from backlit.errors import BacklitError, DataError, UnknownNameError

if TYPE_CHECKING:  # what reads tables is slow to import, and most pages show no batch
    import pyarrow as pa

    from backlit.batch import Batch
    from backlit.batch.averages.summary import Summary
    from backlit.batch.averages.wanted import Wanted
    from backlit.explanation import Explanation

SEARCHED = ("row", "variant", "prompt", "answer", "target", "top", "error")
NAMED = ("variant", "status", "verdict")
REMEMBERED = 8  # orders of runs, and summaries


@dataclass(frozen=True, slots=True)
class Query:
    """Which runs are looked for.

    Attributes:
        text: letters of either case that stand anywhere in them.
        named: what `NAMED` columns have.
        column: they are sorted by this, those that lack it last; None is as they were run.
        descending: the other way round.
    """

    text: str = ""
    named: tuple[tuple[str, str], ...] = ()
    column: str | None = None
    descending: bool = False


class Opened:
    """A batch that is shown. Its methods may be called from any thread.

    Args:
        folder: as it was given.
        name: what pages know of that.

    Raises:
        BacklitError: no batch is there, or it can't be read.
    """

    def __init__(self, folder: str, name: str) -> None:
        self.name = name
        self._folder = folder
        self._lock = threading.RLock()
        self._open()

    @property
    def batch(self) -> "Batch":
        """What the folder holds."""
        return self._batch

    @property
    def runs(self) -> "pa.Table":
        """A row for each run."""
        return self._runs

    def reload(self) -> None:
        """Read it again: there may be more.

        Raises:
            BacklitError: it can't be read; it is shown as it was.
        """
        with self._lock, self._without_path():
            self._open()

    def found(self, query: Query) -> Sequence[int]:
        """The numbers, from 0, of the runs that meet it, in order."""
        with self._lock:
            if query not in self._found:
                self._found[query] = self._find(query)
            return self._found[query]

    def rows(self, numbers: Sequence[int], columns: Sequence[str]) -> list[dict[str, Any]]:
        """What the table has of some runs."""
        found: list[dict[str, Any]] = self._runs.select(columns).take(numbers).to_pylist()
        return found

    def number(self, run: str) -> int:
        """Which of the runs has this name.

        Raises:
            UnknownNameError: there is none.
        """
        import pyarrow.compute as pc

        found: int = pc.index(self._runs["run"], run).as_py()
        if found < 0:
            raise UnknownNameError(
                f"There is no run {run!r} in {self.name}.", "Choose one of the table."
            )
        return found

    def explanation(self, number: int) -> "Explanation":
        """A run that did not fail.

        Raises:
            BacklitError: it can't be read.
        """
        with self._lock, self._without_path():
            try:
                return self._batch[self._runs["run"][number].as_py()]  # which may have more by now
            except (OSError, EOFError, LookupError, ValueError, zlib.error) as error:
                raise DataError(
                    f"A run of {self.name} can't be read: its part file is damaged or gone.",
                    "Read the batch again. If it stays so, run it again with the same command.",
                ) from error

    def summary(self, wanted: "Wanted") -> "Summary":
        """What holds on average over the runs that were read. It may take seconds.

        Raises:
            BacklitError: there is no map of what is wanted, or it can't be read.
        """
        import pyarrow.compute as pc

        from backlit.batch.averages.summarizing import summarize

        key = (wanted, spoken())
        with self._lock, self._without_path():
            batch, known = self._batch, self._summaries
            if key in known:
                return known[key]
            runs, scores = self._runs, batch.scores
        # more may have been done since
        scores = scores.filter(pc.is_in(scores["run"], value_set=runs["run"]))

        def read(run: str) -> "Explanation":
            return self.explanation(self.number(run))

        made = summarize(batch.job, batch.manifest, runs, scores, read, wanted)
        with self._lock:
            known[key] = made
        return made

    def distinct(self, column: str) -> int:
        """How many values a column has."""
        import pyarrow.compute as pc

        return int(pc.count_distinct(self._runs[column]).as_py())

    def counts(self, column: str) -> dict[Any, int]:
        """How many runs have which value in a column of names."""
        counted = self._runs[column].value_counts().to_pylist()
        return {one["values"]: one["counts"] for one in counted if one["values"] is not None}

    def _open(self) -> None:
        from backlit.batch import load_batch

        batch = load_batch(self._folder)
        runs = batch.runs
        for name in NAMED:  # as text, which is compared and sorted
            at = runs.schema.get_field_index(name)
            runs = runs.set_column(at, name, runs[name].cast("string"))
        self._batch, self._runs = batch, runs
        self._text: pa.ChunkedArray | None = None
        self._found: LRUCache[Query, Sequence[int]] = LRUCache(REMEMBERED)
        self._summaries: LRUCache[tuple[Wanted, Language], Summary] = LRUCache(REMEMBERED)

    def _find(self, query: Query) -> Sequence[int]:
        import pyarrow as pa
        import pyarrow.compute as pc

        kept = pa.array(range(len(self._runs)), pa.int64())
        tests = [pc.equal(self._runs[name], value) for name, value in query.named]
        if query.text:
            tests.append(pc.match_substring(self._searched(), _folded(query.text)))
        for test in tests[1:]:
            tests[0] = pc.and_(tests[0], test)
        if tests:
            kept = pc.indices_nonzero(pc.fill_null(tests[0], False))
        if query.column is not None:
            order = "descending" if query.descending else "ascending"
            values = pa.table({"value": self._runs[query.column].take(kept)})
            kept = kept.take(pc.sort_indices(values, [("value", order)]))
        found: Sequence[int] = kept.to_numpy()
        return found

    def _searched(self) -> "pa.ChunkedArray":
        """All that is looked in, of each run."""
        import pyarrow.compute as pc

        if self._text is None:
            columns = [self._runs[name] for name in SEARCHED]
            whole = pc.binary_join_element_wise(
                *columns, "\n", null_handling="replace", null_replacement=""
            )
            self._text = pc.utf8_lower(whole)
            for one in ("ı", "i"), ("\N{COMBINING DOT ABOVE}", ""):
                self._text = pc.replace_substring(self._text, *one)
        return self._text

    @contextmanager
    def _without_path(self) -> Iterator[None]:
        """Where it is on this machine is no business of a page's."""
        try:
            yield
        except BacklitError as error:
            told = (one.replace(self._folder, self.name) for one in (error.message, error.hint))
            raise type(error)(*told) from error


class Batches:
    """Batches by name, in order.

    Args:
        folders: a path or URL of each.

    Raises:
        BacklitError: no batch is there, or it can't be read.
    """

    def __init__(self, folders: Sequence[str]) -> None:
        self._opened: dict[str, Opened] = {}
        for folder in folders:
            name = _free(folder, self._opened)
            self._opened[name] = Opened(folder, name)

    def names(self) -> list[str]:
        """Of all."""
        return list(self._opened)

    def get(self, name: str) -> Opened:
        """One of them.

        Raises:
            UnknownNameError: there is none of this name.
        """
        if name not in self._opened:
            known = ", ".join(self._opened) or "none"
            raise UnknownNameError(f"There is no batch {name!r} here.", f"There is {known}.")
        return self._opened[name]


def _free(folder: str, taken: Mapping[str, Opened]) -> str:
    """The last part of where it is, and a number if that is taken."""
    from pathlib import Path

    whole = folder if "://" in folder else str(Path(folder).expanduser().absolute().resolve())
    name = whole.replace("\\", "/").rstrip("/").rpartition("/")[2] or "batch"
    free, number = name, 1
    while free in taken:
        number += 1
        free = f"{name} ({number})"
    return free


def _folded(text: str) -> str:
    """As what is looked in: small letters, with one i for all that Turkish has."""
    return text.lower().replace("ı", "i").replace("\N{COMBINING DOT ABOVE}", "")
