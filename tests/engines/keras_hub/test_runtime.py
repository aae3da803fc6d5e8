"""Starting Keras, as seen from where it is not installed: nothing here imports it."""

import importlib.util
import os
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest

from backlit.engines.keras_hub.runtime import BACKENDS, VARIABLE, backend_name, start_keras
from backlit.errors import MissingPackageError, OptionsError

ALL = ("keras", "keras_hub", *BACKENDS)


@pytest.fixture(autouse=True)
def a_process_without_keras(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "keras", raising=False)
    monkeypatch.delitem(sys.modules, "keras_hub", raising=False)
    monkeypatch.setenv(VARIABLE, "undone after the test")
    monkeypatch.delenv(VARIABLE)


def install(monkeypatch: pytest.MonkeyPatch, *packages: str) -> ModuleType:
    """Have these be found, and KerasHub be imported without them."""
    hub = ModuleType("keras_hub")
    if "keras_hub" in packages:
        monkeypatch.setitem(sys.modules, "keras_hub", hub)
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: object() if name in packages else None
    )
    return hub


def run_keras(monkeypatch: pytest.MonkeyPatch, backend: str) -> None:
    """Have Keras be imported already."""
    keras = ModuleType("keras")
    keras.config = SimpleNamespace(backend=lambda: backend)  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "keras", keras)


@pytest.mark.parametrize(
    ("asked", "name"),
    [
        ("torch", "torch"),
        ("PyTorch", "torch"),
        ("JAX", "jax"),
        ("tf", "tensorflow"),
        ("TensorFlow", "tensorflow"),
    ],
)
def test_a_framework_has_several_names(
    asked: str, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert backend_name(asked) == name
    hub = install(monkeypatch, *ALL)
    assert start_keras(asked) is hub
    assert os.environ[VARIABLE] == name, "Keras reads it when it is imported"


@pytest.mark.parametrize("asked", ["openvino", "numpy", "mxnet"])
def test_a_framework_that_is_none_or_has_no_gradients_is_refused(
    asked: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(monkeypatch, *ALL)
    with pytest.raises(OptionsError, match=rf"no Keras backend '{asked}'.*torch, jax, tensorflow"):
        start_keras(asked)
    monkeypatch.setenv(VARIABLE, asked)
    with pytest.raises(OptionsError, match=f"no Keras backend '{asked}'"):
        start_keras()
    assert os.environ[VARIABLE] == asked


@pytest.mark.parametrize(
    ("variable", "asked", "name"),
    [
        (None, None, "torch"),
        ("", None, "torch"),
        ("jax", None, "jax"),
        ("jax", "tensorflow", "tensorflow"),
    ],
)
def test_the_environment_chooses_where_nobody_asks(
    variable: str | None, asked: str | None, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if variable is not None:
        monkeypatch.setenv(VARIABLE, variable)
    install(monkeypatch, *ALL)
    start_keras(asked)
    assert os.environ[VARIABLE] == name


@pytest.mark.parametrize(
    ("asked", "extra"), [("torch", "keras"), ("jax", "keras-jax"), ("tf", "keras-tensorflow")]
)
@pytest.mark.parametrize("missing", ["keras", "keras_hub"])
def test_a_missing_package_is_named_with_its_extra(
    missing: str, asked: str, extra: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(monkeypatch, *(name for name in ALL if name != missing))
    with pytest.raises(MissingPackageError) as caught:
        start_keras(asked)
    assert f"need {missing}, which" in caught.value.message
    assert caught.value.hint == f"Run: pip install 'backlit[{extra}]'"
    assert VARIABLE not in os.environ


def test_a_missing_framework_is_named_with_those_that_are_there(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    install(monkeypatch, "keras", "keras_hub", "torch", "tensorflow")
    with pytest.raises(MissingPackageError, match="on jax, which is not installed") as caught:
        start_keras("jax")
    assert "'backlit[keras-jax]'" in caught.value.hint
    assert "choose torch or tensorflow instead" in caught.value.hint
    assert VARIABLE not in os.environ


@pytest.mark.parametrize("asked", [None, "torch", "pytorch"])
def test_keras_that_runs_already_is_taken_as_it_is(
    asked: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VARIABLE, "jax")  # too late, so without effect
    hub = install(monkeypatch, "keras_hub")
    run_keras(monkeypatch, "torch")
    assert start_keras(asked) is hub
    assert os.environ[VARIABLE] == "jax"


def test_keras_that_runs_already_can_not_change(monkeypatch: pytest.MonkeyPatch) -> None:
    install(monkeypatch, *ALL)
    run_keras(monkeypatch, "torch")
    with pytest.raises(OptionsError, match=r"runs on torch.*Restart Python.*KERAS_BACKEND=jax"):
        start_keras("jax")


@pytest.mark.parametrize("asked", [None, "torch"])
def test_keras_that_runs_without_gradients_is_refused(
    asked: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(monkeypatch, *ALL)
    run_keras(monkeypatch, "openvino")
    with pytest.raises(OptionsError, match=r"openvino, which has no gradients.*Restart Python"):
        start_keras(asked)


def write_hub(monkeypatch: pytest.MonkeyPatch, folder: Path, **modules: str) -> None:
    """Packages that import what is not there."""
    for name, code in modules.items():
        (folder / f"{name}.py").write_text(code)
    monkeypatch.syspath_prepend(folder)


def test_what_keras_hub_lacks_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    write_hub(monkeypatch, tmp_path, keras_hub="import not_installed_here")
    run_keras(monkeypatch, "jax")
    with pytest.raises(MissingPackageError, match=r"need not_installed_here.*keras-jax"):
        start_keras()


def test_what_keras_lacks_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    code = {"keras_hub": "import keras", "keras": "import not_installed_here"}
    write_hub(monkeypatch, tmp_path, **code)
    with pytest.raises(MissingPackageError, match="need not_installed_here"):
        start_keras("torch")
