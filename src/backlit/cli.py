"""The command line: serve, explain, models, methods.

Exit codes: 0, 1 for an error of the user's, 2 for wrong usage. What is heavy is imported by
the command that needs it, so that --help answers at once.
"""

import os
import sys
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from backlit.errors import BacklitError, Cancelled, InputError

if TYPE_CHECKING:
    from backlit.data import Dataset
    from backlit.types import Aggregate, Granularity

# Idle OpenMP threads should sleep: a busy wait beside another process costs ten times the time.
os.environ.setdefault("OMP_WAIT_POLICY", "passive")

app = typer.Typer(
    name="backlit",
    help="Which parts of a prompt led a language model to its answer?",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

DEFAULT_MODEL = "smollm2"
DEFAULT_DATA = "sample_prompts"
SECONDS_FOR_PAGE = 2.0

Device = Annotated[str | None, typer.Option(help="cuda, mps or cpu; the best if left out.")]
Dtype = Annotated[str | None, typer.Option(help="float32, bfloat16 or float16.")]
Trust = Annotated[
    bool,
    typer.Option("--trust-remote-code", help="Run Python code of a checkpoint."),
]


def errors_for_people(command: Callable[..., None]) -> Callable[..., None]:
    """Print a `BacklitError` as a sentence and exit with 1."""

    @wraps(command)
    def guarded(*args: Any, **kwargs: Any) -> None:
        try:
            command(*args, **kwargs)
        except (KeyboardInterrupt, Cancelled):
            raise typer.Exit(130) from None
        except BacklitError as error:
            typer.secho(f"Error: {error.message}", fg="red", err=True)
            if error.hint:
                typer.echo(error.hint, err=True)
            raise typer.Exit(1) from None

    return guarded


@app.command()
@errors_for_people
def serve(
    models: Annotated[
        list[str] | None,
        typer.Argument(metavar="[MODEL]...", help="NAME:SOURCE or SOURCE; see `backlit models`."),
    ] = None,
    data: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME:PATH", help="Examples: .jsonl, .json, .csv, .parquet, .txt."),
    ] = None,
    host: Annotated[str, typer.Option(help="What to listen on.")] = "127.0.0.1",
    port: Annotated[int | None, typer.Option(help="A free one if left out.")] = None,
    browser: Annotated[bool, typer.Option(help="Open the page in a browser.")] = True,
    device: Device = None,
    dtype: Dtype = None,
    trust_remote_code: Trust = False,
) -> None:
    """Start the page. With no arguments: the default model and the sample prompts."""
    import secrets
    import threading
    import webbrowser
    from functools import partial

    from backlit.data import load_dataset
    from backlit.engines import open_engine
    from backlit.engines.sources import parse
    from backlit.loading import LoadedModel
    from backlit.server import bind, create_app, run
    from backlit.service import Service

    opener = partial(open_engine, device=device, dtype=dtype, trust_remote_code=trust_remote_code)
    sources = models or [DEFAULT_MODEL]
    named = [LoadedModel(parse(source).name, source, opener) for source in sources]
    _check_distinct("model", [model.info.name for model in named])
    datasets: list[Dataset] = [load_dataset(path) for path in data or [DEFAULT_DATA]]
    _check_distinct("dataset", [dataset.name for dataset in datasets])
    sock = bind(host, port)
    token = secrets.token_urlsafe(16)
    shown = "127.0.0.1" if host in ("0.0.0.0", "::") else host  # noqa: S104
    shown = f"[{shown}]" if ":" in shown else shown
    url = f"http://{shown}:{sock.getsockname()[1]}/?token={token}"

    def started() -> None:
        typer.echo(f"Backlit is ready: {url}\nPress Ctrl-C to stop.")
        if browser:
            webbrowser.open(url)
        # A page asks for its model once it is drawn, and loading before would slow it down; so
        # what nobody asked for is loaded only after a page has had the time to.
        later = threading.Timer(SECONDS_FOR_PAGE, service.begin)
        later.daemon = True
        later.start()

    service = Service(named, datasets)
    try:
        run(create_app(service, token, host), sock, started)
    finally:
        service.close()


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
    model: Annotated[str, typer.Option(help="NAME:SOURCE or SOURCE.")] = DEFAULT_MODEL,
    method: Annotated[str, typer.Option(help="See `backlit methods`.")] = "occlusion",
    granularity: Annotated[
        str, typer.Option(help="token, word, sentence, line, paragraph or custom.")
    ] = "line",
    pattern: Annotated[
        str | None, typer.Option(help="Regular expression for custom; cuts after each match.")
    ] = None,
    aggregate: Annotated[
        str, typer.Option(help="How token scores are joined: sum, mean or max.")
    ] = "sum",
    max_new_tokens: Annotated[int, typer.Option(help="Longest answer to generate.")] = 128,
    format_: Annotated[str, typer.Option("--format", help="text or json.")] = "text",
    output: Annotated[Path | None, typer.Option(help="Write there instead of printing.")] = None,
    device: Device = None,
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

    from backlit import pipeline, terminal
    from backlit.methods import make_method
    from backlit.types import GenerationOptions

    # Checked before the model is loaded, which takes seconds.
    made = make_method(method)
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
            method=made,
            granularity=wanted,
            pattern=pattern,
            aggregate=how,
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

    for method in registered().values():
        sign = "signed" if method.signed else "unsigned"
        typer.echo(f"{method.name:<14} {method.label} ({sign}, {method.unit})")
        typer.echo(f"{'':<14} {method.description}\n{'':<14} {method.reference}")
        for p in parameters(method):
            typer.echo(f"{'':<14} {p.name}={p.default}: {p.description}")


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


def _check_distinct(what: str, names: list[str]) -> None:
    for name in names:
        if names.count(name) > 1:
            raise InputError(
                f"Two {what}s are called {name!r}.", "Name one: NAME:SOURCE instead of SOURCE."
            )


if __name__ == "__main__":
    app()
