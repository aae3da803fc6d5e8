"""Kaggle's library is made up here; the real one is asked in test_kaggle_itself.py."""

import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from backlit.errors import (
    BacklitError,
    Cancelled,
    DiskError,
    GatedError,
    MissingPackageError,
    NotFoundError,
    OfflineError,
    SourceError,
)
from backlit.progress import SILENT, Callback
from backlit.sources import kaggle

HANDLE = "keras/gemma2/keras/gemma2_instruct_2b_en/2"
FOLDER = Path("models", *HANDLE.split("/"))
PAGE = "https://www.kaggle.com/models/keras/gemma2"
SECRET = "0123456789abcdef-secret"
LIMIT = 20.0  # seconds, at most, that a made-up download takes

Download = Callable[[str], object]


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A person without credentials, who has begun no downloads."""
    monkeypatch.setattr(kaggle, "_downloads", {})
    for name in ("KAGGLE_API_TOKEN", "KAGGLE_USERNAME", "KAGGLE_KEY", "KAGGLE_CONFIG_DIR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("USERPROFILE", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture
def kagglehub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[Download], Path]:
    """`kagglehub(download)` puts a download in the place of Kaggle's; returns the cache."""

    def install(download: Download) -> Path:
        package, config = ModuleType("kagglehub"), ModuleType("kagglehub.config")
        package.model_download = download  # type: ignore[attr-defined]
        config.get_cache_folder = lambda: str(tmp_path / "kagglehub")  # type: ignore[attr-defined]
        monkeypatch.setitem(sys.modules, "kagglehub", package)
        monkeypatch.setitem(sys.modules, "kagglehub.config", config)
        return tmp_path / "kagglehub"

    return install


def failing(error: Exception) -> Download:
    def download(handle: str) -> object:
        raise error

    return download


def http_error(status: int) -> Exception:
    """As kagglehub raises it: known by its response alone."""
    error = OSError(f"{status} Client Error. Authorization: Basic {SECRET}")
    error.response = SimpleNamespace(status_code=status)  # type: ignore[attr-defined]
    return error


def named_error(name: str, module: str = "requests.exceptions") -> Exception:
    """An error of a library that is not imported, known by its name alone."""
    kind = type(name, (Exception,), {"__module__": module})
    error: Exception = type(f"Kind_of_{name}", (kind,), {"__module__": module})(SECRET)
    return error


def log_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KAGGLE_USERNAME", "someone")
    monkeypatch.setenv("KAGGLE_KEY", SECRET)
    monkeypatch.setenv("KAGGLE_API_TOKEN", SECRET)


def fetch_error(progress: Any = SILENT) -> BacklitError:
    with pytest.raises(BacklitError) as caught:
        kaggle.fetch(HANDLE, progress)
    assert SECRET not in caught.value.message + caught.value.hint
    return caught.value


# ---- downloading ------------------------------------------------------------------------------


def test_a_download_is_followed_as_it_grows(kagglehub: Any, log: Any) -> None:
    seen = threading.Event()

    def download(handle: str) -> str:
        assert handle == HANDLE
        part = cache / FOLDER / "model.weights.h5.part"
        part.write_bytes(b"x" * 1000)
        assert seen.wait(LIMIT)
        part.rename(part.with_suffix(""))
        return str(cache / FOLDER)

    @Callback
    def progress(phase: str, done: int, total: int | None, scores: object) -> None:
        log(phase, done, total)
        if done:
            seen.set()

    cache: Path = kagglehub(download)
    (cache / FOLDER).mkdir(parents=True)
    (cache / FOLDER / "config.json").write_bytes(b"here before")
    assert kaggle.fetch(HANDLE, progress) == cache / FOLDER
    assert log.phases == ["download"]
    assert log.calls[0] == ("download", 0, None)
    assert log.calls[-1] == ("download", 1000, None), "what was here before does not count"


def test_what_is_here_comes_at_once(kagglehub: Any, log: Any, tmp_path: Path) -> None:
    kagglehub(lambda handle: str(tmp_path))
    assert kaggle.fetch(HANDLE, log) == tmp_path
    assert log.calls == [("download", 0, None)]


def test_a_slow_download_is_left_at_once(kagglehub: Any) -> None:
    started, over = threading.Event(), threading.Event()

    def download(handle: str) -> str:
        started.set()
        over.wait(LIMIT)
        return handle

    @Callback
    def progress(phase: str, done: int, total: int | None, scores: object) -> None:
        if started.is_set():
            raise Cancelled

    kagglehub(download)
    began = time.monotonic()
    try:
        with pytest.raises(Cancelled):
            kaggle.fetch(HANDLE, progress)
        assert time.monotonic() - began < LIMIT / 4
    finally:
        over.set()


