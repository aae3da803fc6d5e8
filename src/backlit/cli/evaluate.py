"""`backlit evaluate`: how often each method finds a cause that is known."""

from typing import TYPE_CHECKING, Annotated

import typer

from backlit.cli.app import Device, Dtype, KerasBackend, app, errors_for_people
from backlit.errors import UnknownNameError

if TYPE_CHECKING:
    from backlit.types import Granularity


@app.command()
@errors_for_people
def evaluate(
    models: Annotated[
        list[str] | None,
        typer.Argument(metavar="[MODEL]...", help="smollm2 and gemma3 if left out."),
    ] = None,
    method: Annotated[
        list[str] | None, typer.Option(help="Only this one; may be given more than once.")
    ] = None,
    granularity: Annotated[
        list[str] | None,
        typer.Option(help="line if left out; may be given more than once."),
    ] = None,
    language: Annotated[
        list[str] | None, typer.Option(help="en, de, es or fr; all if left out.")
    ] = None,
    kind: Annotated[
        list[str] | None, typer.Option(help="Only this kind of plant; may be given more than once.")
    ] = None,
    each: Annotated[int, typer.Option(min=1, help="Prompts of each kind and language.")] = 1,
    seed: Annotated[int, typer.Option(min=0, help="Of the prompts.")] = 0,
    device: Device = None,
    keras_backend: KerasBackend = None,
    dtype: Dtype = None,
) -> None:
    """Rank planted causes by every method; prints a Markdown table."""
    from rich.console import Console

    from backlit import pipeline
    from backlit.cli import terminal
    from backlit.evaluation.planted import KINDS, LANGUAGES, planted_prompts
    from backlit.evaluation.ranking import evaluate as run
    from backlit.evaluation.ranking import table
    from backlit.methods import make_method, methods

    names = method or list(methods())
    for name in names:
        make_method(name)
    prompts = planted_prompts(seed, each, language or LANGUAGES, kind or KINDS)
    cuts = [_granularity(name) for name in granularity or ["line"]]
    for source in models or ["smollm2", "gemma3"]:
        with terminal.progress_bar(Console(stderr=True)) as progress:
            loaded = pipeline.load_model(source, progress=progress, device=device, dtype=dtype)
            found = run(
                loaded,
                prompts,
                names,
                cuts,
                lambda done, total: progress("evaluate", done, total),
            )
        for line in table(found):
            typer.echo(line)
        typer.echo()


def _granularity(name: str) -> "Granularity":
    from backlit.segments import GRANULARITIES

    found = next((g for g in GRANULARITIES if g == name and g != "custom"), None)
    if found is None:
        known = ", ".join(g for g in GRANULARITIES if g != "custom")
        raise UnknownNameError(f"There is no granularity {name!r} to rank by.", f"Use {known}.")
    return found
