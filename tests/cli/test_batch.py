"""`backlit batch`, as a person types it."""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from backlit.batch import load_batch
from backlit.batch.parts import PARTS
from tests.batch.conftest import rows_of
from tests.support.command import run
from tests.support.endpoints import faked

pytestmark = pytest.mark.process

TOY = ("--model", "toy", "--method", "occlusion", "--max-new-tokens", "3")


@pytest.fixture
def rows(tmp_path: Path) -> Path:
    path = tmp_path / "rows.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows_of(10)))
    return path


def test_every_row_is_kept_and_the_same_command_goes_on(rows: Path, tmp_path: Path) -> None:
    out = str(tmp_path / "runs")
    done = run("batch", str(rows), "-o", out, *TOY, "--only", "1:4", "--quiet")
    assert done.exit_code == 0, done.output
    assert "4 of 4 runs are on the disk." in done.output
    again = run("batch", str(rows), "-o", out, *TOY, "--quiet")
    assert "10 of 10 runs are on the disk." in again.output
    batch = load_batch(out)
    assert batch.runs["row"].to_pylist() == [f"r{n}" for n in range(10)]
    assert set(batch.runs["status"].to_pylist()) == {"done"}


def test_templates_and_variants(tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_text("id,animal\na,cat\nb,dog\nc,\n")
    (tmp_path / "plain.txt").write_text("The cat likes milk.\nThe {animal} likes\n")
    (tmp_path / "variants.jsonl").write_text('{"name": "bare", "without_lines": [1]}')
    out = str(tmp_path / "runs")
    done = run(
        *("batch", str(tmp_path / "rows.csv"), "-o", out, *TOY, "--quiet"),
        *("--template", str(tmp_path / "plain.txt")),
        *("--variants", str(tmp_path / "variants.jsonl")),
        *("--granularity", "word", "--granularity", "line", "--target-pattern", "milk"),
    )
    assert done.exit_code == 0, done.output
    runs = load_batch(out).runs.to_pylist()
    assert [(one["row"], one["variant"]) for one in runs] == [
        (row, variant) for row in "abc" for variant in ("plain", "bare")
    ]
    assert runs[0]["prompt"] == "The cat likes milk.\nThe cat likes"
    assert "nothing of what is to be explained" in done.output


def test_answers_of_the_rows_own(tmp_path: Path) -> None:
    (tmp_path / "rows.jsonl").write_text('{"prompt": "The cat likes", "target": " warm milk."}')
    out = str(tmp_path / "runs")
    done = run("batch", str(tmp_path / "rows.jsonl"), "-o", out, *TOY, "--answer", "target")
    assert done.exit_code == 0, done.output
    assert load_batch(out).runs["answer"].to_pylist() == [" warm milk."]


def test_failures_are_counted_and_done_again_when_asked_for(tmp_path: Path) -> None:
    (tmp_path / "rows.jsonl").write_text('{"prompt": "The cat likes"}\n{"prompt": "x", "id": "b"}')
    command = ["batch", str(tmp_path / "rows.jsonl"), "-o", str(tmp_path / "runs"), *TOY, "--quiet"]
    command += ["--answer", "target"]
    first = run(*command)
    assert first.exit_code == 1
    assert "2 of 2 runs are on the disk, 2 of them failed (--retry-failed" in first.output
    assert len(list((tmp_path / "runs" / PARTS).iterdir())) == 1
    run(*command)
    assert len(list((tmp_path / "runs" / PARTS).iterdir())) == 1
    run(*command, "--retry-failed")
    assert len(list((tmp_path / "runs" / PARTS).iterdir())) == 2


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--granularity", "verse"], "There is no granularity 'verse'"),
        (["--target", "a", "--last-line"], "Several parts"),
        (["--target-pattern", "("], "missing )"),
        (["--granularity", "custom", "--pattern", "("], "missing )"),
        (["--only", "9:1"], "--only is FIRST:LAST"),
        (["--only", "50:60"], "there are 10 rows"),
        (["--variants", "none.jsonl"], "can't be read"),
        (["--template", "none.txt"], "can't be read"),
        (["--workers", "0"], "Invalid value for '--workers'"),
        (["--param", "n_samples=3"], "no parameter"),
    ],
)
def test_what_can_not_be_done_leaves_nothing_behind(
    rows: Path, tmp_path: Path, arguments: list[str], told: str
) -> None:
    done = run("batch", str(rows), "-o", str(tmp_path / "runs"), *TOY, *arguments)
    assert done.exit_code in (1, 2)
    assert told in " ".join(done.output.split())
    assert not (tmp_path / "runs").exists()


def test_another_job_is_refused(rows: Path, tmp_path: Path) -> None:
    out = str(tmp_path / "runs")
    run("batch", str(rows), "-o", out, *TOY, "--quiet")
    done = run("batch", str(rows), "-o", out, *TOY, "--check")
    assert done.exit_code == 1
    assert "holds another batch: check was false there, and is true here" in done.output


def test_ctrl_c_says_how_to_go_on(tmp_path: Path) -> None:
    rows = tmp_path / "rows.jsonl"
    rows.write_text("".join(json.dumps(row) + "\n" for row in rows_of(2_000)))
    out = tmp_path / "runs"
    command = [sys.executable, "-m", "backlit", "batch", str(rows), "-o", str(out), *TOY]

    def listening() -> None:  # it may be that nobody is to listen to it where tests are run
        signal.signal(signal.SIGINT, signal.default_int_handler)

    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, preexec_fn=listening) as job:
        while not list((out / PARTS).glob("*.gz")):
            assert job.poll() is None
            time.sleep(0.01)
        job.send_signal(signal.SIGINT)
        told = job.communicate()[1]
    assert job.returncode == 130
    assert "Stopped. " in told
    assert "of 2,000 runs are on the disk. Run the same command again to go on." in told
    assert "Traceback" not in told
    assert 0 < len(load_batch(out)) < 2_000


def test_progress_is_a_bar(rows: Path, tmp_path: Path) -> None:
    done = run("batch", str(rows), "-o", str(tmp_path / "runs"), *TOY)
    assert "10/10" in done.output
    assert "tokens/s" in done.output


def test_the_calls_of_a_server_are_counted(rows: Path, tmp_path: Path) -> None:
    with faked("vllm") as server:
        asked = ("--model", server.source, "--only", "1:9", *TOY[2:])
        done = run("batch", str(rows), "-o", str(tmp_path / "runs"), *asked)
        calls = len(server.of_model())
    assert calls > 9
    assert f"{calls:,} calls were made." in done.output
    assert f"{calls:,} of some {calls:,} calls" in done.output
