"""The widget from Python's side; what a browser shows of it is in tests/browser."""

import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import backlit
from backlit.data import Example
from backlit.data.base import ExampleList
from backlit.data.readers import as_datasets
from backlit.engines import from_function
from backlit.errors import DataError, InputError, MissingPackageError, OptionsError, TargetError
from backlit.notebook import shared as kernel
from backlit.notebook.shared import Cells, ModelSource, SharedModels
from backlit.notebook.widget import ESM, NotebookWidget
from backlit.serving import wire
from backlit.serving.models import ServedModel

PROMPT = "The cat likes warm milk. The dog likes cold water. The dog likes"
ROWS = [{"prompt": PROMPT, "id": "pets", "source": "tests", "target": " warm milk."}]
SECONDS = 30


class View:
    """A widget, and what it sends to its page."""

    def __init__(self, widget: NotebookWidget) -> None:
        self.widget = widget
        self.sent: list[dict[str, Any]] = []
        self._told = threading.Condition()
        widget.send = self._send

    def _send(self, message: dict[str, Any], buffers: object = None) -> None:
        with self._told:
            self.sent.append(message)
            self._told.notify_all()

    def ask(self, id_: str, kind: str, request: object) -> list[dict[str, Any]]:
        """Send a request and wait for the end of its answer: its events."""
        self.tell({"call": id_, "kind": kind, "request": request})
        return self.answer(id_)

    def tell(self, message: object) -> None:
        self.widget._hear(self.widget, message, [])

    def heard(self, kind: str) -> None:
        """Wait for an event of this type."""
        with self._told:
            assert self._told.wait_for(
                lambda: any(one.get("event", {}).get("type") == kind for one in self.sent), SECONDS
            )

    def answer(self, id_: str) -> list[dict[str, Any]]:
        with self._told:
            over = {"call": id_, "over": True}
            assert self._told.wait_for(lambda: over in self.sent, SECONDS), self.sent
        return [one["event"] for one in self.sent if one["call"] == id_ and "event" in one]


@pytest.fixture
def widget() -> Iterator[NotebookWidget]:
    made = backlit.make_notebook_widget([ROWS], ["toy"])
    yield made
    made.close()


@pytest.fixture
def view(widget: NotebookWidget) -> View:
    return View(widget)


def generated(view: View) -> dict[str, Any]:
    """An answer, as the page tells that it shows it."""
    request = {"model": "toy", "reference": {"prompt": PROMPT}}
    last = view.ask("g", "generate", request)[-1]
    return {key: last[key] for key in ("generation", "segmentations")}


# ---- what it is made of ---------------------------------------------------------------------


def test_what_is_loaded(widget: NotebookWidget) -> None:
    (example,) = widget.datasets["data"].examples
    assert (example["source"], example["prompt"]) == ("tests", PROMPT)
    assert example["target"] == " warm milk."
    state = wire.State.model_validate(widget._state)
    assert [one.name for one in state.models] == ["toy"]
    assert [one.id for one in state.datasets[0].examples] == ["pets"]


def test_the_source_is_small_and_whole() -> None:
    assert len(ESM.encode()) <= 400_000
    assert "import(" not in ESM
    assert "http://" not in ESM.replace("http://www.w3.org", "").replace("http://127.0.0.1", "")


def test_datasets_of_all_kinds(tmp_path: Path) -> None:
    file = tmp_path / "mine.jsonl"
    file.write_text('{"prompt": "a"}\n{"prompt": "b"}\n')
    own = ExampleList("own", (Example("1", "x"), Example("2", "y")))
    read = as_datasets([str(file), own, [{"prompt": "c"}], iter([{"prompt": "d"}])])
    assert [one.name for one in read] == ["mine", "own", "data", "data-2"]
    assert read[1] is own
    assert [example.id for example in read[2].examples] == ["data-1"]


def test_fewer_examples(capsys: pytest.CaptureFixture[str]) -> None:
    widget = backlit.make_notebook_widget(["sample_prompts", ROWS], ["toy"], max_examples=2)
    assert [len(one.examples) for one in widget.datasets.values()] == [2, 1]
    assert "sample_prompts: the first 2 of 12 examples" in capsys.readouterr().out
    widget.close()


