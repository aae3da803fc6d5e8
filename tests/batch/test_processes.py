"""Workers in processes of their own, which may die."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from backlit.batch import Batch, explain_dataset, load_batch
from backlit.batch.folder import Folder
from backlit.batch.functions import Here
from backlit.batch.job import Job, NamedMethod
from backlit.batch.processes import Processes, devices_of
from backlit.batch.running import Tally, run_batch
from backlit.batch.worker import ModelSpec
from backlit.data.base import Example, ExampleList
from backlit.errors import CapabilityError, NotFoundError, OptionsError
from backlit.types import GenerationOptions
from tests.batch.conftest import rows_of

pytestmark = pytest.mark.process

JOB = Job(methods=(NamedMethod("occlusion"),), options=GenerationOptions(3))
TOY = ModelSpec("toy")


def dataset(count: int, *more: Example) -> ExampleList:
    rows = (Example(str(row["id"]), str(row["prompt"])) for row in rows_of(count))
    return ExampleList("rows", (*rows, *more))


def results(batch: Batch) -> list[dict[str, Any]]:
    """All that a batch holds, but when and where it was done."""
    left_out = {"seconds", "part", "part_start", "part_stop", "part_line"}
    runs = batch.runs.drop_columns([name for name in batch.runs.schema.names if name in left_out])
    return [*runs.to_pylist(), *batch.scores.to_pylist()]


def children() -> list[psutil.Process]:
    """Workers of ours."""
    found = []
    for one in psutil.Process().children(recursive=True):
        try:
            if any("backlit.batch.child" in part for part in one.cmdline()):
                found.append(one)
        except psutil.Error:
            continue
    return found


@pytest.fixture
def expected(tmp_path: Path) -> Iterator[list[dict[str, Any]]]:
    """What 60 rows give in this process; no worker is left at the end."""
    folder = Folder(tmp_path / "here")
    run_batch(Here("toy", JOB, {}), dataset(60), JOB, folder)
    yield results(load_batch(folder.name))
    assert children() == []


def test_two_workers_do_what_one_process_does(
    tmp_path: Path, expected: list[dict[str, Any]]
) -> None:
    folder = Folder(tmp_path / "runs")
    tally = run_batch(Processes(TOY, JOB, [None, None]), dataset(60), JOB, folder)
    assert (tally.done, tally.failed) == (60, 0)
    assert results(load_batch(folder.name)) == expected


def test_a_worker_that_is_killed_is_replaced(
    tmp_path: Path, expected: list[dict[str, Any]]
) -> None:
    folder = Folder(tmp_path / "runs")
    killed: set[int] = set()
    after = [8, 24]  # runs; of groups, one of which is smaller and may be done at any time

    def kill(tally: Tally) -> None:
        if after and tally.new >= after[0]:
            del after[0]
            worker = children()[0]
            killed.add(worker.pid)
            worker.kill()

    run_batch(Processes(TOY, JOB, [None, None]), dataset(60), JOB, folder, so_far=kill)
    assert len(killed) == 2
    assert results(load_batch(folder.name)) == expected


# Found by every new Python before anything else.
DEADLY = """
import os, signal
from backlit.engines.toy import ToyEngine

tokenize = ToyEngine.tokenize

def deadly(self, prompt):
    if "poison" in str(prompt):
        os.kill(os.getpid(), signal.SIGKILL)
    return tokenize(self, prompt)

ToyEngine.tokenize = deadly
"""


@pytest.fixture
def deadly(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In new processes the toy dies of poison."""
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "sitecustomize.py").write_text(DEADLY)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "site"))


@pytest.mark.usefixtures("deadly")
def test_a_row_that_kills_workers_fails_and_the_others_do_not(
    tmp_path: Path, expected: list[dict[str, Any]]
) -> None:
    folder = Folder(tmp_path / "runs")
    rows = dataset(60, Example("bad", "The dog likes poison and"))
    tally = run_batch(Processes(TOY, JOB, [None]), rows, JOB, folder)
    assert (tally.done, tally.failed) == (61, 1)
    batch = load_batch(folder.name)
    (bad,) = [one for one in batch.runs.to_pylist() if one["status"] == "failed"]
    assert bad["row"] == "bad"
    assert "ended 2 times while it ran this row (killed by signal 9" in bad["error"]
    others = [one for one in results(batch) if one["row"] != "bad"]
    assert others == expected


def test_a_model_that_can_not_be_had_is_told_as_in_this_process(tmp_path: Path) -> None:
    runner = Processes(ModelSpec("no-such-model"), JOB, [None, None])
    with pytest.raises(NotFoundError, match="no model called no-such-model"):
        run_batch(runner, dataset(9), JOB, Folder(tmp_path / "runs"))
    assert children() == []
    assert not (tmp_path / "runs" / "job.json").exists()


def test_workers_that_die_before_they_begin_end_the_job(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "sitecustomize.py").write_text("import os; os._exit(7)")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    with pytest.raises(CapabilityError, match=r"before their model is loaded \(exit code 7\)"):
        run_batch(Processes(TOY, JOB, [None]), dataset(9), JOB, Folder(tmp_path / "runs"))


def test_who_stops_it_leaves_no_worker(tmp_path: Path) -> None:
    def stop(tally: Tally) -> None:
        if tally.new:
            raise KeyboardInterrupt

    folder = Folder(tmp_path / "runs")
    with pytest.raises(KeyboardInterrupt):
        run_batch(Processes(TOY, JOB, [None, None]), dataset(60), JOB, folder, so_far=stop)
    assert children() == []


def test_nothing_to_do_starts_nobody() -> None:
    assert list(Processes(TOY, JOB, [None])(iter(()), lambda facts: None)) == []


def test_what_libraries_print_does_no_harm(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "sitecustomize.py").write_text("print('hello from a library')")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    batch = explain_dataset(
        "toy", rows_of(3), tmp_path / "runs", workers=1, method="occlusion", progress=False
    )
    assert len(batch) == 3


def test_a_device_for_each_worker() -> None:
    assert devices_of(None, None) == [None]
    assert devices_of(3, "cpu") == ["cpu", "cpu", "cpu"]
    with pytest.raises(OptionsError, match="workers is 0"):
        devices_of(0, None)


def test_a_loaded_model_stays_in_this_process(tmp_path: Path) -> None:
    from backlit.model import load_model

    with pytest.raises(OptionsError, match="can't be handed to other processes"):
        explain_dataset(load_model("toy"), rows_of(3), tmp_path / "runs", workers=2)


def test_signals_of_the_terminal_are_ours() -> None:
    """A Ctrl-C reaches the whole group of a terminal's processes; workers are in none of it."""
    runner = Processes(TOY, JOB, [None])
    outcomes = runner(iter(_groups()), lambda facts: None)
    next(outcomes)
    (worker,) = children()
    assert os.getpgid(worker.pid) != os.getpgid(0)
    os.kill(worker.pid, signal.SIGKILL)
    outcomes.close()
    assert children() == []


def _groups() -> list[Any]:
    from backlit.batch.task import groups_of, tasks_of

    return list(groups_of(tasks_of(dataset(30).examples, [])))
