"""Opening the file of a workspace: made, checked and brought up to date, and never overwritten.

Several programs may have one file open. A save is on the disk before it is said to be saved
(`synchronous=FULL`). Writers and readers work side by side by a write-ahead log, which takes memory
that all of them share; on network file systems, where they can't, by a rollback journal
(https://sqlite.org/wal.html).
"""

import logging
import os
import sqlite3
import time
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from backlit.errors import WorkspaceError
from backlit.workspace.filesystem import is_remote
from backlit.workspace.schema import APPLICATION_ID, STEPS

log = logging.getLogger(__name__)

SECONDS_TO_WAIT = 15.0  # for another program that writes
_DAMAGED = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
_BESIDE = ("", "-wal", "-shm", "-journal")  # the files of a database: its name, and these behind it


@dataclass(frozen=True, slots=True)
class Opened:
    """A database that is open.

    Attributes:
        connection: may be used from any thread, by one at a time.
        read_only: nothing can be saved.
        remarks: what a person should know of how it was opened.
    """

    connection: sqlite3.Connection
    read_only: bool
    remarks: tuple[str, ...]


class _DamagedError(Exception):
    """The file is no sound database."""


def open_database(
    path: Path, *, read_only: bool = False, steps: tuple[tuple[str, ...], ...] = STEPS
) -> Opened:
    """Open a workspace's file; made if it is not there.

    A damaged file is renamed, and a new one begun. Before a file of an earlier version is changed,
    a copy of it is made beside it.

    Raises:
        WorkspaceError: the file is of another program or of a later version, or can't be opened.
    """
    try:
        return _open(path, read_only, steps, ())
    except _DamagedError:
        if read_only:
            raise WorkspaceError(
                f"The workspace {path} is damaged.", "Open it for writing: it is then set aside."
            ) from None
        aside = _set_aside(path)
        remark = f"The workspace was damaged. It is kept as {aside}, and this is a new one."
        log.warning(remark)
        return _open(path, read_only, steps, (remark,))


def _open(
    path: Path, read_only: bool, steps: tuple[tuple[str, ...], ...], remarks: tuple[str, ...]
) -> Opened:
    if path.is_dir():
        raise WorkspaceError(f"{path} is a folder.", "Name a file for the workspace.")
    if not read_only and _is_protected(path):
        read_only = True
        remarks = (*remarks, f"{path} can't be written: nothing is saved there.")
    try:
        if not read_only:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        elif not path.exists():
            raise WorkspaceError(
                f"There is no workspace {path}.", "Name one that is there, or leave out read-only."
            )
        connection = _connect(path, read_only)
        try:
            _check(connection, path, steps)
            if not read_only:
                _prepare(connection, path, steps)
            elif _version(connection) < len(steps):
                raise WorkspaceError(
                    f"The workspace {path} is of an earlier version of Backlit.",
                    "Open it once for writing, so that it can be brought up to date.",
                )
        except BaseException:
            connection.close()
            raise
    except sqlite3.Error as error:
        if _code(error) in _DAMAGED:
            raise _DamagedError from error
        raise failure(error, path) from error
    except OSError as error:
        raise WorkspaceError(
            f"The workspace {path} can't be made: {error.strerror}.",
            "Name another file: --workspace FILE, or none: --no-workspace.",
        ) from error
    return Opened(connection, read_only, remarks)


def failure(error: sqlite3.Error, path: Path) -> WorkspaceError:
    """What a person should be told of an error of the database."""
    code = _code(error)
    if code == sqlite3.SQLITE_FULL:
        return WorkspaceError(
            f"There is no room on the disk of {path}: this was not saved.", "Make room, then retry."
        )
    if code in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_PROTOCOL}:
        return WorkspaceError(
            f"Another program keeps {path} to itself: this was not saved.",
            "Close that program, or try again in a moment.",
        )
    return WorkspaceError(
        f"The workspace {path} can't be used: {error}.", "Name another file: --workspace FILE."
    )


def _is_protected(path: Path) -> bool:
    return path.exists() and not (os.access(path, os.W_OK) and os.access(path.parent, os.W_OK))


def _connect(path: Path, read_only: bool) -> sqlite3.Connection:
    if not read_only:
        # Nobody else's business: made before the database is, which keeps the mode.
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    address = path.absolute().as_uri()
    connection = _open_uri(f"{address}?mode={'ro' if read_only else 'rw'}")
    if not read_only:
        return connection
    try:
        connection.execute("select count(*) from sqlite_schema").fetchone()
    except sqlite3.OperationalError as error:
        connection.close()
        log_file = path.with_name(path.name + "-wal")
        if _code(error) != sqlite3.SQLITE_CANTOPEN or log_file.exists():
            raise
        # A write-ahead log needs files beside it, for which there is no permission here. As
        # nobody has made any, nobody writes.
        connection = _open_uri(f"{address}?immutable=1")
    return connection