def test_two_models_of_one_name() -> None:
    with pytest.raises(InputError, match="Two models are called 'toy'"):
        backlit.make_notebook_widget([ROWS], ["toy", "toy:toy"])


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ([[{"text": "a"}]], "data, row 1: it has no `prompt`"),
        ([[]], "holds no examples"),
        ([{"prompt": "a"}], "list of rows, not one row"),
        (["sample_prompts", "sample_prompts"], "Two datasets are called 'sample_prompts'"),
        (["/nowhere/x.jsonl"], "There is no file"),
    ],
)
def test_data_that_will_not_do(given: Any, said: str) -> None:
    with pytest.raises(DataError, match=said):
        backlit.make_notebook_widget(given, ["toy"])


def test_one_is_as_good_as_a_list_of_one() -> None:
    widget = backlit.make_notebook_widget("sample_prompts", "toy")
    assert list(widget.datasets) == ["sample_prompts"]
    assert [one.info.name for one in widget._loaded] == ["toy"]
    widget.close()
    with pytest.raises(OptionsError, match="empty"):
        backlit.make_notebook_widget([ROWS], [])


def test_a_dataset_of_another_shape_leaves_nothing_behind() -> None:
    models = dict(kernel.MODELS._models)
    odd = ExampleList("odd", (Example(1, "a"),))  # type: ignore[arg-type]
    with pytest.raises(DataError, match="odd, example 1: id: "):
        backlit.make_notebook_widget([odd], ["toy"])
    assert kernel.MODELS._models == models


def test_a_closed_widget_says_so() -> None:
    widget = backlit.make_notebook_widget([ROWS], ["toy"])
    widget.close()
    with pytest.raises(InputError, match="closed"):
        widget.render()


def test_what_the_page_could_not_go_on_from(widget: Any) -> None:
    generation = replace(backlit.load_model("toy").generate(PROMPT), model="elsewhere")
    with pytest.raises(InputError, match="of elsewhere, and this widget has toy"):
        widget.selection = generation
    explanation = backlit.explain(backlit.load_model("toy"), PROMPT, granularity="word")
    strange = replace(explanation.attributions[0], method="unheard-of")
    with pytest.raises(InputError, match="no method 'unheard-of'"):
        widget.explanation = replace(explanation, attributions=(strange,))


@pytest.mark.parametrize("name", ["batch_size", "max_examples", "height"])
def test_numbers_below_one(name: str) -> None:
    with pytest.raises(OptionsError, match=f"{name} is 0"):
        backlit.make_notebook_widget([ROWS], ["toy"], **{name: 0})  # type: ignore[arg-type]


def test_without_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "backlit.notebook.widget", raising=False)
    monkeypatch.setitem(sys.modules, "anywidget", None)
    with pytest.raises(MissingPackageError, match="needs anywidget") as raised:
        backlit.make_notebook_widget([ROWS], ["toy"])
    assert "backlit[notebook]" in raised.value.hint


def test_errors_show_themselves_in_a_cell() -> None:
    error = DataError("The file is empty.", "Give it a row.")
    assert error._render_traceback_() == ["DataError: The file is empty.", "Give it a row."]


# ---- requests -------------------------------------------------------------------------------


def test_a_request_is_taken_at_once_and_answered(view: View) -> None:
    events = view.ask("a", "generate", {"model": "toy", "reference": {"prompt": PROMPT}})
    assert view.sent[0] == {"call": "a"}
    assert events[-1]["type"] == "generation"
    assert {"tokens", "sequence"} <= {event["type"] for event in events}
    assert view.widget._calls._cancels == {}


@pytest.mark.parametrize(
    ("request_", "said"),
    [
        ({"model": "toy"}, "reference: Field required"),
        ({"model": "toy", "reference": {"prompt": "half \ud83d"}}, "half a character"),
        ({"model": "other", "reference": {"prompt": "a"}}, "no model 'other'"),
        ({"model": "toy", "reference": {"prompt": ""}}, "empty"),
    ],
)
def test_a_bad_request_is_answered_in_words(view: View, request_: object, said: str) -> None:
    (*_, last) = view.ask("a", "generate", request_)
    assert last["type"] == "error"
    assert said in last["error"]["message"]


@pytest.mark.parametrize(
    "message",
    ["text", None, {"call": 7}, {"call": "x", "kind": "unheard-of"}, {"cancel": "nobody"}],
)
def test_other_messages_are_passed_over(view: View, message: object) -> None:
    view.tell(message)
    assert view.sent == []


