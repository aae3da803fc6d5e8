"""What a folder was made of, and whether it still is that."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from backlit.sources import manifest


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "assets").mkdir()
    (tmp_path / "config.json").write_text("{}")
    (tmp_path / "assets" / "vocabulary").write_text("words")
    manifest.write(tmp_path)
    return tmp_path


def touch(path: Path) -> None:
    os.utime(path, ns=(0, 0))


def test_it_holds_names_sizes_and_hashes(folder: Path, log: Any) -> None:
    manifest.write(folder, log)
    written = json.loads((folder / manifest.FILE).read_text())["files"]
    assert written.keys() == {"config.json", "assets/vocabulary"}
    assert written["config.json"]["size"] == 2
    assert len(written["config.json"]["sha256"]) == 64
    assert log.calls[-1] == ("save", 7, 7)
    assert manifest.is_there(folder)


@pytest.mark.parametrize("thorough", [True, False])
def test_what_is_whole_is_not_damaged(folder: Path, thorough: bool) -> None:
    (folder / "extra").write_text("a file of the system's, say")
    assert manifest.damaged(folder, thorough=thorough) == []


@pytest.mark.parametrize("content", ["", "w", "more words"])
def test_another_size(folder: Path, content: str) -> None:
    (folder / "assets" / "vocabulary").write_text(content)
    assert manifest.damaged(folder) == ["assets/vocabulary"]


def test_a_missing_file(folder: Path) -> None:
    (folder / "config.json").unlink()
    assert manifest.damaged(folder) == ["config.json"]


def test_another_content_of_the_same_size(folder: Path) -> None:
    (folder / "config.json").write_text("[]")
    assert manifest.damaged(folder) == ["config.json"]


def test_what_nothing_shows_is_found_by_being_thorough(folder: Path) -> None:
    config = folder / "config.json"
    before = config.stat().st_mtime_ns
    config.write_text("[]")
    os.utime(config, ns=(before, before))
    assert manifest.damaged(folder) == []
    assert manifest.damaged(folder, thorough=True) == ["config.json"]


def test_what_was_only_touched_is_read_once(folder: Path, log: Any) -> None:
    touch(folder / "config.json")
    assert manifest.damaged(folder, log) == []
    assert log.calls == [("check", 2, 2)]
    assert manifest.damaged(folder, log) == []
    assert len(log.calls) == 1


@pytest.mark.parametrize("content", ["", "{", "[]", '{"files": []}', '{"files": {"a": 5}}'])
def test_a_manifest_that_can_not_be_read(folder: Path, content: str) -> None:
    (folder / manifest.FILE).write_text(content)
    assert manifest.damaged(folder) == [manifest.FILE]


def test_without_one_nothing_is_known(tmp_path: Path) -> None:
    assert not manifest.is_there(tmp_path)
    assert manifest.damaged(tmp_path, thorough=True) == []


def test_one_that_an_archive_brought_is_not_believed(folder: Path) -> None:
    (folder / manifest.FILE).write_text('{"files": {"../../etc/passwd": {}}}')
    manifest.write(folder)
    assert manifest.damaged(folder, thorough=True) == []
