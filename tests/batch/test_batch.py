"""A batch's runs, read when they are asked for."""

from pathlib import Path

import pytest

from backlit.batch import Batch, load_batch
from backlit.errors import DataError, OptionsError, UnknownNameError
from backlit.explanation import Explanation


def test_runs_by_place_and_by_name(batch: Batch) -> None:
    name = batch.runs["run"][4].as_py()
    assert batch[4] == batch[name] == batch[-2]
    assert isinstance(batch[4], Explanation)
    assert "Two" in batch[4].generation.sequence.text


def test_all_of_them_but_those_that_failed(batch: Batch) -> None:
    assert len(batch) == 6
    assert [one.generation.sequence.text for one in batch] == [
        batch[n].generation.sequence.text for n in (0, 1, 4, 5)
    ]


def test_what_is_not_there(batch: Batch) -> None:
    with pytest.raises(IndexError):
        batch[6]
    with pytest.raises(UnknownNameError, match="no run 'nobody'"):
        batch["nobody"]
    with pytest.raises(DataError, match=r"none failed: none has nothing for"):
        batch[2]


def test_it_says_what_it_is(batch: Batch) -> None:
    assert repr(batch).endswith("runs: 6 runs>")
    assert [one.name for one in batch.job.variants] == ["plain", "short"]
    assert batch.manifest["model"]["source"] == "toy"


def test_it_is_loaded_from_its_folder(batch: Batch) -> None:
    again = load_batch(batch.folder.name)
    assert again.runs.equals(batch.runs)
    assert again[0] == batch[0]


def test_what_is_no_batch(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no batch in") as caught:
        load_batch(tmp_path / "nowhere")
    assert "backlit batch" in caught.value.hint
    (tmp_path / "a.txt").touch()
    with pytest.raises(OptionsError, match="holds no batch"):
        load_batch(tmp_path)


def test_a_read_only_batch_is_read(batch: Batch, tmp_path: Path) -> None:
    """Its tables are there, so nothing has to be written."""
    name = batch.folder.name
    before = sorted((p, p.stat().st_mtime_ns) for p in Path(name).rglob("*"))
    assert load_batch(name).scores.num_rows > 0
    assert sorted((p, p.stat().st_mtime_ns) for p in Path(name).rglob("*")) == before