def test_a_request_that_comes_twice_is_answered_once(view: View) -> None:
    request = {"model": "toy", "reference": {"prompt": PROMPT}}
    view.ask("a", "generate", request)
    heard = len(view.sent)
    view.tell({"call": "a", "kind": "generate", "request": request})
    view.tell({"cancel": "b"})  # and its request comes late
    view.tell({"call": "b", "kind": "generate", "request": request})
    assert len(view.sent) == heard


def test_cancelling() -> None:
    went_on = []

    def generate(prompt: str, options: object) -> Iterator[str]:
        for number in range(1000):
            went_on.append(number)
            yield f" word{number}"
            time.sleep(0.01)

    engine = from_function(generate=generate, name="slow")
    widget = backlit.make_notebook_widget([ROWS], [engine])
    view = View(widget)
    request = {"model": "slow", "reference": {"prompt": "a"}}
    view.tell({"call": "a", "kind": "generate", "request": request})
    view.heard("tokens")
    view.tell({"cancel": "a"})
    view.answer("a")
    assert len(went_on) < 100
    widget.close()


def test_out_of_memory_while_loading() -> None:
    """The model has failed, the page says why, and other models go on."""

    def no_room(source: str, progress: object) -> Any:
        raise RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried 9 TB.")

    widget = backlit.make_notebook_widget([ROWS], ["toy"])
    failing = ServedModel("big", "big", no_room)
    widget._service._models["big"] = failing
    widget._loaded.append(failing)
    failing.follow(widget._model_changed)
    view = View(widget)
    (*_, last) = view.ask("a", "load", {"model": "big"})
    assert "not enough memory" in last["error"]["message"]
    big = wire.State.model_validate(widget._state).models[-1]
    assert big.status == "failed"
    assert big.error is not None
    assert "not enough memory" in big.error.message
    assert generated(view)["generation"]["model"] == "toy"
    widget.close()


# ---- what the person sees -------------------------------------------------------------------


def test_python_follows_the_page(view: View) -> None:
    widget = view.widget
    seen: list[Any] = []
    widget.observe(lambda change: seen.append(change.new), "explanation")
    told = generated(view)
    widget._seen = {**told, "target": None, "attribution": None}
    assert widget.selection.generation.response.split() == ["cold", "water."]
    assert (widget.selection.target, widget.explanation) == (None, None)
    length = widget.selection.generation.sequence.prompt_length
    target = {"start": length, "stop": length + 1}
    tokens = [token["id"] for token in told["generation"]["sequence"]["tokens"]]
    about = {
        "model": "toy",
        "reference": {"prompt": PROMPT, "response_ids": tokens[length:]},
        "target": [length, length + 1],
        "method": "occlusion",
    }
    event = view.ask("e", "explain", about)[-1]
    widget._seen = {**told, "target": target, "attribution": event["attribution"]}
    assert widget.selection.text == "cold"
    assert widget.explanation.attributions[0].method == "occlusion"
    assert widget.explanation.metadata["engine"] == "toy"
    assert seen == [widget.explanation]
    widget._seen = {"generation": None, "target": None, "attribution": None}
    assert (widget.selection, widget.explanation) == (None, None)


def test_an_observer_may_set_what_it_observes(view: View) -> None:
    widget: Any = view.widget

    def narrow(change: Any) -> None:
        if change.new is not None and change.new.text != "water":
            widget.selection = "water"

    widget.observe(narrow, "selection")
    widget.set_state({"_seen": {**generated(view), "target": None, "attribution": None}})
    assert widget.selection.text == "water"
    assert widget._seen["target"] is not None


def test_an_observer_may_narrow_what_python_sets(widget: Any) -> None:
    model = backlit.load_model("toy")
    generation = model.generate(PROMPT)
    seen: list[Any] = []

    def narrow(change: Any) -> None:
        seen.append(change.new)
        if change.new.text != "water":
            widget.selection = "water"

    widget.observe(narrow, "selection")
    widget.explanation = backlit.explain(model, generation, select="cold", granularity="word")
    assert widget.selection.text == "water"
    assert widget._seen["target"]["start"] == widget.selection.target.start
    widget.unobserve(narrow, "selection")
    widget.observe(lambda change: seen.append(change.new), "selection")
    widget.selection = None
    assert seen[-1] == widget.selection
    assert widget.selection.generation == generation
    with widget.hold_trait_notifications():
        widget.selection = "cold"
    assert widget.selection.text == "cold"


