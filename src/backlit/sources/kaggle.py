"""Presets on Kaggle, by Kaggle's own library and in its own cache."""

import os
import re
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, wait
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

from backlit.errors import (
    Cancelled,
    GatedError,
    MissingPackageError,
    NotFoundError,
    OfflineError,
    SourceError,
)
from backlit.progress import Progress
from backlit.sources.cache import disk_errors

SCHEME = "kaggle://"
_HANDLE = re.compile(r"[^/]+(/[^/]+){3}(/[0-9]+)?")
_POLL_SECONDS = 0.2
_downloads: dict[str, "Future[str]"] = {}  # by handle: one that was cancelled goes on
_NO_ANSWER = {"ConnectionError", "Timeout", "TimeoutError", "ChunkedEncodingError"}
_SETTINGS = "https://www.kaggle.com/settings"


def fetch(handle: str, progress: Progress) -> Path:
    """The folder of a preset, all its files.

    Args:
        handle: `owner/model/keras/variation` or with `/version` behind it.

    Raises:
        NotFoundError: no such preset.
        GatedError: credentials are missing or wrong, or its licence was not accepted.
        OfflineError: Kaggle did not answer and there is no copy.
        DiskError: no room.
        MissingPackageError: kagglehub is not installed.
    """
    try:
        import kagglehub
        from kagglehub.config import get_cache_folder
    except ImportError as error:
        raise MissingPackageError(
            f"Presets on Kaggle need kagglehub, which can't be imported: {error}.",
            "Run: pip install 'backlit[keras]'",
        ) from error
    if not _HANDLE.fullmatch(handle):
        raise NotFoundError(
            f"{SCHEME}{handle} is no preset's address.",
            f"It is {SCHEME}owner/model/keras/variation, such as "
            f"{SCHEME}keras/gemma2/keras/gemma2_instruct_2b_en.",
        )
    cache = Path(get_cache_folder())
    before = _downloaded_bytes(cache, handle)
    progress("download", 0, None)
    download = _downloads.get(handle)
    if download is None or download.done():
        download = _downloads[handle] = _start_download(kagglehub.model_download, handle)
    try:
        with _kaggle_errors(handle), disk_errors(cache):
            while not wait([download], _POLL_SECONDS).done:
                progress("download", max(0, _downloaded_bytes(cache, handle) - before), None)
            return Path(download.result())
    except OfflineError:
        if copy := _newest_copy(cache, handle):
            return copy
        raise


def copy_of(handle: str) -> Path | None:
    """The newest whole copy of a preset in Kaggle's own cache; nobody is asked for it."""
    try:
        from kagglehub.config import get_cache_folder
    except ImportError:
        return None
    if not _HANDLE.fullmatch(handle):
        return None
    base, version = "/".join(handle.split("/")[:4]), "".join(handle.split("/")[4:])
    return _newest_copy(Path(get_cache_folder()), base, version)


def _start_download(fetch: Callable[[str], str], handle: str) -> "Future[str]":
    """Fetch in a daemon thread: Kaggle's library can't be stopped, but nobody need wait for it.

    Not even Python, when it exits.
    """
    download: Future[str] = Future()

    def run() -> None:
        try:
            download.set_result(fetch(handle))
        except BaseException as error:  # noqa: BLE001  whoever waits raises it
            download.set_exception(error)

    threading.Thread(target=run, name="backlit-kaggle", daemon=True).start()
    return download


def page(handle: str) -> str:
    """Where a person accepts a model's licence."""
    return "https://www.kaggle.com/models/" + "/".join(handle.split("/")[:2])


def has_credentials() -> bool:
    """Whether there is something to log in with; what it is, is not read."""
    environment = os.environ
    if environment.get("KAGGLE_API_TOKEN"):
        return True
    if environment.get("KAGGLE_USERNAME") and environment.get("KAGGLE_KEY"):
        return True
    home = Path("~/.kaggle").expanduser()
    folder = Path(environment.get("KAGGLE_CONFIG_DIR") or home)
    files = (folder / "kaggle.json", home / "access_token", home / "access_token.txt")
    return any(file.is_file() for file in files)


def how_to_log_in(handle: str) -> str:
    """What a person must do once to have a preset of Kaggle."""
    return (
        f"Accept the licence at {page(handle)}, make an API token at {_SETTINGS}, and put it "
        "where it is looked for: kaggle.json in ~/.kaggle (or in KAGGLE_CONFIG_DIR), or the "
        "environment variables KAGGLE_USERNAME and KAGGLE_KEY, or KAGGLE_API_TOKEN."
    )


def _newest_copy(cache: Path, handle: str, version: str = "") -> Path | None:
    """The newest whole copy of a preset, or that of a version."""
    versions = cache / "models" / Path(*handle.split("/"))
    whole = [p.stem for p in versions.glob(f"{version or '*'}.complete") if p.stem.isdigit()]
    return versions / max(whole, key=int) if whole else None


def _downloaded_bytes(cache: Path, handle: str) -> int:
    """Bytes in the folder of a model, whatever is still on its way included."""
    total = 0
    for folder, _, names in os.walk(cache / "models" / Path(*handle.split("/")[:4])):
        for name in names:
            try:
                total += Path(folder, name).stat().st_size
            except FileNotFoundError:
                continue  # moved meanwhile
    return total


@contextmanager
def _kaggle_errors(handle: str) -> Iterator[None]:
    """Raise Kaggle's errors as ours, each with a hint."""
    try:
        yield
    except (SourceError, Cancelled):
        raise
    except Exception as error:  # noqa: BLE001  what it does not know, it raises again
        _raise_translated(handle, error)


def _raise_translated(handle: str, error: Exception) -> NoReturn:
    kinds = {kind.__name__ for kind in type(error).__mro__}
    status = getattr(getattr(error, "response", None), "status_code", None)
    name = handle.split("/")[3]
    if kinds & _NO_ANSWER or status == 429 or (status or 0) >= 500:
        login_hint = "" if has_credentials() else f" {how_to_log_in(handle)}"
        raise OfflineError(
            f"Kaggle did not answer, and there is no whole copy of {name} on this machine.",
            "Check the network and try again, or name a preset's folder that is here "
            f"(keras:FOLDER).{login_hint}",
        ) from error
    if status == 401 or kinds & {"UnauthenticatedError", "CredentialError"}:
        reason = (
            "does not accept the credentials it found"
            if has_credentials()
            else "wants to know who you are, and found no credentials"
        )
        raise GatedError(f"For {name}, Kaggle {reason}.", how_to_log_in(handle)) from error
    if status == 403:
        reason = (
            "its licence was not accepted by your account"
            if has_credentials()
            else "it found no credentials"
        )
        raise GatedError(
            f"Kaggle does not give {name} to everyone: {reason}.", how_to_log_in(handle)
        ) from error
    if status == 404 or "NotFoundError" in kinds:
        raise NotFoundError(
            f"There is no preset {SCHEME}{handle} on Kaggle.", f"See what there is: {page(handle)}"
        ) from error
    if isinstance(error, ValueError):  # of kagglehub, about the credentials it found
        raise GatedError(
            "Kaggle's credentials on this machine can't be read.", how_to_log_in(handle)
        ) from error
    if status is not None or type(error).__module__.startswith(("kagglehub", "kagglesdk")):
        raise SourceError(
            f"Kaggle did not give {name} ({status or type(error).__name__}).", "Try again later."
        ) from error
    raise error
