"""What holds on average over a batch, as a page asks for it: without a model."""

import shutil
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from pydantic import ValidationError

import backlit
from backlit.batch.averages import summarizing
from backlit.display.speech import speaking
from backlit.serving import wire
from backlit.serving.batches import Batches
from backlit.serving.requests.batch import BatchInfoRequest, BatchRowsRequest
from backlit.serving.requests.batch_summary import BatchSummaryEvent, BatchSummaryRequest
from backlit.serving.service import Service
from tests.support.batch import toy_batch
from tests.support.service import Client


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made: Path = tmp_path_factory.mktemp("batches") / "menu"
    toy_batch(made)
    return made


@pytest.fixture
def client(folder: Path) -> Iterator[Client]:
    with Client(Service([], [], batches=Batches([str(folder)]))) as client:
        yield client


def told(client: Client, **asked: Any) -> BatchSummaryEvent:
    event = client.answered(BatchSummaryRequest(batch="menu", **asked))
    assert isinstance(event, BatchSummaryEvent)
    return event


def test_it_is_what_python_tells(client: Client, folder: Path) -> None:
    event = told(client, find="milk")
    summary = backlit.load_batch(folder).summary(find="milk")
    assert event.sentences == list(summary.sentences)
    assert event.plot == summary.to_svg()
    assert event.markdown == summary.to_markdown()
    assert event.html == summary.to_html()
    assert event.notes == list(summary.notes)
    for sent, table in zip(event.tables, summary.tables, strict=True):
        assert (sent.title, tuple(sent.header)) == (table.title, table.header)
        assert [tuple(row) for row in sent.rows] == list(table.rows)
        assert tuple(sent.strong) == table.strong
    assert "“milk” is in 2 of 2 answers" in event.sentences[0]
    ElementTree.fromstring(event.plot)


def test_method_and_parts_are_chosen(client: Client) -> None:
    first, other = told(client), told(client, method="lime", by="role")
    assert "occlusion" in first.tables[1].title
    assert "lime" in other.tables[1].title
    assert "line 1" in [row[0] for row in first.tables[1].rows]
    assert "line 1" not in [row[0] for row in other.tables[1].rows]
    event = client.answer(BatchSummaryRequest(batch="menu", method="shapley"))
    assert isinstance(event, wire.ErrorEvent)
    assert "by the method 'shapley'" in event.error.message
    for wrong in ({"by": "section"}, {"find": ""}):
        with pytest.raises(ValidationError):
            BatchSummaryRequest(batch="menu", **wrong)  # type: ignore[arg-type]


def test_it_speaks_the_language_of_whoever_asks(client: Client) -> None:
    english = told(client)
    with speaking("tr"):
        turkish = told(client)
    assert "no map of" in english.sentences[0]
    assert "no map of" not in turkish.sentences[0]
    assert turkish.notes != english.notes
    assert told(client) == english


def test_it_is_worked_out_once_until_the_batch_is_read_again(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    worked = []
    real = summarizing.summarize

    def counted(*args: Any) -> Any:
        worked.append(1)
        return real(*args)

    monkeypatch.setattr(summarizing, "summarize", counted)
    assert told(client) == told(client)
    assert len(worked) == 1
    told(client, find="milk")
    assert len(worked) == 2
    client.answered(BatchInfoRequest(batch="menu", again=True))
    told(client)
    assert len(worked) == 3


def test_what_is_quick_does_not_wait_for_it(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, go_on = threading.Event(), threading.Event()
    real = summarizing.summarize

    def slow(*args: Any) -> Any:
        begun.set()
        assert go_on.wait(60)
        return real(*args)

    monkeypatch.setattr(summarizing, "summarize", slow)
    asked = [client.begin(BatchSummaryRequest(batch="menu", find=str(n))) for n in range(8)]
    assert begun.wait(60)
    assert client.answered(BatchRowsRequest(batch="menu"))
    go_on.set()
    for events, _ in asked:
        assert isinstance(events.get(timeout=60), BatchSummaryEvent)


def test_of_what_was_done_since_nothing_is_told_before_it_is_read(
    folder: Path, tmp_path: Path
) -> None:
    growing = shutil.copytree(folder, tmp_path / "growing")
    (part,) = (growing / "parts").iterdir()
    whole = part.read_bytes()
    part.write_bytes(b"")
    asked = BatchSummaryRequest(batch="growing")
    with Client(Service([], [], batches=Batches([str(growing)]))) as client:
        part.write_bytes(whole)
        event = client.answer(asked)
        assert isinstance(event, wire.ErrorEvent)
        assert "There is no map in this batch" in event.error.message
        client.answered(BatchInfoRequest(batch="growing", again=True))
        assert isinstance(client.answered(asked), BatchSummaryEvent)
