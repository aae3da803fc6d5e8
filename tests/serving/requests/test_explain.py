"""Explaining a target: the page is sent what Python gives, and nothing is run twice."""

from dataclasses import replace
from typing import Any

import pytest
from pydantic import TypeAdapter

from backlit import pipeline
from backlit.engines.toy import ToyEngine
from backlit.explanation import Explanation
from backlit.methods import BUILT_IN
from backlit.model import Model
from backlit.serving import call, wire
from backlit.serving.http import event_of
from backlit.serving.models import ServedModel
from backlit.serving.requests.explain import EXPLAIN, ExplanationEvent
from backlit.serving.service import Service
from backlit.types import GenerationOptions
from tests.support.service import (
    PROMPT,
    REFERENCE,
    SECONDS,
    Client,
    Counting,
    opened,
    question,
    reference_of,
    rest_of,
    written,
)


def explained(client: Client, **changes: Any) -> Explanation:
    explanation: Explanation = client.answered(question(client, **changes)).explanation
    return explanation


@pytest.mark.parametrize("method", [one.facts.name for one in BUILT_IN])
def test_the_page_is_sent_what_a_file_holds_and_python_gives(
    client: Client, toy_model: Model, method: str
) -> None:
    request = question(client, method=method, foil=" soup")
    event = client.answered(request)
    sent = TypeAdapter[ExplanationEvent](event_of(EXPLAIN)).validate_json(event.model_dump_json())
    assert sent.explanation == event.explanation
    assert sent.explanation == Explanation.from_json(event.explanation.to_json())
    in_python = pipeline.explain(
        toy_model,
        toy_model.generate(PROMPT),
        target=request.target,
        foil=" soup",
        method=method,
        granularity="word",
    )
    assert sent.explanation.generation == in_python.generation
    assert sent.explanation[0].segments == in_python[0].segments
    assert sent.explanation.attributions == in_python.attributions
    assert list(sent.explanation.metadata) == list(in_python.metadata)
    without_time = {**in_python.metadata, "seconds": sent.explanation.metadata["seconds"]}
    assert sent.explanation.metadata == without_time


def test_what_was_explained_is_remembered_and_said_to_be(client: Client) -> None:
    request = question(client)
    first = client.answered(request)
    assert not first.cached
    assert first.explanation[0].segments[-1].stop == request.target[0]
    assert client.ask(request) == [first.model_copy(update={"cached": True})]


@pytest.mark.parametrize("options", [GenerationOptions(), GenerationOptions(3, 1.0, seed=7)])
def test_an_answer_that_was_forgotten_is_explained_alike(
    client: Client, options: GenerationOptions
) -> None:
    """By a service that was started anew, which reads and annotates it first."""
    event = written(client, options)
    size = len(event.generation.sequence.tokens)
    request = question(client, reference=reference_of(event), target=(size - 1, size))
    before = client.answered(request).explanation
    with Client(Service([ServedModel("toy", "toy")], [])) as restarted:
        after = restarted.answered(request).explanation
    assert after.generation.finish_reason == event.generation.finish_reason
    assert after.generation.options == options
    assert after.attributions == before.attributions
    for known, anew in zip(
        before.generation.sequence.tokens, after.generation.sequence.tokens, strict=True
    ):
        assert anew.log_prob == pytest.approx(known.log_prob)
        assert [other.id for other in anew.alternatives] == [
            other.id for other in known.alternatives
        ]
        unlike: Any = {"log_prob": None, "alternatives": ()}  # in the last digit, at most
        assert replace(anew, **unlike) == replace(known, **unlike)


