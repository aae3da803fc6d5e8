"""Opening a workspace's file, in whatever state it is."""

import os
import sqlite3
import stat
import threading
from pathlib import Path

import pytest

from backlit.errors import WorkspaceError
from backlit.workspace import Record, Workspace, database
from backlit.workspace.database import open_database
from backlit.workspace.schema import STEPS


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "workspace.sqlite3"


def filled(path: Path, records: int = 50) -> None:
    with Workspace(path) as workspace:
        workspace.keep(
            Record("runs", str(i), {"number": i}, os.urandom(2000).hex()) for i in range(records)
        )


def names(path: Path) -> set[str]:
    return {one.name for one in path.parent.iterdir()}


def mode(path: Path, pragma: str) -> object:
    opened = open_database(path)
    try:
        return opened.connection.execute(f"pragma {pragma}").fetchone()[0]
    finally:
        opened.connection.close()


def test_it_is_made_with_its_folders_and_nobody_else_reads_it(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b" / "workspace.sqlite3"
    filled(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_a_save_is_on_the_disk_and_readers_do_not_wait(path: Path) -> None:
    assert mode(path, "synchronous") == 2  # full
    assert mode(path, "journal_mode") == "wal"


def test_on_a_network_file_system_there_is_no_shared_memory(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    filled(path)  # by a program on the machine itself
    monkeypatch.setattr(database, "is_remote", lambda folder: True)
    assert mode(path, "journal_mode") == "truncate"
    with Workspace(path) as one, Workspace(path) as other:
        one.keep([Record("runs", "new")])
        other.keep([Record("runs", "newer")])
        assert {head.id for head in one.heads("runs")} >= {"0", "49", "new", "newer"}
        assert one.damage() == ""
        assert "workspace.sqlite3-shm" not in names(path)


class Unshared(sqlite3.Connection):
    """Says that it has a write-ahead log, and then can't use it, as on some network systems."""

    def execute(self, sql: str, *args: object) -> sqlite3.Cursor:
        if sql == "select count(*) from sqlite_schema" and self.logs:
            self.logs = False
            error = sqlite3.OperationalError("locking protocol")
            error.sqlite_errorcode = sqlite3.SQLITE_PROTOCOL
            raise error
        if sql == "pragma journal_mode = wal":
            self.logs = True
        return super().execute(sql, *args)  # type: ignore[arg-type]

    logs = False


def test_where_shared_memory_fails_a_journal_does(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def connect(uri: str) -> sqlite3.Connection:
        return sqlite3.connect(uri, uri=True, isolation_level=None, factory=Unshared)

    monkeypatch.setattr(database, "_open_uri", connect)
    assert mode(path, "journal_mode") == "truncate"
    filled(path)


def test_programs_that_make_it_at_once_make_one(path: Path) -> None:
    ids: list[str] = []
    errors: list[BaseException] = []

    def make() -> None:
        try:
            with Workspace(path) as workspace:
                ids.append(workspace.id)
        except Exception as error:  # noqa: BLE001  the test tells of it
            errors.append(error)

    threads = [threading.Thread(target=make) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert len({*ids}) == 1
    assert len(ids) == 8


# ---- versions ----------------------------------------------------------------------------------

LATER = (*STEPS, ("alter table records add column stars integer not null default 3",))


def test_a_later_version_is_refused_and_left_alone(path: Path) -> None:
    filled(path)
    open_database(path, steps=LATER).connection.close()
    before = path.read_bytes()
    with pytest.raises(WorkspaceError, match=r"later version of Backlit.*version 2.*up to 1"):
        Workspace(path)
    assert path.read_bytes() == before


def test_an_earlier_version_is_copied_before_it_is_changed(path: Path) -> None:
    filled(path)
    opened = open_database(path, steps=LATER)
    assert opened.connection.execute("select distinct stars from records").fetchall() == [(3,)]
    opened.connection.close()
    assert "workspace.version-1.sqlite3" in names(path)
    with Workspace(path.with_name("workspace.version-1.sqlite3")) as copy:
        assert len(copy.heads("runs")) == 50


def test_a_step_that_fails_leaves_nothing_of_itself(path: Path) -> None:
    filled(path)
    broken = (*STEPS, ("create table more (x)", "create table more (x)"))
    with pytest.raises(WorkspaceError, match="already exists"):
        open_database(path, steps=broken)
    with Workspace(path) as workspace:
        assert len(workspace.heads("runs")) == 50


def test_an_earlier_version_is_not_only_read(path: Path) -> None:
    filled(path)
    with pytest.raises(WorkspaceError, match="earlier version"):
        open_database(path, read_only=True, steps=LATER)


# ---- what is no sound workspace ----------------------------------------------------------------


def spoil_header(path: Path) -> None:
    path.write_bytes(b"no database at all" * 500)


def spoil_page(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[8192:12288] = os.urandom(4096)
    path.write_bytes(content)


def cut_short(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:20_000])


@pytest.mark.parametrize("spoil", [spoil_header, spoil_page, cut_short])
def test_a_damaged_file_is_set_aside_and_told_of(path: Path, spoil: object) -> None:
    assert callable(spoil)
    filled(path)
    spoil(path)
    before = path.read_bytes()
    with Workspace(path) as workspace:
        (remark,) = workspace.remarks
        assert workspace.heads("runs") == []
        workspace.keep([Record("runs", "new")])
    (aside,) = [one for one in path.parent.iterdir() if "damaged" in one.name]
    assert str(aside) in remark
    assert aside.read_bytes() == before
    with Workspace(path) as again:
        assert again.remarks == ()
        assert [head.id for head in again.heads("runs")] == ["new"]


def test_two_damaged_files_are_both_kept(path: Path) -> None:
    for _ in range(2):
        spoil_header(path)
        Workspace(path).close()
    assert len([name for name in names(path) if "damaged" in name]) == 2


def test_a_damaged_file_that_is_only_read_stays_where_it_is(path: Path) -> None:
    spoil_header(path)
    with pytest.raises(WorkspaceError, match="is damaged"):
        Workspace(path, read_only=True)
    assert names(path) == {path.name}


def test_a_database_of_another_program_is_refused(path: Path) -> None:
    with sqlite3.connect(path) as other:
        other.execute("create table theirs (x)")
    other.close()
    with pytest.raises(WorkspaceError, match="database of another program"):
        Workspace(path)
    assert names(path) == {path.name}


def test_an_empty_file_is_made_a_workspace(path: Path) -> None:
    path.touch()
    filled(path)


def test_a_folder_is_none(tmp_path: Path) -> None:
    with pytest.raises(WorkspaceError, match="is a folder"):
        Workspace(tmp_path)


def test_where_no_folder_can_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(WorkspaceError, match="can't be made"):
        Workspace(tmp_path / "file" / "workspace.sqlite3")


# ---- only read ---------------------------------------------------------------------------------


def test_one_that_is_only_read_must_be_there(path: Path) -> None:
    with pytest.raises(WorkspaceError, match="There is no workspace"):
        Workspace(path, read_only=True)
    assert names(path) == set()


def test_a_protected_file_is_only_read_and_that_is_told(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    filled(path)
    monkeypatch.setattr(os, "access", lambda *args: False)  # the tests may run as root
    with Workspace(path) as workspace:
        assert workspace.read_only
        assert "can't be written" in workspace.remarks[0]
        assert len(workspace.heads("runs")) == 50


def test_one_that_is_only_read_sees_what_others_save(path: Path) -> None:
    filled(path, 1)
    with Workspace(path, read_only=True) as reader, Workspace(path) as writer:
        writer.keep([Record("runs", "new")])
        assert {head.id for head in reader.heads("runs")} == {"0", "new"}


def test_the_sentences_name_the_file_and_what_to_do(path: Path) -> None:
    for code, words in (
        (sqlite3.SQLITE_FULL, "no room on the disk"),
        (sqlite3.SQLITE_BUSY, "Another program"),
        (sqlite3.SQLITE_LOCKED_SHAREDCACHE, "Another program"),
        (sqlite3.SQLITE_IOERR, "can't be used: it failed"),
    ):
        error = sqlite3.OperationalError("it failed")
        error.sqlite_errorcode = code
        told = database.failure(error, path)
        assert words in told.message
        assert str(path) in told.message
        assert told.hint
