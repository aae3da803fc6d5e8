"""What a person gives a widget: datasets and models, in any of the forms that make sense."""

from collections.abc import Container, Iterable
from functools import partial
from typing import Any

from backlit.data import Dataset
from backlit.data.base import ExampleList
from backlit.data.readers import as_datasets
from backlit.engines import open_engine
from backlit.engines.base import Engine
from backlit.engines.keras_hub.runtime import backend_name
from backlit.errors import OptionsError
from backlit.model import Model, load_model
from backlit.notebook.shared import ModelArgument
from backlit.serving.models import ServedModel
from backlit.sources import parse

KERAS_NAMES = ("kerasnlp", "keras_nlp", "keras_hub", "kerashub", "keras")
TRANSFORMERS_NAMES = ("transformers", "huggingface")


def read_datasets(
    value: Any, max_examples: int | None, taken: Container[str] = ()
) -> list[Dataset]:
    """Datasets, and the first `max_examples` of each; what is left out is said in the cell.

    Args:
        value: names, paths, datasets or rows.
        max_examples: None for all.
        taken: names that rows get no more.

    Raises:
        InputError: one can't be read, two have one name, or there is none.
    """
    datasets: list[Dataset] = []
    for dataset in as_datasets(as_list(value), taken):
        total = len(dataset.examples)
        if max_examples is not None and total > max_examples:
            print(
                f"{dataset.name}: the first {max_examples:,} of {total:,} examples (max_examples)."
            )
            dataset = ExampleList(
                dataset.name,
                tuple(dataset.examples[:max_examples]),
                getattr(dataset, "address", ""),
            )
        datasets.append(dataset)
    return datasets


def read_models(
    value: Any,
    precision: str | None,
    batch_size: int | None,
    framework: str | None = None,
    runtime: str | None = None,
) -> list[ModelArgument]:
    """Models by name, or such as are loaded already.

    Raises:
        InputError: there is none, or no such framework or runtime.
    """
    keras = _is_keras(framework)
    options = {"dtype": precision, "backend": backend_name(runtime) if runtime else None}
    if keras is False and options["backend"] not in (None, "torch"):
        raise OptionsError(
            f"Models of transformers run on torch, not on {runtime}.",
            'Leave dl_runtime out, or choose dl_framework="kerasnlp".',
        )
    chosen = {name: option for name, option in options.items() if option is not None}
    return [
        _argument(_of_keras(model) if keras else model, chosen, batch_size)
        for model in as_list(value)
    ]


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
    address = parse(model)
    revision = f"@{address.revision}" if address.revision else ""
    source = f"keras:{address.source}{revision}"
    named = parse(source).name != address.name
    return f"{address.name}:{source}" if named else source


def _argument(model: Any, options: dict[str, Any], batch_size: int | None) -> ModelArgument:
    """A model by name, loaded once in a kernel; or one that is there already, as it is."""
    if isinstance(model, str):
        name = parse(model).name
        opener = partial(open_engine, **options) if options else open_engine
        make = partial(ServedModel, name, model, opener, batch_size=batch_size)
        return ModelArgument(name, (model, *options.items(), batch_size), make)
    loaded = model if isinstance(model, Model) else load_model(model)
    if batch_size is not None:
        loaded = loaded.with_batch_size(batch_size)

    def serve(model: object = model) -> ServedModel:  # which holds the person's object
        return ServedModel.of(loaded)

    return ModelArgument(loaded.name, (id(model), batch_size), serve)


def as_list(value: Any) -> list[Any]:
    """A list of what may be given alone.

    Raises:
        OptionsError: the list is empty.
    """
    alone = isinstance(value, str | Model | Engine) or not isinstance(value, Iterable)
    entries = [value] if alone else list(value)
    if not entries:
        raise OptionsError("The list is empty.", "Give at least one dataset and one model.")
    return entries
