"""Requests in, events out: on the toy, and on engines that fail in every way."""

import logging
import queue
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest

from backlit.data import load_dataset
from backlit.engines.base import GenerationStep
from backlit.engines.toy import ToyEngine
from backlit.errors import OfflineError
from backlit.methods import methods
from backlit.progress import Progress, announce
from backlit.serving import wire
from backlit.serving.models import ServedModel
from backlit.serving.requests.check import CheckEvent, CheckRequest
from backlit.serving.requests.estimate import EstimateRequest
from backlit.serving.requests.explain import ExplainRequest
from backlit.serving.requests.generate import GenerateRequest, GenerationEvent, TokensEvent
from backlit.serving.requests.load import LoadRequest
from backlit.serving.requests.mute import MuteEvent, MuteRequest
from backlit.serving.requests.respond import RespondRequest
from backlit.serving.requests.segment import SegmentRequest
from backlit.serving.service import Request, Service
from backlit.types import GenerationOptions, TokenSequence

SECONDS = 20
REFERENCE = wire.SequenceRef(prompt="Question: what does the dog like? Answer:")


class Client:
    """Asks a service, and collects what it hears."""

    def __init__(self, service: Service) -> None:
        self.service = service

    def begin(
        self, request: Request
    ) -> tuple["queue.Queue[wire.Event | None]", Callable[[], None]]:
        events: queue.Queue[wire.Event | None] = queue.Queue()
        return events, self.service.submit(request, events.put)

    def ask(self, request: Request) -> list[wire.Event]:
        events, _ = self.begin(request)
        heard = []
        while (event := events.get(timeout=SECONDS)) is not None:
            heard.append(event)
        return heard

    def answer(self, request: Request) -> Any:
        """The last event."""
        return self.ask(request)[-1]


@pytest.fixture
def client() -> Iterator[Client]:
    service = Service([ServedModel("toy", "toy")], [load_dataset("sample_prompts")])
    yield Client(service)
    service.close()


def opened(engine: ToyEngine | BaseException) -> Client:
    """A service on an engine that takes no loading, or on an error instead of one."""

    def open_(source: str, progress: Progress) -> ToyEngine:
        progress("download", 1, 10)
        progress("download", 10, 10)
        if isinstance(engine, BaseException):
            raise engine
        return engine

    return Client(Service([ServedModel("m", "m", open_)], []))


def written(client: Client, options: GenerationOptions | None = None) -> GenerationEvent:
    event = client.answer(
        GenerateRequest(model="toy", reference=REFERENCE, options=options or GenerationOptions())
    )
    assert isinstance(event, GenerationEvent)
    return event


def reference_of(event: GenerationEvent) -> wire.SequenceRef:
    sequence = event.generation.sequence
    ids = sequence.input_ids[sequence.prompt_length :]
    return REFERENCE.model_copy(update={"response_ids": list(ids)})


def test_state_has_all_a_page_needs(client: Client) -> None:
    client.ask(LoadRequest(model="toy"))
    state = client.service.state()
    (model,) = state.models
    assert (model.name, model.status, model.chat) == ("toy", "ready", True)
    assert model.unavailable_methods == {}
    assert [m.name for m in state.methods] == list(methods())
    assert [d.name for d in state.datasets] == ["sample_prompts"]
    assert len(state.datasets[0].examples) == 12
    assert state.granularities[0] == "token"
    assert wire.State.model_validate_json(state.model_dump_json()) == state


def test_generate_streams_the_prompt_then_tokens_then_the_whole(client: Client) -> None:
    client.ask(LoadRequest(model="toy"))
    events = client.ask(GenerateRequest(model="toy", reference=REFERENCE))
    kinds = [event.type for event in events]
    assert kinds[0] == "sequence"
    assert kinds[-1] == "generation"
    assert set(kinds[1:-1]) == {"tokens"}
    streamed = [t for e in events if isinstance(e, TokensEvent) for t in e.tokens]
    last = events[-1]
    assert isinstance(last, GenerationEvent)
    sequence = last.generation.sequence
    assert tuple(streamed) == sequence.tokens[sequence.prompt_length :]
    for spans in last.segmentations.values():
        assert [a for a, _ in spans] == [0, *(b for _, b in spans)][:-1]
        assert spans[-1][1] == len(sequence.tokens)


