"""The tables say what the explanations do, and are made anew when there is more."""

import math
from pathlib import Path

import pandas
import pyarrow.parquet as pq
import pytest

from backlit.batch import Batch, explain_dataset, load_batch
from backlit.batch.folder import Folder
from backlit.batch.parts import PARTS
from backlit.batch.tables import RUN_COLUMNS, SCORE_COLUMNS, are_current, write_tables
from tests.batch.conftest import rows_of


def test_a_row_for_each_run_in_the_order_of_rows_and_variants(batch: Batch) -> None:
    runs = batch.runs
    assert runs.schema.equals(RUN_COLUMNS)
    assert list(zip(runs["row"].to_pylist(), runs["variant"].to_pylist(), strict=True)) == [
        (row, variant) for row in ("cat", "none", "two") for variant in ("plain", "short")
    ]
    assert runs["status"].to_pylist() == ["done"] * 2 + ["failed"] * 2 + ["unmatched"] * 2
    assert len(set(runs["run"].to_pylist())) == 6


def test_a_run_says_what_its_explanation_does(batch: Batch) -> None:
    row, one = batch.runs.slice(0, 1).to_pylist()[0], batch[0]
    first = one[0]
    assert row["prompt"] == one.generation.sequence.prompt.text
    assert row["answer"] == one.generation.response
    assert row["finish_reason"] == one.generation.finish_reason
    assert row["target"] == one.generation.text_of(first.target)
    assert (row["target_start"], row["target_stop"]) == (first.target.start, first.target.stop)
    assert row["target_log_prob"] == first.target_log_prob
    told = [token.log_prob for token in one.generation.sequence.tokens if token.role == "response"]
    assert math.isclose(row["answer_log_prob"], sum(value or 0.0 for value in told))
    assert row["prompt_tokens"] + row["answer_tokens"] == len(one.generation.sequence.tokens)
    assert row["source"] == "zoo"
    assert row["error"] is None


def test_checks_and_what_is_said_without_the_top(batch: Batch) -> None:
    row, one = batch.runs.slice(0, 1).to_pylist()[0], batch[0]
    assert [each["verdict"] for each in row["verdicts"]] == [
        found.faithfulness and found.faithfulness.verdict for found in one
    ]
    assert row["verdict"] == "holds"
    (proof,) = one[0].proofs
    assert row["lost_without_top"] == proof.lost
    assert row["answer_without_top"] == proof.said
    assert row["changed_without_top"] == proof.changed
    (top,) = one[0].top(1, "prompt")
    assert (row["top"], row["top_score"]) == (top.text, top.score)


def test_a_failed_run_has_its_error_and_nothing_else(batch: Batch) -> None:
    row = batch.runs.slice(2, 1).to_pylist()[0]
    assert row["error"].startswith("none has nothing for the variable {animal}")
    assert row["error_code"] == "DataError"
    empty = {"prompt", "answer", "target", "target_log_prob", "verdict", "verdicts", "top"}
    assert all(row[name] is None for name in empty)


def test_an_unmatched_run_has_its_answer(batch: Batch) -> None:
    row = batch.runs.slice(5, 1).to_pylist()[0]
    assert row["answer"]
    assert row["target"] is None
    assert batch[5].attributions == ()


def test_scores_are_those_of_the_maps(batch: Batch) -> None:
    scores = batch.scores
    assert scores.schema.equals(SCORE_COLUMNS)
    frame = scores.to_pandas()
    whole = [
        (
            one.method,
            one.granularity,
            number,
            segment.start,
            segment.stop,
            segment.text,
            segment.score,
        )
        for explanation in batch
        for one in explanation
        for number, segment in enumerate(one.segments)
    ]
    columns = ["method", "granularity", "segment", "start", "stop", "text", "score"]
    assert list(frame[columns].itertuples(index=False, name=None)) == whole
    assert set(frame.run) == set(batch.runs.filter(_done(batch))["run"].to_pylist())


def _done(batch: Batch) -> list[bool]:
    return [status == "done" for status in batch.runs["status"].to_pylist()]


def test_other_tools_read_them(batch: Batch) -> None:
    frame = pandas.read_parquet(batch.folder.path("scores.parquet"))
    means = (
        frame[frame.granularity == "line"].groupby(["method", "line"], observed=True).score.mean()
    )
    assert ("occlusion", 1) in means.index


@pytest.fixture
def small(tmp_path: Path) -> Batch:
    return explain_dataset(
        "toy", rows_of(3), tmp_path / "runs", method="occlusion", progress=False,
        options={"max_new_tokens": 3},
    )  # fmt: skip


def test_tables_are_made_again_when_there_is_more(small: Batch) -> None:
    folder = small.folder
    assert are_current(folder)
    before = folder.read("runs.parquet")
    more = explain_dataset(
        "toy", rows_of(5), folder.name, method="occlusion", progress=False,
        options={"max_new_tokens": 3},
    )  # fmt: skip
    assert len(more) == 5
    assert folder.read("runs.parquet") != before


@pytest.mark.parametrize("name", ["runs.parquet", "scores.parquet"])
@pytest.mark.parametrize("damage", ["gone", "empty", "other"])
def test_tables_that_are_gone_or_damaged_are_made_again(
    small: Batch, name: str, damage: str
) -> None:
    path = Path(small.folder.path(name))
    known = pq.read_table(path)
    if damage == "gone":
        path.unlink()
    else:
        path.write_bytes(b"" if damage == "empty" else b"PAR1 of something else PAR1")
    assert not are_current(small.folder)
    again = load_batch(small.folder.name)
    assert (again.runs if name == "runs.parquet" else again.scores).equals(known)


def test_parts_that_are_damaged_are_named(small: Batch) -> None:
    assert small.damaged == ()
    (part,) = Path(small.folder.path(PARTS)).iterdir()
    part.write_bytes(part.read_bytes() + b"no gzip at all")
    again = load_batch(small.folder.name)
    assert len(again) == len(small)
    assert again.damaged == (part.name,)


def test_a_batch_without_runs_has_empty_tables(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    folder.make()
    write_tables(folder)
    assert pq.read_table(tmp_path / "runs.parquet").num_rows == 0
    assert pq.read_table(tmp_path / "scores.parquet").schema.equals(SCORE_COLUMNS)


def test_large_tables_are_written_in_pieces(small: Batch, monkeypatch: pytest.MonkeyPatch) -> None:
    known = small.scores
    monkeypatch.setattr("backlit.batch.tables.GROUP_BYTES", 1)
    monkeypatch.setattr("backlit.batch.tables.AT_ONCE", 1)
    monkeypatch.setattr("backlit.batch.tables.CACHE_BYTES", 1)
    write_tables(small.folder)
    again = load_batch(small.folder.name)
    assert pq.ParquetFile(small.folder.path("scores.parquet")).num_row_groups == 3
    assert again.scores.equals(known)


def test_parts_are_all_that_is_needed(small: Batch, tmp_path: Path) -> None:
    known = small.runs
    other = tmp_path / "moved"
    (other / PARTS).mkdir(parents=True)
    for name in ("job.json", f"{PARTS}/0001.jsonl.gz"):
        (other / name).write_bytes(Path(small.folder.path(name)).read_bytes())
    assert load_batch(other).runs.equals(known)
