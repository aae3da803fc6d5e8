"""`make_notebook_widget`: what it takes, and what it says of what it can't."""

import sys
from typing import Any

import pytest

import backlit
from backlit.data import Example
from backlit.data.base import ExampleList
from backlit.errors import DataError, InputError, MissingPackageError, OptionsError
from tests.notebook.view import PROMPT, ROWS, View
from tests.support.service import Watched


def test_datasets_and_models_are_there(view: View) -> None:
    (example,) = view.widget.datasets["data"].examples
    assert (example["source"], example["prompt"]) == ("tests", PROMPT)
    assert example["target"] == " warm milk."
    assert [model.name for model in view.state.models] == ["toy"]
    assert [one.id for one in view.state.datasets[0].examples] == ["pets"]


def test_one_is_as_good_as_a_list_of_one() -> None:
    widget = backlit.make_notebook_widget("sample_prompts", "toy")
    assert list(widget.datasets) == ["sample_prompts"]
    assert [model.name for model in View(widget).state.models] == ["toy"]
    widget.close()
    with pytest.raises(OptionsError, match="empty"):
        backlit.make_notebook_widget([ROWS], [])


def test_fewer_examples(capsys: pytest.CaptureFixture[str]) -> None:
    """Also of what is shown later."""
    widget = backlit.make_notebook_widget(["sample_prompts", ROWS], ["toy"], max_examples=2)
    assert [len(dataset.examples) for dataset in widget.datasets.values()] == [2, 1]
    assert "sample_prompts: the first 2 of 13 examples" in capsys.readouterr().out
    widget.render(data="sample_prompts")
    assert [len(dataset.examples) for dataset in widget.datasets.values()] == [2, 1]
    assert [len(one.examples) for one in View(widget).state.datasets] == [2]
    widget.close()


@pytest.mark.parametrize("models", [["toy", "toy:toy"], ["toy", "keras:toy"]])
def test_two_models_need_two_names(models: list[str]) -> None:
    with pytest.raises(InputError, match="Two models are called 'toy'"):
        backlit.make_notebook_widget([ROWS], models)


@pytest.mark.parametrize("framework", [None, "kerasnlp"])
def test_two_presets_need_two_names(framework: str | None) -> None:
    preset = "gemma2_instruct_2b_en"
    with pytest.raises(InputError, match=f"Two models are called '{preset}'"):
        backlit.make_notebook_widget([ROWS], [preset, f"keras:{preset}"], dl_framework=framework)


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([[{"text": "a"}]], "data, row 1: it has no `prompt`"),
        ([[]], "holds no examples"),
        ([{"prompt": "a"}], "list of rows, not one row"),
        (["sample_prompts", "sample_prompts"], "Two datasets are called 'sample_prompts'"),
        (["/nowhere/x.jsonl"], "There is no file"),
        ([ExampleList("odd", (Example(1, "a"),))], "odd, example 1: id: "),  # type: ignore[arg-type]
    ],
)
def test_data_that_will_not_do(rows: Any, said: str) -> None:
    with pytest.raises(DataError, match=said):
        backlit.make_notebook_widget(rows, ["toy"])


@pytest.mark.parametrize("name", ["batch_size", "max_examples", "height"])
def test_numbers_below_one(name: str) -> None:
    with pytest.raises(OptionsError, match=f"{name} is 0"):
        backlit.make_notebook_widget([ROWS], ["toy"], **{name: 0})  # type: ignore[arg-type]


def test_numbers_are_used(toy: Any) -> None:
    model = Watched(toy)
    widget = backlit.make_notebook_widget([ROWS], [model], batch_size=3, height=432)
    assert widget.get_state("_height") == {"_height": 432}
    assert model.batch_size is None  # the person's own stays as it is
    widget.close()


def test_frameworks_and_runtimes_are_checked() -> None:
    with pytest.raises(OptionsError, match="no framework 'pytorch'"):
        backlit.make_notebook_widget([ROWS], ["toy"], dl_framework="pytorch")
    with pytest.raises(OptionsError, match="mxnet"):
        backlit.make_notebook_widget([ROWS], ["toy"], dl_runtime="mxnet")


@pytest.mark.parametrize("package", ["anywidget", "IPython.display"])
def test_without_the_extra(monkeypatch: pytest.MonkeyPatch, package: str) -> None:
    monkeypatch.delitem(sys.modules, "backlit.notebook.widget", raising=False)
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(MissingPackageError, match=f"needs {package}") as raised:
        backlit.make_notebook_widget([ROWS], ["toy"])
    assert "backlit[notebook]" in raised.value.hint


def test_another_missing_package_is_no_missing_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "backlit.notebook.widget", raising=False)
    monkeypatch.setitem(sys.modules, "backlit.notebook.tab", None)
    with pytest.raises(ModuleNotFoundError, match=r"backlit\.notebook\.tab"):
        backlit.make_notebook_widget([ROWS], ["toy"])


def test_errors_show_themselves_in_a_cell() -> None:
    error = DataError("The file is empty.", "Give it a row.")
    assert error._render_traceback_() == ["DataError: The file is empty.", "Give it a row."]


def test_examples_are_looked_up_by_source_and_shown_one_after_the_other() -> None:
    """As the codelab on Gemma in Keras does, in its order."""
    widget = backlit.make_notebook_widget(["sample_prompts"], ["toy"], batch_size=1)
    view = View(widget)
    widget.render(open_in_new_tab=True)
    widget.render(data=[{"prompt": "The dog likes", "target": " cold water.", "source": "mine"}])
    for source in ("fewshot-fixed", "fewshot-constitution"):
        examples = widget.datasets["sample_prompts"].examples
        found = next(example for example in examples if example["source"] == source)
        widget.render(data=[found])
        (shown,) = view.state.datasets
        (example,) = shown.examples
        assert (example.id, example.source) == (source, source)
        assert example.prompt == found["prompt"]
        assert example.target == found["target"]
        assert example.fields == found.fields
    widget.close()