def test_a_target_can_be_given(client: Client) -> None:
    event = client.answer(RespondRequest(model="toy", reference=REFERENCE, response=" the cat"))
    assert event.generation.finish_reason == "given"
    ids = [t.id for t in event.generation.sequence.tokens[-2:]]
    event = client.answer(RespondRequest(model="toy", reference=REFERENCE, response=ids))
    assert event.generation.finish_reason == "cancelled"


def test_explain_reports_scores_then_the_whole_and_remembers(client: Client) -> None:
    whole = written(client)
    size = len(whole.generation.sequence.tokens)
    request = ExplainRequest(
        model="toy",
        reference=reference_of(whole),
        target=(size - 2, size),
        method="occlusion",
        granularity="word",
    )
    first = client.answer(request)
    assert first.type == "attribution"
    assert not first.cached
    assert first.attribution.segments[-1].stop == size - 2
    again = client.ask(request)
    assert len(again) == 1
    assert again[0] == first.model_copy(update={"cached": True})


def question(client: Client, **changes: Any) -> ExplainRequest:
    whole = written(client)
    size = len(whole.generation.sequence.tokens)
    fields: dict[str, Any] = {
        "model": "toy",
        "reference": reference_of(whole),
        "target": (size - 1, size),
        "method": "occlusion",
        "granularity": "word",
    }
    return ExplainRequest(**(fields | changes))


def toy_text(ids: list[int]) -> str:
    return b"".join(ToyEngine().vocabulary[i] for i in ids).decode()


@pytest.mark.parametrize("foil", [" soup", [300]])
def test_a_foil_is_text_or_ids(client: Client, foil: str | list[int]) -> None:
    event = client.answer(question(client, foil=foil))
    found = event.attribution
    assert found.target.foil.text == (" soup" if isinstance(foil, str) else toy_text(foil))
    assert found.foil_log_prob < 0
    same = question(client)
    start = written(client).generation.sequence.prompt_length
    text = written(client).generation.sequence.tokens[start].text
    refused = client.answer(same.model_copy(update={"foil": text, "target": (start, start + 1)}))
    assert (refused.error.code, refused.error.message) == (
        "TargetError", "The foil is the target itself.",
    )  # fmt: skip


def test_coarse_to_fine_says_its_levels(client: Client) -> None:
    event = client.answer(question(client, budget=100))
    assert {s.level for s in event.attribution.segments} <= {
        "paragraph",
        "line",
        "sentence",
        "word",
    }


def test_costs_are_told_before_running(client: Client) -> None:
    asked = question(client)
    estimate = EstimateRequest(
        model="toy",
        reference=asked.reference,
        target=asked.target,
        params={"shapley": {"n_samples": 1_000}},
        granularity="word",
    )
    costs = client.answer(estimate).costs
    assert set(costs) == set(methods())
    assert costs["shapley"].runs > costs["grad_l2"].runs
    assert costs["grad_l2"].seconds > 0
    contrast = client.answer(estimate.model_copy(update={"foil": " soup"})).costs
    assert contrast["lime"].runs == 2 * costs["lime"].runs


def test_a_map_is_checked(client: Client) -> None:
    asked = question(client)
    segments = client.answer(asked).attribution.segments
    request = CheckRequest(
        model="toy",
        reference=asked.reference,
        target=asked.target,
        spans=[(s.start, s.stop) for s in segments],
        scores=[s.score for s in segments],
        unit="word",
    )
    events = client.ask(request)
    assert isinstance(events[0], wire.ProgressEvent)
    found = events[-1]
    assert isinstance(found, CheckEvent)
    assert "words" in found.faithfulness.sentence
    assert client.ask(request) == [found]  # remembered
    holes = request.model_copy(update={"spans": request.spans[:-1]})
    assert client.answer(holes).error.code == "InputError"


