"""Records: kept, listed, read, dropped, and seen by whoever else has the file open."""

import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backlit.errors import InputError, ReadOnlyError, WorkspaceError
from backlit.workspace import Record, Workspace, database
from backlit.workspace.workspace import default_path

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=10,
)
names = st.sampled_from(["a", "b", "c", "ç/ñ", "'; drop table records; --"])


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    with Workspace(tmp_path / "workspace.sqlite3") as opened:
        yield opened


def ids(workspace: Workspace, collection: str = "runs") -> list[str]:
    return [head.id for head in workspace.heads(collection)]


def test_what_is_kept_is_there_again(workspace: Workspace) -> None:
    workspace.keep([Record("runs", "1", {"words": "<b>Öl"}, {"all": [1, None, "x"]})])
    workspace.close()
    with Workspace(workspace.path) as again:
        assert again.id == workspace.id
        record = again.read("runs", "1")
        assert record is not None
        assert record.head == {"words": "<b>Öl"}
        assert record.body == {"all": [1, None, "x"]}
        assert record.at is not None
        assert again.read("runs", "2") is None
        assert again.read("notes", "1") is None


def test_the_latest_comes_first(workspace: Workspace) -> None:
    workspace.keep([Record("runs", "old", at=1.0), Record("runs", "new", at=2.0)])
    workspace.keep([Record("runs", "between", at=1.5)])
    assert ids(workspace) == ["new", "between", "old"]


def test_a_head_alone_leaves_the_body(workspace: Workspace) -> None:
    workspace.keep([Record("runs", "1", {"pinned": False}, "body")])
    workspace.keep([Record("runs", "1", {"pinned": True})])
    record = workspace.read("runs", "1")
    assert record is not None
    assert (record.head, record.body) == ({"pinned": True}, "body")


def test_what_is_dropped_is_gone_and_may_come_back(workspace: Workspace) -> None:
    workspace.keep([Record("runs", "1", {}, "body"), Record("runs", "2")])
    workspace.drop("runs", ["1", "not there"])
    assert ids(workspace) == ["2"]
    assert workspace.read("runs", "1") is None
    assert workspace.collections() == {"runs": 1}
    workspace.keep([Record("runs", "1", {"new": True})])
    record = workspace.read("runs", "1")
    assert record is not None
    assert record.body is None  # what it was is gone for good


def test_others_hear_of_what_changed(workspace: Workspace) -> None:
    with Workspace(workspace.path) as other:
        since = other.revision()
        workspace.keep([Record("runs", "1"), Record("notes", "1")])
        seen = other.changes(since)
        assert seen.collections == ("notes", "runs")
        assert seen.revision == workspace.revision() > since
        assert other.changes(seen.revision).collections == ()
        workspace.drop("notes", ["1"])
        assert other.changes(seen.revision).collections == ("notes",)
        assert ids(other) == ["1"]


@pytest.mark.parametrize(
    "record",
    [
        Record("", "1"),
        Record("runs", ""),
        Record("runs", "x" * 201),
        Record("runs", "1", {"number": float("nan")}),
        Record("runs", "1", {"half": "\ud800"}),
        Record("runs", "1", {}, "\ud800"),
    ],
    ids=["no collection", "no name", "long name", "no number", "half in head", "half in body"],
)
def test_what_can_not_be_kept_is_refused_with_all_beside_it(
    workspace: Workspace, record: Record
) -> None:
    with pytest.raises(InputError):
        workspace.keep([Record("runs", "sound"), record])
    assert ids(workspace) == []


def test_nothing_is_saved_where_it_is_only_read(workspace: Workspace) -> None:
    workspace.keep([Record("runs", "1")])
    with Workspace(workspace.path, read_only=True) as reader:
        with pytest.raises(ReadOnlyError, match="only read"):
            reader.keep([Record("runs", "2")])
        with pytest.raises(ReadOnlyError, match="only read"):
            reader.drop("runs", ["1"])
        with pytest.raises(ReadOnlyError, match="only read"):
            reader.vacuum()
        assert ids(reader) == ["1"]


def test_a_full_disk_loses_nothing_and_works_again(workspace: Workspace) -> None:
    workspace.keep([Record("runs", "1")])
    pages = workspace._connection.execute("pragma page_count").fetchone()[0]
    workspace._connection.execute(f"pragma max_page_count = {pages}")  # SQLite's own way to fill it
    large = Record("runs", "large", {}, [str(i) for i in range(100_000)])
    with pytest.raises(WorkspaceError, match="no room on the disk"):
        workspace.keep([large])
    assert ids(workspace) == ["1"]
    workspace._connection.execute("pragma max_page_count = 1000000")
    workspace.keep([large])
    assert workspace.damage() == ""


def test_another_program_that_keeps_it_to_itself_is_told_of(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "SECONDS_TO_WAIT", 0.1)
    with Workspace(workspace.path) as hasty:
        other = sqlite3.connect(workspace.path, isolation_level=None)
        other.execute("begin immediate")
        with pytest.raises(WorkspaceError, match="Another program"):
            hasty.keep([Record("runs", "1")])
        other.execute("rollback")
        other.close()
        hasty.keep([Record("runs", "1")])


def test_many_threads_and_two_programs(workspace: Workspace) -> None:
    with Workspace(workspace.path) as other:

        def work(name: int) -> None:
            for number in range(20):
                chosen = (workspace, other)[number % 2]
                chosen.keep([Record("runs", f"{name}.{number}")])
                chosen.heads("runs")

        threads = [threading.Thread(target=work, args=[name]) for name in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(ids(workspace)) == len(ids(other)) == 80
        assert workspace.revision() == 80  # no two saves were one


def test_room_is_given_back(workspace: Workspace) -> None:
    workspace.keep(Record("runs", str(i), {}, [i] * 20_000) for i in range(200))
    workspace.drop("runs", [str(i) for i in range(199)])
    assert workspace.vacuum() > 0
    assert ids(workspace) == ["199"]
    assert workspace.changes(0).collections == ("runs",)  # that they were dropped is still heard of


def test_where_it_is(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("BACKLIT_WORKSPACE", str(tmp_path / "mine"))
    assert default_path() == tmp_path / "mine"
    monkeypatch.delenv("BACKLIT_WORKSPACE")
    assert default_path().name == "workspace.sqlite3"
    assert default_path().parent.name == "backlit"


saves = st.tuples(st.just("keep"), names, names, st.dictionaries(texts, values, max_size=3), values)
drops = st.tuples(st.just("drop"), names, names)


@given(steps=st.lists(saves | drops, max_size=20))
def test_it_holds_what_a_dictionary_would(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[object, ...]]
) -> None:
    expected: dict[tuple[object, object], list[object]] = {}
    with Workspace(tmp_path_factory.mktemp("any") / "w.sqlite3") as workspace:
        for what, collection, name, *content in steps:
            if what == "drop":
                workspace.drop(str(collection), [str(name)])
                expected.pop((collection, name), None)
                continue
            head, body = content
            assert isinstance(head, dict)
            workspace.keep([Record(str(collection), str(name), head, body)])
            old = expected.get((collection, name), [None, None])[1]
            expected[collection, name] = [head, old if body is None else body]
        held = {(one.collection, one.id): [one.head, one.body] for one in workspace.records()}
    assert held == expected
