"""Columns that are measured of rows, kept as they come."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from backlit.data import Example
from backlit.data.base import ExampleList
from backlit.engines.toy import ToyEngine
from backlit.model import Model
from backlit.serving import wire
from backlit.serving.models import ServedModel
from backlit.serving.requests import measure as module
from backlit.serving.requests.measure import MeasuredEvent, MeasureRequest
from backlit.serving.requests.rows import EditRequest, Place, RowEdit, RowsRequest
from backlit.serving.service import Service
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
    row = wire.ExampleInfo.of(replace(ROWS[0], source="web", fields={"level": 1}))
    client.answered(EditRequest(dataset="pets", edits=[RowEdit(id="dog", row=row)]))
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
