"""Batches of models behind a URL: the same scores, and no more calls than were allowed."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from backlit.batch import explain_dataset, load_batch
from backlit.errors import BudgetError
from tests.batch.conftest import rows_of
from tests.support.endpoints import Fake, faked

ASKED: dict[str, Any] = {"method": "occlusion", "options": {"max_new_tokens": 3}, "progress": False}


@pytest.fixture
def fake() -> Iterator[Fake]:
    with faked("vllm") as one:
        yield one


def test_scores_are_those_of_the_same_model_here(fake: Fake, tmp_path: Path) -> None:
    there = explain_dataset(fake.source, rows_of(6), tmp_path / "there", **ASKED)
    here = explain_dataset("toy", rows_of(6), tmp_path / "here", **ASKED)
    assert there.runs["answer"].to_pylist() == here.runs["answer"].to_pylist()
    scores, same = (one.scores["score"].to_numpy() for one in (there, here))
    np.testing.assert_allclose(scores, same, atol=1e-6)


def test_the_last_call_that_is_allowed_ends_the_work_and_fails_no_row(
    fake: Fake, tmp_path: Path
) -> None:
    output = tmp_path / "runs"
    few = {"endpoint": {"max_calls": 90}}
    with pytest.raises(BudgetError):
        explain_dataset(fake.source, rows_of(40), output, model_options=few, **ASKED)
    done = load_batch(output)
    assert 0 < len(done) < 40
    assert set(done.runs["status"].to_pylist()) == {"done"}
    assert len(explain_dataset(fake.source, rows_of(40), output, **ASKED)) == 40


def test_the_share_of_answers(fake: Fake, tmp_path: Path) -> None:
    batch = explain_dataset(
        fake.source,
        rows_of(2),
        tmp_path / "runs",
        measure="share",
        samples=3,
        matching="cat|dog",
        method="occlusion",
        options={"max_new_tokens": 3},
        progress=False,
    )
    assert set(batch.scores["measure"].to_pylist()) == {"share"}
    assert batch.scores["low"].null_count == 0
    assert batch.runs["target_log_prob"].null_count == 2
