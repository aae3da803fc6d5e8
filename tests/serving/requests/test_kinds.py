"""What is true of every kind of request."""

import inspect
import json
from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import TypeAdapter
from starlette.testclient import TestClient

from backlit.serving import wire
from backlit.serving.access import Access
from backlit.serving.http import create_app, event_of
from backlit.serving.requests import (
    BATCH_KINDS,
    KIND_OF,
    OFFER_KINDS,
    PLAIN_KINDS,
    SHELF_KINDS,
    WORKSPACE_KINDS,
    Request,
)
from backlit.serving.requests import MODEL_KINDS as KINDS
from backlit.serving.requests.agree import AgreeRequest
from backlit.serving.requests.check import CheckRequest
from backlit.serving.requests.compare import CompareRequest
from backlit.serving.requests.compare_cost import CompareCostRequest
from backlit.serving.requests.count import CountRequest
from backlit.serving.requests.draft import DraftRequest
from backlit.serving.requests.estimate import EstimateRequest
from backlit.serving.requests.generate import GenerateRequest
from backlit.serving.requests.grid import GridRequest
from backlit.serving.requests.grid_cost import GridCostRequest
from backlit.serving.requests.load import LoadRequest
from backlit.serving.requests.measure import MeasureRequest
from backlit.serving.requests.measure_cost import MeasureCostRequest
from backlit.serving.requests.mute import MuteRequest
from backlit.serving.requests.prove import ProveRequest
from backlit.serving.requests.respond import RespondRequest
from backlit.serving.requests.rows import Place
from backlit.serving.requests.segment import SegmentRequest
from backlit.serving.requests.trace import TraceRequest
from tests.support.service import REFERENCE, Client, Endless, opened, question

TOKEN = "a-secret-of-the-tests"
QUICK = {
    "load",
    "estimate",
    "grid_cost",
    "compare_cost",
    "measure_cost",
    "segment",
    "count",
    "agree",
}
CACHED = {"explain", "check", "compare", "mute", "prove", "trace", "draft"}


def request_of(kind: str, client: Client) -> Request:
    """Something that can be answered."""
    if kind == "load":
        return LoadRequest(model="toy")
    if kind == "generate":
        return GenerateRequest(model="toy", reference=REFERENCE)
    if kind == "respond":
        return RespondRequest(model="toy", reference=REFERENCE, response=" cold water")
    if kind == "segment":
        return SegmentRequest(model="toy", reference=REFERENCE, pattern="t")
    if kind == "count":
        return CountRequest(model="toy", reference=REFERENCE)
    if kind == "agree":
        return AgreeRequest(model="toy", maps=[[1.0, 2.0], [2.0, 1.0]])
    if kind == "draft":
        return DraftRequest(model="toy", prompt="The dog likes", response=" soup", feedback="No.")
    if kind in ("measure", "measure_cost"):
        place = Place(dataset=client.service.state().datasets[0].name, id="one")
        rows_of = MeasureRequest if kind == "measure" else MeasureCostRequest
        return rows_of(model="toy", rows=[place], measures=["tokens"])
    if kind in ("grid", "grid_cost"):
        variant = wire.VariantInfo(name="as it is", template="The {who} likes")
        row = wire.ExampleInfo(id="row 1", prompt="", fields={"who": "cat"})
        asked_of = GridRequest if kind == "grid" else GridCostRequest
        return asked_of(model="toy", variants=[variant], rows=[row], answer=" milk")
    asked = question(client, foil=" soup")
    about: dict[str, Any] = {"model": "toy", "reference": asked.reference}
    if kind in ("compare", "compare_cost"):
        runs_of = CompareRequest if kind == "compare" else CompareCostRequest
        return runs_of(model="toy", explanations=[client.answered(asked).explanation] * 2)
    if kind == "check":
        return CheckRequest(**about, attribution=client.answered(asked).explanation[0])
    if kind == "prove":
        return ProveRequest(**about, attribution=client.answered(asked).explanation[0])
    if kind == "trace":
        return TraceRequest(**about, attribution=client.answered(asked).explanation[0])
    about["target"] = asked.target
    if kind == "mute":
        return MuteRequest(**about, spans=[(0, 2)])
    return EstimateRequest(**about) if kind == "estimate" else asked


@pytest.fixture
def browser(client: Client) -> Iterator[TestClient]:
    with TestClient(
        create_app(client.service, Access(TOKEN)),
        base_url="http://127.0.0.1:8400",
        headers={"Authorization": f"Bearer {TOKEN}"},
    ) as browser:
        yield browser


