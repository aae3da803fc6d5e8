"""`backlit check`: whether to believe the maps of an explanation."""

from pathlib import Path
from typing import Annotated

import typer

from backlit.cli.app import Device, KerasBackend, app, errors_for_people
from backlit.cli.calls import of_checking, told
from backlit.cli.endpoint import Endpoint, options_for, with_endpoint


@app.command()
@errors_for_people
@with_endpoint
def check(
    file: Annotated[
        Path, typer.Argument(help="What `backlit explain --format json --output FILE` wrote.")
    ],
    model: Annotated[
        str | None, typer.Option(help="NAME:SOURCE or SOURCE; the explanation's own if left out.")
    ] = None,
    keep_question: Annotated[
        bool,
        typer.Option(
            "--keep-question", help="Never take the prompt's last paragraph away, if it asks."
        ),
    ] = False,
    output: Annotated[
        Path | None, typer.Option(help="Write the explanation there, with what was found.")
    ] = None,
    device: Device = None,
    keras_backend: KerasBackend = None,
    endpoint: Endpoint = None,
) -> None:
    """Check each map of an explanation: is its order better than chance?"""
    from rich.console import Console

    from backlit.cli.terminal import verdicts
    from backlit.display.bar import followed
    from backlit.explanation import load_explanation
    from backlit.model import load_model, model_of

    explanation = load_explanation(file)
    backend = {"backend": keras_backend} if keras_backend else {}
    asked = options_for(endpoint, model)
    with followed(patience=0):
        loaded = (
            load_model(model, device=device, endpoint=asked)
            if model
            else model_of(explanation, device=device, endpoint=asked, **backend)
        )
    with told(loaded, lambda meter: of_checking(loaded, meter, explanation)), followed(patience=0):
        checked = loaded.check(
            explanation,
            keep_question=keep_question,
            so_far=lambda so_far: typer.echo(so_far.sentence, err=True),
        )
    if output is not None:
        checked.save(output)
    Console().print(verdicts(checked))
