"""A batch goes on where it was, and refuses what it is not of."""

from collections.abc import Callable, Generator, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock

from backlit.batch.folder import Folder
from backlit.batch.functions import Here
from backlit.batch.job import Job, NamedMethod
from backlit.batch.parts import packed, places_of, sizes_of
from backlit.batch.running import Tally, run_batch
from backlit.batch.task import ROWS, Group
from backlit.batch.worker import Outcome, record_of
from backlit.data.base import Example, ExampleList
from backlit.errors import Cancelled, DataError, DiskError, OptionsError
from backlit.explanation.cell import Variant
from backlit.progress import Callback, following
from backlit.types import GenerationOptions
from tests.batch.conftest import rows_of

JOB = Job(methods=(NamedMethod("occlusion"),), options=GenerationOptions(3))
FACTS = {"source": "toy", "dtype": "float64", "backlit": "1"}


def dataset(count: int, **changes: Any) -> ExampleList:
    rows = [Example(str(row["id"]), str(row["prompt"])) for row in rows_of(count)]
    return ExampleList("rows", tuple(changes.get(one.id, one) for one in rows))


class Noted:
    """Runs nothing: writes down which tasks it was given, and says that all are done."""

    def __init__(
        self, stop_after: int | None = None, failing: frozenset[str] = frozenset()
    ) -> None:
        self.ran: list[str] = []
        self.groups: list[int] = []
        self.closed = False
        self._stop_after = stop_after
        self._failing = failing
        self.facts: Mapping[str, str] = FACTS

    def __call__(
        self, groups: Iterator[Group], ready: Callable[[Mapping[str, str]], None]
    ) -> Generator[Outcome, None, None]:
        ready(self.facts)
        try:
            for number, group in enumerate(groups):
                if number == self._stop_after:
                    raise Cancelled
                self.ran += [one.example.id for one in group.tasks]
                self.groups.append(group.number)
                yield Outcome.of(group.number, [self._record(one) for one in group.tasks])
        finally:
            self.closed = True

    def _record(self, task: Any) -> Any:
        status = "failed" if task.example.id in self._failing else "done"
        record = record_of(task, JOB)
        return type(record)(
            **{name: getattr(record, name) for name in type(record).__slots__} | {"status": status}
        )


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path / "runs")


def test_nothing_is_done_twice(folder: Folder) -> None:
    first = Noted(stop_after=2)
    with pytest.raises(Cancelled):
        run_batch(first, dataset(40), JOB, folder)
    assert len(first.ran) == 2 * ROWS
    assert first.closed
    second, third = Noted(), Noted()
    tally = run_batch(second, dataset(40), JOB, folder)
    assert sorted(first.ran + second.ran) == sorted(f"r{n}" for n in range(40))
    assert (tally.done, tally.total, tally.new) == (40, 40, 24)
    assert run_batch(third, dataset(40), JOB, folder).new == 0
    assert third.ran == []


def test_what_is_left_is_grouped_as_it_would_have_been(folder: Folder) -> None:
    whole = Noted()
    run_batch(whole, dataset(40), JOB, Folder(f"{folder.name}-whole"))
    with pytest.raises(Cancelled):
        run_batch(Noted(stop_after=2), dataset(40), JOB, folder)
    rest = Noted()
    run_batch(rest, dataset(40), JOB, folder)
    assert rest.groups == whole.groups[2:]
    assert rest.ran == whole.ran[2 * ROWS :]


def test_it_tells_how_far_it_is(folder: Folder) -> None:
    told: list[Tally] = []
    run_batch(Noted(failing=frozenset({"r1"})), dataset(12), JOB, folder, so_far=told.append)
    assert [one.done for one in told] == [0, 8, 12]
    assert {one.total for one in told} == {12}
    assert told[-1].failed == 1
    again: list[Tally] = []
    run_batch(Noted(), dataset(12), JOB, folder, so_far=again.append)
    assert [(one.done, one.failed, one.new) for one in again] == [(12, 1, 0)]


def test_what_failed_is_done_again_if_that_is_asked_for(folder: Folder) -> None:
    run_batch(Noted(failing=frozenset({"r1", "r5"})), dataset(12), JOB, folder)
    runner = Noted(failing=frozenset({"r5"}))
    tally = run_batch(runner, dataset(12), JOB, folder, retry_failed=True)
    assert sorted(runner.ran) == ["r1", "r5"]
    assert (tally.done, tally.failed, tally.new) == (12, 1, 2)


