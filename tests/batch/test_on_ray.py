"""Batches on a real Ray cluster of this machine, with two workers."""

import contextlib
import gc
import gzip
import importlib
import json
import logging
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import psutil
import pyarrow as pa
import pytest

from backlit.batch import Batch, explain_dataset, load_batch, on_ray
from backlit.batch.cluster import connected, pool, quiet, unwarned
from backlit.batch.folder import Folder
from backlit.batch.functions import dataset_of, job_from, runner_for
from backlit.batch.on_ray import OnRay
from backlit.batch.running import Tally, run_batch
from backlit.batch.task import Group, groups_of, tasks_of
from backlit.batch.worker import STARTS, TRIES, ModelSpec, Outcome
from backlit.errors import (
    Cancelled,
    CapabilityError,
    MissingPackageError,
    NotFoundError,
    OfflineError,
    OptionsError,
)
from tests.batch.deadly import DeadlyModel, DeadlyRows, HeldRows, rows

pytestmark = [pytest.mark.ray, pytest.mark.process]

ROOT = Path(__file__).parents[2]
OWN = (
    "seconds",
    "part",
    "part_start",
    "part_stop",
    "part_line",
)  # columns of how and where it was run
JOB = job_from(method="occlusion", granularity="word")
PATIENCE = 120.0  # for what takes a second on a machine that is not busy


@pytest.fixture(scope="module")
def ray() -> Iterator[Any]:
    """Ray, connected to a cluster of two CPUs."""
    with pytest.MonkeyPatch.context() as patch, quiet(), unwarned():
        patch.setenv("PYTHONPATH", os.pathsep.join([str(ROOT), *sys.path]))
        ray = importlib.import_module("ray")
        ray.init(num_cpus=2, log_to_driver=False, logging_level=logging.CRITICAL)
        yield ray
        ray.shutdown()
        gc.collect()  # of its processes it says that nobody waited for them


@pytest.fixture
def groups() -> Callable[..., Iterator[Group]]:
    def made(count: int, *poison: int) -> Iterator[Group]:
        dataset = dataset_of(rows(count, poison), prompts=True)
        return groups_of(tasks_of(dataset.examples, ()))

    return made


def ignored(model: Mapping[str, str]) -> None:
    """Who asks for no model."""


def workers() -> list[psutil.Process]:
    """The processes of Ray's actors that are workers of a batch."""
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if "MapWorker" in process.name() or "MapWorker" in " ".join(process.cmdline()):
                found.append(process)
    return found


def wait_for_no_workers() -> None:
    wait_for(lambda: not workers())


def same(one: Batch, other: Batch) -> None:
    """That they tell the same, to the last digit."""
    for name in ("runs", "scores"):
        first, second = getattr(one, name), getattr(other, name)
        assert isinstance(first, pa.Table)
        kept = [column for column in first.column_names if column not in OWN]
        assert first.select(kept).equals(second.select(kept)), name


@pytest.mark.usefixtures("ray")
def test_tables_are_those_of_one_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(on_ray, "WINDOW", 2)  # of three groups
    asked: dict[str, Any] = {"method": ["occlusion", "lime"], "granularity": ["line", "word"]}
    there = explain_dataset("toy", rows(24), tmp_path / "ray", ray=True, workers=2, **asked)
    here = explain_dataset("toy", rows(24), tmp_path / "here", **asked)
    assert len(there) == 24
    same(there, here)
    wait_for_no_workers()


@pytest.mark.usefixtures("ray")
def test_a_worker_that_is_killed_is_replaced(tmp_path: Path) -> None:
    data, folder = dataset_of(rows(80, (3,)), prompts=True), Folder(tmp_path / "ray")
    held = tmp_path / "held"
    held.mkdir()
    runner = OnRay(HeldRows(str(held)), JOB, 2)
    with ThreadPoolExecutor() as aside:
        running = aside.submit(run_batch, runner, data, JOB, folder)
        [first] = wait_for(lambda: list(held.glob("*.pid")), running)
        os.kill(int(first.stem), signal.SIGKILL)
        wait_for(lambda: {*held.glob("*.pid")} - {first}, running)
        (held / "open").touch()
        assert running.result().new == 80
    done = runs_in(tmp_path / "ray")
    assert len(done) == len(set(done)) == 80
    there = load_batch(tmp_path / "ray")
    assert there.runs["row"].to_pylist() == [row["id"] for row in rows(80)]
    same(
        there,
        explain_dataset("toy", data, tmp_path / "here", method="occlusion", granularity="word"),
    )


def runs_in(folder: Path) -> list[str]:
    """The names of all runs that were ever written."""
    parts = [gzip.decompress(part.read_bytes()) for part in (folder / "parts").iterdir()]
    heads = [line for part in parts for line in part.splitlines() if line.startswith(b"[[")]
    return [run[0] for head in heads for run in json.loads(head)]