def test_a_download_that_was_left_is_taken_up_again(kagglehub: Any, tmp_path: Path) -> None:
    asked: list[str] = []
    over = threading.Event()

    def download(handle: str) -> str:
        asked.append(handle)
        assert over.wait(LIMIT)
        return str(tmp_path)

    @Callback
    def leave(phase: str, done: int, total: int | None, scores: object) -> None:
        if asked:
            raise Cancelled

    kagglehub(download)
    with pytest.raises(Cancelled):
        kaggle.fetch(HANDLE, leave)
    calls: list[int] = []

    @Callback
    def end_it_while_waiting(phase: str, done: int, total: int | None, scores: object) -> None:
        calls.append(done)
        if len(calls) == 2:  # the first is before the download is looked for
            over.set()

    assert kaggle.fetch(HANDLE, end_it_while_waiting) == tmp_path
    assert asked == [HANDLE], "once"
    assert kaggle.fetch(HANDLE, SILENT) == tmp_path
    assert asked == [HANDLE] * 2, "one that is over is not taken up"


def test_offline_the_newest_whole_version_serves(kagglehub: Any) -> None:
    cache = kagglehub(failing(http_error(503)))
    handle = HANDLE.rpartition("/")[0]
    versions = cache / FOLDER.parent
    for version in ("9", "10", "11"):
        (versions / version).mkdir(parents=True)
    for version in ("9", "10"):
        (versions / f"{version}.complete").touch()
    assert kaggle.fetch(handle, SILENT) == versions / "10"
    with pytest.raises(OfflineError):
        kaggle.fetch(HANDLE, SILENT)


def test_what_is_here_is_known_without_asking(kagglehub: Any) -> None:
    cache = kagglehub(lambda _: pytest.fail("was asked"))
    handle = HANDLE.rpartition("/")[0]
    assert kaggle.copy_of(HANDLE) is kaggle.copy_of(handle) is None
    (cache / FOLDER).mkdir(parents=True)
    assert kaggle.copy_of(HANDLE) is None, "not whole yet"
    (cache / FOLDER.parent / "2.complete").touch()
    assert kaggle.copy_of(HANDLE) == kaggle.copy_of(handle) == cache / FOLDER
    assert kaggle.copy_of(f"{handle}/3") is None
    assert kaggle.copy_of("no/handle") is None


def test_without_the_library_nothing_is_here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "kagglehub", None)
    assert kaggle.copy_of(HANDLE) is None


def test_nothing_is_asked_of_kaggle_once_cancelled(kagglehub: Any, stop_at: Any) -> None:
    kagglehub(lambda _: pytest.fail("was asked"))
    with pytest.raises(Cancelled):
        kaggle.fetch(HANDLE, stop_at("download"))


@pytest.mark.parametrize("handle", ["", "gemma2", "keras/gemma2", "a/b/c/d/1/e"])
def test_an_address_of_another_shape_is_refused(handle: str, kagglehub: Any) -> None:
    kagglehub(lambda _: pytest.fail("was asked"))
    with pytest.raises(NotFoundError, match=r"no preset's address.*kaggle://owner/model/keras/"):
        kaggle.fetch(handle, SILENT)


def test_a_missing_library_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "kagglehub", None)
    with pytest.raises(MissingPackageError, match=r"need kagglehub.*'backlit\[keras\]'"):
        kaggle.fetch(HANDLE, SILENT)


# ---- errors -----------------------------------------------------------------------------------


