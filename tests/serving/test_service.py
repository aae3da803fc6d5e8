"""Requests in, events out: who is told what, when, and what is remembered."""

import gc
import threading
import weakref
from collections.abc import Callable

import pytest

from backlit.data import Example
from backlit.data.base import ExampleList
from backlit.engines.toy import ToyEngine
from backlit.errors import DataError, InputError, OfflineError
from backlit.methods import methods
from backlit.progress import current
from backlit.serving import wire
from backlit.serving.models import ServedModel
from backlit.serving.queue import JobQueue
from backlit.serving.requests import Request
from backlit.serving.requests.explain import ExplainRequest
from backlit.serving.requests.generate import GenerateRequest, TokensEvent
from backlit.serving.requests.load import LoadRequest
from backlit.serving.requests.mute import MuteEvent, MuteRequest
from backlit.serving.requests.respond import RespondRequest
from backlit.serving.requests.segment import SegmentRequest
from backlit.serving.service import Service
from backlit.types import TokenSequence
from tests.support.service import (
    REFERENCE,
    SECONDS,
    Client,
    Endless,
    Events,
    Failing,
    about_one_token,
    opened,
    question,
    rest_of,
)

ENDLESS = GenerateRequest(model="m", reference=REFERENCE)


def begin_endless(client: Client) -> tuple[Events, Callable[[], None]]:
    """Have the model write; once it does, the events to come and what stops it."""
    events, cancel = client.begin(ENDLESS)
    while not isinstance(events.get(timeout=SECONDS), TokensEvent):
        pass
    return events, cancel


def test_state_has_all_a_page_needs(client: Client) -> None:
    client.ask(LoadRequest(model="toy"))
    state = client.service.state()
    (model,) = state.models
    assert (model.name, model.status, model.chat) == ("toy", "ready", True)
    assert model.unavailable_methods == {}
    assert [method.name for method in state.methods] == list(methods())
    for info in state.methods:
        facts = methods()[info.name].facts
        assert (info.label, info.signed, info.unit) == (facts.label, facts.signed, facts.unit)
    assert [dataset.name for dataset in state.datasets] == ["sample_prompts"]
    assert len(state.datasets[0].examples) == 13
    assert state.granularities[0] == "token"
    assert set(state.units) == set(state.granularities)
    assert state.aggregates == ["sum", "mean", "max"]


def test_parameters_say_what_form_field_they_need(client: Client) -> None:
    lime = next(one for one in client.service.state().methods if one.name == "lime")
    kinds = {parameter.name: parameter.kind for parameter in lime.parameters}
    assert kinds == {
        "n_samples": "int",
        "kernel_width": "float",
        "seed": "int",
        "replacement": "text",
    }


def test_models_and_datasets_have_names_of_their_own() -> None:
    toys = [ServedModel("toy", "toy"), ServedModel("toy", "toy")]
    with pytest.raises(InputError, match="Two models are called 'toy'"):
        Service(toys, [])
    rows = [ExampleList("rows", (Example("1", "a"),)) for _ in range(2)]
    with pytest.raises(InputError, match="Two datasets are called 'rows'"):
        Service(toys[:1], rows)


def test_other_datasets_are_offered_unless_they_will_not_do(client: Client) -> None:
    client.service.set_datasets([ExampleList("mine", (Example("1", "a", target="b"),))])
    odd = ExampleList("odd", (Example(1, "a"),))  # type: ignore[arg-type]
    twice = [ExampleList("twice", ()), ExampleList("twice", ())]
    for refused in ([odd], twice):
        with pytest.raises(InputError):
            client.service.set_datasets(refused)
    with pytest.raises(DataError, match="odd, example 1: id: "):
        client.service.set_datasets([odd])
    (dataset,) = client.service.state().datasets
    assert (dataset.name, dataset.examples[0].target) == ("mine", "b")