@pytest.mark.usefixtures("ray")
def test_a_row_that_kills_its_worker_fails_alone(groups: Callable[..., Iterator[Group]]) -> None:
    outcomes = list(OnRay(DeadlyRows("toy"), JOB, 2)(groups(20, 7), ignored))
    assert sum(one.runs for one in outcomes) == 20
    assert sum(one.failed for one in outcomes) == 1
    [failed] = [one for one in outcomes if one.failed]
    record = json.loads(gzip.decompress(failed.member).splitlines()[1])
    assert record["row"] == "r7"
    assert f"ended {TRIES} times" in json.dumps(record)


@pytest.mark.usefixtures("ray")
def test_a_job_that_is_stopped_goes_on(tmp_path: Path) -> None:
    data, folder = dataset_of(rows(200), prompts=True), Folder(tmp_path / "stopped")
    runner = runner_for("toy", JOB, {}, 2, ray=True)
    tallies: list[Tally] = []

    def stop(tally: Tally) -> None:
        tallies.append(tally)
        if tally.new >= 40:
            raise Cancelled

    with pytest.raises(Cancelled):
        run_batch(runner, data, JOB, folder, so_far=stop)
    wait_for_no_workers()
    last = run_batch(runner, data, JOB, folder)
    assert (last.done, last.new) == (200, 200 - tallies[-1].done)
    assert 40 <= tallies[-1].done < 200
    done = runs_in(tmp_path / "stopped")
    assert len(done) == len(set(done)) == 200
    again = run_batch(runner, data, JOB, folder)
    assert (again.done, again.new) == (200, 0)
    same(
        load_batch(tmp_path / "stopped"),
        explain_dataset("toy", data, tmp_path / "whole", method="occlusion", granularity="word"),
    )


def failing(spec: ModelSpec, groups: Iterator[Group]) -> Iterator[Outcome]:
    return OnRay(spec, JOB, 1)(groups, ignored)


@pytest.mark.usefixtures("ray")
def test_a_model_that_can_not_be_loaded(groups: Callable[..., Iterator[Group]]) -> None:
    with pytest.raises(NotFoundError, match=r"no-such-model"):
        next(failing(ModelSpec("./no-such-model.gguf"), groups(4)))
    wait_for_no_workers()


@pytest.mark.usefixtures("ray")
def test_workers_that_die_as_they_load(groups: Callable[..., Iterator[Group]]) -> None:
    with pytest.raises(CapabilityError, match="before their model is loaded"):
        next(failing(DeadlyModel("toy"), groups(4)))
    assert STARTS > 1