def test_scores_are_told_on_the_way(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(call, "PROGRESS_SECONDS", 0.0)
    events = client.ask(question(client))
    progress = [event for event in events if isinstance(event, wire.ProgressEvent)]
    assert {event.phase for event in progress} == {"explain"}
    scores = {(a, b): score for event in progress for a, b, score in event.scores}
    last = events[-1]
    assert isinstance(last, ExplanationEvent)
    assert scores == {(one.start, one.stop): one.score for one in last.explanation[0].segments}


@pytest.mark.parametrize("foil", [" soup", [300]])
def test_a_foil_is_text_or_ids(client: Client, foil: str | list[int]) -> None:
    attribution = explained(client, foil=foil)[0]
    assert attribution.target.foil is not None
    text = foil if isinstance(foil, str) else ToyEngine().vocabulary[foil[0]].decode()
    assert attribution.target.foil.text == text
    assert attribution.foil_log_prob is not None
    assert attribution.foil_log_prob < 0


def test_a_foil_is_not_the_target(client: Client) -> None:
    sequence = written(client).generation.sequence
    start = sequence.prompt_length
    request = question(client, target=(start, start + 1), foil=sequence.tokens[start].text)
    error = client.answer(request).error
    assert (error.code, error.message) == ("TargetError", "The foil is the target itself.")


def test_coarse_to_fine_says_its_levels(client: Client) -> None:
    attribution = explained(client, budget=100)[0]
    assert attribution.coarse_to_fine
    levels = {segment.level for segment in attribution.segments}
    assert levels <= {"paragraph", "line", "sentence", "word"}


def test_more_samples_begin_with_those_that_were_run() -> None:
    engine = Counting()
    with opened(engine) as client:
        request = question(client, "m", method="lime", params={"n_samples": 40})
        request = request.model_copy(update={"granularity": "token"})
        client.answered(request)
        before = len(engine.scored)
        client.answered(request.model_copy(update={"params": {"n_samples": 48}}))
        assert before < len(engine.scored) <= before + 8


def test_scores_of_cancelled_work_are_not_lost() -> None:
    """Who asks again after stopping it gets on from there."""
    engine = Counting(hold_at=12)
    with opened(engine) as client:
        request = question(client, "m", method="lime", params={"n_samples": 40})
        events, cancel = client.begin(request)
        assert engine.held.wait(SECONDS)
        cancel()
        engine.release.set()
        assert not any(isinstance(event, ExplanationEvent) for event in rest_of(events))
        stopped_at = len(engine.scored)
        assert stopped_at <= 13  # the one it was at, at most
        event = client.answered(request)
        assert not event.cached
        assert len(engine.scored) > stopped_at
        assert len(set(engine.scored)) == len(engine.scored)


def test_the_same_target_of_another_prompt_is_another_question(client: Client) -> None:
    """Same ids, but the prompt ends elsewhere: what may be muted or explained differs."""
    request = question(client)
    ids = request.reference.response_ids
    longer = REFERENCE.model_copy(update={"response_ids": ids, "finish_reason": "given"})
    event = client.answered(request.model_copy(update={"reference": longer}))
    assert not event.cached
    assert event.explanation.generation.finish_reason == "given"


@pytest.mark.parametrize(
    ("changes", "learns"),
    [
        ({"method": "grad_l2"}, True),
        ({"method": "grad_l2", "foil": " soup"}, False),
        ({"method": "lime"}, False),
    ],
)
def test_the_models_speed_is_learnt_where_the_cost_is_exact(
    client: Client, changes: dict[str, Any], learns: bool
) -> None:
    request = question(client, **changes)
    served = ServedModel("toy", "toy")
    with Client(Service([served], [])) as restarted:
        restarted.answered(request)
    assert (served.seconds_per_token is not None) == learns


def test_the_share_of_answers_is_as_in_python(client: Client, toy_model: Model) -> None:
    asked: dict[str, Any] = {
        "method": "occlusion",
        "measure": "share",
        "samples": 4,
        "matching": "soup|milk",
    }
    request = question(client, **asked)
    sent = client.answered(request).explanation
    in_python = pipeline.explain(
        toy_model, toy_model.generate(PROMPT), target=request.target, granularity="word", **asked
    )
    assert sent.attributions == in_python.attributions
    assert sent[0].share is not None
    assert (sent[0].share.samples, sent[0].share.pattern) == (4, "soup|milk")


@pytest.mark.parametrize(
    "asked",
    [
        {"measure": "share", "matching": "("},
        {"measure": "share", "foil": " soup"},
        {"samples": 3},
        {"measure": "share", "method": "grad_l2"},
    ],
)
def test_a_share_that_can_not_be_asked_for(client: Client, asked: dict[str, Any]) -> None:
    refused = client.ask(question(client, **{"method": "occlusion", **asked}))[-1]
    assert isinstance(refused, wire.ErrorEvent)
    assert refused.error.hint
