"""Whether to believe a map: as Python says, and of no other map than the one that is shown."""

from dataclasses import replace
from typing import Any

import pytest

from backlit import pipeline
from backlit.explanation import Attribution
from backlit.model import Model
from backlit.serving import wire
from backlit.serving.models import ServedModel
from backlit.serving.requests.check import CheckEvent, CheckRequest, VerdictEvent
from backlit.serving.service import Service
from backlit.types import Target
from tests.support.service import PROMPT, Client, Writer, opened, question


def request_of(client: Client, model: str = "toy", **changes: Any) -> CheckRequest:
    """To check a map by words."""
    asked = question(client, model, **changes)
    attribution = client.answered(asked).explanation[0]
    return CheckRequest(model=model, reference=asked.reference, attribution=attribution)


def shown_as(request: CheckRequest, **changes: Any) -> CheckRequest:
    attribution = replace(request.attribution, **changes)
    return request.model_copy(update={"attribution": attribution})


def test_a_map_is_checked_and_progress_is_told(client: Client) -> None:
    events = client.ask(request_of(client))
    first, last = events[0], events[-1]
    assert isinstance(first, wire.ProgressEvent)
    assert first.phase == "check map"
    assert isinstance(last, CheckEvent)
    assert "words" in last.faithfulness.sentence


def test_the_verdict_is_told_as_it_becomes_known(client: Client) -> None:
    events = client.ask(request_of(client))
    told = [event.so_far for event in events if isinstance(event, VerdictEvent)]
    last = events[-1]
    assert isinstance(last, CheckEvent)
    assert len(told) >= 2
    assert [one.decided for one in told] == [False] * (len(told) - 1) + [True]
    assert told[-1].verdict == last.faithfulness.verdict


def test_what_was_checked_in_the_background_is_known_when_it_is_asked_for(client: Client) -> None:
    request = request_of(client)
    first = client.answered(request.model_copy(update={"background": True}))
    assert client.ask(request) == [first.model_copy(update={"cached": True})]


def test_the_question_is_kept_if_that_is_asked_for(client: Client) -> None:
    request = request_of(client)
    asks = PROMPT.splitlines()[-1]
    for keep in (False, True):
        found = client.answered(request.model_copy(update={"keep_question": keep})).faithfulness
        texts = {(s.start, s.stop): s.text for s in request.attribution.segments}
        taken = "".join(texts[span] for span in sorted(found.order))
        assert (asks in taken) is not keep


def test_what_was_checked_is_remembered_and_said_to_be(client: Client) -> None:
    request = request_of(client)
    first = client.answered(request)
    assert not first.cached
    assert client.ask(request) == [first.model_copy(update={"cached": True})]


@pytest.mark.parametrize("foil", [None, " soup"])
def test_it_finds_what_python_finds(client: Client, toy_model: Model, foil: str | None) -> None:
    request = request_of(client, foil=foil)
    target = request.attribution.target
    explanation = pipeline.explain(
        toy_model,
        toy_model.generate(PROMPT),
        target=(target.start, target.stop),
        foil=foil,
        method="occlusion",
        granularity="word",
    )
    checked = pipeline.check(toy_model, explanation)
    assert client.answered(request).faithfulness == checked[0].faithfulness


def test_the_map_is_checked_as_the_person_cut_and_joined_it(client: Client) -> None:
    """Another order of the same segments is another map."""
    request = request_of(client)
    backwards = tuple(replace(one, score=-one.score) for one in request.attribution.segments)
    straight = client.answered(request).faithfulness
    reverse = client.answered(shown_as(request, segments=backwards)).faithfulness
    assert reverse.order == straight.order[::-1]


def test_a_map_of_many_levels_is_of_parts(client: Client) -> None:
    request = request_of(client, granularity="token", budget=100)
    assert request.attribution.coarse_to_fine
    assert "parts" in client.answered(request).faithfulness.sentence


@pytest.mark.parametrize("keep", [slice(-1), slice(1, None), slice(0, 0), slice(None, None, -1)])
def test_a_map_with_holes_is_refused(client: Client, keep: slice) -> None:
    request = request_of(client)
    holes = shown_as(request, segments=request.attribution.segments[keep])
    error = client.answer(holes).error
    assert error.code == "InputError"
    assert "does not cover what is before the target" in error.message


def test_a_target_outside_of_the_response_is_refused(client: Client) -> None:
    request = request_of(client)
    assert client.answer(shown_as(request, target=Target(0, 2))).error.code == "TargetError"


def test_too_few_segments_are_told(client: Client) -> None:
    error = client.answer(request_of(client, granularity="paragraph")).error
    assert error.code == "InputError"
    assert "too few to tell an order from chance" in error.message


def test_a_map_of_an_answer_that_was_forgotten_is_checked_alike(client: Client) -> None:
    request = request_of(client)
    before = client.answered(request).faithfulness
    with Client(Service([ServedModel("toy", "toy")], [])) as restarted:
        assert restarted.answered(request).faithfulness == before


def test_a_model_that_only_writes_says_so(client: Client) -> None:
    attribution: Attribution = request_of(client).attribution
    with opened(Writer()) as writing:
        request = CheckRequest(
            model="m", reference=question(client).reference, attribution=attribution
        )
        assert "how likely" in writing.answer(request).error.message