@pytest.mark.usefixtures("ray")
def test_another_version_there(
    groups: Callable[..., Iterator[Group]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(on_ray, "version", lambda name: "0.0.1")
    with pytest.raises(OptionsError, match=r"and this one 0\.0\.1"):
        next(failing(ModelSpec("toy"), groups(4)))


@pytest.mark.usefixtures("ray")
def test_a_cluster_without_the_package(
    groups: Callable[..., Iterator[Group]], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "backlit.py").write_text("raise ModuleNotFoundError(\"No module named 'backlit'\")")
    changed = {"runtime_env": {"env_vars": {"PYTHONPATH": str(tmp_path)}}}
    monkeypatch.setattr(on_ray, "pool", lambda *given: pool(*given) | changed)
    with pytest.raises(MissingPackageError, match="don't have Backlit"):
        next(failing(ModelSpec("toy"), groups(4)))


@pytest.mark.usefixtures("ray")
def test_more_workers_than_there_is_room_for(groups: Callable[..., Iterator[Group]]) -> None:
    with pytest.raises(OptionsError, match="room for 2 workers that each need one CPU, not for 3"):
        next(OnRay(ModelSpec("toy"), JOB, 3)(groups(4), ignored))
    with pytest.raises(OptionsError, match=r"0\.5 of a GPU"):
        next(OnRay(ModelSpec("toy"), JOB, 1, gpus=0.5)(groups(4), ignored))


@pytest.mark.parametrize(
    ("nodes", "asked", "expected"),
    [
        ([{"CPU": 8}], (None, None), (1, 8, 0)),
        ([{"CPU": 8}], (3, None), (3, 2, 0)),
        ([{"CPU": 2}, {"CPU": 6}], (2, None), (2, 3, 0)),
        ([{"CPU": 0}, {"CPU": 4}, {"CPU": 4}], (None, None), (2, 4, 0)),
        ([{"CPU": 16, "GPU": 4}, {"CPU": 16, "GPU": 4}], (None, None), (8, 1, 1)),
        ([{"CPU": 16, "GPU": 2}], (None, 0.5), (4, 1, 0.5)),
        ([{"CPU": 16, "GPU": 2}], (2, 0), (2, 8, 0)),
    ],
)
def test_room(
    nodes: list[dict[str, float]],
    asked: tuple[int | None, float | None],
    expected: tuple[int, int, float],
) -> None:
    alive = [{"Alive": True, "Resources": one} for one in nodes]
    gone = {"Alive": False, "Resources": {"CPU": 64, "GPU": 8}}
    found = pool(SimpleNamespace(nodes=lambda: [*alive, gone]), *asked, None)
    assert (found["compute"].max_size, found["num_cpus"], found["num_gpus"]) == expected


def test_no_cluster_there() -> None:
    apart = SimpleNamespace(is_initialized=lambda: False)
    with (
        pytest.raises(OfflineError, match=r"no Ray cluster at 127\.0\.0\.1:1\."),
        connected(apart, "127.0.0.1:1"),
    ):
        pass


def test_ray_is_not_installed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(sys.modules, "ray.data", None)
    with pytest.raises(MissingPackageError, match=r"backlit\[ray\]"):
        explain_dataset("toy", rows(2), tmp_path / "batch", ray=True)
    assert not list(tmp_path.iterdir())


def test_what_goes_with_ray(toy: Any, tmp_path: Path) -> None:
    with pytest.raises(OptionsError, match="is loaded already"):
        explain_dataset(toy, rows(2), tmp_path / "batch", ray=True)
    with pytest.raises(OptionsError, match="for a Ray cluster"):
        explain_dataset("toy", rows(2), tmp_path / "batch", gpus_per_worker=1)
    with pytest.raises(OptionsError, match="workers is 0"):
        explain_dataset("toy", rows(2), tmp_path / "batch", ray=True, workers=0)
    with pytest.raises(OptionsError, match="gpus_per_worker is -1"):
        explain_dataset("toy", rows(2), tmp_path / "batch", ray=True, gpus_per_worker=-1)


def test_the_command_on_a_cluster_that_is_there(ray: Any, tmp_path: Path) -> None:
    data = tmp_path / "rows.jsonl"
    data.write_text("".join(json.dumps(row) + "\n" for row in rows(8)))
    address = ray.get_runtime_context().gcs_address
    done = subprocess.run(
        [
            *(sys.executable, "-m", "backlit", "batch", str(data), "--output", f"{tmp_path}/batch"),
            *("--model", "toy", "--method", "occlusion", "--ray-address", address, "--quiet"),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == ""
    assert all("runs" in line for line in done.stderr.splitlines()), done.stderr
    assert len(load_batch(tmp_path / "batch")) == 8
    wait_for_no_workers()
    assert ray.cluster_resources()["CPU"] == 2, "it is there still"


@pytest.fixture
def short() -> Iterator[Path]:
    """A folder of a short name, as the names of sockets in it are bounded."""
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder)


def test_the_command_ends_with_what_it_started(tmp_path: Path, short: Path) -> None:
    """Ctrl-C in a terminal, which every process there gets."""
    data = tmp_path / "rows.jsonl"
    data.write_text("".join(json.dumps(row) + "\n" for row in rows(20_000)))
    output = tmp_path / "batch"
    command = [
        *(sys.executable, "-m", "backlit", "batch", str(data), "--output", str(output)),
        *("--model", "toy", "--method", "lime", "--granularity", "word", "--ray", "--workers", "2"),
    ]
    environment = {name: one for name, one in os.environ.items() if name != "RAY_ADDRESS"}
    environment["RAY_TMPDIR"] = str(short)  # apart from the cluster of the other tests
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored in the background
    started = subprocess.Popen(
        [*command, "--quiet"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
        start_new_session=True,
    )
    signal.signal(signal.SIGINT, before)
    try:
        wait_for(lambda: any((output / "parts").glob("*.gz")), started)
        others = psutil.Process(started.pid).children(recursive=True)
        assert any("MapWorker" in " ".join(one.cmdline()) for one in others)
        os.killpg(started.pid, signal.SIGINT)
        said, told = started.communicate(timeout=PATIENCE)
    finally:
        started.terminate()
    assert said == ""
    assert started.returncode == 130
    assert "Run the same command again to go on." in told
    assert all("runs" in line for line in told.splitlines()), told
    _, alive = psutil.wait_procs(others, timeout=PATIENCE)
    assert not alive


def wait_for(
    what: Callable[[], Any], running: "Future[Any] | subprocess.Popen[str] | None" = None
) -> Any:
    """What there is at last, while who makes it is at work."""
    deadline = time.monotonic() + PATIENCE
    while not (found := what()):
        if isinstance(running, Future):
            assert not running.done(), running.result()
        elif running is not None:
            assert running.poll() is None, running.communicate()[1]
        assert time.monotonic() < deadline
        time.sleep(0.05)
    return found
