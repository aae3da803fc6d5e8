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


def test_a_change_is_kept_in_the_workspace(workspace: Workspace) -> None:
    shelf = Shelf([LETTERS], workspace)
    undo = shelf.edit("letters", [Edit("a", LOUD, 0), Edit("b", None, 1)])
    assert Shelf([LETTERS], workspace).get("letters").examples == (LOUD,)
    shelf.edit("letters", undo)
    assert Shelf([LETTERS], workspace).get("letters").examples == (A, B)


def test_without_a_workspace_it_lasts_as_long_as_the_program() -> None:
    shelf = Shelf([LETTERS])
    shelf.edit("letters", [Edit("a", LOUD, 0)])
    shelf.add("more", [B])
    shelf.put([LETTERS, ExampleList("other", (B,))])
    assert [one.name for one in shelf.all()] == ["letters", "other", "more"]
    assert shelf.get("letters").find("a") == LOUD


def test_another_program_sees_it(workspace: Workspace) -> None:
    one, other = Shelf([LETTERS], workspace), Shelf([LETTERS], workspace)
    one.edit("letters", [Edit("a", LOUD, 0)])
    one.add("mine", [B])
    assert other.get("letters").find("a") == LOUD
    assert other.get("mine").examples == (B,)
    other.edit("mine", [Edit("b", None, 0)])
    assert one.get("mine").examples == ()


def test_what_can_not_be_kept_is_not_changed(tmp_path: Path) -> None:
    path = tmp_path / "w.sqlite3"
    Workspace(path).close()
    with Workspace(path, read_only=True) as protected:
        shelf = Shelf([LETTERS], protected)
        with pytest.raises(ReadOnlyError):
            shelf.edit("letters", [Edit("a", LOUD, 0)])
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
