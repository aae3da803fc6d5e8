"""The app, and what its commands share."""

import os
from collections.abc import Callable
from functools import wraps
from typing import Annotated, Any

import typer

from backlit.errors import BacklitError, Cancelled, OptionsError, out_of_memory

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


def _set_keras_backend(asked: str | None) -> str | None:
    """Say it as Keras itself is told, for whichever of the models are Keras's."""
    if asked is not None:
        from backlit.engines.keras_hub.runtime import VARIABLE, backend_name

        try:
            os.environ[VARIABLE] = backend_name(asked)
        except OptionsError as error:
            raise typer.BadParameter(str(error)) from error
    return asked


KerasBackend = Annotated[
    str | None,
    typer.Option(
        callback=_set_keras_backend,
        help="What runs Keras models: torch, jax or tensorflow; KERAS_BACKEND if left out.",
    ),
]
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
        except Exception as error:
            known = error if isinstance(error, BacklitError) else out_of_memory(error)
            if known is None:
                raise
            typer.secho(f"Error: {known.message}", fg="red", err=True)
            if known.hint:
                typer.echo(known.hint, err=True)
            raise typer.Exit(1) from None

    return guarded
