"""The whole batch on one screen: rows -> tasks -> groups -> workers -> part files -> tables."""

import time
from collections import Counter
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from typing import Any, Protocol

from backlit.batch.folder import Folder
from backlit.batch.job import Job
from backlit.batch.manifest import check_job, check_model, read_manifest, write_manifest
from backlit.batch.messages import error_of
from backlit.batch.parts import PartWriter, Place, places_of
from backlit.batch.tables import are_current, write_tables
from backlit.batch.task import Group, Task, groups_of, tasks_of
from backlit.batch.worker import Outcome
from backlit.data.base import Dataset
from backlit.display.figure import count_of
from backlit.errors import DataError, DiskError, EndpointError, OptionsError
from backlit.progress import current

MAX_NAMED = 3  # rows that an error names
TROUBLED = 24  # rows, after which a server that fails them all is asked no more


class Runner(Protocol):
    """Runs groups of tasks, somewhere."""

    @property
    def source(self) -> str:
        """The model's, as it was asked for."""
        ...

    def __call__(
        self, groups: Iterator[Group], ready: Callable[[Mapping[str, str]], None]
    ) -> Generator[Outcome, None, None]:
        """Run groups as they come; closing the iterator stops whoever runs them.

        Args:
            groups: taken when somebody is free.
            ready: told the model's metadata before the first outcome; what it raises ends the work.

        Yields:
            What came of each, in whatever order.

        Raises:
            BacklitError: the model can't be had, or nothing more can be run.
        """
        ...


@dataclass(frozen=True, slots=True)
class Tally:
    """How far a batch is.

    Attributes:
        done: runs that are on the disk, those of earlier too.
        total: runs that there are.
        new: of those done, the ones of this time.
        failed: of those done, the ones that failed.
        unmatched: of those done, the ones whose answer has nothing of what is to be explained.
        tokens: of prompts and answers, of this time.
        calls: of a server's model, of this time, those to connect, too.
        seconds: since the model was there.
        others: runs that are of rows which the dataset does not have.
    """

    done: int
    total: int
    new: int = 0
    failed: int = 0
    unmatched: int = 0
    tokens: int = 0
    calls: int = 0
    seconds: float = 0.0
    others: int = 0

    def with_(self, outcome: Outcome, seconds: float) -> "Tally":
        """How far it is with one more group."""
        return replace(
            self,
            done=self.done + outcome.runs,
            new=self.new + outcome.runs,
            failed=self.failed + outcome.failed,
            unmatched=self.unmatched + outcome.unmatched,
            tokens=self.tokens + outcome.tokens,
            calls=self.calls + outcome.calls,
            seconds=seconds,
        )


def run_batch(
    runner: Runner,
    dataset: Dataset,
    job: Job,
    folder: Folder,
    *,
    rows: range | None = None,
    retry_failed: bool = False,
    so_far: Callable[[Tally], None] = lambda tally: None,
) -> Tally:
    """Do what is missing of a batch.

    Args:
        runner: who runs it.
        dataset: its rows.
        job: what is done with each.
        folder: where it is kept.
        rows: their numbers, from 0, if not all of them are meant.
        retry_failed: whether runs that failed are missing.
        so_far: told how far it is, whenever runs were written.

    Raises:
        OptionsError: the folder is of another batch.
        DataError: rows of the batch have changed since, or it is of other rows.
        DiskError: it can't be written.
        EndpointError: a server answers no more.
        Cancelled: the work should stop; what was written stays.
    """
    read_manifest(folder)  # nothing is made in a folder of something else
    folder.make()
    with _alone(folder):
        manifest = read_manifest(folder)
        if manifest is not None:
            check_job(folder, manifest, job)
        known = places_of(folder)

        def tasks() -> Iterator[Task]:
            targets = job.answer == "target"
            return tasks_of(dataset.examples, job.variants, rows, targets=targets)

        def is_missing(task: Task) -> bool:
            place = known.get(task.run)
            return place is None or (retry_failed and place.status == "failed")

        tally = _begun(known, tasks(), is_missing, dataset.name)
        if manifest is not None:
            _check_rows(folder, manifest, tally, dataset)
            if tally.done == tally.total:
                check_model(folder, manifest, {**manifest["model"], "asked": runner.source})
        so_far(tally)
        started = 0.0

        def ready(model: Mapping[str, str]) -> None:
            nonlocal manifest, started
            started = started or time.perf_counter()
            if manifest is None:
                data = {"name": dataset.name, "address": getattr(dataset, "address", "")}
                write_manifest(folder, job, {"asked": runner.source, **model}, data)
                manifest = read_manifest(folder)
            else:
                check_model(folder, manifest, {**model, "asked": manifest["model"].get("asked")})

        writer = PartWriter(folder)
        with closing(runner(_missing(groups_of(tasks()), is_missing), ready)) as outcomes:
            for outcome in _without_trouble(outcomes):
                if outcome.runs:
                    writer.write(outcome.member)
                    tally = tally.with_(outcome, time.perf_counter() - started)
                    so_far(tally)
                if outcome.ends is not None:
                    raise error_of(outcome.ends)
        whole = rows is None and tally.done == tally.total
        if not are_current(folder, whole=whole):
            write_tables(folder, whole=whole)
    return tally


