"""`backlit models` and `backlit methods`: what there is."""

from typing import TYPE_CHECKING

import typer

from backlit.cli.app import app, errors_for_people

if TYPE_CHECKING:
    from pathlib import Path

    from backlit.sources import BuiltIn


@app.command()
@errors_for_people
def models() -> None:
    """List the built-in models and the forms a model's source can take."""
    from importlib.util import find_spec

    from backlit.sources import BUILT_IN, copy_of, parse
    from backlit.sources.kaggle import has_credentials

    rows = []
    for name, model in BUILT_IN.items():
        size = _megabytes(model.folder_size)
        rows.append(
            (name, model.label, f"{model.licence}; {size}", _is_here(copy_of(parse(name)), model))
        )
    rows.append(("toy", "a tiny model for trying things out", "nothing to fetch", "here"))
    for name, label, size, here in rows:
        typer.echo(f"{name:<10} {label:<36} {size:<30} {here}")
    keras = "installed" if find_spec("keras_hub") else "not installed: pip install 'backlit[keras]'"
    kaggle = "found" if has_credentials() else "not found"
    typer.echo(
        "\nOr any of: a local Hugging Face folder, a .gguf file, an https URL of either,\n"
        "or a Hugging Face id such as org/name or org/name@revision.\n"
        "By Keras: keras:SOURCE for any of these, a preset's name such as gemma2_instruct_2b_en,\n"
        "a folder of one, kaggle://… or hf://…\n"
        f"    KerasHub: {keras}. Kaggle credentials: {kaggle}.\n"
        "Put NAME: in front to call it something else."
    )


def _is_here(copy: "Path | None", model: "BuiltIn") -> str:
    if copy is not None:
        return "here"
    return f"fetched on first use: {_megabytes(model.download_size)} from PyPI"


def _megabytes(size: int) -> str:
    return f"{size / 1e6:,.0f} MB"


@app.command()
@errors_for_people
def methods() -> None:
    """List the methods and what their scores mean."""
    from backlit.methods import methods as registered
    from backlit.methods.base import parameters

    for kind in ("gradient", "perturbation"):
        typer.echo(f"{kind.capitalize()} methods\n")
        for method in registered().values():
            facts = method.facts
            if facts.kind != kind:
                continue
            sign = "signed" if facts.signed else "unsigned"
            typer.echo(f"{facts.name}: {facts.label} ({sign}, {facts.unit})")
            typer.echo(f"    {facts.description}\n    {facts.reference}")
            for p in parameters(method):
                choices = f" One of {', '.join(p.choices)}." if p.choices else ""
                typer.echo(f"    --param {p.name}={p.default}  {p.description}{choices}")
            typer.echo()
