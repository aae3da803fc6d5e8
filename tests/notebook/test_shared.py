"""What all widgets of a kernel share."""

import threading
from collections.abc import Iterator

import pytest

import backlit
from backlit.engines import from_function
from backlit.engines.toy import ToyEngine
from backlit.notebook.shared import ModelArgument, SharedModels
from backlit.serving.models import ServedModel
from backlit.serving.queue import Job
from tests.notebook.view import PROMPT, ROWS, SECONDS, View
from tests.support.service import Watched, until


def model_threads() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "backlit-model"]


def test_models_are_forgotten_with_their_last_user() -> None:
    shared = SharedModels()
    makes: list[ServedModel] = []

    def make() -> ServedModel:
        makes.append(ServedModel("toy", "toy"))
        return makes[-1]

    argument = ModelArgument("toy", "toy", make)
    assert shared.take([argument], 1)[0] == shared.take([argument], 2)[0] == makes
    shared.give_back(1)
    shared.give_back(1)
    assert shared.take([argument], 3)[0] == makes
    shared.give_back(2)
    shared.give_back(3)
    shared.take([argument], 4)
    assert len(makes) == 2
    shared.give_back(4)


def test_one_thread_runs_all_of_them_as_long_as_there_are_some() -> None:
    shared = SharedModels()
    arguments = [ModelArgument(n, n, lambda: ServedModel("toy", "toy")) for n in ("a", "b")]
    before = len(model_threads())
    _, queue = shared.take(arguments[:1], 1)
    assert shared.take(arguments[1:], 2)[1] is queue
    queue.submit(Job(lambda job: None, lambda ahead: None, lambda error: None))
    assert len(model_threads()) == before + 1
    shared.give_back(1)
    assert len(model_threads()) == before + 1
    shared.give_back(2)
    until(lambda: len(model_threads()) == before)
    assert shared.take(arguments, 3)[1] is not queue
    shared.give_back(3)


def test_keys_say_which_models_are_one() -> None:
    shared = SharedModels()
    make = ServedModel
    same = [ModelArgument("toy", key, lambda: make("toy", "toy")) for key in (("k", 1), ("k", 1))]
    other = ModelArgument("toy", ("k", 2), lambda: make("toy", "toy"))
    served, _ = shared.take([*same, other], 1)
    assert served[0] is served[1]
    assert served[0] is not served[2]
    shared.give_back(1)


def test_a_model_that_one_widget_loads_is_ready_in_the_other() -> None:
    first = backlit.make_notebook_widget([ROWS], ["toy"])
    second = backlit.make_notebook_widget([ROWS], ["toy", "other:toy"])
    apart = backlit.make_notebook_widget([ROWS], ["toy"], batch_size=2)
    views = [View(widget) for widget in (first, second, apart)]
    views[0].ask("a", "load", {"model": "toy"})
    threads = model_threads()
    assert len(threads) == 1
    assert [view.state.models[0].status for view in views] == ["ready", "ready", "waiting"]
    for widget in (first, second):
        widget.close()
    assert threads[0].is_alive()
    apart.close()
    threads[0].join(SECONDS)
    assert not threads[0].is_alive()
    apart.close()  # twice does no harm


def test_cells_and_widgets_take_turns_at_a_model() -> None:
    """A cell asks for its turn while the widget's request is in the middle of its own."""
    at_once: list[int] = []
    inside = threading.Lock()
    in_the_middle = threading.Event()

    def score(prompts: list[str], response: str) -> list[float]:
        alone = inside.acquire(blocking=False)
        at_once.append(1 if alone else 2)
        if not in_the_middle.is_set():
            model.asked.clear()  # by the widget, for this
            in_the_middle.set()
        assert model.asked.wait(SECONDS)
        if alone:
            inside.release()
        return [-float(len(prompt)) for prompt in prompts]

    model = Watched(from_function(score=score, name="counted", batch_size=1))
    widget = backlit.make_notebook_widget([ROWS], [model])
    view = View(widget)
    reference = {"prompt": PROMPT}
    request = {"model": "counted", "reference": reference, "response": " an answer"}
    view.tell({"call": "a", "kind": "respond", "request": request})
    assert in_the_middle.wait(SECONDS)
    backlit.explain(model, PROMPT, response=" cold water.", granularity="word")
    assert view.answer("a")[-1]["type"] == "generation"
    assert set(at_once) == {1}
    widget.close()


def test_waiting_for_a_turn_can_be_cancelled() -> None:
    model = Watched(ToyEngine())
    widget = backlit.make_notebook_widget([ROWS], [model])
    view = View(widget)
    with model.turn():
        model.asked.clear()
        request = {"model": "toy", "reference": {"prompt": PROMPT}}
        view.tell({"call": "a", "kind": "generate", "request": request})
        assert model.asked.wait(SECONDS)
        view.tell({"cancel": "a"})
        (last,) = view.answer("a")
        assert last["error"]["code"] == "Cancelled"
    widget.close()


def test_closing_a_widget_stops_only_its_own_work() -> None:
    release = threading.Event()

    def generate(prompt: str, options: object) -> Iterator[str]:
        while not release.wait(0.01):
            yield " more"

    engine = from_function(generate=generate, name="slow")
    first, second = (backlit.make_notebook_widget([ROWS], [engine]) for _ in range(2))
    stopped, other = View(first), View(second)
    request = {
        "model": "slow",
        "reference": {"prompt": "a"},
        "options": {"max_new_tokens": 100_000},
    }
    stopped.tell({"call": "a", "kind": "generate", "request": request})
    other.tell({"call": "b", "kind": "generate", "request": request})
    stopped.heard("tokens")
    first.close()
    stopped.answer("a")
    release.set()
    assert other.answer("b")[-1]["type"] == "generation"
    second.close()


@pytest.mark.parametrize("failing", [True, False])
def test_models_that_are_refused_are_let_go(failing: bool) -> None:
    before = len(model_threads())
    models = ["toy", "toy:toy"] if failing else ["toy", "other:toy"]
    if failing:
        with pytest.raises(backlit.errors.InputError, match="Two models are called 'toy'"):
            backlit.make_notebook_widget([ROWS], models)
    else:
        backlit.make_notebook_widget([ROWS], models).close()
    until(lambda: len(model_threads()) == before)