@pytest.mark.parametrize("known", [False, True], ids=["a stranger", "logged in"])
@pytest.mark.parametrize(
    "error",
    [
        named_error("ConnectionError"),
        named_error("Timeout"),
        ConnectionResetError("reset by peer"),
        http_error(429),
        http_error(500),
        http_error(503),
    ],
    ids=["ConnectionError", "Timeout", "reset", "429", "500", "503"],
)
def test_no_answer(
    error: Exception, known: bool, kagglehub: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    kagglehub(failing(error))
    if known:
        log_in(monkeypatch)
    error_seen = fetch_error()
    assert type(error_seen) is OfflineError
    assert "no whole copy of gemma2_instruct_2b_en" in error_seen.message
    assert "keras:FOLDER" in error_seen.hint
    assert (PAGE in error_seen.hint) is not known, "what else a stranger will need"
    assert ("kaggle.json" in error_seen.hint) is not known


@pytest.mark.parametrize(
    "error", [TimeoutError("timed out"), named_error("ChunkedEncodingError")], ids=repr
)
def test_a_connection_that_breaks_is_no_answer(error: Exception, kagglehub: Any) -> None:
    kagglehub(failing(error))
    assert type(fetch_error()) is OfflineError


@pytest.mark.parametrize(
    ("known", "error", "message"),
    [
        (False, http_error(401), "found no credentials"),
        (False, named_error("UnauthenticatedError"), "found no credentials"),
        (False, named_error("CredentialError"), "found no credentials"),
        (False, http_error(403), "found no credentials"),
        (True, http_error(401), "does not accept the credentials it found"),
        (True, http_error(403), "its licence was not accepted by your account"),
    ],
)
def test_kaggle_wants_to_know_who_asks(
    known: bool,
    error: Exception,
    message: str,
    kagglehub: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    kagglehub(failing(error))
    if known:
        log_in(monkeypatch)
    error_seen = fetch_error()
    assert type(error_seen) is GatedError
    assert message in error_seen.message
    for part in (PAGE, "https://www.kaggle.com/settings", "kaggle.json", "KAGGLE_USERNAME"):
        assert part in error_seen.hint


@pytest.mark.parametrize(
    "error", [http_error(404), named_error("NotFoundError", "kagglehub.exceptions")], ids=repr
)
def test_an_address_with_nothing_behind_it(
    error: Exception, kagglehub: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    kagglehub(failing(error))
    log_in(monkeypatch)
    error_seen = fetch_error()
    assert type(error_seen) is NotFoundError
    assert f"no preset kaggle://{HANDLE}" in error_seen.message
    assert PAGE in error_seen.hint


@pytest.mark.parametrize(
    ("error", "what"),
    [
        (http_error(418), "(418)"),
        (named_error("BackendError", "kagglehub.exceptions"), "(Kind_of_BackendError)"),
        (named_error("SomeError", "kagglesdk.somewhere"), "(Kind_of_SomeError)"),
    ],
)
def test_whatever_else_kaggle_says_is_passed_on(
    error: Exception, what: str, kagglehub: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    kagglehub(failing(error))
    log_in(monkeypatch)
    error_seen = fetch_error()
    assert type(error_seen) is SourceError
    assert what in error_seen.message


def test_a_full_disk(kagglehub: Any) -> None:
    cache = kagglehub(failing(OSError(28, "No space left on device")))
    error_seen = fetch_error()
    assert type(error_seen) is DiskError
    assert str(cache) in error_seen.message


def test_a_fault_of_the_program_stays_one(kagglehub: Any) -> None:
    kagglehub(failing(ZeroDivisionError("a bug")))
    with pytest.raises(ZeroDivisionError, match="a bug"):
        kaggle.fetch(HANDLE, SILENT)


# ---- credentials --------------------------------------------------------------------------------


def test_nobody_is_logged_in_by_default(home: Path) -> None:
    assert not kaggle.has_credentials()
    (home / ".kaggle").mkdir(parents=True)
    assert not kaggle.has_credentials()


@pytest.mark.parametrize("name", ["kaggle.json", "access_token", "access_token.txt"])
def test_a_file_to_log_in_with(name: str, home: Path) -> None:
    (home / ".kaggle").mkdir(parents=True)
    (home / ".kaggle" / name).touch(mode=0)  # what it holds is not read
    assert kaggle.has_credentials()


@pytest.mark.parametrize(
    ("variables", "enough"),
    [
        ({"KAGGLE_API_TOKEN": SECRET}, True),
        ({"KAGGLE_USERNAME": "someone", "KAGGLE_KEY": SECRET}, True),
        ({"KAGGLE_USERNAME": "someone"}, False),
        ({"KAGGLE_KEY": SECRET}, False),
        ({"KAGGLE_API_TOKEN": "", "KAGGLE_USERNAME": "", "KAGGLE_KEY": ""}, False),
    ],
)
def test_variables_to_log_in_with(
    variables: dict[str, str], enough: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert kaggle.has_credentials() is enough


def test_a_folder_of_ones_own_to_log_in_with(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (home / ".kaggle").mkdir(parents=True)
    (home / ".kaggle/kaggle.json").touch()
    monkeypatch.setenv("KAGGLE_CONFIG_DIR", str(tmp_path))
    assert not kaggle.has_credentials(), "as Kaggle's library looks there only"
    (tmp_path / "kaggle.json").touch()
    assert kaggle.has_credentials()
