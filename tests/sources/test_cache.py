"""Models that are made once, whole or not at all, whoever is killed meanwhile."""

import errno
import os
import shutil
import signal
import subprocess
import sys
import threading
from pathlib import Path
from types import SimpleNamespace

import filelock
import pytest

from backlit.errors import Cancelled, DiskError
from backlit.progress import SILENT, Callback, Progress
from backlit.sources import manifest
from backlit.sources.cache import (
    check_free_space,
    disk_errors,
    get_or_make,
    models_folder,
    newest,
)


def write_model(folder: Path, weights: bytes = b"weights") -> None:
    (folder / "config.json").write_text("{}")
    (folder / "model.safetensors").write_bytes(weights)


class Maker:
    """Makes a model, and counts how often."""

    def __init__(self) -> None:
        self.folders: list[Path] = []

    def __call__(self, work: Path, model: Path) -> None:
        assert list(work.iterdir()) == list(model.iterdir()) == []
        (work / "scraps").write_bytes(b"left over")
        write_model(model, b"weights %d" % len(self.folders))
        self.folders.append(model)


@pytest.fixture
def maker() -> Maker:
    return Maker()


def test_a_model_is_made_once(cache: Path, maker: Maker) -> None:
    folder = get_or_make("tiny", maker, SILENT)
    assert folder == cache / "tiny"
    assert {path.name for path in folder.iterdir()} == {
        "config.json",
        "model.safetensors",
        manifest.FILE,
    }
    assert get_or_make("tiny", maker, SILENT) == folder
    assert len(maker.folders) == 1
    assert {path.name for path in cache.iterdir()} == {"tiny", ".tiny.lock"}, "no work is left"


def test_a_model_with_folders_in_it(cache: Path) -> None:
    def make(_work: Path, model: Path) -> None:
        write_model(model)
        (model / "assets").mkdir()
        (model / "assets" / "vocabulary").write_text("words")

    folder = get_or_make("tiny", make, SILENT)
    assert (folder / "assets" / "vocabulary").read_text() == "words"


