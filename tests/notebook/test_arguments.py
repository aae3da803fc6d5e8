"""Models as a notebook's arguments name them; none is opened here."""

import gc
import weakref
from collections.abc import Hashable
from pathlib import Path
from typing import Any

import pytest

from backlit.data import Example
from backlit.data.base import ExampleList
from backlit.engines.toy import ToyEngine
from backlit.errors import DataError, OptionsError
from backlit.model import Model
from backlit.notebook.arguments import KERAS_NAMES, TRANSFORMERS_NAMES, read_datasets, read_models
from backlit.sources import parse

PRESET = "gemma2_instruct_2b_en"


def key_of(model: Any, *options: Any) -> Hashable:
    (argument,) = read_models(model, *(options or (None, None)))
    return argument.key


def asked_of(model: Any, framework: str | None, runtime: str | None = None) -> tuple[str, str]:
    """A model's name, and its source as it will be opened."""
    (argument,) = read_models(model, None, None, framework, runtime)
    info = argument.make().info
    assert info.name == argument.name
    return info.name, info.source


@pytest.mark.parametrize("framework", [*KERAS_NAMES, "KerasNLP", "Keras_Hub"])
def test_every_name_of_keras_has_keras_run_it(framework: str) -> None:
    name, source = asked_of(f"gemma:{PRESET}", framework)
    assert name == "gemma"
    address = parse(source)
    assert (address.name, address.source, address.keras) == ("gemma", PRESET, True)


@pytest.mark.parametrize("framework", [None, *TRANSFORMERS_NAMES, "HuggingFace"])
@pytest.mark.parametrize("model", ["toy", "mine:org/name@v1", PRESET])
def test_otherwise_a_source_is_as_it_was_given(model: str, framework: str | None) -> None:
    assert asked_of(model, framework) == (parse(model).name, model)


@pytest.mark.parametrize("framework", ["", "pytorch", "keras3", "jax"])
def test_a_wrong_framework_says_what_is_right(framework: str) -> None:
    with pytest.raises(OptionsError, match=f"framework '{framework}'.*kerasnlp or transformers"):
        read_models("toy", None, None, framework)


@pytest.mark.parametrize(
    ("model", "name", "source", "revision"),
    [
        (PRESET, PRESET, PRESET, None),
        ("smollm2", "smollm2", "smollm2", None),
        (f"keras:{PRESET}", PRESET, PRESET, None),
        (f"mine:keras:{PRESET}", "mine", PRESET, None),
        ("org/name", "name", "org/name", None),
        ("org/name@refs/pr/1", "name", "org/name", "refs/pr/1"),
        ("mine:org/name@v1", "mine", "org/name", "v1"),
        ("mine:keras:org/name@v1", "mine", "org/name", "v1"),
        ("/srv/my model", "my-model", "/srv/my model", None),
        ("hf://org/name", "name", "hf://org/name", None),
        ("kaggle://a/b/keras/c/2", "c", "kaggle://a/b/keras/c/2", None),
        pytest.param("org/x", "x", "org/x", None),
        pytest.param("/srv/keras", "keras", "/srv/keras", None),
    ],
)
def test_what_is_made_kerass_stays_itself(
    model: str, name: str, source: str, revision: str | None
) -> None:
    called, asked = asked_of(model, "kerasnlp")
    address = parse(asked)
    assert called == name
    assert (address.name, address.source, address.revision) == (name, source, revision)
    assert address.keras


@pytest.mark.parametrize("runtime", ["torch", "PyTorch", "jax", "tf", "tensorflow", None])
def test_keras_runs_on_any_runtime(runtime: str | None) -> None:
    assert asked_of(PRESET, "kerasnlp", runtime)[0] == PRESET
    assert asked_of(PRESET, None, runtime)[0] == PRESET


@pytest.mark.parametrize("runtime", ["jax", "tensorflow", "TF"])
def test_transformers_runs_on_torch_alone(runtime: str) -> None:
    with pytest.raises(OptionsError, match=rf"not on {runtime}.*dl_framework=\"kerasnlp\""):
        read_models("toy", None, None, "transformers", runtime)
    assert asked_of("toy", "transformers", "torch") == ("toy", "toy")