def test_an_observer_may_close_the_widget() -> None:
    """Who listens to a model that becomes ready must not wait for it."""
    widget: Any = backlit.make_notebook_widget([ROWS], ["toy"])
    view = View(widget)
    widget.observe(lambda change: widget.close(), "_state")
    view.tell({"call": "a", "kind": "load", "request": {"model": "toy"}})
    deadline = time.monotonic() + SECONDS
    while not widget._closed:
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_the_page_follows_python(widget: Any) -> None:
    model = backlit.load_model("toy")
    generation = model.generate(PROMPT)
    with pytest.raises(TargetError):
        widget.selection = "water"
    widget.selection = generation
    assert widget._seen["generation"]["finish_reason"] == "stop"
    assert widget._seen["target"] is None
    widget.selection = "water"
    assert widget.selection.text == "water"
    assert (widget._seen or {})["target"]["start"] == widget.selection.target.start
    explanation = backlit.explain(model, generation, select="cold", granularity="word")
    widget.explanation = explanation
    assert widget.selection.text == "cold"
    assert widget._seen["attribution"]["granularity"] == "word"
    widget._seen = {**widget._seen}  # told back by the page
    assert widget.explanation is explanation
    widget.explanation = None
    assert widget.selection.target is None
    assert widget._seen["attribution"] is None
    widget.selection = None
    assert widget.selection.generation == generation
    with pytest.raises(InputError, match="str is not an explanation"):
        widget.explanation = "a map"


def test_what_the_page_tells_wrongly_is_passed_over(widget: NotebookWidget) -> None:
    widget._seen = {"generation": "nonsense"}
    assert widget.selection is None


def test_rendering(widget: NotebookWidget, capsys: pytest.CaptureFixture[str]) -> None:
    widget.render()
    assert "JavaScript is off" in capsys.readouterr().out
    model = backlit.load_model("toy")
    widget.explanation = backlit.explain(model, PROMPT, select="water", granularity="word")
    html = widget._still().data
    assert f'class="backlit-kept-{widget.model_id}"' in html
    assert "occlusion by word" in html
    widget.render(data=[{"prompt": "other", "id": "o"}])
    assert list(widget.datasets) == ["data"]
    assert widget._state["datasets"][0]["examples"][0]["id"] == "o"
    with pytest.raises(DataError):
        widget.render(data=[{}])
    assert widget._state["datasets"][0]["examples"][0]["id"] == "o"


def test_a_tab_of_its_own(widget: Any, capsys: pytest.CaptureFixture[str]) -> None:
    import httpx2

    before = widget.address
    assert before is None
    widget.render(open_in_new_tab=True)
    url: str = widget.address or ""
    printed = capsys.readouterr().out
    assert "widget.address" in printed
    assert url.partition("=")[2] not in printed  # what is saved must let nobody in
    assert url not in str(widget._tab.get_state())
    with httpx2.Client(follow_redirects=True) as client:
        assert "<title>Backlit" in client.get(url).text
        address, _, token = url.partition("?token=")
        state = client.get(f"{address}api/state", headers={"Authorization": f"Bearer {token}"})
        assert state.json()["datasets"][0]["examples"][0]["id"] == "pets"
    refused = httpx2.get(f"{address}api/state")
    assert refused.status_code == 401
    assert "widget.address" in refused.json()["hint"]
    widget.render(open_in_new_tab=True)
    assert widget.address == url
    widget.close()
    deadline = time.monotonic() + SECONDS
    while "backlit-server" in {thread.name for thread in threading.enumerate()}:
        assert time.monotonic() < deadline
        time.sleep(0.05)


# ---- what widgets share ---------------------------------------------------------------------


