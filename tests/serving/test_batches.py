"""Batches that are shown, and their runs as they are found."""

import gzip
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from backlit.batch.folder import Folder
from backlit.batch.parts import members_of
from backlit.errors import DataError, DiskError, OptionsError, UnknownNameError
from backlit.serving.batches import Batches, Opened, Query
from tests.support.batch import toy_batch


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made: Path = tmp_path_factory.mktemp("batches") / "menu"
    toy_batch(made)
    return made


@pytest.fixture(scope="module")
def opened(folder: Path) -> Opened:
    return Batches([str(folder)]).get("menu")


def found(opened: Opened, query: Query) -> list[tuple[str, str]]:
    numbers: Sequence[int] = opened.found(query)
    return [(one["row"], one["variant"]) for one in opened.rows(numbers, ("row", "variant"))]


def test_they_are_called_as_their_folders(folder: Path, tmp_path: Path) -> None:
    other = shutil.copytree(folder, tmp_path / "menu")
    batches = Batches([str(folder), f"{other}/"])
    assert batches.names() == ["menu", "menu (2)"]
    with pytest.raises(UnknownNameError, match="There is menu, menu \\(2\\)"):
        batches.get("runs")
    assert Batches([]).names() == []


def test_a_folder_without_one_is_told_at_once(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("text")
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "notes").write_text("text")
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "job.json").write_text("{")
    for name, error, words in [
        ("gone", DataError, "no batch in"),
        ("file", OptionsError, "is a file"),
        ("full", OptionsError, "holds no batch"),
        ("broken", DataError, "damaged"),
    ]:
        with pytest.raises(error, match=words):
            Batches([str(tmp_path / name)])


def test_runs_are_in_the_order_of_rows(opened: Opened) -> None:
    every = found(opened, Query())
    assert every == [(row, variant) for row in "012" for variant in ("warm", "cold")]
    assert opened.counts("status") == {"done": 2, "unmatched": 2, "failed": 2}


@pytest.mark.parametrize("text", ["istanbul", "İSTANBUL", "ıstanbul", "<B>", "water"])
def test_letters_of_either_case_are_found_anywhere(opened: Opened, text: str) -> None:
    rows = {row for row, _ in found(opened, Query(text))}
    assert "2" in rows
    assert "1" not in rows
    assert found(opened, Query("nothing of the kind")) == []


def test_why_a_run_failed_is_found(opened: Opened) -> None:
    assert {row for row, _ in found(opened, Query("variable {who}"))} == {"1"}


def test_all_that_is_asked_must_be_there(opened: Opened) -> None:
    warm = ("variant", "warm")
    assert found(opened, Query(named=(warm, ("status", "done")))) == [("0", "warm"), ("2", "warm")]
    assert found(opened, Query("istanbul", (warm, ("status", "done")))) == [("2", "warm")]
    assert found(opened, Query(named=(warm, ("status", "unmatched")))) == []
    assert found(opened, Query(named=(("verdict", "no such"),))) == []


def test_they_are_sorted_and_what_lacks_the_value_is_last(opened: Opened) -> None:
    scores = opened.runs["target_log_prob"].to_pylist()
    for descending in (False, True):
        numbers = opened.found(Query(column="target_log_prob", descending=descending))
        values = [scores[number] for number in numbers]
        assert values[:2] == sorted(values[:2], reverse=descending)
        assert values[2:] == [None] * 4
        assert list(numbers[2:]) == [1, 2, 3, 5]  # as they were


def test_a_run_is_found_by_its_name(opened: Opened) -> None:
    name = opened.runs["run"][4].as_py()
    assert opened.number(name) == 4
    assert opened.explanation(4).generation.response.strip()
    with pytest.raises(UnknownNameError, match="no run 'gone' in menu"):
        opened.number("gone")


def test_what_was_done_since_is_there_once_it_is_read_again(folder: Path, tmp_path: Path) -> None:
    growing = shutil.copytree(folder, tmp_path / "growing")
    (part,) = (growing / "parts").iterdir()
    whole = part.read_bytes()
    part.write_bytes(b"")
    opened = Batches([str(growing)]).get("growing")
    assert len(opened.runs) == 0
    assert list(opened.found(Query("istanbul"))) == []
    part.write_bytes(whole)
    assert len(opened.runs) == 0
    opened.reload()
    assert len(opened.runs) == 6
    assert len(opened.found(Query("istanbul"))) == 2


def test_a_run_is_the_one_that_is_shown_however_many_came_since(
    folder: Path, tmp_path: Path
) -> None:
    growing = shutil.copytree(folder, tmp_path / "growing")
    (part,) = (growing / "parts").iterdir()
    whole = part.read_bytes()
    (first, _), *more = members_of(Folder(growing), part.name)
    assert more  # whose rows come between those of the first
    part.write_bytes(whole[: first.stop])
    opened = Batches([str(growing)]).get("growing")
    shown = opened.runs.select(["row", "answer"]).to_pylist()
    part.write_bytes(whole)
    assert opened.batch.scores.num_rows > 0  # the tables are made anew
    assert opened.batch.runs["row"].to_pylist() != [one["row"] for one in shown]
    assert opened.explanation(2).generation.response == shown[2]["answer"]


def test_no_page_learns_where_it_is(folder: Path, tmp_path: Path) -> None:
    moved = shutil.copytree(folder, tmp_path / "moved")
    opened = Batches([str(moved)]).get("moved")
    shutil.rmtree(moved)
    with pytest.raises(DataError) as caught:
        opened.reload()
    assert str(tmp_path) not in str(caught.value)
    assert "moved" in caught.value.message
    with pytest.raises(DataError, match="A run of moved can't be read"):
        opened.explanation(0)
    assert len(opened.runs) == 6  # as it was


def test_tables_that_cannot_be_made_are_told(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    full = shutil.copytree(folder, tmp_path / "full")
    opened = Batches([str(full)]).get("full")
    (full / "parts" / "0002.jsonl.gz").write_bytes(gzip.compress(b"[]\n"))

    def no_room(*_: object) -> None:
        raise DiskError(f"{full} could not be written to: No space left on device.")

    monkeypatch.setattr(Folder, "writing", no_room)
    with pytest.raises(DiskError, match=r"^full could not be written to"):
        opened.reload()


def test_a_page_without_batches_loads_no_tables() -> None:
    code = "import backlit.serving.service, sys; print('pyarrow' in sys.modules)"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "False"
