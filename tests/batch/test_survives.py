"""`kill -9` of a whole job, at random moments: it goes on, and says what it would have said."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import psutil
import pytest

from backlit.batch import Batch, explain_dataset, load_batch
from backlit.batch.parts import PARTS, members_of, sizes_of
from backlit.batch.running import Tally
from backlit.data.base import Example
from backlit.data.writers import written
from backlit.model import Model
from tests.batch.conftest import rows_of
from tests.batch.test_processes import results

pytestmark = [pytest.mark.process, pytest.mark.heavy]

ROWS = 500
KILLS = 20
SECONDS = 300.0

# As a script of a person's does it; the toy needs no process of its own.
SCRIPT = """
import sys
from backlit.batch import explain_dataset
options = {"max_new_tokens": 4}
rows, output = sys.argv[1:]
explain_dataset("toy", rows, output, method="occlusion", options=options, progress=False)
"""


def data(folder: Path, rows: list[Any]) -> Path:
    path = folder / "rows.jsonl"
    path.write_bytes(written([Example(one["id"], one["prompt"]) for one in rows], "jsonl"))
    return path


def size_of(output: Path) -> int:
    return sum(one.stat().st_size for one in (output / PARTS).glob("*.gz"))


def killed(command: list[str], output: Path, at: int) -> bool:
    """Run a job until its parts have so many bytes, and kill it; whether it was still there."""
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as job:
        until = time.monotonic() + SECONDS
        while job.poll() is None and size_of(output) < at:
            assert time.monotonic() < until, "the job does not get on"
            time.sleep(0.001)
        workers = psutil.Process(job.pid).children(recursive=True) if job.poll() is None else []
        job.send_signal(signal.SIGKILL)
        job.wait()
        assert psutil.wait_procs(workers, timeout=SECONDS)[1] == []  # they end with it
        return job.returncode == -signal.SIGKILL


def runs_in_parts(batch: Batch) -> list[str]:
    """The names of all runs that are written, as often as they are."""
    return [
        run
        for part in sizes_of(batch.folder)
        for _, data in members_of(batch.folder, part)
        for run, *_ in json.loads(data.splitlines()[0])
    ]


def test_a_job_that_is_killed_twenty_times_says_what_one_that_is_not_does(tmp_path: Path) -> None:
    options = {"max_new_tokens": 4}
    rows = data(tmp_path, rows_of(ROWS))
    whole = explain_dataset(
        "toy", str(rows), tmp_path / "whole", method="occlusion", options=options, progress=False
    )
    size = size_of(tmp_path / "whole")
    output = tmp_path / "runs"
    command = [sys.executable, "-c", SCRIPT, str(rows), str(output)]
    seed = int.from_bytes(os.urandom(4))
    chance = random.Random(seed)  # told if it fails
    moments = sorted(chance.randrange(size) for _ in range(KILLS))
    for at in moments:
        assert killed(command, output, at), f"seed {seed}: the job was over before byte {at}"
    subprocess.run(command, check=True)
    batch = load_batch(output)
    assert len(runs_in_parts(batch)) == ROWS, f"seed {seed}"
    assert len(set(runs_in_parts(batch))) == ROWS, f"seed {seed}"
    assert results(batch) == results(whole), f"seed {seed}"


@pytest.mark.model
def test_on_the_default_model_and_in_processes_too(tmp_path: Path, smollm2: Model) -> None:
    rows = data(tmp_path, rows_of(40))
    options = {"max_new_tokens": 2}
    whole = explain_dataset(
        smollm2, str(rows), tmp_path / "whole", method="occlusion", options=options, progress=False
    )
    output = tmp_path / "runs"
    command = [
        *(sys.executable, "-m", "backlit", "batch", str(rows), "--output", str(output), "--quiet"),
        *("--device", "cpu", "--method", "occlusion", "--max-new-tokens", "2"),
    ]
    at = random.randrange(size_of(tmp_path / "whole"))
    assert killed(command, output, at), f"the job was over before byte {at}"
    subprocess.run(command, check=True, stderr=subprocess.DEVNULL)
    batch = load_batch(output)
    assert sorted(runs_in_parts(batch)) == sorted(whole.runs["run"].to_pylist())
    assert results(batch) == results(whole), f"killed at byte {at}"


def test_memory_stays_flat(tmp_path: Path) -> None:
    """`make bench` does it with ten thousand rows."""
    process = psutil.Process()
    sizes: list[float] = []

    def so_far(tally: Tally) -> None:
        if tally.new >= 400:
            sizes.append(process.memory_info().rss / 1e6)

    explain_dataset(
        "toy",
        rows_of(1_600),
        tmp_path / "runs",
        method="occlusion",
        options={"max_new_tokens": 2},
        progress=False,
        so_far=so_far,
    )
    assert max(sizes) - sizes[0] < 20  # MB; each row's tokens and scores are some 30 kB
