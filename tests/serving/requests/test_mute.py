"""Scoring a target again without some of what came before it."""

from typing import Any

import pytest

from backlit.display.words import times_likely
from backlit.engines.toy import ToyEngine
from backlit.explaining.responses import respond
from backlit.explanation.interval import newcombe, wilson
from backlit.model import Model
from backlit.serving.models import ServedModel
from backlit.serving.requests.mute import MuteEvent, MuteRequest, ShareMutedEvent
from backlit.serving.service import Service
from backlit.serving.wire import SequenceRef
from tests.support.bounding import BoundingEngine
from tests.support.service import Client, Writer, opened, question, reference_of, written


def request_of(client: Client, model: str = "toy") -> MuteRequest:
    """Without the last token before the last."""
    event = written(client, model=model)
    size = len(event.generation.sequence.tokens)
    return MuteRequest(
        model=model,
        reference=reference_of(event),
        target=(size - 1, size),
        spans=[(size - 2, size - 1)],
    )


def test_it_is_measured_both_ways(client: Client) -> None:
    request = request_of(client)
    event = client.answered(request)
    ids = written(client).generation.sequence.input_ids
    scores = dict(ToyEngine().score([ids[:-1], ids[:-2]], ids[-1:]))
    assert event.log_prob == pytest.approx(scores[0].sum())
    assert event.muted_log_prob == pytest.approx(scores[1].sum())


def test_the_change_is_in_words(client: Client) -> None:
    event = client.answered(request_of(client))
    assert event.change == times_likely(event.log_prob - event.muted_log_prob)
    assert "likely" in event.change
    nothing = client.answered(request_of(client).model_copy(update={"spans": []}))
    assert nothing.log_prob == nothing.muted_log_prob


def test_it_may_think_again(client: Client, toy_model: Model) -> None:
    response = "The cat likes warm milk. The dog likes water"
    generation = respond(toy_model.engine, "The bird likes ripe berries. ", response)
    sequence = generation.sequence
    target = (len(sequence.tokens) - 1, len(sequence.tokens))
    reference = SequenceRef(
        prompt=str(generation.prompt), response_ids=list(sequence.input_ids[7:]), muted=[]
    )
    assert sequence.prompt_length == 7
    request = MuteRequest(model="toy", reference=reference, target=target, spans=[(1, 3)])
    kept = client.answered(request)
    assert kept.rethinkable
    assert kept.again is None
    *_, first, last = client.ask(request.model_copy(update={"think_again": 2}))
    assert isinstance(first, MuteEvent)
    assert isinstance(last, MuteEvent)
    assert first == kept.model_copy(update={"cached": False})
    explanation = toy_model.explain(generation, target=target, granularity="word")
    (proof,) = toy_model.prove(explanation, without=(1, 3), think_again=2)[0].proofs
    assert last.again == proof.again
    assert last == first.model_copy(update={"again": proof.again})
    outside = request.model_copy(update={"spans": [(8, 9)], "think_again": 1})
    event = client.answered(outside)  # of what would be written anew
    assert not event.rethinkable
    assert event.again is None


def test_what_was_measured_is_remembered_and_said_to_be(client: Client) -> None:
    request = request_of(client)
    first = client.answered(request)
    assert not first.cached
    assert client.ask(request) == [first.model_copy(update={"cached": True})]


def test_something_must_be_left_to_read(client: Client) -> None:
    request = request_of(client)
    everything = request.model_copy(update={"spans": [(0, request.target[0])]})
    assert client.answer(everything).error.code == "TargetError"


def test_a_model_that_only_writes_says_so() -> None:
    with opened(Writer()) as client:
        error = client.answer(request_of(client, "m")).error
        assert (error.code, error.message) == (
            "CapabilityError",
            "m can't say how likely a given text is.",
        )


def test_a_loss_that_is_a_bound_says_so() -> None:
    with opened(BoundingEngine(top=1)) as client:
        request = request_of(client, "m")
        event = client.answered(request)
    assert event.bound == "at_least"
    assert event.change == times_likely(event.log_prob - event.muted_log_prob, "at_least")


def test_of_a_share_answers_are_counted_both_ways(toy_model: Model) -> None:
    """As proofs are, with the same draws: what these counted is not drawn again."""
    with Client(Service([ServedModel.of(toy_model)], [])) as client:
        asked = question(client, measure="share", samples=6, matching="a")
        explanation = client.answered(asked).explanation
        first = explanation[0].segments[0]
        spans = [(first.start, first.stop)]
        fields: dict[str, Any] = {"model": "toy", "reference": asked.reference}
        fields |= {"target": asked.target, "measure": "share", "samples": 6, "matching": "a"}
        event = client.answered(MuteRequest(**fields, spans=spans))
        assert isinstance(event, ShareMutedEvent)
        proof = event.proof
        (proved,) = toy_model.prove(explanation, without=spans)[0].proofs
        assert proof == proved
        counted = proof.counted
        assert counted is not None
        assert counted.with_all.of == counted.without.of == 6
        assert proof.lost == pytest.approx(100 * (counted.with_all.value - counted.without.value))
        right, without = (round(6 * one.value) for one in (counted.with_all, counted.without))
        assert (counted.without.low, counted.without.high) == wilson(without, 6)
        assert proof.interval == pytest.approx(
            tuple(100 * end for end in newcombe(right, 6, without, 6))
        )
        assert 1 <= len(counted.said) <= 3
        whole = MuteRequest(**fields, spans=[(0, explanation[0].segments[-1].stop)])
        assert "Nothing would be left" in client.answer(whole).error.message
        assert asked.target is not None
        own = MuteRequest(**fields, spans=[(asked.target[0] - 1, asked.target[0])])
        assert "written anew" in client.answer(own).error.message
