"""The widget from Python's side; what a browser shows of it is in tests/browser."""

from dataclasses import replace
from typing import Any

import pytest
from pydantic import TypeAdapter

import backlit
from backlit.data import Example
from backlit.data.base import ExampleList
from backlit.engines.toy import ToyEngine
from backlit.errors import DataError, InputError, TargetError
from backlit.explanation import Explanation
from backlit.model import Model
from backlit.notebook.shared import ModelArgument
from backlit.notebook.widget import ESM, NotebookWidget
from backlit.serving import wire
from backlit.serving.models import ServedModel
from backlit.types import Target
from tests.notebook.view import PROMPT, ROWS, View
from tests.support.service import Watched, until


@pytest.fixture(scope="module")
def model() -> Model:
    return backlit.load_model("toy")


def with_map(view: wire.View, event: dict[str, Any]) -> wire.View:
    """The view of a page that was sent a map, and shows it."""
    explanation = TypeAdapter(Explanation).validate_python(event["explanation"])
    return view.model_copy(update={"explanation": explanation, "target": explanation[0].target})


def why(view: wire.View) -> dict[str, Any]:
    """A page's question: why the first token of its answer?"""
    generation = view.model_dump(mode="json")["explanation"]["generation"]
    start = generation["sequence"]["prompt_length"]
    reference = {
        "prompt": generation["prompt"],
        "response_ids": [token["id"] for token in generation["sequence"]["tokens"][start:]],
        "finish_reason": generation["finish_reason"],
        "options": generation["options"],
    }
    target = (start, start + 1)
    return {"model": "toy", "reference": reference, "target": target, "method": "occlusion"}


# ---- what it is made of ---------------------------------------------------------------------


def test_the_source_is_small_and_whole() -> None:
    assert len(ESM.encode()) <= 600_000
    assert ESM.count("import(") == 1  # of the editor, which the kernel hands over
    assert "http://" not in ESM.replace("http://www.w3.org", "").replace("http://127.0.0.1", "")


def test_a_closed_widget_says_so(widget: NotebookWidget) -> None:
    widget.close()
    with pytest.raises(InputError, match="closed"):
        widget.render()


def test_it_says_its_models_where_nothing_can_be_shown(widget: NotebookWidget) -> None:
    assert repr(widget).startswith("Backlit (toy). ")
    assert "open_in_new_tab" in repr(widget)


def test_a_dataset_of_another_shape_leaves_nothing_behind() -> None:
    odd = ExampleList("odd", (Example(1, "a"),))  # type: ignore[arg-type]
    makes: list[ServedModel] = []

    def make() -> ServedModel:
        makes.append(ServedModel("toy", "toy"))
        return makes[-1]

    argument = ModelArgument("toy", "of this test alone", make)
    with pytest.raises(DataError, match="odd, example 1: id: "):
        NotebookWidget([odd], [argument])
    NotebookWidget([], [argument]).close()
    assert len(makes) == 2, "the first was kept"


# ---- requests -------------------------------------------------------------------------------


def test_messages_of_the_page_are_answered(view: View) -> None:
    events = view.ask("a", "generate", {"model": "toy", "reference": {"prompt": PROMPT}})
    assert view.sent[0] == {"call": "a"}
    assert events[-1]["type"] == "generation"


def test_a_model_that_gets_ready_is_told_in_the_state(view: View) -> None:
    before = view.state
    view.ask("a", "load", {"model": "toy"})
    after = view.state
    assert [state.models[0].status for state in (before, after)] == ["waiting", "ready"]
    assert after.models[0].chat