def _begun(
    known: Mapping[str, Place],
    tasks: Iterable[Task],
    is_missing: Callable[[Task], bool],
    name: str,
) -> Tally:
    """How far it is before anything is run.

    Raises:
        DataError: rows have changed since they were run.
    """
    changed: dict[str, bool] = {}  # and whether they failed
    total = found = 0
    states: Counter[str] = Counter()
    for task in tasks:
        current().check()
        total += 1
        place = known.get(task.run)
        found += place is not None
        if place is None or is_missing(task):
            continue
        states[place.status] += 1
        if place.content != task.content:
            changed[task.example.id] = place.status == "failed"
    if changed:
        first = ", ".join(list(changed)[:MAX_NAMED])
        more = f" and {len(changed) - MAX_NAMED:,} more" if len(changed) > MAX_NAMED else ""
        again = "Do those that failed again (--retry-failed, retry_failed=True)."
        raise DataError(
            f"{count_of(len(changed), 'row')} of {name} changed since they were run: "
            f"{first}{more}.",
            again if all(changed.values()) else "Give them other ids, or use another folder.",
        )
    done, others = sum(states.values()), len(known) - found
    return Tally(done, total, 0, states["failed"], states["unmatched"], others=others)


def _check_rows(
    folder: Folder, manifest: Mapping[str, Any], tally: Tally, dataset: Dataset
) -> None:
    """See that a folder's runs are of this dataset.

    Raises:
        DataError: all are of another one.
    """
    before = manifest["data"].get("name")
    if tally.others and not tally.done and before != dataset.name:
        raise DataError(
            f"{folder.name} holds runs of {before}, and none of {dataset.name}.",
            "Use another folder.",
        )


def _without_trouble(outcomes: Iterable[Outcome]) -> Iterator[Outcome]:
    """Outcomes, of which those that a server's trouble spoilt wait until it is known to be over.

    Raises:
        EndpointError: it goes on; those rows are not done.
    """
    held: list[Outcome] = []
    for outcome in outcomes:
        if not outcome.trouble:
            yield from held
            held.clear()
            yield outcome
            continue
        held.append(outcome)
        if sum(one.runs for one in held) >= TROUBLED:
            raise EndpointError(
                f"Nothing is answered any more: {outcome.trouble}",
                "Once it is, run the same again to go on.",
            )
    yield from held


def _missing(groups: Iterable[Group], is_missing: Callable[[Task], bool]) -> Iterator[Group]:
    """The groups, without what is done."""
    for group in groups:
        tasks = tuple(filter(is_missing, group.tasks))
        if tasks:
            yield Group(group.number, tasks)


@contextmanager
def _alone(folder: Folder) -> Iterator[None]:
    """See that nobody else works on the batch; of object stores nobody can.

    Raises:
        OptionsError: somebody does.
    """
    if not folder.is_local:
        yield
        return
    from filelock import FileLock, Timeout

    lock = FileLock(folder.path(".lock"))
    try:
        lock.acquire(timeout=0)
    except Timeout as error:
        raise OptionsError(
            f"Another process is at work on {folder.name}.", "Wait for it, or stop it."
        ) from error
    except OSError as error:
        raise DiskError(
            f"{folder.name} could not be written to: {error.strerror}.", "Check its permissions."
        ) from error
    try:
        yield
    finally:
        lock.release()
