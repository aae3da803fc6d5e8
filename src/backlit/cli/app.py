"""The app, and what its commands share."""

from collections.abc import Callable
from functools import wraps
from typing import Annotated, Any

import typer

from backlit.errors import BacklitError, Cancelled

app = typer.Typer(
    name="backlit",
    help="Which parts of a prompt led a language model to its answer?",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

DEFAULT_MODEL = "smollm2"

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