def test_out_of_memory_while_loading() -> None:
    """The model has failed, the page says why, and other models go on."""

    def no_room(source: str, progress: object) -> Any:
        raise RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried 9 TB.")

    widget = NotebookWidget(
        [],
        [
            ModelArgument("toy", "toy, here", lambda: ServedModel("toy", "toy")),
            ModelArgument("big", "big, here", lambda: ServedModel("big", "big", no_room)),
        ],
    )
    view = View(widget)
    (*_, last) = view.ask("a", "load", {"model": "big"})
    assert "not enough memory" in last["error"]["message"]
    big = view.state.models[-1]
    assert big.status == "failed"
    assert big.error is not None
    assert "not enough memory" in big.error.message
    answer = view.generate().explanation
    assert answer is not None
    assert answer.generation.model == "toy"
    widget.close()


def test_an_observer_may_close_the_widget(view: View) -> None:
    """Who listens to a model that becomes ready must not wait for it."""
    view.widget.observe(lambda change: view.widget.close(), "_state")
    view.tell({"call": "a", "kind": "load", "request": {"model": "toy"}})
    until(lambda: view.widget.comm is None)


# ---- what the person sees -------------------------------------------------------------------


def test_python_follows_the_page(view: View) -> None:
    widget = view.widget
    changes: list[Any] = []
    widget.observe(lambda change: changes.append(change.new), "explanation")
    page = view.generate()
    view.show(page)
    assert widget.selection.generation.response.split() == ["cold", "water."]
    assert (widget.selection.target, widget.explanation) == (None, None)
    view.show(with_map(page, view.ask("e", "explain", why(page))[-1]))
    assert widget.selection.text == "cold"
    assert widget.explanation[0].method == "occlusion"
    assert widget.explanation.metadata["engine"] == "toy"
    assert changes == [widget.explanation]
    view.show(wire.View())
    assert (widget.selection, widget.explanation) == (None, None)


def test_what_the_page_explains_is_what_python_does(view: View, model: Model) -> None:
    page = view.generate()
    view.show(with_map(page, view.ask("e", "explain", why(page))[-1]))
    in_python = model.explain(PROMPT, target=why(page)["target"], method="occlusion")
    explanation = view.widget.explanation
    assert replace(explanation, metadata={}) == replace(in_python, metadata={})
    assert set(explanation.metadata) == set(in_python.metadata)


def test_a_target_may_be_selected_before_there_is_a_map(view: View) -> None:
    page = view.generate()
    view.show(page.model_copy(update={"target": Target(*why(page)["target"])}))
    assert view.widget.selection.text == "cold"
    assert view.widget.explanation is None


def test_an_observer_may_set_what_it_observes(view: View) -> None:
    widget = view.widget

    def narrow(change: Any) -> None:
        if change.new is not None and change.new.text != "water":
            widget.selection = "water"

    widget.observe(narrow, "selection")
    view.show(view.generate())
    assert widget.selection.text == "water"
    assert view.shown.target is not None


def test_an_observer_may_narrow_what_python_sets(view: View, model: Model) -> None:
    widget = view.widget
    generation = model.generate(PROMPT)
    changes: list[Any] = []

    def narrow(change: Any) -> None:
        changes.append(change.new)
        if change.new.text != "water":
            widget.selection = "water"

    widget.observe(narrow, "selection")
    widget.explanation = model.explain(generation, target="cold", granularity="word")
    assert widget.selection.text == "water"
    assert view.shown.target == widget.selection.target
    widget.unobserve(narrow, "selection")
    widget.observe(lambda change: changes.append(change.new), "selection")
    widget.selection = None
    assert changes[-1] == widget.selection
    assert widget.selection.generation == generation
    with widget.hold_trait_notifications():
        widget.selection = "cold"
    assert widget.selection.text == "cold"


