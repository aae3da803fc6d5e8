"""What a person gives a widget: datasets and models, in any of the forms that make sense."""

from functools import partial
from typing import Any

from backlit.data import Dataset
from backlit.data.base import ExampleList
from backlit.data.readers import as_datasets
from backlit.engines import open_engine
from backlit.engines.base import Engine
from backlit.engines.sources import parse
from backlit.errors import InputError, OptionsError
from backlit.kernel import ModelSource
from backlit.loading import LoadedModel
from backlit.pipeline import Model


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


def sources_of(given: Any, precision: str | None, batch_size: int | None) -> list[ModelSource]:
    """Models by name, or such as are loaded already.

    Raises:
        InputError: two have one name, or there is none.
    """
    sources = [_source(model, precision, batch_size) for model in _several(given)]
    names = [source.name for source in sources]
    for name in names:
        if names.count(name) > 1:
            raise InputError(
                f"Two models are called {name!r}.", "Name one: name:source instead of source."
            )
    return sources


def _source(model: str | Model | Engine, precision: str | None, batch: int | None) -> ModelSource:
    """Where to get a model: by name once in a kernel, or as it is."""
    if isinstance(model, str):
        name = parse(model).name
        opener = partial(open_engine, dtype=precision) if precision else open_engine
        make = partial(LoadedModel, name, model, opener, batch_size=batch)
        return ModelSource(name, (model, precision, batch), make)
    key = (id(model), batch)
    return ModelSource(model.name, key, partial(LoadedModel.of, model, batch))


def _several(given: Any) -> Any:
    """What a person gives as one, in a list; nothing is too little."""
    several = [given] if isinstance(given, str | Model | Engine) else list(given)
    if not several:
        raise OptionsError("The list is empty.", "Give at least one dataset and one model.")
    return several