def test_scores_of_cancelled_work_are_not_lost(client: Client) -> None:
    """More samples begin with those that were run."""
    asked = question(client, method="lime", params={"n_samples": 40}, granularity="token")
    client.answer(asked)
    engine = client.service._models["toy"].model
    assert engine is not None
    (objective,) = engine._objectives.values()
    before = len(objective._known)
    client.answer(asked.model_copy(update={"params": {"n_samples": 48}}))
    assert before < len(objective._known) <= before + 8


def test_mute_measures_both_ways(client: Client) -> None:
    whole = written(client)
    sequence = whole.generation.sequence
    size = len(sequence.tokens)
    request = MuteRequest(
        model="toy",
        reference=reference_of(whole),
        target=(size - 1, size),
        spans=[(size - 2, size - 1)],
    )
    event = client.answer(request)
    ids = sequence.input_ids
    toy = ToyEngine()
    scores = dict(toy.score([ids[:-1], ids[:-2]], ids[-1:]))
    assert event.log_prob == pytest.approx(scores[0].sum())
    assert event.muted_log_prob == pytest.approx(scores[1].sum())
    everything = request.model_copy(update={"spans": [(0, size - 1)]})
    assert client.answer(everything).error.code == "CapabilityError"


def test_generating_without_muted_spans(client: Client) -> None:
    reference = REFERENCE.model_copy(update={"muted": [(0, 2)]})
    event = client.answer(GenerateRequest(model="toy", reference=reference))
    assert event.generation.muted == ((0, 2),)
    assert event.generation.sequence.prompt.text == " what does the dog like? Answer:"


def test_custom_segments(client: Client) -> None:
    client.ask(LoadRequest(model="toy"))
    request = SegmentRequest(model="toy", reference=REFERENCE, pattern=r"\?")
    assert client.answer(request).spans == [(0, 8), (8, 10)]
    event = client.answer(request.model_copy(update={"pattern": "("}))
    assert event.error.code == "PatternError"


@pytest.mark.parametrize(
    ("code", "request_"),
    [
        ("UnknownNameError", LoadRequest(model="gone")),
        (
            "PromptError",
            GenerateRequest(model="toy", reference=wire.SequenceRef(prompt="")),
        ),
        (
            "PromptError",
            GenerateRequest(model="toy", reference=wire.SequenceRef(prompt="a " * 9_000)),
        ),
        ("TargetError", RespondRequest(model="toy", reference=REFERENCE, response="")),
        (
            "TargetError",
            ExplainRequest(model="toy", reference=REFERENCE, target=(0, 2), method="grad_l2"),
        ),
        (
            "UnknownNameError",
            ExplainRequest(
                model="toy",
                reference=REFERENCE.model_copy(update={"response_ids": [1]}),
                target=(10, 11),
                method="nope",
            ),
        ),
    ],
)
def test_bad_requests_end_in_a_clear_error(client: Client, code: str, request_: Request) -> None:
    event = client.answer(request_)
    assert event.type == "error"
    assert event.error.code == code
    assert event.error.hint


def test_loading_is_followed_by_all_who_ask() -> None:
    client = opened(ToyEngine("m"))
    events = client.ask(LoadRequest(model="m"))
    last = events[-1]
    assert isinstance(last, wire.ModelEvent)
    assert last.model.status == "ready"
    client.service.close()


def test_a_model_that_fails_to_load_says_so_and_can_be_tried_again() -> None:
    client = opened(OfflineError("No network.", "Connect, and try again."))
    for _ in range(2):
        event = client.answer(LoadRequest(model="m"))
        assert event.error.code == "OfflineError"
        assert client.service.state().models[0].status == "failed"
    event = client.answer(GenerateRequest(model="m", reference=REFERENCE))
    assert event.error.message == "No network."
    client.service.close()


