"""`kill -9` and full disks; `make soak` does it more often."""

from pathlib import Path

import pytest

from tests.soak import disk, kills

pytestmark = [pytest.mark.heavy, pytest.mark.process]


def test_who_is_killed_while_converting_leaves_no_damage(tmp_path: Path) -> None:
    assert kills.while_converting(3, tmp_path) == []


def test_who_is_killed_while_saving_leaves_no_damage(tmp_path: Path) -> None:
    assert kills.while_saving(3, tmp_path) == []


def test_a_server_that_is_killed_does_not_end_its_answers(tmp_path: Path) -> None:
    assert kills.while_answering(1) == []


def test_a_full_disk(tmp_path: Path) -> None:
    """A real one where file systems may be mounted; test_file and test_cache have made-up ones."""
    with disk.small_disk(tmp_path / "disk") as small:
        assert small is None or disk.problems_on(small) == []