def test_the_page_follows_python(view: View, model: Model) -> None:
    widget = view.widget
    generation = model.generate(PROMPT)
    with pytest.raises(TargetError):
        widget.selection = "water"
    widget.selection = generation
    assert view.shown.explanation == Explanation(generation, ())
    assert view.shown.target is None
    widget.selection = "water"
    assert widget.selection.text == "water"
    assert view.shown.target == widget.selection.target
    explanation = model.explain(generation, target="cold", granularity="word")
    widget.explanation = explanation
    assert widget.selection.text == "cold"
    assert view.shown.explanation == explanation
    view.show(view.shown)  # told back by the page
    assert widget.explanation is explanation
    widget.explanation = None
    assert widget.selection.target is None
    assert view.shown.explanation == Explanation(generation, ())
    widget.selection = None
    assert widget.selection.generation == generation
    with pytest.raises(InputError, match="str is not an explanation"):
        widget.explanation = "a map"
    with pytest.raises(InputError, match="not an explanation with a map"):
        widget.explanation = Explanation(generation, ())


def test_what_the_page_could_not_go_on_from(widget: Any, model: Model) -> None:
    generation = replace(model.generate(PROMPT), model="elsewhere")
    with pytest.raises(InputError, match="of elsewhere, and this widget has toy"):
        widget.selection = generation
    explanation = model.explain(PROMPT, granularity="word")
    strange = replace(explanation[0], method="unheard-of")
    with pytest.raises(InputError, match="no method 'unheard-of'"):
        widget.explanation = replace(explanation, attributions=(strange,))


def test_what_the_page_tells_wrongly_is_passed_over(view: View) -> None:
    view.show({"explanation": "nonsense"})
    assert view.widget.selection is None


# ---- showing it -----------------------------------------------------------------------------


def test_rendering_loads_the_first_model_and_says_what_to_do_without_javascript(
    view: View, capsys: pytest.CaptureFixture[str]
) -> None:
    view.widget.render()
    assert "JavaScript is off" in capsys.readouterr().out
    until(lambda: view.state.models[0].status == "ready")


def test_other_examples_are_shown_unless_they_will_not_do(view: View) -> None:
    loaded = view.widget.datasets["data"]
    for id_ in ("first", "o"):
        view.widget.render(data=[{"prompt": "other", "id": id_}])
        (shown,) = view.state.datasets
        assert [one.id for one in shown.examples] == [id_]
        assert list(view.widget.datasets) == ["data", "data-2"]  # what was loaded is still there
        assert [one.id for one in view.widget.datasets[shown.name].examples] == [id_]
    assert view.widget.datasets["data"] is loaded
    with pytest.raises(DataError):
        view.widget.render(data=[{}])
    assert view.state.datasets[0].examples[0].id == "o"


def test_the_map_is_left_where_no_kernel_is_any_more(
    widget: Any, model: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Plain HTML beside the widget, from its first showing on, the same output each time."""
    shown: list[tuple[str, str]] = []

    class Handle:
        def display(self, html: Any) -> None:
            shown.append(("display", html.data))

        def update(self, html: Any) -> None:
            shown.append(("update", html.data))

    def display(output: Any, display_id: bool = False) -> Handle | None:
        if not display_id:
            return None
        shown.append(("display", output.data))
        return Handle()

    monkeypatch.setattr("backlit.notebook.widget.display", display)
    widget.explanation = model.explain(PROMPT, target="cold", granularity="word")
    assert shown == []
    widget.render()
    widget.explanation = model.explain(PROMPT, target="water", method="occlusion")
    widget.render()
    widget.explanation = None  # what was shown last is worth keeping
    assert [how for how, _ in shown] == ["display", "update", "display"]
    assert all(f'class="backlit-kept-{widget.model_id}"' in html for _, html in shown)
    assert "occlusion by line" in shown[-1][1]


def test_a_model_of_ones_own_is_used_as_it_is() -> None:
    mine = Watched(ToyEngine("mine"))
    widget = backlit.make_notebook_widget([ROWS], [mine])
    request = {"model": "mine", "reference": {"prompt": PROMPT}}
    assert View(widget).ask("a", "generate", request)[-1]["type"] == "generation"
    assert mine.asked.is_set()
    widget.close()
