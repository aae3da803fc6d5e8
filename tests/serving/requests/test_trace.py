"""Traces: as Python makes them."""

from typing import Any

import pytest
from pydantic import ValidationError

from backlit import pipeline
from backlit.explanation import Explanation
from backlit.model import Model
from backlit.serving import wire
from backlit.serving.requests.trace import TraceEvent, TraceRequest
from tests.support.service import Client, question


def request_of(client: Client, **changes: Any) -> TraceRequest:
    """To trace a map by words."""
    asked = question(client, **changes)
    attribution = client.answered(asked).explanation[0]
    return TraceRequest(model="toy", reference=asked.reference, attribution=attribution)


@pytest.mark.parametrize("foil", [None, " soup"])
def test_it_leads_where_python_leads(client: Client, toy_model: Model, foil: str | None) -> None:
    request = request_of(client, foil=foil)
    events = client.ask(request)
    first, last = events[0], events[-1]
    assert isinstance(first, wire.ProgressEvent)
    assert first.phase == "trace"
    assert isinstance(last, TraceEvent)
    generation = client.answered(question(client, foil=foil)).explanation.generation
    known = pipeline.trace(toy_model, Explanation(generation, (request.attribution,)))
    assert last.trace == known[0].trace


def test_what_was_traced_is_remembered_and_said_to_be(client: Client) -> None:
    request = request_of(client)
    first = client.answered(request)
    assert not first.cached
    assert client.ask(request) == [first.model_copy(update={"cached": True})]


def test_too_many_sentences_are_refused(client: Client) -> None:
    asked = request_of(client).model_dump()
    with pytest.raises(ValidationError):
        TraceRequest(**asked | {"budget": 1_000})