def test_rows_may_be_added(folder: Folder) -> None:
    run_batch(Noted(), dataset(5), JOB, folder)
    more = Noted()
    tally = run_batch(more, dataset(9), JOB, folder)
    assert sorted(more.ran) == ["r5", "r6", "r7", "r8"]
    assert tally.total == 9


def test_rows_that_are_left_out_stay_where_they_are(folder: Folder) -> None:
    run_batch(Noted(), dataset(9), JOB, folder)
    tally = run_batch(Noted(), dataset(4), JOB, folder)
    assert (tally.done, tally.total) == (4, 4)
    assert len(places_of(folder)) == 9


def test_rows_that_changed_are_refused_by_their_names(folder: Folder) -> None:
    run_batch(Noted(), dataset(9), JOB, folder)
    changed = {f"r{n}": Example(f"r{n}", "Something else") for n in range(5)}
    runner = Noted()
    with pytest.raises(
        DataError, match=r"5 rows of rows changed since they were run: r0, r1, r2 and 2 more"
    ) as caught:
        run_batch(runner, dataset(9, **changed), JOB, folder)
    assert "other ids" in caught.value.hint
    assert runner.ran == []


def test_another_job_writes_nothing(folder: Folder) -> None:
    run_batch(Noted(), dataset(3), JOB, folder)
    parts = sizes_of(folder)
    with pytest.raises(OptionsError, match="variants was none there"):
        run_batch(Noted(), dataset(9), Job(variants=(Variant("v", "{id}"),)), folder)
    assert sizes_of(folder) == parts


def test_another_model_writes_nothing(folder: Folder) -> None:
    run_batch(Noted(), dataset(3), JOB, folder)
    other = Noted()
    other.facts = {**FACTS, "dtype": "bfloat16"}
    parts = sizes_of(folder)
    with pytest.raises(OptionsError, match="dtype was float64 there, and is bfloat16 here"):
        run_batch(other, dataset(9), JOB, folder)
    assert sizes_of(folder) == parts
    assert other.ran == []


def test_a_folder_of_other_files_is_left_alone(folder: Folder, tmp_path: Path) -> None:
    (tmp_path / "runs").mkdir()
    (tmp_path / "runs" / "thesis.tex").touch()
    with pytest.raises(OptionsError, match="is not empty"):
        run_batch(Noted(), dataset(3), JOB, folder)
    assert [one.name for one in (tmp_path / "runs").iterdir()] == ["thesis.tex"]


def test_two_jobs_do_not_write_at_once(folder: Folder) -> None:
    folder.make()
    with (
        FileLock(folder.path(".lock")),
        pytest.raises(OptionsError, match="Another process is at work"),
    ):
        run_batch(Noted(), dataset(3), JOB, folder)
    run_batch(Noted(), dataset(3), JOB, folder)


def test_a_disk_that_is_full_keeps_what_was_written(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    append = Folder.append
    written = 0

    def full(self: Folder, name: str, data: bytes) -> None:
        nonlocal written
        written += 1
        if written == 3:
            raise DiskError("runs could not be written to: No space left on device.")
        append(self, name, data)

    monkeypatch.setattr(Folder, "append", full)
    runner = Noted()
    with pytest.raises(DiskError, match="No space left"):
        run_batch(runner, dataset(40), JOB, folder)
    assert runner.closed
    assert len(places_of(folder)) == 2 * ROWS
    again = Noted()
    assert run_batch(again, dataset(40), JOB, folder).done == 40
    assert len(again.ran) == 40 - 2 * ROWS


def test_it_stops_while_it_looks_for_what_is_missing(folder: Folder) -> None:
    class Stopping(Callback):
        def check(self) -> None:
            raise Cancelled

    with following(Stopping(lambda *_: None)), pytest.raises(Cancelled):
        run_batch(Noted(), dataset(9), JOB, folder)


def test_a_model_that_can_not_be_had_leaves_nothing_behind(folder: Folder, tmp_path: Path) -> None:
    from backlit.errors import NotFoundError

    with pytest.raises(NotFoundError):
        run_batch(Here("no-such-model", JOB, {}), dataset(3), JOB, folder)
    assert not (tmp_path / "runs" / "job.json").exists()
    assert run_batch(Noted(), dataset(3), JOB, folder).done == 3


def test_parts_are_what_workers_said(folder: Folder) -> None:
    run_batch(Noted(), dataset(3), JOB, folder)
    assert sum(sizes_of(folder).values()) > len(packed([]))