def test_every_file_is_on_the_disk_before_the_model_has_its_name(
    cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    flushed: list[int] = []

    def fsync(handle: int) -> None:
        assert (cache / "tiny").exists() is (len(flushed) == 5), "the last one is of the rename"
        flushed.append(os.fstat(handle).st_ino)

    def make(_work: Path, model: Path) -> None:
        write_model(model)
        (model / "assets").mkdir()

    monkeypatch.setattr(os, "fsync", fsync)
    folder = get_or_make("tiny", make, SILENT)
    paths = [*sorted(folder.iterdir()), folder, cache]
    assert flushed == [path.stat().st_ino for path in paths]


def test_a_damaged_model_is_made_again(maker: Maker) -> None:
    folder = get_or_make("tiny", maker, SILENT)
    (folder / "model.safetensors").unlink()
    (folder / "stray").touch()
    assert get_or_make("tiny", maker, SILENT) == folder
    assert (folder / "model.safetensors").read_bytes() == b"weights 1"
    assert not (folder / "stray").exists()


def test_a_model_is_replaced_on_demand(maker: Maker) -> None:
    folder = get_or_make("tiny", maker, SILENT)
    assert get_or_make("tiny", maker, SILENT, replace=True) == folder
    assert (folder / "model.safetensors").read_bytes() == b"weights 1"


@pytest.mark.parametrize("error", [ZeroDivisionError(), Cancelled(), KeyboardInterrupt()])
def test_what_fails_leaves_nothing_and_what_was_there(
    cache: Path, maker: Maker, error: BaseException
) -> None:
    def fail(work: Path, model: Path) -> None:
        write_model(model)
        raise error

    with pytest.raises(type(error)):
        get_or_make("tiny", fail, SILENT)
    assert [path.name for path in cache.iterdir()] == [".tiny.lock"]
    folder = get_or_make("tiny", maker, SILENT)
    with pytest.raises(type(error)):
        get_or_make("tiny", fail, SILENT, replace=True)
    assert (folder / "model.safetensors").read_bytes() == b"weights 0"


DIE = """
import os, signal, sys
from pathlib import Path
from backlit.sources import cache
def die(*_):
    os.kill(os.getpid(), signal.SIGKILL)
def make(work, model):
    (model / "config.json").write_text("{}")
    if sys.argv[1] == "make":
        die()
    (model / "model.safetensors").write_bytes(b"weights")
if sys.argv[1] == "rename":
    cache.Path.replace = die
cache.get_or_make("tiny", make, print)
"""


@pytest.mark.parametrize("moment", ["make", "rename"])
def test_who_is_killed_leaves_nothing_that_looks_finished(
    cache: Path, maker: Maker, moment: str
) -> None:
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    killed = subprocess.run(
        [sys.executable, "-c", DIE, moment], env=environment, capture_output=True, check=False
    )
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    assert not (cache / "tiny").exists()
    assert len(list(cache.glob(".tiny.*.partial"))) == 1
    assert get_or_make("tiny", maker, SILENT).is_dir()
    assert list(cache.glob(".*.partial")) == [], "the next one cleans up"


def test_whoever_makes_another_model_cleans_up_too(cache: Path, maker: Maker) -> None:
    stale = cache / ".other-1234.abcd1234.partial"
    (stale / "model").mkdir(parents=True)
    get_or_make("tiny", maker, SILENT)
    assert not stale.exists()


def test_work_of_others_is_left_alone(cache: Path, maker: Maker) -> None:
    theirs = cache / ".other-1234.abcd1234.partial"
    theirs.mkdir(parents=True)
    with filelock.FileLock(cache / ".other-1234.lock"):
        get_or_make("tiny", maker, SILENT)
        assert theirs.exists()


def in_thread(key: str, maker: Maker, progress: Progress) -> "tuple[threading.Thread, list[Path]]":
    folders: list[Path] = []
    thread = threading.Thread(target=lambda: folders.append(get_or_make(key, maker, progress)))
    thread.start()
    return thread, folders


def test_two_at_once_make_it_once(cache: Path, maker: Maker) -> None:
    waiting = threading.Event()

    @Callback
    def wait(phase: str, done: int, total: int | None, scores: object) -> None:
        assert (phase, done, total) == ("wait", 0, None)
        waiting.set()

    cache.mkdir(parents=True)
    lock = filelock.FileLock(cache / ".tiny.lock")
    with lock:
        thread, folders = in_thread("tiny", maker, wait)
        assert waiting.wait(20)
        assert not folders
        (cache / "tiny").mkdir()
        write_model(cache / "tiny", b"theirs")
    thread.join(20)
    assert folders == [cache / "tiny"]
    assert maker.folders == []


def test_whoever_waits_can_be_stopped(cache: Path, maker: Maker) -> None:
    @Callback
    def stop(phase: str, done: int, total: int | None, scores: object) -> None:
        raise Cancelled

    cache.mkdir(parents=True)
    with filelock.FileLock(cache / ".tiny.lock"), pytest.raises(Cancelled):
        get_or_make("tiny", maker, stop)
    assert maker.folders == []


def test_the_newest_of_several_versions(cache: Path) -> None:
    assert newest("tiny-") is None
    for age, name in enumerate(["tiny-b", "tiny-a", "tiny-broken", "other"]):
        (cache / name).mkdir(parents=True)
        write_model(cache / name)
        os.utime(cache / name, (age, age))
    (cache / "tiny-broken" / "model.safetensors").unlink()
    os.utime(cache / "tiny-broken", (9, 9))
    assert newest("tiny-") == cache / "tiny-a"


def test_where_models_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    monkeypatch.setenv("BACKLIT_CACHE", "~/here")
    assert models_folder() == tmp_path / "here" / "models"
    monkeypatch.setenv("BACKLIT_CACHE", "")
    monkeypatch.setattr("platformdirs.user_cache_dir", lambda *_, **__: str(tmp_path / "own"))
    assert models_folder() == tmp_path / "own" / "models"


def test_room_is_asked_for_before_anything_is_made(
    cache: Path, maker: Maker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=1_000_000))
    with pytest.raises(DiskError, match=r"needs 5 MB in .*models, where 1 MB .* BACKLIT_CACHE"):
        get_or_make("tiny", maker, SILENT, size=5_000_000)
    assert maker.folders == []


@pytest.mark.parametrize(
    ("free", "enough"), [(54_999_999, False), (55_000_000, True), (10**12, True)]
)
def test_a_margin_is_left_free(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, free: int, enough: bool
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=free))
    if enough:
        check_free_space(tmp_path, 5_000_000)
        return
    with pytest.raises(DiskError):
        check_free_space(tmp_path, 5_000_000)


def test_room_in_a_folder_that_is_not_there_yet(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Path] = []

    def disk_usage(path: Path) -> SimpleNamespace:
        asked.append(path)
        return SimpleNamespace(free=0)

    monkeypatch.setattr(shutil, "disk_usage", disk_usage)
    with pytest.raises(DiskError):
        check_free_space(tmp_path / "a" / "b", 1)
    check_free_space(tmp_path, 0)
    assert asked == [tmp_path, tmp_path]


@pytest.mark.parametrize(
    ("number", "message"),
    [
        (errno.ENOSPC, "The disk is full"),
        (errno.EDQUOT, "The disk is full"),
        (errno.EACCES, "can't be written"),
        (errno.EROFS, "can't be written"),
    ],
)
def test_the_disk_is_named_when_it_fails(cache: Path, number: int, message: str) -> None:
    def fail(*_: object) -> None:
        raise OSError(number, os.strerror(number))

    with pytest.raises(DiskError, match=rf"{message}.*BACKLIT_CACHE"):
        get_or_make("tiny", fail, SILENT)
    assert list(cache.glob(".*.partial")) == []


def test_other_errors_of_the_system_stay_what_they_are(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="Interrupted") as caught, disk_errors(tmp_path):
        raise OSError(errno.EINTR, "Interrupted")
    assert not isinstance(caught.value, DiskError)


def test_a_cache_that_cannot_be_a_folder(
    tmp_path: Path, maker: Maker, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("BACKLIT_CACHE", str(tmp_path / "file"))
    with pytest.raises(DiskError, match="BACKLIT_CACHE"):
        get_or_make("tiny", maker, SILENT)
