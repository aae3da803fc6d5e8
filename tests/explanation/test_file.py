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

    def full(self: Path, text: str, encoding: str) -> int:
        self.touch()
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_text", full)
    with pytest.raises(DiskError, match="could not be written: No space left"):
        write_file(path, "new")
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("name", ["", ".", "no/why.json"])
def test_where_it_can_not_be_written(tmp_path: Path, name: str) -> None:
    with pytest.raises(DiskError, match="could not be written"):
        write_file(tmp_path / name, "text")
    assert list(tmp_path.iterdir()) == []
