"""Proofs: as Python measures them, and never in anybody's way."""

from dataclasses import replace
from typing import Any

import pytest
from pydantic import ValidationError

from backlit import pipeline
from backlit.explanation import Explanation
from backlit.explanation.finding import measured
from backlit.model import Model
from backlit.serving import wire
from backlit.serving.requests.prove import ProofEvent, ProofsEvent, ProveRequest
from backlit.types import Scope
from tests.support.service import Client, question


def request_of(client: Client, **changes: Any) -> ProveRequest:
    """To prove a map by words."""
    asked = question(client, **changes)
    attribution = client.answered(asked).explanation[0]
    return ProveRequest(model="toy", reference=asked.reference, attribution=attribution)


@pytest.mark.parametrize("foil", [None, " soup"])
def test_it_measures_what_python_measures(
    client: Client, toy_model: Model, foil: str | None
) -> None:
    request = request_of(client, foil=foil)
    events = client.ask(request)
    first, last = events[0], events[-1]
    assert isinstance(first, wire.ProgressEvent)
    assert first.phase == "prove"
    assert isinstance(last, ProofsEvent)
    assert len(last.proofs) >= 3
    generation = client.answered(question(client, foil=foil)).explanation.generation
    known = pipeline.prove(toy_model, Explanation(generation, (request.attribution,)))
    assert last.proofs == known[0].proofs
    told = [event.proof for event in events if isinstance(event, ProofEvent)]
    assert tuple(told) == last.proofs  # each as it was made
    assert last.finding == known.finding()
    assert last.finding


@pytest.mark.parametrize("scope", ["prompt", "response"])
def test_the_first_of_the_prompt_or_of_the_answer(client: Client, scope: Scope) -> None:
    request = request_of(client, target=(12, 13)).model_copy(update={"scope": scope, "top": 2})
    last = client.answered(request)
    generation = client.answered(question(client, target=(12, 13))).explanation.generation
    spans = [span for proof in last.proofs for span in proof.spans]
    assert len(spans) >= 2
    written = {start >= generation.sequence.prompt_length for start, _ in spans}
    assert written == {scope == "response"}
    proved = replace(request.attribution, proofs=last.proofs)
    assert last.finding == measured(generation, proved, scope)


def test_what_was_measured_is_remembered_and_said_to_be(client: Client) -> None:
    request = request_of(client)
    first = client.answered(request)
    assert not first.cached
    assert client.ask(request) == [first.model_copy(update={"cached": True})]


def test_nothing_is_left_to_read(client: Client) -> None:
    error = client.answer(request_of(client, granularity="paragraph", target=(10, 11))).error
    assert error.code == "InputError"
    assert "Nothing would be left" in error.message


def test_too_many_are_refused(client: Client) -> None:
    asked = request_of(client).model_dump()
    with pytest.raises(ValidationError):
        ProveRequest(**asked | {"top": 1_000})
