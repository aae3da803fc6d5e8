"""Models as a notebook's arguments name them; none is opened here."""

from collections.abc import Hashable
from typing import Any

import pytest

from backlit.engines.toy import ToyEngine
from backlit.errors import InputError, OptionsError
from backlit.model import Model
from backlit.notebook.arguments import KERAS_NAMES, TRANSFORMERS_NAMES, sources_of
from backlit.sources import parse

PRESET = "gemma2_instruct_2b_en"


def key_of(given: Any, *options: Any) -> Hashable:
    (source,) = sources_of(given, *(options or (None, None)))
    return source.key


def asked_of(given: Any, framework: str | None, runtime: str | None = None) -> tuple[str, str]:
    """A model's name, and its source as it will be opened."""
    (source,) = sources_of(given, None, None, framework, runtime)
    assert isinstance(source.key, tuple)
    return source.name, source.key[0]


@pytest.mark.parametrize("framework", [*KERAS_NAMES, "KerasNLP", "Keras_Hub"])
def test_every_name_of_keras_has_keras_run_it(framework: str) -> None:
    name, source = asked_of(f"gemma:{PRESET}", framework)
    assert name == "gemma"
    wanted = parse(source)
    assert (wanted.name, wanted.source, wanted.keras) == ("gemma", PRESET, True)


@pytest.mark.parametrize("framework", [None, *TRANSFORMERS_NAMES, "HuggingFace"])
@pytest.mark.parametrize("model", ["toy", "mine:org/name@v1", PRESET])
def test_otherwise_a_source_is_as_it_was_given(model: str, framework: str | None) -> None:
    assert asked_of(model, framework) == (parse(model).name, model)


@pytest.mark.parametrize("framework", ["", "pytorch", "keras3", "jax"])
def test_a_wrong_framework_says_what_is_right(framework: str) -> None:
    with pytest.raises(OptionsError, match=f"framework '{framework}'.*kerasnlp or transformers"):
        sources_of("toy", None, None, framework)


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
    wanted = parse(asked)
    assert called == name
    assert (wanted.name, wanted.source, wanted.revision) == (name, source, revision)
    assert wanted.keras


@pytest.mark.parametrize("runtime", ["torch", "PyTorch", "jax", "tf", "tensorflow", None])
def test_keras_runs_on_any_runtime(runtime: str | None) -> None:
    assert asked_of(PRESET, "kerasnlp", runtime)[0] == PRESET
    assert asked_of(PRESET, None, runtime)[0] == PRESET


@pytest.mark.parametrize("runtime", ["jax", "tensorflow", "TF"])
def test_transformers_runs_on_torch_alone(runtime: str) -> None:
    with pytest.raises(OptionsError, match=rf"not on {runtime}.*dl_framework=\"kerasnlp\""):
        sources_of("toy", None, None, "transformers", runtime)
    assert asked_of("toy", "transformers", "torch") == ("toy", "toy")


@pytest.mark.parametrize("framework", [None, "kerasnlp", "transformers"])
def test_a_wrong_runtime_says_what_is_right(framework: str | None) -> None:
    with pytest.raises(OptionsError, match=r"'mxnet'.*torch, jax, tensorflow"):
        sources_of("toy", None, None, framework, "mxnet")


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
    (source,) = sources_of(toy, None, None, "kerasnlp", "jax")
    assert source.name == toy.name
    assert source.key == key_of(toy) == key_of([toy])
    assert source.key != key_of(Model(toy)), "another object"
    assert source.key != key_of(toy, None, 4)


def test_two_models_need_two_names() -> None:
    for framework in (None, "kerasnlp"):
        with pytest.raises(InputError, match=f"Two models are called '{PRESET}'"):
            sources_of([PRESET, f"keras:{PRESET}"], None, None, framework)
    names = [s.name for s in sources_of([PRESET, f"other:{PRESET}"], None, None, "kerasnlp")]
    assert names == [PRESET, "other"]
    with pytest.raises(OptionsError, match="list is empty"):
        sources_of([], None, None)
