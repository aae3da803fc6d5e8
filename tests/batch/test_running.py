"""A batch goes on where it was, and refuses what it is not of."""

from collections.abc import Callable, Generator, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock

from backlit.batch import load_batch
from backlit.batch.folder import Folder
from backlit.batch.functions import Here
from backlit.batch.job import Job, NamedMethod
from backlit.batch.parts import PARTS, members_of, packed, places_of, sizes_of
from backlit.batch.record import Failure
from backlit.batch.running import Tally, run_batch
from backlit.batch.task import ROWS, Group
from backlit.batch.worker import Outcome, record_of
from backlit.data.base import Example, ExampleList
from backlit.errors import (
    BudgetError,
    Cancelled,
    DataError,
    DiskError,
    EndpointError,
    OptionsError,
)
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
        self.source = "toy"

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
    assert (tally.done, tally.total, tally.others) == (4, 4, 5)
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


def test_failed_rows_that_were_corrected_may_be_done_again(folder: Folder) -> None:
    run_batch(Noted(failing=frozenset({"r1"})), dataset(3), JOB, folder)
    corrected = {"r1": Example("r1", "Something better")}
    with pytest.raises(DataError) as caught:
        run_batch(Noted(), dataset(3, **corrected), JOB, folder)
    assert "--retry-failed" in caught.value.hint
    again = Noted()
    run_batch(again, dataset(3, **corrected), JOB, folder, retry_failed=True)
    assert again.ran == ["r1"]


def test_another_job_writes_nothing(folder: Folder) -> None:
    run_batch(Noted(), dataset(3), JOB, folder)
    parts = sizes_of(folder)
    with pytest.raises(OptionsError, match="variants was none there"):
        run_batch(Noted(), dataset(9), Job(variants=(Variant("v", "{id}"),)), folder)
    assert sizes_of(folder) == parts


def test_another_model_is_refused_also_where_nothing_is_missing(folder: Folder) -> None:
    run_batch(Noted(), dataset(3), JOB, folder)
    other = Noted()
    other.source = "smollm2"
    with pytest.raises(OptionsError, match="asked was toy there, and is smollm2 here"):
        run_batch(other, dataset(3), JOB, folder)
    run_batch(other, dataset(4), JOB, folder)  # which loads it, and finds it is the same


def test_another_dataset_is_not_mixed_in(folder: Folder) -> None:
    run_batch(Noted(), dataset(3), JOB, folder)
    rows = tuple(Example(f"x{n}", "Other") for n in range(3))
    runner = Noted()
    with pytest.raises(DataError, match="holds runs of rows, and none of others"):
        run_batch(runner, ExampleList("others", rows), JOB, folder)
    assert runner.ran == []


def test_some_rows_keep_their_places(folder: Folder) -> None:
    later = run_batch(Noted(), dataset(9), JOB, folder, rows=range(4, 9))
    assert (later.done, later.total) == (5, 5)
    tally = run_batch(Noted(), dataset(9), JOB, folder, rows=range(4))
    assert (tally.done, tally.total, tally.others) == (4, 4, 5)
    places = sorted((one.position, one.run) for one in places_of(folder).values())
    assert [position for position, _ in places] == list(range(9))


class Troubled(Noted):
    """A server that fails all rows but some groups."""

    def __init__(self, fine: frozenset[int]) -> None:
        super().__init__()
        self._fine = fine

    def __call__(
        self, groups: Iterator[Group], ready: Callable[[Mapping[str, str]], None]
    ) -> Generator[Outcome, None, None]:
        for outcome in super().__call__(groups, ready):
            bad = outcome.group not in self._fine
            yield replace(outcome, trouble="Connection refused.") if bad else outcome


def test_a_server_that_answers_no_more_ends_the_work(folder: Folder) -> None:
    runner = Troubled(frozenset({0}))
    with pytest.raises(EndpointError, match=r"Nothing is answered any more: Connection refused\."):
        run_batch(runner, dataset(80), JOB, folder)
    assert len(places_of(folder)) == ROWS  # the others are not done
    assert len(runner.ran) == 4 * ROWS


def test_trouble_that_passes_is_that_of_rows(folder: Folder) -> None:
    run_batch(Troubled(frozenset({0, 3, 6})), dataset(56), JOB, folder)
    assert len(places_of(folder)) == 56


def test_what_ends_the_work_comes_after_what_was_done(folder: Folder) -> None:
    class Spent(Noted):
        def __call__(
            self, groups: Iterator[Group], ready: Callable[[Mapping[str, str]], None]
        ) -> Generator[Outcome, None, None]:
            for outcome in super().__call__(groups, ready):
                yield replace(outcome, ends=Failure("BudgetError", "No more calls."))

    with pytest.raises(BudgetError):
        run_batch(Spent(), dataset(40), JOB, folder)
    assert len(places_of(folder)) == ROWS


def test_runs_without_their_manifest_are_not_trusted(folder: Folder, tmp_path: Path) -> None:
    run_batch(Noted(), dataset(3), JOB, folder)
    (tmp_path / "runs" / "job.json").unlink()
    with pytest.raises(DataError, match=r"job\.json is gone"):
        run_batch(Noted(), dataset(3), JOB, folder)
    (tmp_path / "runs" / "job.json").touch()
    with pytest.raises(DataError, match="is damaged"):
        run_batch(Noted(), dataset(3), JOB, folder)


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


@pytest.mark.parametrize("kept", [ROWS, 2 * ROWS])
def test_damage_is_told_until_what_is_missing_was_done_anew(folder: Folder, kept: int) -> None:
    run_batch(Noted(), dataset(2 * ROWS), JOB, folder)
    (part,) = Path(folder.path(PARTS)).iterdir()
    (first, _), (second, _) = members_of(folder, part.name)
    end = first.stop if kept == ROWS else second.stop
    part.write_bytes(part.read_bytes()[:end] + b"no gzip")
    batch = load_batch(folder.name)
    assert (len(batch), batch.damaged) == (kept, (part.name,))
    run_batch(Noted(), dataset(2 * ROWS), JOB, folder, rows=range(ROWS))  # not all of them
    assert load_batch(folder.name).damaged == (part.name,)
    run_batch(Noted(), dataset(2 * ROWS), JOB, folder)
    again = load_batch(folder.name)
    assert (len(again), again.damaged) == (2 * ROWS, ())
