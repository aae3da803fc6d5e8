"""`backlit check`: whether to believe the maps of an explanation."""

from pathlib import Path
from typing import Annotated

import typer

from backlit.cli.app import Device, KerasBackend, app, errors_for_people


@app.command()
@errors_for_people
def check(
    file: Annotated[
        Path, typer.Argument(help="What `backlit explain --format json --output FILE` wrote.")
    ],
    model: Annotated[
        str | None, typer.Option(help="NAME:SOURCE or SOURCE; the explanation's own if left out.")
    ] = None,
    output: Annotated[
        Path | None, typer.Option(help="Write the explanation there, with what was found.")
    ] = None,
    device: Device = None,
    keras_backend: KerasBackend = None,
) -> None:
    """Check each map of an explanation: is its order better than chance?"""
    from rich.console import Console

    from backlit import pipeline
    from backlit.cli import terminal
    from backlit.explanation import load_explanation

    explanation = load_explanation(file)
    chosen = {"backend": keras_backend} if keras_backend else {}
    with terminal.progress_bar(Console(stderr=True)) as progress:
        loaded = (
            pipeline.load_model(model, progress=progress, device=device)
            if model
            else pipeline.model_of(explanation, progress=progress, device=device, **chosen)
        )
        checked = pipeline.check(
            explanation,
            loaded,
            report=lambda done, total, scored: progress("check map", done, total),
        )
    if output is not None:
        checked.save(output)
    Console().print(terminal.verdicts(checked))
