"""Columns that are measured of rows, kept as they come."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from backlit.data import Example
from backlit.data.base import ExampleList
from backlit.engines.toy import ToyEngine
from backlit.errors import Cancelled
from backlit.explaining.measuring import Measured
from backlit.model import Model
from backlit.serving import wire
from backlit.serving.models import ServedModel
from backlit.serving.requests import measure as module
from backlit.serving.requests.edits import EditRequest, RowEdit
from backlit.serving.requests.measure import MeasuredEvent, MeasureRequest
from backlit.serving.requests.rows import Place, RowsRequest
from backlit.serving.service import Service
from backlit.workspace import Workspace
from tests.support.service import Client

ROWS = (
    Example("dog", "The dog likes", " cold water."),
    Example("cat", "The cat likes", " warm milk."),
    Example("long", "dog " * 20_000, " cold"),
)


@pytest.fixture
def client() -> Iterator[Client]:
    served = ServedModel.of(Model(ToyEngine("m")))
    with Client(Service([served], [ExampleList("pets", ROWS)])) as opened:
        yield opened


def request(*names: str) -> MeasureRequest:
    places = [Place(dataset="pets", id=name) for name in names]
    return MeasureRequest(model="m", rows=places, measures=["tokens", "log_prob", "exact_match"])


def test_what_is_measured_stands_in_columns(client: Client) -> None:
    event = client.answered(request("dog", "cat", "dog", "gone"))
    assert event == MeasuredEvent(done=2, problems=[])
    rows = client.answered(RowsRequest(datasets=["pets"]))
    columns = ["tokens · m", "log_prob · m", "exact_match · m", "answer · m"]
    assert rows.columns == ["id", "prompt", "target", *columns]
    dog, cat, long = (dict(zip(rows.columns, row.cells, strict=True)) for row in rows.rows)
    for one in (dog, cat):
        assert one["tokens · m"] == 3
        assert one["log_prob · m"] < 0
        assert one["exact_match · m"] in (0, 1)
        assert one["answer · m"]
    assert long["tokens · m"] is None


def test_they_stand_beside_what_was_measured(client: Client) -> None:
    edit = RowEdit(id="dog", values={"source": "web", "level": 1})
    client.answered(EditRequest(dataset="pets", edits=[edit]))
    client.answered(request("dog"))
    columns = client.answered(RowsRequest(datasets=["pets"])).columns
    assert [columns[i] for i in (2, 3, -2, -1)] == ["target", "tokens · m", "source", "level"]


def test_what_can_not_be_measured_is_told(client: Client) -> None:
    event = client.answered(request("long", "cat"))
    assert event.done == 2
    (problem,) = event.problems
    assert problem.startswith("long: ")


def test_rows_are_kept_as_they_come(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "AT_ONCE", 1)
    events = [one for one in client.ask(request("dog", "cat")) if isinstance(one, MeasuredEvent)]
    assert [one.done for one in events] == [1, 2, 2]


def test_a_dataset_that_is_not_there(client: Client) -> None:
    asked = MeasureRequest(model="m", rows=[Place(dataset="x", id="y")], measures=["tokens"])
    assert isinstance(client.answer(asked), wire.ErrorEvent)


def test_what_was_measured_until_it_was_stopped_is_kept(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stopped(*arguments: Any) -> None:
        *_, so_far = arguments
        so_far(Measured(0, {"tokens": 3}))
        raise Cancelled

    monkeypatch.setattr(module, "measure", stopped)
    client.answer(request("dog", "cat"))
    columns = client.answered(RowsRequest(datasets=["pets"])).columns
    assert columns == ["id", "prompt", "target", "tokens · m"]


def test_what_changed_meanwhile_has_no_figures_of_before(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def slow(*arguments: Any) -> None:
        *_, so_far = arguments
        edits = [RowEdit(id="dog", values={"prompt": "Sing."}), RowEdit(id="cat", values=None)]
        client.answered(EditRequest(dataset="pets", edits=edits))
        for number in (0, 1):
            so_far(Measured(number, {"tokens": 3}))

    monkeypatch.setattr(module, "measure", slow)
    client.answered(request("dog", "cat"))
    event = client.answered(RowsRequest(datasets=["pets"]))
    assert [row.id for row in event.rows] == ["dog", "long"]
    assert event.columns == ["id", "prompt", "target"]


def test_nothing_is_measured_that_can_not_be_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Workspace(tmp_path / "w.sqlite3").close()
    monkeypatch.setattr(module, "measure", lambda *_: pytest.fail("it was measured"))
    served = ServedModel.of(Model(ToyEngine("m")))
    with (
        Workspace(tmp_path / "w.sqlite3", read_only=True) as workspace,
        Client(Service([served], [ExampleList("pets", ROWS)], workspace=workspace)) as client,
    ):
        event = client.answer(request("dog"))
    assert isinstance(event, wire.ErrorEvent)
    assert event.error.code == "ReadOnlyError"
