"""The folder of converted models: each is made once, whole or not at all.

A model is made in a staging folder and moved into place by one rename, so a folder with its
final name is finished, whatever was killed before. A lock for each model, held by the system
and released when a process dies, keeps two processes from making the same one. A manifest in the
folder tells whether it is still what was made; if not, it is made again.
"""

import errno
import logging
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import filelock
import platformdirs

from backlit.errors import DiskError
from backlit.progress import SILENT, Progress
from backlit.sources import manifest
from backlit.sources.folder import is_whole

log = logging.getLogger(__name__)

Make = Callable[[Path, Path], None]
"""`make(work, model)`: writes a model's files in `model`; `work` is for what is left over."""

_DISK_FULL = {errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC)}  # Windows has no quota error
_NOT_WRITABLE = {errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR, errno.EEXIST}
_OR_ELSEWHERE = "or set BACKLIT_CACHE to a folder on another disk."
_MARGIN = 50_000_000  # bytes left free for everything else


def models_folder() -> Path:
    """Where models are kept: `models` in the user's cache folder, or in `BACKLIT_CACHE`."""
    cache = os.environ.get("BACKLIT_CACHE") or platformdirs.user_cache_dir(
        "backlit", appauthor=False
    )
    return Path(cache).expanduser().absolute() / "models"


def get_or_make(
    key: str, make: Make, progress: Progress, *, size: int = 0, replace: bool = False
) -> Path:
    """The model's folder called `key`, made now if it is not there.

    Args:
        key: a file name; the same key always holds the same model.
        make: writes the files.
        progress: called with `wait` while another process makes the same model, with `check`
            while touched files are compared with what was made, and with `save`.
        size: bytes that making it takes.
        replace: make it even if it is there.

    Raises:
        DiskError: no room, or the folder can't be written.
        Cancelled: by `progress`.
    """
    models = models_folder()
    final = models / key
    with disk_errors(models):
        models.mkdir(parents=True, exist_ok=True)
        _remove_stale_staging(models)
        if not replace and _is_as_made(final, progress):
            return final
        with _lock(models / f".{key}.lock", progress):
            if not replace and _is_as_made(final, progress):
                return final  # another process made it while this one waited
            if not replace and final.exists():
                _tell(final, "is damaged")
            check_free_space(models, size)
            staging = Path(tempfile.mkdtemp(prefix=f".{key}.", suffix=".partial", dir=models))
            try:
                work, model = staging / "work", staging / "model"
                work.mkdir()
                model.mkdir()
                make(work, model)
                manifest.write(model, progress)
                _flush(model)
                shutil.rmtree(final, ignore_errors=True)  # damaged, or to be replaced
                model.replace(final)
                _flush_folder(models)
            finally:
                shutil.rmtree(staging, ignore_errors=True)
    return final


def newest(prefix: str) -> Path | None:
    """The newest whole model whose key begins with `prefix`."""
    models = [path for path in models_folder().glob(f"{prefix}*") if is_whole(path)]
    return max(models, key=lambda path: path.stat().st_mtime, default=None)


def is_damaged(folder: Path, progress: Progress) -> bool:
    """Whether a model that can't be opened should be made again; if so, a warning says it.

    True of a folder in the cache whose files are not what was made, by their hashes, or that
    has no manifest to tell.

    Args:
        folder: that of the model, wherever it is.
        progress: told of the phase `check`.
    """
    if folder.parent != models_folder() or not folder.is_dir():
        return False
    known = manifest.is_there(folder)
    if known and not manifest.damaged(folder, progress, thorough=True):
        return False
    _tell(folder, "is damaged" if known else "can't be opened")
    return True


def _is_as_made(folder: Path, progress: Progress = SILENT) -> bool:
    return is_whole(folder) and not manifest.damaged(folder, progress)


def _tell(folder: Path, what: str) -> None:
    log.warning("The copy of a model in %s %s, so it is made again.", folder, what)


def check_free_space(folder: Path, size: int) -> None:
    """Whether the disk has room for what is about to be written.

    Args:
        folder: what to write in; it need not be there yet.
        size: bytes.

    Raises:
        DiskError: there are fewer free.
    """
    existing = next(path for path in (folder, *folder.parents) if path.exists())
    free = shutil.disk_usage(existing).free
    if size and free < size + _MARGIN:
        raise DiskError(
            f"The model needs {size / 1e6:,.0f} MB in {folder}, where {free / 1e6:,.0f} MB are "
            "free.",
            f"Make room there, {_OR_ELSEWHERE}",
        )


@contextmanager
def disk_errors(folder: Path) -> Iterator[None]:
    """Raise what the system says about the disk as an error with a hint.

    Raises:
        DiskError: in place of the system's error.
    """
    try:
        yield
    except OSError as error:
        if error.errno in _DISK_FULL:
            raise DiskError(
                f"The disk is full: there was no room for the model in {folder}.",
                f"Make room there, {_OR_ELSEWHERE}",
            ) from error
        if error.errno in _NOT_WRITABLE:
            raise DiskError(
                f"{error.filename or folder} can't be written: {error.strerror}.",
                f"Allow writing in {folder}, {_OR_ELSEWHERE}",
            ) from error
        raise


@contextmanager
def _lock(path: Path, progress: Progress) -> Iterator[None]:
    lock = filelock.FileLock(path)
    while True:
        try:
            lock.acquire(timeout=0.2)
            break
        except filelock.Timeout:
            progress("wait", 0, None)
    try:
        yield
    finally:
        lock.release()


def _remove_stale_staging(models: Path) -> None:
    """Remove staging folders whose makers were killed: those whose lock is free."""
    for staging in models.glob(".*.partial"):
        key = staging.name[1:].rsplit(".", 2)[0]
        lock = filelock.FileLock(models / f".{key}.lock")
        try:
            with lock.acquire(timeout=0):
                shutil.rmtree(staging, ignore_errors=True)
        except filelock.Timeout:
            continue


def _flush(folder: Path) -> None:
    """Have the disk hold every file before the rename says that they are there."""
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            with path.open("rb+") as file:
                os.fsync(file.fileno())
        else:
            _flush_folder(path)
    _flush_folder(folder)


def _flush_folder(folder: Path) -> None:
    if os.name == "nt":
        return  # Windows has no handle to flush for a folder
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
