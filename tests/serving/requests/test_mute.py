"""Scoring a target again without some of what came before it."""

import pytest

from backlit.display.words import times_likely
from backlit.engines.toy import ToyEngine
from backlit.serving.requests.mute import MuteRequest
from tests.support.service import Client, Writer, opened, reference_of, written


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