@pytest.mark.parametrize("framework", [None, "kerasnlp", "transformers"])
def test_a_wrong_runtime_says_what_is_right(framework: str | None) -> None:
    with pytest.raises(OptionsError, match=r"'mxnet'.*torch, jax, tensorflow"):
        read_models("toy", None, None, framework, "mxnet")


def test_models_are_shared_only_if_all_options_are_equal() -> None:
    options: list[tuple[Any, ...]] = [
        (precision, batch, framework, runtime)
        for precision in (None, "float32", "bfloat16")
        for batch in (None, 4)
        for framework in (None, "kerasnlp")
        for runtime in (None, "torch", "jax")
    ]
    keys = {key_of(model, *one) for one in options for model in (PRESET, f"other:{PRESET}")}
    assert len(keys) == 2 * len(options)
    for one in options:
        assert key_of(PRESET, *one) == key_of(PRESET, *one)
    assert key_of(PRESET, None, None, "kerasnlp", "tf") == key_of(
        PRESET, None, None, "keras_hub", "tensorflow"
    )


def test_what_is_loaded_already_is_taken_as_it_is(toy: ToyEngine) -> None:
    (argument,) = read_models(toy, None, None, "kerasnlp", "jax")
    assert argument.name == toy.name
    assert argument.key == key_of(toy) == key_of([toy])
    assert argument.key != key_of(Model(toy)), "another object"
    assert argument.key != key_of(toy, None, 4)
    served = argument.make()
    assert served.info.status == "ready"
    assert served.model is not None
    assert served.model.engine is toy


def test_a_loaded_model_is_itself_but_for_its_batches(toy: ToyEngine) -> None:
    model = Model(toy)
    (as_it_is,) = read_models(model, None, None)
    assert as_it_is.make().model is model
    (smaller,) = read_models(model, None, 4)
    served = smaller.make().model
    assert served is not None
    assert (served.batch_size, model.batch_size) == (4, None)


def test_a_loaded_object_lives_as_long_as_its_argument() -> None:
    """Or another object might be at its place in memory, and be taken for it."""
    engine = ToyEngine()
    alive = weakref.ref(engine)
    (argument,) = read_models(engine, None, None)
    del engine
    gc.collect()
    assert alive() is not None
    del argument
    gc.collect()
    assert alive() is None


def test_models_may_stand_alone_but_not_be_none_at_all() -> None:
    names = [one.name for one in read_models([PRESET, f"other:{PRESET}"], None, None, "kerasnlp")]
    assert names == [PRESET, "other"]
    assert [one.name for one in read_models("toy", None, None)] == ["toy"]
    with pytest.raises(OptionsError, match="list is empty"):
        read_models([], None, None)


def test_datasets_of_all_kinds(tmp_path: Path) -> None:
    file = tmp_path / "mine.jsonl"
    file.write_text('{"prompt": "a"}\n{"prompt": "b"}\n')
    own = ExampleList("own", (Example("1", "x"), Example("2", "y")))
    datasets = read_datasets([str(file), own, [{"prompt": "c"}], iter([{"prompt": "d"}])], None)
    assert [dataset.name for dataset in datasets] == ["mine", "own", "data", "data-2"]
    assert datasets[1] is own
    assert [example.id for example in datasets[2].examples] == ["data-1"]


def test_a_dataset_may_stand_alone_but_not_be_none_at_all() -> None:
    assert [dataset.name for dataset in read_datasets("sample_prompts", None)] == ["sample_prompts"]
    with pytest.raises(OptionsError, match="list is empty"):
        read_datasets([], None)


def test_what_is_left_out_of_a_dataset_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    datasets = read_datasets(["sample_prompts", [{"prompt": "c"}]], 2)
    assert [len(dataset.examples) for dataset in datasets] == [2, 1]
    assert capsys.readouterr().out == (
        "sample_prompts: the first 2 of 13 examples (max_examples).\n"
    )


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([[{"text": "a"}]], "data, row 1: it has no `prompt`"),
        ([[]], "holds no examples"),
        ([{"prompt": "a"}], "list of rows, not one row"),
        (["sample_prompts", "sample_prompts"], "Two datasets are called 'sample_prompts'"),
        (["/nowhere/x.jsonl"], "There is no file"),
    ],
)
def test_data_that_will_not_do(rows: Any, said: str) -> None:
    with pytest.raises(DataError, match=said):
        read_datasets(rows, None)
