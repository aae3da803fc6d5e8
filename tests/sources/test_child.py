"""Processes that end with the work they are for."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from backlit.sources.child import child

REPORT = "import os, sys; print(os.getcwd(), os.environ['WORD'], file=sys.stderr)"
WAIT = "import sys; print('ready', flush=True); sys.stdin.read(); print('over', flush=True)"


def test_it_runs_in_its_folder_and_environment(tmp_path: Path) -> None:
    with (
        (tmp_path / "log").open("wb") as log,
        child(
            [sys.executable, "-c", REPORT],
            tmp_path,
            os.environ | {"WORD": "hello"},
            stdout=subprocess.DEVNULL,
            stderr=log,
        ) as process,
    ):
        assert process.wait() == 0
    assert (tmp_path / "log").read_text().strip() == f"{tmp_path} hello"


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt])
def test_it_is_killed_when_its_work_fails(tmp_path: Path, error: type[BaseException]) -> None:
    with (  # noqa: PT012  only the last line raises
        (tmp_path / "log").open("wb") as log,
        pytest.raises(error),
        child(
            [sys.executable, "-c", WAIT], tmp_path, os.environ, stdout=subprocess.PIPE, stderr=log
        ) as process,
    ):
        assert process.stdout is not None
        assert process.stdout.readline().strip() == b"ready"
        raise error
    assert process.returncode == -signal.SIGKILL


def test_it_is_left_to_end_when_its_work_is_done(tmp_path: Path) -> None:
    with (
        (tmp_path / "log").open("wb") as log,
        child(
            [sys.executable, "-c", WAIT], tmp_path, os.environ, stdout=subprocess.PIPE, stderr=log
        ) as process,
    ):
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stdout.readline().strip() == b"ready"
        process.stdin.close()
        assert process.stdout.readline().strip() == b"over"
    assert process.returncode == 0


GRANDPARENT = f"""
import os, pathlib, subprocess, sys
from backlit.sources.child import child
with child([sys.executable, "-c", {WAIT!r}], pathlib.Path("."), os.environ,
           stdout=None, stderr=None):
    sys.stdin.readline()
    os._exit(0)  # without a chance to tidy up
"""


def test_its_standard_input_closes_when_this_process_dies(tmp_path: Path) -> None:
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    with subprocess.Popen(
        [sys.executable, "-c", GRANDPARENT],
        cwd=tmp_path,
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as parent:
        assert parent.stdin is not None
        assert parent.stdout is not None
        assert parent.stdout.readline().strip() == b"ready"
        parent.stdin.write(b"die\n")
        parent.stdin.close()
        assert parent.stdout.readline().strip() == b"over", "written by the child, which then ends"
        assert parent.stdout.read() == b""