@pytest.mark.parametrize(
    ("code", "request_"),
    [
        ("UnknownNameError", LoadRequest(model="gone")),
        ("PromptError", GenerateRequest(model="toy", reference=wire.SequenceRef(prompt=""))),
        (
            "PromptError",
            GenerateRequest(model="toy", reference=wire.SequenceRef(prompt="a " * 9_000)),
        ),
        ("TargetError", RespondRequest(model="toy", reference=REFERENCE, response="")),
        (
            "TargetError",
            ExplainRequest(model="toy", reference=REFERENCE, target=(0, 2), method="grad_l2"),
        ),
        ("UnknownNameError", about_one_token(model="toy", method="nope")),
        ("OptionsError", about_one_token(model="toy", params={"unheard": 1})),
    ],
)
def test_bad_requests_end_in_a_clear_error(client: Client, code: str, request_: Request) -> None:
    event = client.answer(request_)
    assert isinstance(event, wire.ErrorEvent)
    assert event.error.code == code
    assert event.error.hint


def test_the_first_model_may_be_loaded_before_anybody_asks() -> None:
    ready = threading.Event()
    first, second = ServedModel("one", "toy"), ServedModel("two", "toy")
    first.follow(lambda info: ready.set() if info.status == "ready" else None)
    with Client(Service([first, second], [])) as client:
        client.service.preload()
        assert ready.wait(SECONDS)
        assert [model.status for model in client.service.state().models] == ["ready", "waiting"]


def test_a_model_that_fails_to_load_says_so_and_can_be_tried_again() -> None:
    with opened(OfflineError("No network.", "Connect, and try again.")) as client:
        for _ in range(2):
            event = client.answer(LoadRequest(model="m"))
            assert event.error.code == "OfflineError"
            assert client.service.state().models[0].status == "failed"
        event = client.answer(GenerateRequest(model="m", reference=REFERENCE))
        assert event.error.message == "No network."


def test_cancelling_stops_a_generation_and_lets_the_next_one_run() -> None:
    engine = Endless()
    with opened(engine) as client:
        events, cancel = begin_endless(client)
        waiting, _ = client.begin(
            MuteRequest(
                model="m",
                reference=REFERENCE.model_copy(update={"response_ids": [65]}),
                target=(10, 11),
                spans=[(0, 1)],
            )
        )
        assert waiting.get(timeout=SECONDS) == wire.QueuedEvent(ahead=1)
        cancel()
        assert engine.closed.wait(SECONDS)
        rest_of(events)
        assert events.empty()
        assert isinstance(waiting.get(timeout=SECONDS), MuteEvent)


def test_cancelling_between_two_phases_stops_there() -> None:
    """And the next request finds a model that is free."""

    class Compiling(ToyEngine):
        def annotate(self, sequence: TokenSequence) -> TokenSequence:
            current()("compile")
            assert cancelled.wait(SECONDS)
            current()("run")
            went_on.append("run")
            return sequence

    cancelled = threading.Event()
    went_on: list[str] = []
    with opened(Compiling("m")) as client:
        client.ask(LoadRequest(model="m"))
        events, cancel = client.begin(RespondRequest(model="m", reference=REFERENCE, response="a"))
        assert events.get(timeout=SECONDS) == wire.ProgressEvent(phase="compile")
        cancel()
        cancelled.set()
        assert ends_cancelled(events)
        assert went_on == []
        client.answered(RespondRequest(model="m", reference=REFERENCE, response="a"))
        assert went_on == ["run"]


def ends_cancelled(events: Events) -> bool:
    last = rest_of(events)[-1]
    return isinstance(last, wire.ErrorEvent) and last.error.code == "Cancelled"


def test_what_is_cancelled_while_it_waits_ends_at_once() -> None:
    with opened(Endless()) as client:
        begin_endless(client)
        waiting, cancel = client.begin(about_one_token())
        cancel()
        assert ends_cancelled(waiting)


def test_closing_ends_what_runs_and_what_waits_and_what_comes_after() -> None:
    client = opened(Endless())
    running, _ = begin_endless(client)
    waiting, _ = client.begin(about_one_token())
    client.service.close()
    late, _ = client.begin(about_one_token())
    quick, _ = client.begin(SegmentRequest(model="m", reference=REFERENCE, pattern="x"))
    for events in (running, waiting, late, quick):
        assert ends_cancelled(events)