def test_all_kinds_are_known() -> None:
    assert {kind.name for kind in KINDS.values() if kind.quick} == QUICK
    assert {kind.name for kind in KINDS.values() if kind.cached} == CACHED
    others = {"generate", "respond", "grid", "measure"}
    assert set(KINDS) == QUICK | CACHED | others
    assert list(KIND_OF.values()) == [
        *KINDS.values(),
        *WORKSPACE_KINDS.values(),
        *SHELF_KINDS.values(),
        *BATCH_KINDS.values(),
        *PLAIN_KINDS.values(),
        *OFFER_KINDS.values(),
    ]
    assert all(KIND_OF[kind.request] is kind for kind in KIND_OF.values())


@pytest.mark.parametrize("name", KINDS)
def test_a_kind_says_what_it_is(name: str) -> None:
    kind = KINDS[name]
    for described in (kind.request, *kind.events):
        assert described.__doc__
        assert described.__doc__ != described.__base__.__doc__
    module = kind.run.__module__
    assert module == f"backlit.serving.requests.{name}"
    assert kind.request.__module__ == module


@pytest.mark.parametrize("name", KINDS)
def test_events_differ_by_their_type(name: str) -> None:
    events = (*wire.COMMON_EVENTS, *KINDS[name].events)
    types = [event.model_fields["type"].default for event in events]
    assert len(set(types)) == len(types)


@pytest.mark.parametrize("name", KINDS)
def test_an_answer_is_the_same_behind_the_wire(name: str, client: Client) -> None:
    kind = KINDS[name]
    request = request_of(name, client)
    assert kind.request.model_validate_json(request.model_dump_json()) == request
    assert kind.request.model_validate(request.model_dump(mode="json")) == request
    adapter: TypeAdapter[wire.Event] = TypeAdapter(event_of(kind))
    events = client.ask(request)
    assert events
    assert type(events[-1]) in (kind.events or (wire.ModelEvent,))
    for event in events:
        assert adapter.validate_json(event.model_dump_json()) == event
        assert adapter.validate_python(event.model_dump(mode="json")) == event
        assert json.loads(event.model_dump_json()) == event.model_dump(mode="json")


@pytest.mark.parametrize("name", KINDS)
def test_its_schema_has_all_its_events(name: str) -> None:
    kind = KINDS[name]
    events = (*wire.COMMON_EVENTS, *kind.events)
    schema = TypeAdapter(event_of(kind)).json_schema(mode="serialization")
    assert json.loads(json.dumps(schema)) == schema
    assert {one.__name__ for one in events} <= set(schema["$defs"])
    mapping = schema["discriminator"]["mapping"]
    assert set(mapping) == {event.model_fields["type"].default for event in events}
    fields = kind.request.model_json_schema()["properties"]
    assert set(fields) == set(kind.request.model_fields)


@pytest.mark.parametrize("name", KINDS)
def test_it_has_a_route(name: str, client: Client, browser: TestClient) -> None:
    request = request_of(name, client)
    response = browser.post(f"/api/{name}", json=request.model_dump(mode="json"))
    assert response.status_code == 200
    assert response.headers["content-type"].startswith("text/event-stream")
    lines = [line for line in response.text.splitlines() if line.startswith("data:")]
    adapter: TypeAdapter[wire.Event] = TypeAdapter(event_of(KINDS[name]))
    last = adapter.validate_json(lines[-1].removeprefix("data:"))
    assert type(last) in (KINDS[name].events or (wire.ModelEvent,))


def test_the_document_describes_every_route_and_event(browser: TestClient) -> None:
    document = browser.get("/openapi.json").json()
    for name, kind in KINDS.items():
        operation = document["paths"][f"/api/{name}"]["post"]
        assert operation["description"] == inspect.getdoc(kind.request)
        events = (*wire.COMMON_EVENTS, *kind.events)
        assert {event.__name__ for event in events} <= set(document["components"]["schemas"])


@pytest.mark.parametrize("name", sorted(CACHED))
def test_what_is_cached_says_so(name: str, client: Client) -> None:
    request = request_of(name, client)
    client.answered(request)
    (event,) = client.ask(request)
    assert event.model_dump()["cached"] is True


@pytest.mark.parametrize("name", sorted(set(KINDS) - CACHED))
def test_what_is_not_cached_is_answered_anew(name: str, client: Client) -> None:
    request = request_of(name, client)
    for _ in range(2):
        assert "cached" not in client.answered(request).model_dump()


@pytest.mark.parametrize("name", sorted(QUICK))
def test_what_is_quick_is_answered_while_the_model_is_busy(name: str, client: Client) -> None:
    """By a request that has its thread and its turn."""
    request = request_of(name, client).model_copy(update={"model": "m"})
    with opened(Endless()) as busy:
        events, cancel = busy.begin(GenerateRequest(model="m", reference=REFERENCE))
        while (event := events.get(timeout=20)) is not None and event.type != "tokens":
            pass
        answered = busy.ask(request)
        assert "queued" not in {event.type for event in answered}
        assert type(answered[-1]) in (KINDS[name].events or (wire.ModelEvent,))
        cancel()
