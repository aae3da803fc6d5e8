"""`backlit evaluate`: how often each method finds a cause that is known."""

from pathlib import Path
from typing import Annotated, Literal, cast, get_args

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
    cases: Annotated[
        int,
        typer.Option(
            min=1, help="Prompts of each kind whose plant decides the answer; of two_hop, twice."
        ),
    ] = 12,
    measured: Annotated[
        int, typer.Option(min=0, help="Of them, those on which what is slow is measured too.")
    ] = 2,
    tries: Annotated[
        int, typer.Option(min=1, help="Prompts of each kind that are tried for one that counts.")
    ] = 12,
    split: Annotated[
        Literal["test", "development"],
        typer.Option(help="Which prompts: methods are chosen on those for development."),
    ] = "test",
    seed: Annotated[int | None, typer.Option(min=0, help="Other prompts.")] = None,
    plotted: Annotated[
        Path | None, typer.Option("--plot", metavar="FILE", help="Draw it there, as SVG.")
    ] = None,
    device: Device = None,
    keras_backend: KerasBackend = None,
    dtype: Dtype = None,
) -> None:
    """Rank planted causes by every method; prints a Markdown table."""
    from backlit.display.bar import followed
    from backlit.evaluation import KINDS, LANGUAGES, SPLITS, planted_prompts, plot, table
    from backlit.evaluation import evaluate as run
    from backlit.explanation.file import write_file
    from backlit.methods import make_method, methods
    from backlit.model import load_model

    names = method or list(methods())
    cuts = [_granularity(name) for name in granularity or ["line"]]
    for name in names:
        make_method(name)
    languages = language or LANGUAGES
    each = -(-cases * tries // len(languages))  # rounded up
    chosen = SPLITS[split] if seed is None else seed
    prompts = planted_prompts(chosen, each, languages, kind or KINDS)
    evaluations = []
    for source in models or ["smollm2", "gemma3"]:
        with followed(patience=0):
            model = load_model(source, device=device, dtype=dtype)
            evaluation = run(model, prompts, names, cuts, cases=cases, measured=measured)
        evaluations.append(evaluation)
        for line in table(evaluation):
            typer.echo(line)
        typer.echo()
    if plotted is not None:
        write_file(plotted, plot(evaluations))


def _granularity(name: str) -> Granularity:
    known = [granularity for granularity in get_args(Granularity) if granularity != "custom"]
    if name not in known:
        raise typer.BadParameter(f"--granularity is one of {', '.join(known)}.")
    return cast(Granularity, name)