def test_widgets_share_a_model_and_its_thread() -> None:
    one = backlit.make_notebook_widget([ROWS], ["toy"])
    two = backlit.make_notebook_widget([ROWS], ["toy", "other:toy"])
    assert one._loaded[0] is two._loaded[0]
    assert one._service._thread is two._service._thread
    apart = backlit.make_notebook_widget([ROWS], ["toy"], batch_size=2)
    assert apart._loaded[0] is not one._loaded[0]
    thread = one._service._thread._thread
    for widget in (one, two):
        widget.close()
    assert thread.is_alive()
    apart.close()
    thread.join(SECONDS)
    assert not thread.is_alive()
    apart.close()  # twice does no harm


def test_cells_and_widgets_take_turns_at_a_model() -> None:
    at_once: list[int] = []
    inside = threading.Lock()

    def score(prompts: list[str], response: str) -> list[float]:
        at_once.append(1 if inside.acquire(blocking=False) else 2)
        time.sleep(0.02)
        if at_once[-1] == 1:
            inside.release()
        return [-float(len(prompt)) for prompt in prompts]

    model = backlit.load_model(from_function(score=score, name="counted", batch_size=1))
    widget = backlit.make_notebook_widget([ROWS], [model])
    view = View(widget)
    request = {
        "model": "counted",
        "reference": {"prompt": PROMPT},
        "response": " an answer",
    }
    view.tell({"call": "a", "kind": "respond", "request": request})
    backlit.explain(model, PROMPT, target=" cold water.", granularity="word")
    assert view.answer("a")[-1]["type"] == "generation"
    assert widget._loaded[0].model is model
    assert set(at_once) == {1}
    widget.close()


def test_waiting_for_a_turn_can_be_cancelled() -> None:
    model = backlit.load_model("toy")
    widget = backlit.make_notebook_widget([ROWS], [model])
    view = View(widget)
    with model.turn():
        request = {"model": "toy", "reference": {"prompt": PROMPT}}
        view.tell({"call": "a", "kind": "generate", "request": request})
        time.sleep(0.1)
        view.tell({"cancel": "a"})
        assert view.answer("a") == [] or all(one["type"] == "model" for one in view.answer("a"))
    widget.close()


def test_closing_stops_only_its_own_work() -> None:
    release = threading.Event()

    def generate(prompt: str, options: object) -> Iterator[str]:
        while not release.wait(0.01):
            yield " more"

    engine = from_function(generate=generate, name="slow")
    one = backlit.make_notebook_widget([ROWS], [engine])
    two = backlit.make_notebook_widget([ROWS], [engine])
    first, second = View(one), View(two)
    request = {"model": "slow", "reference": {"prompt": "a"}}
    request["options"] = {"max_new_tokens": 100_000}
    first.tell({"call": "a", "kind": "generate", "request": request})
    second.tell({"call": "b", "kind": "generate", "request": request})
    first.heard("tokens")
    one.close()
    first.answer("a")
    release.set()
    assert second.answer("b")[-1]["type"] == "generation"
    two.close()


def test_models_are_forgotten_with_their_last_user() -> None:
    shared = SharedModels()
    made: list[ServedModel] = []

    def make() -> ServedModel:
        made.append(ServedModel("toy", "toy"))
        return made[-1]

    source = ModelSource("toy", "toy", make)
    first, _ = shared.take([source], 1)
    second, _ = shared.take([source], 2)
    assert first == second == made
    shared.give_back(1)
    shared.give_back(1)
    assert shared.take([source], 3)[0] == made
    shared.give_back(2)
    shared.give_back(3)
    shared.take([source], 4)
    assert len(made) == 2
    shared.give_back(4)


def test_a_cell_that_runs_again_closes_its_widgets(monkeypatch: pytest.MonkeyPatch) -> None:
    closed = []

    class Fake:
        def close(self) -> None:
            closed.append(self)
            cells.forget(self)

    def run(cell: str, number: str) -> None:
        monkeypatch.setattr(kernel, "running_cell", lambda: (cell, sys.intern(number)))

    cells = Cells()
    first, second, other, third = (Fake() for _ in range(4))
    run("cell", "1")
    cells.made(first)
    cells.made(second)
    run("another", "1")
    cells.made(other)
    assert closed == []
    run("cell", "2")
    cells.made(third)
    assert closed == [first, second]
    cells.forget(third)
    run("cell", "3")
    cells.made(Fake())
    assert closed == [first, second]


def test_outside_of_a_notebook_there_is_no_cell() -> None:
    assert kernel.running_cell() is None
    assert kernel.ipykernel_version() == 0
