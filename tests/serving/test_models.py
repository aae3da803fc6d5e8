"""A served model: its states, who hears of them, and what it learns of its speed."""

from collections.abc import Callable
from itertools import count

import pytest

from backlit.engines.toy import ToyEngine
from backlit.errors import Cancelled, OfflineError
from backlit.methods import methods
from backlit.model import Model
from backlit.progress import Progress
from backlit.serving import models, wire
from backlit.serving.models import Loading, ServedModel
from tests.support.service import Writer


def go_on() -> None:
    """Nobody cancels."""


def served(open_engine: Callable[[str, Progress], ToyEngine]) -> ServedModel:
    return ServedModel("m", "m", lambda source, progress: open_engine(source, progress))


def downloading(source: str, progress: Progress) -> ToyEngine:
    progress("download", 1, 10)
    progress("load")
    return ToyEngine("m")


def offline(source: str, progress: Progress) -> ToyEngine:
    raise OfflineError("No network.", "Connect, and try again.")


def test_loading_is_told_to_all_who_follow() -> None:
    model = served(downloading)
    first: list[wire.ModelInfo] = []
    second: list[wire.ModelInfo] = []
    model.follow(first.append)
    model.follow(second.append)
    model.load(go_on)
    assert first == second
    assert [info.status for info in first] == ["loading", "loading", "loading", "ready"]
    phases = [info.progress.phase for info in first if info.progress]
    assert phases == ["start", "download", "load"]
    assert first[1].progress == wire.LoadProgress(phase="download", done=1, total=10)
    assert first[-1] == model.info


def test_what_is_ready_says_what_it_can_do() -> None:
    model = served(downloading)
    assert (model.info.status, model.info.chat, model.info.metadata) == ("waiting", False, {})
    model.load(go_on)
    assert model.info.chat
    assert model.info.context_length == ToyEngine().context_length
    assert model.info.unavailable_methods == {}
    assert model.info.metadata["engine"] == "toy"
    assert model.info.progress is None


def test_why_methods_are_unavailable_is_told() -> None:
    model = ServedModel.of(Model(Writer()))
    assert set(model.info.unavailable_methods) == set(methods())
    assert "m does not offer" in model.info.unavailable_methods["occlusion"]


def test_a_model_is_loaded_once() -> None:
    opens = []

    def note(source: str, progress: Progress) -> ToyEngine:
        opens.append(source)
        return ToyEngine("m")

    model = served(note)
    assert model.load(go_on) is model.load(go_on) is model.model
    assert opens == ["m"]


def test_who_comes_while_it_loads_hears_how_far_it_is() -> None:
    heard: list[wire.ModelInfo] = []

    def joined(source: str, progress: Progress) -> ToyEngine:
        progress("download", 3, 10)
        model.follow(heard.append)
        return ToyEngine("m")

    model = served(joined)
    model.load(go_on)
    assert heard[0].progress == wire.LoadProgress(phase="download", done=3, total=10)
    assert [info.status for info in heard] == ["loading", "ready"]


def test_who_does_not_follow_any_more_hears_nothing() -> None:
    model = served(downloading)
    heard: list[wire.ModelInfo] = []
    model.follow(heard.append)
    model.unfollow(heard.append)
    model.unfollow(heard.append)  # twice does no harm
    model.load(go_on)
    assert heard == []


def test_a_failure_is_told_and_may_be_tried_again() -> None:
    model = served(offline)
    heard: list[wire.ModelInfo] = []
    model.follow(heard.append)
    for _ in range(2):
        with pytest.raises(OfflineError):
            model.load(go_on)
        assert model.info.status == "failed"
        assert model.info.error is not None
        assert model.info.error.message == "No network."
    assert [info.status for info in heard] == ["loading", "failed"] * 2
    assert heard[2].error is None


def test_cancelling_leaves_a_model_that_waits() -> None:
    model = served(downloading)
    checks = []

    def check() -> None:
        checks.append(model.info.status)
        if len(checks) == 2:
            raise Cancelled

    with pytest.raises(Cancelled):
        model.load(check)
    assert (model.info.status, model.info.progress, model.model) == ("waiting", None, None)
    assert model.load(go_on).name == "m"


def test_a_listener_that_raises_harms_nobody_else(caplog: pytest.LogCaptureFixture) -> None:
    model = served(downloading)
    heard: list[str] = []

    def broken(info: wire.ModelInfo) -> None:
        raise ZeroDivisionError("a listener's own fault")

    model.follow(broken)
    model.follow(lambda info: heard.append(info.status))
    model.load(go_on)
    assert heard == ["loading", "loading", "loading", "ready"]
    assert model.info.status == "ready"
    assert "a listener's own fault" in caplog.text


def test_a_model_that_is_there_already_is_ready() -> None:
    model = Model(ToyEngine("mine"))
    ready = ServedModel.of(model)
    assert (ready.info.name, ready.info.source, ready.info.status) == ("mine", "toy", "ready")
    assert ready.load(go_on) is model


def test_progress_that_comes_quickly_is_told_now_and_then(monkeypatch: pytest.MonkeyPatch) -> None:
    ticks = count(1.0, models.PROGRESS_SECONDS / 10)
    monkeypatch.setattr("backlit.serving.models.time.monotonic", lambda: next(ticks))
    heard: list[wire.LoadProgress] = []
    loading = Loading(lambda progress, **changes: heard.append(progress), go_on)
    for done in range(100):
        loading("download", done, 100)
    loading("load", 0)
    assert 10 <= len(heard) <= 12
    assert (heard[0].done, heard[-1].phase) == (0, "load")


def test_a_slow_first_pass_is_forgotten() -> None:
    """Costs follow from the quickest pass: others waited for memory or for another program."""
    model = ServedModel("toy", "toy")
    speeds = [model.seconds_per_token]
    for seconds in (10.0, 1.0, 5.0):
        model.learn_speed(seconds, 100)
        speeds.append(model.seconds_per_token)
    assert speeds == [None, 0.1, 0.01, 0.01]
