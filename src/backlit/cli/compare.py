"""`backlit compare`: how likely the answer of each explanation is after the prompt of each."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from backlit.cli.app import Device, KerasBackend, app, errors_for_people
from backlit.cli.writing import Format, Output, write

if TYPE_CHECKING:
    from backlit.explanation import Comparison, Explanation


@app.command()
@errors_for_people
def compare(
    files: Annotated[
        list[Path],
        typer.Argument(
            help="What `backlit explain --format json --output FILE` wrote, two or more: the "
            "first is what the others are compared with."
        ),
    ],
    format_: Format = None,
    output: Output = None,
    device: Device = None,
    keras_backend: KerasBackend = None,
) -> None:
    """Compare explanations: what changed, and how likely each answer is after each prompt."""
    if len(files) < 2:
        raise typer.BadParameter("Name two files or more.")
    from backlit.display.bar import followed
    from backlit.explanation import load_explanation

    explanations = [load_explanation(file) for file in files]
    backend = {"backend": keras_backend} if keras_backend else {}
    with followed(patience=0):
        compared = _compared(explanations, {"device": device, **backend})
    write(compared, format_, output)


def _compared(explanations: "list[Explanation]", options: dict[str, str | None]) -> "Comparison":
    """By each model that made one of them."""
    first, *others = {one.generation.model: one for one in reversed(explanations)}.values()
    compared = _by_model_of(first, explanations, options)
    for one in others:
        compared = compared.joined(_by_model_of(one, explanations, options))
    return compared


def _by_model_of(
    made: "Explanation", explanations: "list[Explanation]", options: dict[str, str | None]
) -> "Comparison":
    """What the model of one of them says; a copy of it may have been loaded by another name."""
    from backlit.explanation import Comparison
    from backlit.model import model_of

    model = model_of(made, **options)
    names = {made.generation.model: model.name}
    renamed = [
        replace(one, generation=replace(one.generation, model=names.get(name, f"not {model.name}")))
        for one in explanations
        for name in [one.generation.model]
    ]
    compared = model.compare(renamed)
    return Comparison(tuple(explanations), compared.log_probs, compared.at_most)
