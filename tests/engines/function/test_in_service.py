"""Functions as engines, in the service that the page asks."""

from collections.abc import Iterator
from typing import Any

import pytest

from backlit.engines import from_function
from backlit.methods import BUILT_IN
from backlit.serving import wire
from backlit.serving.models import ServedModel
from backlit.serving.requests.check import CheckRequest
from backlit.serving.requests.estimate import EstimateRequest
from backlit.serving.requests.explain import ExplainRequest
from backlit.serving.requests.generate import GenerateRequest, GenerationEvent, TokensEvent
from backlit.serving.requests.load import LoadRequest
from backlit.serving.requests.mute import MuteRequest
from backlit.serving.requests.prove import ProveRequest
from backlit.serving.requests.respond import RespondRequest
from backlit.serving.service import Service
from backlit.types import GenerationOptions
from tests.engines.function.examples import PROMPT, echo, failing, summands, sums
from tests.support.service import Client


@pytest.fixture(params=[sums, summands])
def client(request: pytest.FixtureRequest) -> Iterator[Client]:
    engine = from_function(score=request.param, generate=echo, name="m")
    service = Service([ServedModel("m", "function", lambda source, progress: engine)], [])
    yield Client(service)
    service.close()


REFERENCE = wire.SequenceRef(prompt=PROMPT)


def test_the_page_knows_what_it_can_do(client: Client) -> None:
    model = client.answer(LoadRequest(model="m")).model
    assert (model.status, model.chat, model.metadata["source"]) == ("ready", False, "function")
    unavailable_ones = {m.facts.name for m in BUILT_IN if m.facts.needs != ("score",)}
    assert set(model.unavailable_methods) == unavailable_ones


def test_the_page_answers_explains_checks_and_mutes(client: Client) -> None:
    asked = GenerateRequest(
        model="m", reference=REFERENCE, options=GenerationOptions(max_new_tokens=5)
    )
    events = client.ask(asked)
    last = events[-1]
    assert isinstance(last, GenerationEvent)
    sequence = last.generation.sequence
    streamed = [t for e in events if isinstance(e, TokensEvent) for t in e.tokens]
    assert tuple(streamed) == sequence.tokens[sequence.prompt_length :]
    start, stop = sequence.prompt_length, len(sequence.tokens)
    reference = REFERENCE.model_copy(update={"response_ids": list(sequence.input_ids[start:])})
    common: dict[str, Any] = {"model": "m", "reference": reference, "target": (start, stop)}
    explained = client.answer(ExplainRequest(**common, method="occlusion", granularity="word"))
    attribution = explained.explanation[0]
    found = attribution.segments
    assert {s.text: s.score for s in found}[" dog"] == pytest.approx(1.0)
    checked = client.answer(CheckRequest(model="m", reference=reference, attribution=attribution))
    assert checked.faithfulness.verdict == "holds"
    dog = next((s.start, s.stop) for s in found if s.text == " dog")
    muted = client.answer(MuteRequest(**common, spans=[dog]))
    assert muted.log_prob - muted.muted_log_prob == pytest.approx(1.0)
    costs = client.answer(EstimateRequest(**common, granularity="word")).costs
    assert costs["occlusion"].seconds > 0


def test_the_page_takes_given_responses_and_stopped_ones(client: Client) -> None:
    event = client.answer(RespondRequest(model="m", reference=REFERENCE, response=" Yes."))
    generation = event.generation
    assert (generation.response, generation.finish_reason) == (" Yes.", "given")
    known = {t.log_prob is None for t in generation.sequence.tokens[-2:]}
    assert len(known) == 1
    ids = [t.id for t in generation.sequence.tokens[-2:]]
    assert GenerationEvent.model_validate_json(event.model_dump_json()) == event
    again = client.answer(RespondRequest(model="m", reference=REFERENCE, response=ids))
    assert again.generation.sequence == generation.sequence
    unknown = client.answer(RespondRequest(model="m", reference=REFERENCE, response=[1]))
    assert (unknown.error.code, unknown.error.hint) == ("TargetError", "Generate the answer again.")
    reference = REFERENCE.model_copy(update={"muted": [(0, 6)]})
    event = client.answer(GenerateRequest(model="m", reference=reference))
    assert event.generation.sequence.prompt.text == "\nThe cat likes it warm"


def test_the_page_is_told_what_failed() -> None:
    engine = from_function(score=failing(ValueError("no such prompt")), name="m")
    service = Service([ServedModel("m", "function", lambda source, progress: engine)], [])
    client = Client(service)
    event = client.answer(RespondRequest(model="m", reference=REFERENCE, response=" Yes."))
    assert event.error.message == "Your score function failed: ValueError: no such prompt"
    event = client.answer(GenerateRequest(model="m", reference=REFERENCE))
    assert "without a generate function" in event.error.message
    service.close()


def test_of_a_function_that_only_writes_answers_are_counted() -> None:
    def writes(prompt: str, options: GenerationOptions) -> str:
        return " Yes." if " dog" in prompt else " No."

    engine = from_function(generate=writes, name="m")
    with Client(Service([ServedModel("m", "function", lambda source, progress: engine)], [])) as it:
        model = it.answer(LoadRequest(model="m")).model
        every = {method.facts.name for method in BUILT_IN}
        assert set(model.unavailable_methods) == every
        counted = {"occlusion", "sparse_ablation", "lime", "shapley"}
        assert every - set(model.unavailable_for_shares) == counted
        sequence = it.answer(GenerateRequest(model="m", reference=REFERENCE)).generation.sequence
        start, stop = sequence.prompt_length, len(sequence.tokens)
        reference = REFERENCE.model_copy(update={"response_ids": list(sequence.input_ids[start:])})
        about: dict[str, Any] = {"model": "m", "reference": reference}
        asked: dict[str, Any] = {"target": (start, stop), "measure": "share", "samples": 4}
        asked["granularity"] = "word"
        explained = it.answered(ExplainRequest(**about, **asked, method="occlusion"))
        attribution = explained.explanation[0]
        assert {s.text: s.score for s in attribution.segments}[" dog"] == 100
        proofs = it.answered(ProveRequest(**about, attribution=attribution))
        assert proofs.proofs[0].lost == 100
        assert "100 percentage points lower" in proofs.finding
        check = it.answered(CheckRequest(**about, attribution=attribution)).faithfulness
        assert check.verdict == "holds"
        assert "percentage points" in check.sentence
        assert set(it.answered(EstimateRequest(**about, **asked)).costs) == counted