def test_what_can_not_be_begun_ends_in_an_error(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def no_more(thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    with opened(ToyEngine("m")) as client:
        with monkeypatch.context() as patch:
            patch.setattr(threading.Thread, "start", no_more)
            assert client.answer(about_one_token()).error.code == "InternalError"
        with monkeypatch.context() as patch:
            patch.setattr("backlit.serving.service.key_of", no_more)
            assert client.answer(about_one_token()).error.code == "InternalError"
        assert client.answer(about_one_token()).type == "explanation"
    assert "can't start new thread" in caplog.text
    assert "could not be begun" in caplog.text


def test_a_quick_request_waits_for_nobody() -> None:
    with opened(Endless()) as client:
        begin_endless(client)
        quick = [
            SegmentRequest(model="m", reference=REFERENCE, pattern="x"),
            LoadRequest(model="m"),
        ]
        assert [[event.type for event in client.ask(one)] for one in quick] == [
            ["segments"],
            ["model"],
        ]


def test_what_was_answered_is_answered_at_once_and_says_so() -> None:
    """Though another request holds the model, and from then on without it."""
    with opened(Endless()) as client:
        request = about_one_token()
        first = client.answered(request)
        assert not first.cached
        begin_endless(client)
        assert client.ask(request) == [first.model_copy(update={"cached": True})]


def test_another_question_is_not_answered_from_memory(client: Client) -> None:
    asked = question(client)
    client.answered(asked)
    for changes in ({"granularity": "token"}, {"foil": " soup"}, {"method": "grad_l2"}):
        assert not client.answered(asked.model_copy(update=changes)).cached


def test_errors_are_not_remembered() -> None:
    engine = Failing(MemoryError())
    with opened(engine) as client:
        assert "not enough memory" in client.answer(about_one_token()).error.message
        engine.score = ToyEngine().score  # type: ignore[method-assign]
        assert not client.answered(about_one_token()).cached


def test_closing_cancels_only_what_was_asked_for_here() -> None:
    queue = JobQueue()
    served = ServedModel("m", "m", lambda source, progress: engine)
    engine = Endless()
    first, second = (Client(Service([served], [], queue)) for _ in range(2))
    events, _ = begin_endless(first)
    waiting, _ = second.begin(about_one_token())
    first.service.close()
    rest_of(events)
    assert rest_of(waiting)[-1].type == "explanation"
    second.service.close()
    assert queue_runs(queue)
    queue.close()


def queue_runs(queue: JobQueue) -> bool:
    """Whether it still answers, for a service that shares it."""
    with Client(Service([ServedModel("toy", "toy")], [], queue)) as client:
        return isinstance(client.answer(LoadRequest(model="toy")), wire.ModelEvent)


def test_nothing_of_a_closed_service_is_kept_by_its_models() -> None:
    """Neither by those that waited in its queue: others may use them for days."""
    queue = JobQueue()
    late = ServedModel("late", "late", lambda source, progress: ToyEngine("late"))
    busy = ServedModel("m", "m", lambda source, progress: Endless())
    closed, other = (Service([busy, late], [], queue) for _ in range(2))
    begin_endless(Client(other))
    events = Client(closed).begin(LoadRequest(model="late"))[0]
    assert events.get(timeout=SECONDS) == wire.QueuedEvent(ahead=1)
    closed.close()
    kept = weakref.ref(closed)
    del closed
    gc.collect()
    assert kept() is None
    other.close()
    queue.close()


def test_a_listener_that_raises_does_no_harm_beyond_its_call(
    caplog: pytest.LogCaptureFixture,
) -> None:
    def broken(event: wire.Event | None) -> None:
        raise ZeroDivisionError("a listener's own fault")

    with opened(ToyEngine("m")) as client:
        client.service.submit(LoadRequest(model="m"), broken)
        client.service.submit(GenerateRequest(model="m", reference=REFERENCE), broken)
        assert client.answer(about_one_token()).type == "explanation"
        assert client.service.state().models[0].status == "ready"
    assert "a listener's own fault" in caplog.text
