"""`backlit explain`: which segments of a prompt led to its answer."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from backlit.cli.app import (
    DEFAULT_MODEL,
    Device,
    Dtype,
    KerasBackend,
    Trust,
    app,
    errors_for_people,
)
from backlit.errors import InputError, OptionsError

if TYPE_CHECKING:
    from backlit.methods import Method
    from backlit.types import Aggregate, Granularity, ParameterValue

DEFAULT_BUDGET = 256


@app.command()
@errors_for_people
def explain(
    prompt: Annotated[str | None, typer.Option(help="The prompt.")] = None,
    prompt_file: Annotated[
        Path | None, typer.Option(help="A file with the prompt; - is stdin.")
    ] = None,
    target: Annotated[str | None, typer.Option(help="The answer; generated if left out.")] = None,
    target_file: Annotated[Path | None, typer.Option(help="A file with the answer.")] = None,
    select: Annotated[
        str | None, typer.Option(help="The words of the answer to explain; all if left out.")
    ] = None,
    foil: Annotated[
        str | None, typer.Option(help="Why the selected words rather than these?")
    ] = None,
    model: Annotated[str, typer.Option(help="NAME:SOURCE or SOURCE.")] = DEFAULT_MODEL,
    method: Annotated[
        list[str] | None,
        typer.Option(help="occlusion if left out; may be given more than once."),
    ] = None,
    param: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=VALUE", help="Of the method; see `backlit methods`."),
    ] = None,
    granularity: Annotated[
        str, typer.Option(help="token, word, sentence, line, paragraph or custom.")
    ] = "line",
    pattern: Annotated[
        str | None, typer.Option(help="Regular expression for custom; cuts after each match.")
    ] = None,
    aggregate: Annotated[
        str, typer.Option(help="How token scores are joined: sum, mean or max.")
    ] = "sum",
    coarse_to_fine: Annotated[
        bool,
        typer.Option("--coarse-to-fine", help="Reach the granularity only where it matters."),
    ] = False,
    budget: Annotated[
        int, typer.Option(min=1, help="Segments measured at most, coarse to fine.")
    ] = DEFAULT_BUDGET,
    max_new_tokens: Annotated[int, typer.Option(help="Longest answer to generate.")] = 128,
    format_: Annotated[str, typer.Option("--format", help="text or json.")] = "text",
    output: Annotated[Path | None, typer.Option(help="Write there instead of printing.")] = None,
    device: Device = None,
    keras_backend: KerasBackend = None,
    dtype: Dtype = None,
    trust_remote_code: Trust = False,
) -> None:
    """Explain one answer: which segments of the prompt led to it."""
    if (prompt is None) == (prompt_file is None):
        raise typer.BadParameter("Give one of --prompt and --prompt-file.")
    if target is not None and target_file is not None:
        raise typer.BadParameter("Give only one of --target and --target-file.")
    if format_ not in ("text", "json"):
        raise typer.BadParameter("--format is text or json.")
    from rich.console import Console

    from backlit import pipeline
    from backlit.cli import terminal
    from backlit.types import GenerationOptions

    # Checked before the model is loaded, which takes seconds.
    made = _methods(method or ["occlusion"], param or [])
    wanted, how = _segmenting(granularity, pattern, aggregate)
    options = GenerationOptions(max_new_tokens=max_new_tokens)
    text = prompt if prompt is not None else _read(prompt_file)
    answer = target if target_file is None else _read(target_file)
    with terminal.progress_bar(Console(stderr=True)) as progress:
        loaded = pipeline.load_model(
            model,
            progress=progress,
            device=device,
            dtype=dtype,
            trust_remote_code=trust_remote_code,
        )
        explanation = pipeline.explain(
            loaded,
            text,
            target=answer,
            select=select,
            foil=foil,
            method=made,
            granularity=wanted,
            pattern=pattern,
            aggregate=how,
            budget=budget if coarse_to_fine else None,
            options=options,
            report=lambda done, total, scored: progress("explain", done, total),
        )
    if format_ == "json" and output is not None:
        explanation.save(output)
    elif format_ == "json":
        sys.stdout.write(explanation.to_json())
    elif output is not None:
        try:
            with output.open("w", encoding="utf-8") as file:
                Console(file=file).print(terminal.render(explanation))
        except OSError as error:
            raise InputError(
                f"{output} could not be written: {error.strerror}.", "Check the path."
            ) from error
    else:
        Console().print(terminal.render(explanation))


def _methods(names: list[str], given: list[str]) -> "list[Method]":
    """The methods, each with the parameters that it knows.

    Raises:
        OptionsError: a parameter that none of them knows, or a value that does not fit.
    """
    from backlit.methods import make_method, methods
    from backlit.methods.base import parameters

    values: dict[str, str] = {}
    for one in given:
        name, equals, value = one.partition("=")
        if not equals:
            raise OptionsError(f"--param {one!r} has no value.", "Write it as NAME=VALUE.")
        values[name] = value
    used: set[str] = set()
    made = []
    for name in names:
        declared = {p.name: p for p in parameters(methods()[name])} if name in methods() else {}
        own = {k: _parsed(v, declared[k].default) for k, v in values.items() if k in declared}
        used |= own.keys()
        made.append(make_method(name, **own))
    for name in values.keys() - used:
        raise OptionsError(
            f"{' and '.join(names)} has no parameter {name!r}.", "See `backlit methods`."
        )
    return made


def _parsed(text: str, default: "ParameterValue") -> "ParameterValue":
    """A value of the default's type, or the text, which is then refused as it stands."""
    try:
        if isinstance(default, bool):
            return {"true": True, "false": False}[text.lower()]
        return type(default)(text)
    except (ValueError, KeyError):
        return text


def _segmenting(
    granularity: str, pattern: str | None, aggregate: str
) -> "tuple[Granularity, Aggregate]":
    from backlit.errors import UnknownNameError
    from backlit.segments import AGGREGATES, GRANULARITIES

    wanted = next((g for g in GRANULARITIES if g == granularity), None)
    how = next((a for a in AGGREGATES if a == aggregate), None)
    if wanted is None:
        raise UnknownNameError(
            f"There is no granularity {granularity!r}.", f"Use one of {', '.join(GRANULARITIES)}."
        )
    if how is None:
        raise UnknownNameError(
            f"There is no aggregate {aggregate!r}.", f"Use one of {', '.join(AGGREGATES)}."
        )
    if (wanted == "custom") != (pattern is not None):
        raise typer.BadParameter("--pattern and --granularity custom go together.")
    return wanted, how


def _read(path: Path | None) -> str:
    """A file's text, without the newline that editors put at its end."""
    assert path is not None
    try:
        data = sys.stdin.buffer.read() if str(path) == "-" else path.read_bytes()
        text = data.decode("utf-8-sig")
    except OSError as error:
        raise InputError(
            f"{path} could not be read: {error.strerror}.", "Check the path."
        ) from error
    except UnicodeDecodeError as error:
        raise InputError(
            f"{path} is not UTF-8 (byte {error.start}).", "Save it as UTF-8 and try again."
        ) from error
    return text.removesuffix("\n").removesuffix("\r")
