"""The options of commands that may ask a server, which are the same for all of them."""

import inspect
from collections.abc import Callable, Sequence
from functools import wraps
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import urlsplit

import typer

if TYPE_CHECKING:
    from backlit.engines.endpoint.options import EndpointOptions
    from backlit.sources import ModelSource

Endpoint = Any  # an `EndpointOptions`, or None; typer reads annotations, and knows no such type

OPTIONS: dict[str, Any] = {
    "api_key_env": Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="Of endpoints: the environment variable that holds the key; never the key.",
        ),
    ],
    "tokenizer": Annotated[
        str | None,
        typer.Option(
            metavar="FOLDER_OR_ID",
            help="Of endpoints: the model's tokenizer, where the server tells no tokens.",
        ),
    ],
    "parallel": Annotated[
        int | None,
        typer.Option(
            min=1, help="Of endpoints: requests in flight; what the server says if left out, or 4."
        ),
    ],
    "max_calls": Annotated[
        int | None, typer.Option(min=1, help="Of endpoints: calls of the model, at most.")
    ],
    "timeout": Annotated[
        float | None,
        typer.Option(metavar="SECONDS", help="Of endpoints: without a byte; 120 if left out."),
    ],
    "price": Annotated[
        float | None,
        typer.Option(
            metavar="DOLLARS",
            help="Of endpoints: dollars for a million prompt tokens, to tell what work costs.",
        ),
    ],
}


def with_endpoint(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options of endpoints; it gets them as `endpoint`, or None."""

    @wraps(command)
    def asked(*args: Any, **kwargs: Any) -> None:
        given = {name: kwargs.pop(name, None) for name in OPTIONS}
        command(*args, **kwargs, endpoint=_options(given))

    signature = inspect.signature(command)
    own = [one for name, one in signature.parameters.items() if name != "endpoint"]
    more = [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=option)
        for name, option in OPTIONS.items()
    ]
    asked.__signature__ = signature.replace(parameters=[*own, *more])  # type: ignore[attr-defined]
    return asked


def check_key(options: "EndpointOptions | None", sources: "Sequence[ModelSource]") -> None:
    """Refuse options that no model would use, and a key that several servers would get.

    Raises:
        OptionsError: they are to be refused.
    """
    from backlit.errors import OptionsError

    hosts = {urlsplit(source.source).netloc for source in sources if source.endpoint}
    if options is not None and not hosts:
        raise OptionsError(
            "There is no endpoint among the models.",
            "Write endpoint:URL, or leave its options out.",
        )
    if options is not None and options.api_key_env is not None and len(hosts) > 1:
        raise OptionsError(
            f"The key in {options.api_key_env} would be sent to {len(hosts)} servers.",
            "Serve the models of one server at a time.",
        )


def _options(given: dict[str, Any]) -> "EndpointOptions | None":
    from backlit.engines.endpoint.options import EndpointOptions

    chosen = {name: value for name, value in given.items() if value is not None}
    return EndpointOptions(**chosen) if chosen else None
