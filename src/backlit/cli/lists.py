"""`backlit models` and `backlit methods`: what there is."""

import typer

from backlit.cli.app import app, errors_for_people


@app.command()
@errors_for_people
def models() -> None:
    """List the built-in models and the forms a model's source can take."""
    from backlit.engines.sources import BUILT_IN

    rows = [(name, built_in.label) for name, built_in in BUILT_IN.items()]
    rows.append(("toy", "a tiny model for trying things out; needs nothing"))
    for name, label in rows:
        typer.echo(f"{name:<10} {label}")
    typer.echo(
        "\nOr any of: a local Hugging Face folder, a .gguf file, an https URL of either,\n"
        "or a Hugging Face id such as org/name or org/name@revision.\n"
        "Put NAME: in front to call it something else."
    )


@app.command()
@errors_for_people
def methods() -> None:
    """List the methods and what their scores mean."""
    from backlit.methods import methods as registered
    from backlit.methods.base import parameters

    for kind in ("gradient", "perturbation"):
        typer.echo(f"{kind.capitalize()} methods\n")
        for method in registered().values():
            if method.kind != kind:
                continue
            sign = "signed" if method.signed else "unsigned"
            typer.echo(f"{method.name}: {method.label} ({sign}, {method.unit})")
            typer.echo(f"    {method.description}\n    {method.reference}")
            for p in parameters(method):
                choices = f" One of {', '.join(p.choices)}." if p.choices else ""
                typer.echo(f"    --param {p.name}={p.default}  {p.description}{choices}")
            typer.echo()
