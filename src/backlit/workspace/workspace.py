"""A workspace: records in collections, in one file that several programs may have open."""

import json
import os
import sqlite3
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import platformdirs

from backlit.errors import InputError, ReadOnlyError
from backlit.workspace.database import failure, open_database
from backlit.workspace.record import Changes, Head, Record, inflated, row_of

SECONDS_OF_TOMBSTONES = 24 * 60 * 60  # for which it is remembered that a record was dropped


def default_path() -> Path:
    """`BACKLIT_WORKSPACE`, or a file in the user's data folder."""
    named = os.environ.get("BACKLIT_WORKSPACE")
    if named:
        return Path(named).expanduser().absolute()
    return Path(platformdirs.user_data_dir("backlit", appauthor=False)) / "workspace.sqlite3"


class Workspace:
    """A file that keeps a person's work. Safe from any thread.

    Args:
        path: of the file; made if it is not there.
        read_only: nothing is saved.

    Attributes:
        path: of the file.
        read_only: nothing can be saved, as asked for or because the file is protected.
        remarks: what a person should know of how it was opened, such as that a damaged file was
            set aside.
        id: tells it from other workspaces, wherever its file is moved.

    Raises:
        WorkspaceError: the file can't be opened.
    """

    def __init__(self, path: str | Path | None = None, *, read_only: bool = False) -> None:
        self.path = Path(path).expanduser().absolute() if path is not None else default_path()
        opened = open_database(self.path, read_only=read_only)
        self.read_only = opened.read_only
        self.remarks = opened.remarks
        self._connection = opened.connection
        self._turn = threading.Lock()
        with self._reading() as connection:
            (self.id,) = connection.execute("select value from facts where name = 'id'").fetchone()

    # ---- reading -----------------------------------------------------------------------------

    def collections(self) -> dict[str, int]:
        """The number of records of each collection that has some."""
        with self._reading() as connection:
            return dict(
                connection.execute(
                    "select collection, count(*) from records where not dropped "
                    "group by collection order by collection"
                )
            )

    def heads(self, collection: str) -> list[Head]:
        """What a list shows, the latest first."""
        with self._reading() as connection:
            rows = connection.execute(
                "select id, at, head from records where collection = ? and not dropped "
                "order by at desc, revision desc",
                (collection,),
            ).fetchall()
        return [Head(name, at, json.loads(head)) for name, at, head in rows]

    def read(self, collection: str, name: str) -> Record | None:
        """All of a record; None if there is none of this name."""
        with self._reading() as connection:
            row = connection.execute(
                "select head, body, at from records "
                "where collection = ? and id = ? and not dropped",
                (collection, name),
            ).fetchone()
        if row is None:
            return None
        head, body, at = row
        return Record(collection, name, json.loads(head), inflated(body), at)

    def all(self, collection: str) -> list[Record]:
        """All records of a collection, the latest first."""
        with self._reading() as connection:
            rows = connection.execute(
                "select id, head, body, at from records where collection = ? and not dropped "
                "order by at desc, revision desc",
                (collection,),
            ).fetchall()
        return [
            Record(collection, name, json.loads(head), inflated(body), at)
            for name, head, body, at in rows
        ]

    def records(self) -> Iterator[Record]:
        """All of all, one read at a time."""
        for collection in self.collections():
            for head in self.heads(collection):
                record = self.read(collection, head.id)
                if record is not None:
                    yield record

    def revision(self) -> int:
        """A number that grows with each save, whoever saves."""
        with self._reading() as connection:
            return _revision(connection)

    def changes(self, since: int) -> Changes:
        """What was written or dropped since a revision."""
        with self._reading() as connection:
            rows = connection.execute(
                "select distinct collection from records where revision > ? order by collection",
                (since,),
            ).fetchall()
            return Changes(_revision(connection), tuple(name for (name,) in rows))

    # ---- writing -----------------------------------------------------------------------------

    def keep(
        self,
        records: Iterable[Record],
        *,
        new: bool = False,
        without: Sequence[tuple[str, str]] = (),
    ) -> int:
        """Save records, all of them or none. When this returns, they are on the disk.

        Args:
            records: what to save; of one that is there, this is what it is from now on.
            new: none of them may be there, nor have been dropped lately.
            without: collections and ids of records that are dropped with it.

        Returns:
            The revision that has them.

        Raises:
            InputError: a name or a value can't be kept, or is there and should be new.
            ReadOnlyError: nothing can be saved here.
            WorkspaceError: they could not be saved: no room, or another program is in the way.
        """
        rows = [row_of(record) for record in records]
        with self._writing() as (connection, revision):
            if new:
                _check_new(connection, rows)
            connection.executemany(
                "insert into records (collection, id, at, head, body, revision) "
                "values (?, ?, ?, ?, ?, ?) on conflict (collection, id) do update set "
                "at = excluded.at, revision = excluded.revision, head = excluded.head, "
                "body = coalesce(excluded.body, body), dropped = 0",
                [(*row, revision) for row in rows],
            )
            _drop(connection, revision, without)
            return revision

    def drop(self, collection: str, ids: Sequence[str]) -> int:
        """Drop records, all or none; that one is not there is no error.

        Returns:
            The revision that is without them.

        Raises:
            ReadOnlyError, WorkspaceError: as `keep`.
        """
        with self._writing() as (connection, revision):
            _drop(connection, revision, [(collection, name) for name in ids])
            return revision

    def check_writable(self) -> None:
        """Before work that is to be kept.

        Raises:
            ReadOnlyError: nothing can be.
        """
        if self.read_only:
            raise ReadOnlyError(
                f"The workspace {self.path} is only read: nothing is saved.",
                "Start with a workspace that can be written.",
            )

    # ---- upkeep ------------------------------------------------------------------------------

    def damage(self) -> str:
        """What is wrong with the file, by SQLite's whole check; "" if nothing is."""
        with self._reading() as connection:
            (found,) = connection.execute("pragma integrity_check(1)").fetchone()
        return "" if found == "ok" else str(found)

    def vacuum(self) -> int:
        """Give back the room of what was dropped; how many bytes that was."""
        before = self._size()
        with self._writing() as (connection, _):
            old = time.time() - SECONDS_OF_TOMBSTONES
            connection.execute("delete from records where dropped and at < ?", (old,))
        with self._reading() as connection:
            connection.execute("vacuum")
            connection.execute("pragma wal_checkpoint(truncate)")
        return before - self._size()

    def close(self) -> None:
        """Let go of the file; closing twice is no error."""
        with self._turn:
            self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    # ---- one at a time -----------------------------------------------------------------------

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        with self._turn:
            try:
                yield self._connection
            except sqlite3.Error as error:
                raise failure(error, self.path) from error

    @contextmanager
    def _writing(self) -> Iterator[tuple[sqlite3.Connection, int]]:
        """A transaction, and the revision it makes; nothing of it is left after an error."""
        self.check_writable()
        with self._reading() as connection:
            connection.execute("begin immediate")
            try:
                revision = _revision(connection) + 1
                connection.execute("update facts set value = ? where name = 'revision'", [revision])
                yield connection, revision
                connection.execute("commit")
            except BaseException:
                if connection.in_transaction:  # an error may have ended it
                    connection.execute("rollback")
                raise

    def _size(self) -> int:
        return sum(
            part.stat().st_size
            for part in (self.path, self.path.with_name(self.path.name + "-wal"))
            if part.exists()
        )


def _revision(connection: sqlite3.Connection) -> int:
    (revision,) = connection.execute("select value from facts where name = 'revision'").fetchone()
    return int(revision)


def _drop(
    connection: sqlite3.Connection, revision: int, records: Sequence[tuple[str, str]]
) -> None:
    connection.executemany(
        "update records set dropped = 1, head = '', body = null, at = ?, revision = ? "
        "where collection = ? and id = ? and not dropped",
        [(time.time(), revision, *record) for record in records],
    )


def _check_new(connection: sqlite3.Connection, rows: Sequence[tuple[Any, ...]]) -> None:
    for collection, name, *_ in rows:
        known = "select 1 from records where collection = ? and id = ?"
        if connection.execute(known, (collection, name)).fetchone() is not None:
            raise InputError(f"{collection}/{name} is there already.", "It can't be replaced.")
