"""Datasets as people changed them: kept, undone, and seen by other programs."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from backlit.data import Example
from backlit.data.base import ExampleList
from backlit.data.edited import Edit
from backlit.errors import InputError, ReadOnlyError, UnknownNameError
from backlit.serving.shelf import Shelf
from backlit.workspace import Workspace

A, B = Example("a", "Say a.", fields={"level": 1}), Example("b", "Say b.", " b")
LETTERS = ExampleList("letters", (A, B))
LOUD = Example("a", "SAY A.", fields={"level": 9})


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    with Workspace(tmp_path / "w.sqlite3") as opened:
        yield opened


def changed(shelf: Shelf, dataset: str, *edits: Edit) -> tuple[Edit, ...]:
    return shelf.edit(dataset, lambda _: edits).undoing


def test_a_change_is_kept_in_the_workspace(workspace: Workspace) -> None:
    shelf = Shelf([LETTERS], workspace)
    undoing = changed(shelf, "letters", *[Edit("a", LOUD, 0), Edit("b", None, 1)])
    assert Shelf([LETTERS], workspace).get("letters").examples == (LOUD,)
    changed(shelf, "letters", *undoing)
    assert Shelf([LETTERS], workspace).get("letters").examples == (A, B)


def test_without_a_workspace_it_lasts_as_long_as_the_program() -> None:
    shelf = Shelf([LETTERS])
    changed(shelf, "letters", *[Edit("a", LOUD, 0)])
    shelf.add("more", [B])
    shelf.put([LETTERS, ExampleList("other", (B,))])
    assert [one.name for one in shelf.all()] == ["letters", "other", "more"]
    assert shelf.get("letters").find("a") == LOUD


def test_another_program_sees_it(workspace: Workspace) -> None:
    one, other = Shelf([LETTERS], workspace), Shelf([LETTERS], workspace)
    changed(one, "letters", *[Edit("a", LOUD, 0)])
    one.add("mine", [B])
    assert other.get("letters").find("a") == LOUD
    assert other.get("mine").examples == (B,)
    changed(other, "mine", *[Edit("b", None, 0)])
    assert one.get("mine").examples == ()


def test_what_can_not_be_kept_is_not_changed(tmp_path: Path) -> None:
    path = tmp_path / "w.sqlite3"
    Workspace(path).close()
    with Workspace(path, read_only=True) as protected:
        shelf = Shelf([LETTERS], protected)
        with pytest.raises(ReadOnlyError):
            changed(shelf, "letters", *[Edit("a", LOUD, 0)])
        with pytest.raises(ReadOnlyError):
            shelf.add("more", [B])
        assert [one.examples for one in shelf.all()] == [(A, B)]


def test_names_are_taken_once(workspace: Workspace) -> None:
    shelf = Shelf([LETTERS], workspace)
    with pytest.raises(InputError, match="already"):
        shelf.add("letters", [B])
    with pytest.raises(UnknownNameError, match="There is letters"):
        shelf.get("numbers")


def test_a_dataset_of_the_program_hides_an_added_one_of_its_name(workspace: Workspace) -> None:
    Shelf([], workspace).add("letters", [B])
    assert Shelf([LETTERS], workspace).get("letters").examples == (A, B)
    assert Shelf([], workspace).get("letters").examples == (B,)


def test_what_was_undone_leaves_nothing(workspace: Workspace) -> None:
    shelf = Shelf([LETTERS], workspace)
    undoing = changed(shelf, "letters", Edit("a", LOUD, 0), Edit("new", Example("new", "!"), 2))
    assert len(workspace.heads("rows")) == 2
    changed(shelf, "letters", *undoing)
    assert workspace.heads("rows") == []


def test_datasets_of_one_name_and_two_files_have_changes_of_their_own(
    workspace: Workspace,
) -> None:
    here, there = (ExampleList("letters", (A, B), f"/{where}/letters.jsonl") for where in "ab")
    changed(Shelf([here], workspace), "letters", Edit("a", LOUD, 0))
    assert Shelf([there], workspace).get("letters").examples == (A, B)
    assert Shelf([here], workspace).get("letters").examples == (LOUD, B)


def test_own_changes_are_not_read_again(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    shelf, other = Shelf([LETTERS], workspace), Shelf([LETTERS], workspace)
    monkeypatch.setattr(shelf, "_read", lambda **_: pytest.fail("it was read again"))
    changed(shelf, "letters", Edit("a", LOUD, 0))
    assert shelf.get("letters").find("a") == LOUD
    monkeypatch.undo()
    changed(other, "letters", Edit("b", None, 1))
    changed(shelf, "letters", Edit("c", Example("c", "Say c."), 2))
    assert [one.id for one in shelf.get("letters").examples] == ["a", "c"]


def test_what_was_added_is_removed(workspace: Workspace) -> None:
    shelf = Shelf([LETTERS], workspace)
    shelf.add("mine", [B])
    changed(shelf, "mine", Edit("b", None, 0))
    assert [shelf.is_added(one.name) for one in shelf.all()] == [False, True]
    shelf.remove("mine")
    assert [one.name for one in Shelf([LETTERS], workspace).all()] == ["letters"]
    assert workspace.heads("rows") == []
    with pytest.raises(UnknownNameError):
        shelf.remove("mine")
    with pytest.raises(InputError, match="file of its own"):
        shelf.remove("letters")
