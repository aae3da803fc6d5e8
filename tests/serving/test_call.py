"""One call on its way: what is told of it, when, and how it ends."""

import logging
import threading
from collections.abc import Callable

import pytest

from backlit.engines.toy import ToyEngine
from backlit.errors import OfflineError
from backlit.explanation import Generation
from backlit.model import Model
from backlit.progress import PartialScore, Progress, current
from backlit.serving import call, wire
from backlit.serving.call import Call, key_of
from backlit.serving.models import ServedModel
from backlit.serving.recent import Recent
from backlit.serving.requests import MODEL_KINDS, Kind, ModelRequest, Work
from backlit.serving.requests.load import LoadRequest
from backlit.serving.shelf import Shelf
from tests.support.service import SECONDS, Watched

Run = Callable[[ModelRequest, Work], wire.Event]
LAST = wire.QueuedEvent(ahead=0)  # of any type: what matters is that it comes last
CANCELLED = wire.ErrorEvent(error=wire.ErrorInfo(code="Cancelled", message="Stopped."))


class Probe:
    """A call whose work is a test's own, run on the thread of the test; what it tells."""

    def __init__(self, run: Run, *, quick: bool = False, model: Model | None = None) -> None:
        self.served = ServedModel.of(model or Model(ToyEngine("m")))
        self.events: list[wire.Event | None] = []
        self.results: list[wire.Event] = []
        self.call = Call(
            Kind("probe", ModelRequest, run, (), quick=quick),
            ModelRequest(model="m"),
            self.served,
            Recent[Generation](8),
            Shelf([]),
            self.events.append,
            self.results.append,
        )

    def run(self) -> list[wire.Event | None]:
        self.call.job.run()
        return self.events

    @property
    def progress(self) -> list[wire.ProgressEvent]:
        return [event for event in self.events if isinstance(event, wire.ProgressEvent)]


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only another phase makes it tell how far it is."""
    monkeypatch.setattr(call, "PROGRESS_SECONDS", float("inf"))


def test_the_result_comes_last_and_is_remembered() -> None:
    probe = Probe(lambda request, work: LAST)
    assert probe.run() == [LAST, None]
    assert probe.results == [LAST]


def test_the_work_finds_whom_to_tell() -> None:
    def run(request: ModelRequest, work: Work) -> wire.Event:
        current()("compile", 1, 2)
        return LAST

    told = wire.ProgressEvent(phase="compile", done=1, total=2)
    assert Probe(run).run() == [told, LAST, None]


@pytest.mark.usefixtures("patient")
def test_scores_that_came_too_quickly_are_told_with_the_next_event() -> None:
    def run(request: ModelRequest, work: Work) -> wire.Event:
        progress = current()
        progress("explain", 1, 4, [(0, 1, 0.5)])
        progress("explain", 2, 4, [(1, 2, 0.25), (2, 3, 1.0)])
        progress("explain", 3, 4, [(2, 3, 2.0)])  # what samples says more of it again
        progress("explain", 4, 4)
        progress("run")
        return LAST

    probe = Probe(run)
    probe.run()
    assert [(event.phase, event.done) for event in probe.progress] == [("explain", 1), ("run", 0)]
    assert [event.scores for event in probe.progress] == [
        [(0, 1, 0.5)],
        [(1, 2, 0.25), (2, 3, 2.0)],
    ]


def test_no_score_is_lost_however_time_goes(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter(0.02 * tick for tick in range(1, 1000))
    monkeypatch.setattr("backlit.serving.call.time.monotonic", lambda: next(clock))
    scores: list[PartialScore] = [(at, at + 1, float(at)) for at in range(50)]

    def run(request: ModelRequest, work: Work) -> wire.Event:
        for done, score in enumerate(scores, start=1):
            current()("explain", done, len(scores), [score])
        current()("run")
        return LAST

    probe = Probe(run)
    probe.run()
    assert 10 < len(probe.progress) < 25
    assert [score for event in probe.progress for score in event.scores] == scores


def test_cancelling_between_phases_stops_the_work() -> None:
    went_on: list[str] = []

    def run(request: ModelRequest, work: Work) -> wire.Event:
        current()("compile")
        probe.call.job.cancel()
        went_on.append("cancelled")
        current()("run")
        went_on.append("not reached")
        return LAST

    probe = Probe(run)
    assert probe.run() == [wire.ProgressEvent(phase="compile"), CANCELLED, None]
    assert went_on == ["cancelled"]
    assert probe.results == []


def test_what_is_cancelled_at_its_very_end_tells_no_result() -> None:
    def run(request: ModelRequest, work: Work) -> wire.Event:
        probe.call.job.cancel()
        return LAST

    probe = Probe(run)
    assert probe.run() == [CANCELLED, None]


def test_an_error_of_a_cancelled_call_is_not_told(caplog: pytest.LogCaptureFixture) -> None:
    def run(request: ModelRequest, work: Work) -> wire.Event:
        probe.call.job.cancel()
        raise ZeroDivisionError("a bug all the same")

    probe = Probe(run)
    assert probe.run() == [CANCELLED, None]
    assert "a bug all the same" in caplog.text


def test_a_bug_is_logged_and_told_without_its_details(caplog: pytest.LogCaptureFixture) -> None:
    def run(request: ModelRequest, work: Work) -> wire.Event:
        raise ZeroDivisionError("secret")

    with caplog.at_level(logging.ERROR):
        error, end = Probe(run).run()
    assert isinstance(error, wire.ErrorEvent)
    assert end is None
    assert error.error.code == "InternalError"
    assert "secret" not in error.error.message
    assert "ZeroDivisionError" in caplog.text
    assert "probe" in caplog.text


def test_a_listener_that_raises_hears_that_it_is_over_and_no_more(
    caplog: pytest.LogCaptureFixture,
) -> None:
    heard: list[wire.Event | None] = []

    def run(request: ModelRequest, work: Work) -> wire.Event:
        current()("compile")
        raise AssertionError("it was cancelled, as nobody can be told")

    def broken(event: wire.Event | None) -> None:
        heard.append(event)
        raise ZeroDivisionError("a listener's own fault")

    served = ServedModel.of(Model(ToyEngine("m")))
    kind = Kind("probe", ModelRequest, run, ())
    probe = Call(kind, ModelRequest(model="m"), served, Recent[Generation](8), Shelf([]), broken)
    probe.tell(wire.ProgressEvent(phase="start"))
    probe.job.run()
    assert heard == [wire.ProgressEvent(phase="start"), CANCELLED, None]
    assert "a listener's own fault" in caplog.text


def test_compiling_is_known_to_the_work_that_waited_for_it() -> None:
    def run(request: ModelRequest, work: Work) -> wire.Event:
        if compiles:
            current()("compile")
        work.begin()
        work.learn_speed(10)
        return LAST

    for compiles in (True, False):
        probe = Probe(run)
        probe.run()
        assert (probe.served.seconds_per_token is None) == compiles


def test_only_quick_work_takes_no_turn() -> None:
    for quick in (True, False):
        model = Watched(ToyEngine("m"))
        probe = Probe(lambda request, work: LAST, quick=quick, model=model)
        thread = threading.Thread(target=probe.run)
        with model.turn():
            model.asked.clear()
            thread.start()
            if quick:
                thread.join(SECONDS)
                assert not model.asked.is_set()
            else:
                assert model.asked.wait(SECONDS)
            assert probe.events == ([LAST, None] if quick else [])
        thread.join(SECONDS)
        assert probe.events == [LAST, None]


def test_after_its_end_a_call_hears_nothing_of_its_model() -> None:
    def fail(source: str, progress: Progress) -> ToyEngine:
        raise OfflineError("No network.")

    served = ServedModel("m", "m", fail)
    events: list[wire.Event | None] = []
    ended = Call(
        MODEL_KINDS["load"], LoadRequest(model="m"), served, Recent(8), Shelf([]), events.append
    )
    let_go = Call(
        MODEL_KINDS["load"], LoadRequest(model="m"), served, Recent(8), Shelf([]), events.append
    )
    let_go.let_go()
    ended.job.run()
    types = [event and event.type for event in events]
    assert types == ["model", "model", "error", None]
    with pytest.raises(OfflineError):
        served.load(lambda: None)
    assert len(events) == len(types)


def test_a_key_is_of_a_kind_and_all_its_fields() -> None:
    load = LoadRequest(model="m")
    keys = {
        key_of(MODEL_KINDS["load"], load),
        key_of(MODEL_KINDS["generate"], load),
        key_of(MODEL_KINDS["load"], LoadRequest(model="n")),
    }
    assert len(keys) == 3
    assert key_of(MODEL_KINDS["load"], LoadRequest(model="m")) in keys