def _open_uri(uri: str) -> sqlite3.Connection:
    return sqlite3.connect(
        uri, uri=True, timeout=SECONDS_TO_WAIT, isolation_level=None, check_same_thread=False
    )


def _check(connection: sqlite3.Connection, path: Path, steps: tuple[tuple[str, ...], ...]) -> None:
    """Whether it is ours, of a version that is known, and sound."""
    connection.execute("begin")  # one look: another program may be making it right now
    (tables,) = connection.execute("select count(*) from sqlite_schema").fetchone()
    (owner,) = connection.execute("pragma application_id").fetchone()
    connection.execute("commit")
    if owner != APPLICATION_ID and (owner or tables):
        raise WorkspaceError(
            f"{path} is a database of another program.", "Name another file for the workspace."
        )
    version = _version(connection)
    if version > len(steps):
        raise WorkspaceError(
            f"The workspace {path} was written by a later version of Backlit (its tables are of "
            f"version {version}, and this one knows them up to {len(steps)}).",
            "Update Backlit, or name another file: --workspace FILE.",
        )
    (found,) = connection.execute("pragma quick_check(1)").fetchone()
    if found != "ok":
        raise _DamagedError(found)


def _prepare(
    connection: sqlite3.Connection, path: Path, steps: tuple[tuple[str, ...], ...]
) -> None:
    """Settle how it is written, and bring it up to date."""
    connection.execute("pragma synchronous = full")
    connection.execute("pragma fullfsync = on")  # of macOS: down to the disk itself
    if is_remote(path.parent) or not _share_log(connection):
        connection.execute("pragma locking_mode = exclusive")  # leaves a log without shared memory
        _patiently(connection, "pragma journal_mode = truncate")
        connection.execute("pragma locking_mode = normal")
    version = _version(connection)
    if 0 < version < len(steps):
        connection.execute("vacuum into ?", (str(_unused(path, f"version-{version}")),))
    for number, step in enumerate(steps, start=1):
        connection.execute("begin immediate")
        try:
            if _version(connection) < number:  # another program may have come first
                for statement in step:
                    connection.execute(statement)
                connection.execute(f"pragma application_id = {APPLICATION_ID}")
                connection.execute(f"pragma user_version = {number}")
            connection.execute("commit")
        except BaseException:
            connection.execute("rollback")
            raise


def _share_log(connection: sqlite3.Connection) -> bool:
    """Take to a write-ahead log; False where that does not work, whatever the system said."""
    try:
        if _patiently(connection, "pragma journal_mode = wal") != "wal":
            return False
        connection.execute("select count(*) from sqlite_schema").fetchone()
    except sqlite3.OperationalError as error:
        if _code(error) not in {sqlite3.SQLITE_PROTOCOL, sqlite3.SQLITE_IOERR}:
            raise
        return False
    return True


def _patiently(connection: sqlite3.Connection, statement: str) -> str:
    """Run a statement for which SQLite does not wait by itself."""
    until = time.monotonic() + SECONDS_TO_WAIT
    while True:
        try:
            (answer,) = connection.execute(statement).fetchone()
            return str(answer)
        except sqlite3.OperationalError as error:
            if _code(error) != sqlite3.SQLITE_BUSY or time.monotonic() > until:
                raise
        time.sleep(0.05)


def _version(connection: sqlite3.Connection) -> int:
    (version,) = connection.execute("pragma user_version").fetchone()
    return int(version)


def _set_aside(path: Path) -> Path:
    """Rename a file, and what belongs to it."""
    aside = _unused(path, f"damaged-{datetime.now():%Y-%m-%d-%H%M%S}")
    for behind in _BESIDE:
        part = path.with_name(path.name + behind)
        if part.exists():
            part.rename(aside.with_name(aside.name + behind))
    return aside


def _unused(path: Path, what: str) -> Path:
    """A name beside a file that nothing has yet."""
    name = path.with_name(f"{path.stem}.{what}{path.suffix}")
    number = 1
    while name.exists():
        number += 1
        name = path.with_name(f"{path.stem}.{what}-{number}{path.suffix}")
    return name


def _code(error: sqlite3.Error) -> int:
    """The primary code of an error; extended ones have it in their last byte."""
    return int(getattr(error, "sqlite_errorcode", 0) or 0) & 0xFF
