"""Opening a model by its source, or taking one that is loaded: what `backlit.engines` decides."""

import threading
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace

import pytest

import backlit.engines
from backlit.engines import as_engine, open_engine, source_here
from backlit.engines.toy import ToyEngine
from backlit.errors import Cancelled
from backlit.progress import PartialScore, Phase, Progress


class Waiting(Progress):
    """Hears what it waits for, and gives up after a while."""

    def __init__(self, patience: int) -> None:
        super().__init__()
        self.phases: list[Phase] = []
        self._patience = patience

    def __call__(
        self,
        phase: Phase,
        done: int = 0,
        total: int | None = None,
        scores: Sequence[PartialScore] = (),
    ) -> None:
        self.phases.append(phase)
        if len(self.phases) == self._patience:
            raise Cancelled


def test_the_toy_goes_by_the_name_it_is_given() -> None:
    engine = open_engine("mine:toy")
    assert isinstance(engine, ToyEngine)
    assert engine.name == "mine"


def test_other_packages_add_sources(monkeypatch: pytest.MonkeyPatch) -> None:
    entry = SimpleNamespace(name="theirs", load=lambda: ToyEngine)
    monkeypatch.setattr(backlit.engines, "entry_points", lambda group: [entry])
    assert open_engine("called:theirs").name == "called"


def test_while_one_model_is_loaded_no_other_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backlit.engines, "LOCK_SECONDS", 0.001)
    waiting = Waiting(patience=3)
    with (
        backlit.engines._loading_lock(Progress()),
        pytest.raises(Cancelled),
        backlit.engines._loading_lock(waiting),
    ):
        raise AssertionError("two at once")
    assert waiting.phases == ["wait"] * 3
    with backlit.engines._loading_lock(waiting):
        assert backlit.engines._loading.locked()
    assert not backlit.engines._loading.locked()


def test_a_lock_is_had_once_the_other_is_done(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backlit.engines, "LOCK_SECONDS", 0.001)
    begun, end = threading.Event(), threading.Event()

    def load() -> None:
        with backlit.engines._loading_lock(Progress()):
            begun.set()
            end.wait()

    other = threading.Thread(target=load)
    other.start()
    begun.wait()
    threading.Timer(0.02, end.set).start()
    with backlit.engines._loading_lock(Progress()):
        assert end.is_set()
    other.join()


def test_what_fails_to_load_keeps_nobody_waiting() -> None:
    with pytest.raises(ZeroDivisionError), backlit.engines._loading_lock(Progress()):
        raise ZeroDivisionError
    assert not backlit.engines._loading.locked()


def test_an_engine_of_yours_needs_no_library() -> None:
    engine = ToyEngine("mine")
    assert as_engine(engine) is engine


def test_what_a_file_may_have_opened(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    entry = SimpleNamespace(name="theirs", load=lambda: ToyEngine)
    monkeypatch.setattr(backlit.engines, "entry_points", lambda group: [entry])
    monkeypatch.setenv("BACKLIT_CACHE", str(tmp_path))
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    for source in ("toy", "smollm2", "keras:gemma3", "mine:theirs", str(tmp_path)):
        assert source_here(source) == source
    url = "https://me:hush@a.example/tiny.zip?signed=hush"
    for source in ("org/name", url, "kaggle://a/b/keras/c", "gemma2_2b_en", "nothing", "no/th/ing"):
        assert source_here(source) is None
