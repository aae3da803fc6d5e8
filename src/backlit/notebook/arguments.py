"""What a person gives a widget: datasets and models, in any of the forms that make sense."""

from collections.abc import Iterable
from functools import partial
from typing import Any

from backlit.data import Dataset
from backlit.data.base import ExampleList
from backlit.data.readers import as_datasets
from backlit.engines import open_engine
from backlit.engines.base import Engine
from backlit.engines.keras_hub.runtime import backend_name
from backlit.errors import InputError, OptionsError
from backlit.notebook.shared import ModelSource
from backlit.pipeline import Model, load_model
from backlit.serving.models import LoadedModel
from backlit.sources import parse

KERAS_NAMES = ("kerasnlp", "keras_nlp", "keras_hub", "kerashub", "keras")
TRANSFORMERS_NAMES = ("transformers", "huggingface")


def datasets_of(given: Any, most: int | None) -> list[Dataset]:
    """Datasets, and the first `most` examples of each; what is left out is told in the cell.

    Raises:
        InputError: one can't be read, two have one name, or there is none.
    """
    found: list[Dataset] = []
    for one in as_datasets(_several(given)):
        total = len(one.examples)
        if most is not None and total > most:
            print(f"{one.name}: the first {most:,} of {total:,} examples (max_examples).")
            one = ExampleList(one.name, tuple(one.examples[:most]))
        found.append(one)
    return found


def sources_of(
    given: Any,
    precision: str | None,
    batch_size: int | None,
    framework: str | None = None,
    runtime: str | None = None,
) -> list[ModelSource]:
    """Models by name, or such as are loaded already.

    Raises:
        InputError: two have one name, there is none, or no such framework or runtime.
    """
    keras = _is_keras(framework)
    options = {"dtype": precision, "backend": backend_name(runtime) if runtime else None}
    if keras is False and options["backend"] not in (None, "torch"):
        raise OptionsError(
            f"Models of transformers run on torch, not on {runtime}.",
            'Leave dl_runtime out, or choose dl_framework="kerasnlp".',
        )
    chosen = {name: value for name, value in options.items() if value is not None}
    sources = [
        _source(_of_keras(model) if keras else model, chosen, batch_size)
        for model in _several(given)
    ]
    names = [source.name for source in sources]
    for name in names:
        if names.count(name) > 1:
            raise InputError(
                f"Two models are called {name!r}.", "Name one: name:source instead of source."
            )
    return sources


def _is_keras(framework: str | None) -> bool | None:
    """Whether a framework, in any of its names, is Keras; None if none was named."""
    if framework is None:
        return None
    for keras, names in ((True, KERAS_NAMES), (False, TRANSFORMERS_NAMES)):
        if framework.lower() in names:
            return keras
    raise OptionsError(
        f"There is no framework {framework!r} here.",
        f"Use {KERAS_NAMES[0]} or {TRANSFORMERS_NAMES[0]}, or leave it out.",
    )


def _of_keras(model: Any) -> Any:
    """A model's source, so that Keras runs it."""
    if not isinstance(model, str) or parse(model).keras:
        return model
    wanted = parse(model)
    revision = f"@{wanted.revision}" if wanted.revision else ""
    source = f"keras:{wanted.source}{revision}"
    named = parse(source).name != wanted.name
    return f"{wanted.name}:{source}" if named else source


def _source(model: Any, options: dict[str, Any], batch: int | None) -> ModelSource:
    """Where to get a model: by name once in a kernel, or as it is."""
    if isinstance(model, str):
        name = parse(model).name
        opener = partial(open_engine, **options) if options else open_engine
        make = partial(LoadedModel, name, model, opener, batch_size=batch)
        return ModelSource(name, (model, *options.items(), batch), make)
    key = (id(model), batch)
    loaded = model if isinstance(model, Model) else load_model(model)
    return ModelSource(loaded.name, key, partial(LoadedModel.of, loaded, batch, model))


def _several(given: Any) -> Any:
    """What a person gives as one, in a list; nothing is too little."""
    alone = isinstance(given, str | Model | Engine) or not isinstance(given, Iterable)
    several = [given] if alone else list(given)
    if not several:
        raise OptionsError("The list is empty.", "Give at least one dataset and one model.")
    return several
