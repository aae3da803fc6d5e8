"""A batch as a page asks for it: without a model."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from backlit.serving import wire
from backlit.serving.batches import Batches
from backlit.serving.models import ServedModel
from backlit.serving.requests import BATCH_KINDS
from backlit.serving.requests.batch import (
    SHOWN,
    BatchEvent,
    BatchInfoRequest,
    BatchRowsEvent,
    BatchRowsRequest,
    BatchRunEvent,
    BatchRunRequest,
)
from backlit.serving.service import Service
from tests.support.batch import VARIANTS, toy_batch
from tests.support.service import Client


def no_model(source: str, **_: object) -> Any:
    pytest.fail("a model was asked for")


@pytest.fixture(scope="module")
def batches(tmp_path_factory: pytest.TempPathFactory) -> Batches:
    folder = tmp_path_factory.mktemp("batches") / "menu"
    toy_batch(folder)
    return Batches([str(folder)])


@pytest.fixture
def client(batches: Batches) -> Iterator[Client]:
    with Client(Service([ServedModel("m", "m", no_model)], [], batches=batches)) as client:
        yield client


def rows(client: Client, **asked: Any) -> BatchRowsEvent:
    event = client.answered(BatchRowsRequest(batch="menu", **asked))
    assert isinstance(event, BatchRowsEvent)
    return event


def read(client: Client, run: str, **asked: Any) -> BatchRunEvent:
    event = client.answered(BatchRunRequest(batch="menu", run=run, **asked))
    assert isinstance(event, BatchRunEvent)
    return event


def test_a_page_knows_which_there_are(client: Client) -> None:
    assert client.service.state().batches == ["menu"]
    assert set(BATCH_KINDS) == {"batch", "batch_rows", "batch_run", "batch_summary"}


def test_what_it_is_of(client: Client) -> None:
    event = client.answered(BatchInfoRequest(batch="menu"))
    assert isinstance(event, BatchEvent)
    assert (event.model, event.rows, event.pattern) == ("toy", 3, ".*milk.*")
    assert event.variants == [one.name for one in VARIANTS]
    assert [one.method for one in event.maps] == ["occlusion", "lime"]
    assert event.statuses == {"done": 2, "unmatched": 2, "failed": 2}
    assert sum(event.verdicts.values()) == 2
    assert event.damaged == []
    again = client.answered(BatchInfoRequest(batch="menu", again=True))
    assert again == event


def test_parts_that_are_damaged_are_told(tmp_path: Path) -> None:
    toy_batch(tmp_path / "menu")
    (part,) = (tmp_path / "menu" / "parts").iterdir()
    part.write_bytes(b"no gzip" + part.read_bytes())
    batches = Batches([str(tmp_path / "menu")])
    with Client(Service([ServedModel("m", "m", no_model)], [], batches=batches)) as client:
        event = client.answered(BatchInfoRequest(batch="menu"))
    assert isinstance(event, BatchEvent)
    assert (event.damaged, event.rows, event.statuses) == ([part.name], 0, {})


def test_rows_travel_thin(client: Client) -> None:
    event = rows(client, first=1, count=2)
    assert (event.total, event.found, event.first) == (6, 6, 1)
    unmatched, failed = event.rows
    assert (unmatched.row, unmatched.variant, unmatched.status) == ("0", "cold", "unmatched")
    assert unmatched.answer
    assert unmatched.target is None
    assert failed.status == "failed"
    assert failed.error is not None
    assert "{who}" in failed.error
    done = rows(client, status="done").rows[0]
    assert done.target is not None
    assert "milk" in done.target
    assert done.target_log_prob is not None
    assert done.top
    assert done.verdict is not None


def test_long_texts_are_cut(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("backlit.serving.requests.batch.SHOWN", 5)
    answer = rows(client, status="done").rows[0].answer
    assert answer is not None
    assert len(answer) == 5
    assert answer.endswith("…")
    assert SHOWN == 200


def test_they_are_found_and_sorted(client: Client) -> None:
    event = rows(client, variant="warm", column="row", descending=True)
    assert [one.row for one in event.rows] == ["2", "1", "0"]
    assert rows(client, text="istanbul", variant="warm").found == 1
    assert rows(client, verdict="holds").found + rows(client, verdict="weak").found <= 2


def test_a_run_is_whole_and_knows_its_neighbours(client: Client) -> None:
    names = [one.run for one in rows(client).rows]
    event = read(client, names[0])
    assert (event.number, event.found, event.before, event.after) == (0, 6, None, names[1])
    assert event.whole is not None
    assert [one.method for one in event.whole.attributions] == ["occlusion", "lime"]
    assert event.whole.attributions[0].faithfulness is not None
    assert event.whole.segmentations["token"]
    last = read(client, names[4], status="done", column="row", descending=True)
    assert (last.number, last.found, last.before, last.after) == (0, 2, None, names[0])
    astray = read(client, names[4], status="failed")
    assert (astray.number, astray.before, astray.after) == (None, None, None)


def test_a_run_without_a_map_says_why(client: Client) -> None:
    names = [one.run for one in rows(client).rows]
    unmatched = read(client, names[1])
    assert unmatched.whole is not None
    assert unmatched.whole.attributions == ()
    failed = read(client, names[2])
    assert failed.whole is None
    assert failed.error is not None
    assert "{who}" in failed.error


@pytest.mark.parametrize(
    "request_",
    [
        BatchInfoRequest(batch="gone"),
        BatchRowsRequest(batch="gone"),
        BatchRunRequest(batch="menu", run="gone"),
    ],
)
def test_what_is_not_there_is_told(client: Client, request_: BatchInfoRequest) -> None:
    event = client.answer(request_)
    assert isinstance(event, wire.ErrorEvent)
    assert event.error.code == "UnknownNameError"


def test_nothing_of_it_is_for_who_reviews(batches: Batches) -> None:
    with Client(Service([], [], review=True, batches=batches)) as client:
        event = client.answer(BatchRowsRequest(batch="menu"))
        assert isinstance(event, wire.ErrorEvent)
        assert "for review" in event.error.message
