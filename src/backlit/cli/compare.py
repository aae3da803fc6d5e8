"""`backlit compare`: how likely the answer of each explanation is after the prompt of each."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from backlit.cli.app import Device, KerasBackend, app, errors_for_people
from backlit.cli.calls import of_comparing, told
from backlit.cli.endpoint import Endpoint, bound_to, with_endpoint
from backlit.cli.writing import Format, Output, write

if TYPE_CHECKING:
    from backlit.explanation import Comparison, Explanation
    from backlit.model import Model


@app.command()
@errors_for_people
@with_endpoint
def compare(
    files: Annotated[
        list[Path],
        typer.Argument(
            help="What `backlit explain --format json --output FILE` wrote, two or more: the "
            "first is what the others are compared with."
        ),
    ],
    model: Annotated[
        list[str] | None,
        typer.Option(
            help="NAME:SOURCE or SOURCE, in place of what the explanations say of one of their "
            "models; several times for several."
        ),
    ] = None,
    format_: Format = None,
    output: Output = None,
    device: Device = None,
    keras_backend: KerasBackend = None,
    endpoint: Endpoint = None,
) -> None:
    """Compare explanations: what changed, and how likely each answer is after each prompt."""
    if len(files) < 2:
        raise typer.BadParameter("Name two files or more.")
    from backlit.display.bar import followed
    from backlit.explanation import load_explanation
    from backlit.model import model_of

    explanations = [load_explanation(file) for file in files]
    backend = {"backend": keras_backend} if keras_backend else {}
    makers = {one.generation.model: one for one in reversed(explanations)}
    with followed(patience=0):
        named = _named(model or [], list(makers), device, endpoint)
    compared = None
    for name, made in makers.items():
        with followed(patience=0):
            loaded = named.get(name) or model_of(made, device=device, **backend)
        found = _by(loaded, made, explanations)
        compared = found if compared is None else compared.joined(found)
    assert compared is not None, "there are two files or more"
    write(compared, format_, output)


def _named(
    sources: list[str], makers: list[str], device: str | None, endpoint: Endpoint
) -> "dict[str, Model]":
    """The models that were named, by what the explanations call them."""
    from backlit.errors import OptionsError
    from backlit.model import load_model
    from backlit.sources import parse

    options = bound_to(endpoint, [parse(one) for one in sources])
    named = {}
    for source in sources:
        asked = None if options is None else options.of(parse(source))
        loaded = load_model(source, device=device, endpoint=asked)
        alone = len(makers) == len(sources) == 1  # whatever it was called then
        name = makers[0] if alone else loaded.name
        if name not in makers:
            raise OptionsError(
                f"No explanation is of a model {name}.",
                f"Name it as they do: --model NAME:SOURCE, of {', '.join(makers)}.",
            )
        named[name] = loaded
    return named


def _by(model: "Model", made: "Explanation", explanations: "list[Explanation]") -> "Comparison":
    """What the model of one of them says; a copy of it may have been loaded by another name."""
    from backlit.display.bar import followed
    from backlit.explanation import Comparison

    names = {made.generation.model: model.name}
    renamed = [
        replace(one, generation=replace(one.generation, model=names.get(name, f"not {model.name}")))
        for one in explanations
        for name in [one.generation.model]
    ]
    with (
        told(model, lambda meter: of_comparing(model, meter, renamed)),
        followed(patience=0),
    ):
        compared = model.compare(renamed)
        return Comparison(tuple(explanations), compared.log_probs, compared.at_most)
