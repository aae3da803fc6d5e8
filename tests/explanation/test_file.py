"""Files that are there whole, or not at all."""

from pathlib import Path

import pytest

from backlit.errors import DiskError
from backlit.explanation.file import write_file


def test_it_replaces_what_was_there(tmp_path: Path) -> None:
    path = tmp_path / "why.json"
    write_file(path, "old")
    write_file(str(path), "né")
    assert path.read_bytes() == "né".encode()
    assert list(tmp_path.iterdir()) == [path]


def test_what_fails_leaves_what_was_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "why.json"
    write_file(path, "old")

    def full(self: Path, other: Path) -> Path:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(DiskError, match="could not be written: No space left"):
        write_file(path, "new")
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("name", ["", ".", "no/why.json"])
def test_where_it_can_not_be_written(tmp_path: Path, name: str) -> None:
    with pytest.raises(DiskError, match="could not be written"):
        write_file(tmp_path / name, "text")
    assert list(tmp_path.iterdir()) == []


def test_links_that_others_put_there_are_not_followed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, theirs = tmp_path / "why.json", tmp_path / "theirs"
    theirs.write_text("precious")
    (tmp_path / ".why.json.part").symlink_to(theirs)
    write_file(path, "text")
    assert not path.is_symlink()
    monkeypatch.setattr("secrets.token_hex", lambda size: "foreseen")
    (tmp_path / ".foreseen.part").symlink_to(theirs)
    with pytest.raises(DiskError, match="could not be written"):
        write_file(path, "more")
    assert (path.read_text(), theirs.read_text()) == ("text", "precious")


def test_it_may_be_read_by_whom_new_files_may_be(tmp_path: Path) -> None:
    write_file(tmp_path / "why.json", "text")
    (tmp_path / "other").write_text("")
    assert (tmp_path / "why.json").stat().st_mode == (tmp_path / "other").stat().st_mode


def test_the_longest_name_there_is(tmp_path: Path) -> None:
    path = tmp_path / ("x" * 255)
    write_file(path, "text")
    assert path.read_text() == "text"
