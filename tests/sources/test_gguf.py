"""Conversions as the process that starts them sees them; most are real."""

import io
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
import pytest

from backlit.errors import Cancelled, DiskError, IntegrityError, SourceError, UnsupportedModelError
from backlit.progress import SILENT, Callback
from backlit.sources import fetch, gguf, parse
from backlit.sources.child import child
from tests.support.service import until

pytestmark = pytest.mark.process

FETCH = """
import os, signal, sys
from backlit.sources import fetch, parse
path, die_at = sys.argv[1:]
phases = []
def die(*_):
    os.kill(os.getpid(), signal.SIGKILL)
def progress(phase, done, total):
    if phase not in phases:
        phases.append(phase)
    if phase == die_at:
        die()
print(fetch(parse(path), progress), *phases, sep="|")
"""


def start(path: Path, die_at: str = "never") -> "subprocess.Popen[str]":
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(p for p in sys.path if p)}
    return subprocess.Popen(
        [sys.executable, "-c", FETCH, str(path), die_at],
        stdout=subprocess.PIPE,
        text=True,
        env=environment,
    )


def running(folder: Path) -> list[psutil.Process]:
    """Processes that were told of a folder."""
    told = [(one, one.info["cmdline"] or ()) for one in psutil.process_iter(["cmdline"])]
    return [one for one, words in told if any(str(folder) in word for word in words)]


def test_a_conversion_in_the_cache(tiny_gguf: Path, cache: Path, log: Any) -> None:
    folder = fetch(parse(str(tiny_gguf)), log)
    assert log.phases == ["check", "convert", "save"]
    assert folder.parent == cache
    mode = (folder / "config.json").stat().st_mode & 0o777
    assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {mode}


def test_progress_is_shown_in_steps(write_gguf: Any, tmp_path: Path, log: Any) -> None:
    folder = tmp_path / "out"
    folder.mkdir()
    gguf.convert(write_gguf(tmp_path / "tiny.gguf"), folder, log)
    totals = {total for phase, _, total in log.calls if phase == "convert"}
    steps = [done for phase, done, total in log.calls if phase == "convert" and total]
    assert len(totals - {None}) == 1
    assert steps == sorted(steps)
    assert steps[-1] == max(totals - {None})


def test_a_stopped_conversion_leaves_no_process_and_no_files(
    tiny_gguf: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    processes: list[subprocess.Popen[bytes]] = []

    @contextmanager
    def watched(*arguments: Any, **keywords: Any) -> "Iterator[subprocess.Popen[bytes]]":
        with child(*arguments, **keywords) as process:
            processes.append(process)
            yield process

    @Callback
    def progress(phase: str, done: int, total: int | None, scores: object) -> None:
        if phase == "convert" and total:  # it is in the midst of it
            raise Cancelled

    monkeypatch.setattr(gguf, "child", watched)
    with pytest.raises(Cancelled):
        fetch(parse(str(tiny_gguf)), progress)
    assert [process.returncode for process in processes] == [-signal.SIGKILL]
    assert [path.suffix for path in cache.iterdir()] == [".lock"]


def test_a_conversion_that_says_nothing_can_be_stopped(
    tiny_gguf: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = tmp_path / "python"
    script.write_text("#!/bin/sh\nexec sleep 600\n")
    script.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(script))
    (tmp_path / "out").mkdir()
    calls: list[tuple[str, int, int | None]] = []

    @Callback
    def progress(phase: str, done: int, total: int | None, scores: object) -> None:
        calls.append((phase, done, total))
        if len(calls) == 3:
            raise Cancelled

    with pytest.raises(Cancelled):
        gguf.convert(tiny_gguf, tmp_path / "out", progress)
    assert calls == [("convert", 0, None)] * 3


@pytest.mark.parametrize("moment", ["convert", "save"])
def test_a_killed_conversion_leaves_nothing_that_looks_finished(
    tiny_gguf: Path, cache: Path, moment: str, cheap_conversion: list[bytes]
) -> None:
    with start(tiny_gguf, die_at=moment) as process:
        process.communicate()
    assert process.returncode == -signal.SIGKILL
    assert list(cache.glob("tiny*")) == []
    assert len(list(cache.glob(".*.partial"))) == 1
    until(lambda: not running(cache))  # what it had started writes there until it sees it is alone
    folder = fetch(parse(str(tiny_gguf)), SILENT)
    assert folder.is_dir()
    assert list(cache.glob(".*.partial")) == [], "the next start cleans up"


def test_two_at_once_convert_once(tiny_gguf: Path, cache: Path) -> None:
    with start(tiny_gguf) as first, start(tiny_gguf) as second:
        outputs = [process.communicate()[0].strip().split("|") for process in (first, second)]
    (folder, *phases), (other_folder, *other_phases) = outputs
    assert folder == other_folder
    assert sorted("convert" in names for names in (phases, other_phases)) == [False, True]


def test_a_conversion_that_crashes_says_why(
    tiny_gguf: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    log: Any,
) -> None:
    script = tmp_path / "python"
    script.write_text("#!/bin/sh\necho 'Something: odd' >&2\nexit 3\n")
    script.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(script))
    folder = tmp_path / "out"
    folder.mkdir()
    with pytest.raises(UnsupportedModelError, match="could not be converted: Something: odd"):
        gguf.convert(tiny_gguf, folder, log)
    assert "Something: odd" in caplog.text
    script.write_text("#!/bin/sh\nkill -9 $$\n")
    with pytest.raises(SourceError, match="memory ran out"):
        gguf.convert(tiny_gguf, folder, log)


@pytest.mark.parametrize(
    ("content", "error", "message"),
    [
        (b"", IntegrityError, r"x\.gguf is empty"),
        (b"<!doctype html>", UnsupportedModelError, "a web page"),
        (b"  \n<html>", UnsupportedModelError, "a web page"),
        (b"gguf", UnsupportedModelError, "something else"),
        (b"GGU", UnsupportedModelError, "something else"),
    ],
)
def test_what_does_not_begin_as_a_gguf_file(
    tmp_path: Path, content: bytes, error: type[Exception], message: str
) -> None:
    path = tmp_path / "x.gguf"
    path.write_bytes(content)
    with pytest.raises(error, match=message):
        gguf.check_magic(path)


def test_what_begins_as_a_gguf_file(tmp_path: Path) -> None:
    path = tmp_path / "x.gguf"
    path.write_bytes(b"GGUF and more")
    gguf.check_magic(path)


def test_progress_is_passed_on_until_an_error(log: Any) -> None:
    output = io.BytesIO(
        b'{"phase": "convert", "done": 1, "total": 2}\n'
        b'{"phase": "save", "done": 0, "total": null}\n'
        b'{"error": "DiskError", "message": "No room.", "hint": "Make some."}\n'
    )
    error = gguf._relay(output, log)
    assert [call for call in log.calls if call != ("convert", 0, None)] == [
        ("convert", 1, 2),
        ("save", 0, None),
    ]
    assert repr(error) == repr(DiskError("No room.", "Make some."))
    assert error is not None
    assert error.hint == "Make some."


def test_a_last_line_that_was_cut_is_the_end(log: Any) -> None:
    output = io.BytesIO(b'{"phase": "convert", "done": 1, "total": 2}\n{"phase": "con')
    assert gguf._relay(output, log) is None
    assert log.calls[-1] == ("convert", 1, 2)
