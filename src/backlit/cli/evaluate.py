"""`backlit evaluate`: how often each method finds a cause that is known."""

from typing import Annotated, cast, get_args

import typer

from backlit.cli.app import Device, Dtype, KerasBackend, app, errors_for_people
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
        typer.Option(metavar="[token|word|sentence|line|paragraph]", help="line if left out."),
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
    from backlit.display.bar import followed
    from backlit.evaluation import KINDS, LANGUAGES, planted_prompts, table
    from backlit.evaluation import evaluate as run
    from backlit.methods import make_method, methods
    from backlit.model import load_model

    names = method or list(methods())
    cuts = [_granularity(name) for name in granularity or ["line"]]
    for name in names:
        make_method(name)
    prompts = planted_prompts(seed, each, language or LANGUAGES, kind or KINDS)
    for source in models or ["smollm2", "gemma3"]:
        with followed(patience=0):
            model = load_model(source, device=device, dtype=dtype)
            evaluation = run(model, prompts, names, cuts)
        for line in table(evaluation):
            typer.echo(line)
        typer.echo()


def _granularity(name: str) -> Granularity:
    known = [granularity for granularity in get_args(Granularity) if granularity != "custom"]
    if name not in known:
        raise typer.BadParameter(f"--granularity is one of {', '.join(known)}.")
    return cast(Granularity, name)