class Endless(ToyEngine):
    """Writes until it is stopped."""

    def __init__(self) -> None:
        super().__init__("m")
        self.closed = threading.Event()

    def generate(
        self, prompt: TokenSequence, options: GenerationOptions
    ) -> Iterator[GenerationStep]:
        try:
            while True:
                yield GenerationStep(tuple(self.append(prompt, "x").tokens[-1:]))
                time.sleep(0.005)
        finally:
            self.closed.set()


def test_cancelling_stops_a_generation_and_lets_the_next_one_run() -> None:
    engine = Endless()
    client = opened(engine)
    events, cancel = client.begin(GenerateRequest(model="m", reference=REFERENCE))
    while not isinstance(events.get(timeout=SECONDS), TokensEvent):
        pass
    waiting, _ = client.begin(MuteRequest(
        model="m", reference=REFERENCE.model_copy(update={"response_ids": [65]}),
        target=(10, 11), spans=[(0, 1)],
    ))  # fmt: skip
    queued = waiting.get(timeout=SECONDS)
    assert isinstance(queued, wire.QueuedEvent)
    assert queued.ahead == 1
    # Cutting text does not wait for the model.
    segments = client.answer(SegmentRequest(model="m", reference=REFERENCE, pattern="x"))
    assert segments.type == "segments"
    cancel()
    assert engine.closed.wait(SECONDS)
    assert isinstance(waiting.get(timeout=SECONDS), MuteEvent)
    client.service.close()


class Failing(ToyEngine):
    """Raises while it scores."""

    def __init__(self, error: BaseException) -> None:
        super().__init__("m")
        self._error = error

    def score(self, contexts: Sequence[Sequence[int]], *answers: Sequence[int]) -> Any:
        raise self._error


def explain_request() -> ExplainRequest:
    return ExplainRequest(
        model="m",
        reference=REFERENCE.model_copy(update={"response_ids": [65]}),
        target=(10, 11),
        method="occlusion",
    )


def test_a_bug_is_logged_and_told_without_its_details(caplog: pytest.LogCaptureFixture) -> None:
    client = opened(Failing(ZeroDivisionError("secret")))
    with caplog.at_level(logging.ERROR):
        event = client.answer(explain_request())
    assert event.error.code == "InternalError"
    assert "secret" not in event.error.message
    assert "ZeroDivisionError" in caplog.text
    client.service.close()


def test_running_out_of_memory_is_told_as_that() -> None:
    client = opened(Failing(MemoryError()))
    event = client.answer(explain_request())
    assert "not enough memory" in event.error.message
    client.service.close()


def test_a_slow_first_pass_is_forgotten() -> None:
    """Costs follow from the quickest pass: others waited for memory or for another program."""
    loaded = ServedModel("toy", "toy")
    loaded.took(10.0, 100)
    assert loaded.seconds_per_token == 0.1
    loaded.took(1.0, 100)
    loaded.took(5.0, 100)
    assert loaded.seconds_per_token == 0.01


class Compiling(ToyEngine):
    """Says that it compiles before each annotation."""

    def annotate(self, sequence: TokenSequence) -> TokenSequence:
        announce("compile")
        noted = super().annotate(sequence)
        announce("run")
        return noted


def test_compiling_is_told_and_makes_nothing_look_slow() -> None:
    loaded = ServedModel("m", "m", lambda source, progress: Compiling())
    client = Client(Service([loaded], []))
    asked = RespondRequest(model="m", reference=REFERENCE, response=" water.")
    phases = [e.phase for e in client.ask(asked) if isinstance(e, wire.PhaseEvent)]
    assert phases == ["compile", "run"]
    assert loaded.seconds_per_token is None
    client.service.close()
