"""The options of commands that may ask a server, which are the same for all of them."""

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import wraps
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from backlit.engines.endpoint.options import EndpointOptions
    from backlit.sources import ModelSource

Endpoint = Any  # `ServerOptions`, or None; typer reads annotations, and knows no such type

OPTIONS: dict[str, Any] = {
    "api_key_env": Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME[@URL]",
            help="Of endpoints: the environment variable that holds the key (of the server at "
            "URL); never the key.",
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


@dataclass(frozen=True, slots=True)
class ServerOptions:
    """How servers are asked, as a command was told.

    Attributes:
        common: of all of them, but for keys.
        plain: the variable of a key that is the one server's there is.
        keys: names of environment variables by the server's origin.
    """

    common: "EndpointOptions"
    plain: str | None = None
    keys: Mapping[str, str] = field(default_factory=dict)

    def of(self, source: "ModelSource") -> "EndpointOptions":
        """Those of one model; a key is its own server's."""
        from backlit.engines.endpoint.origins import origin_of

        if not source.endpoint:
            return self.common
        return replace(self.common, api_key_env=self.keys.get(origin_of(source.source)))


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


def options_for(options: ServerOptions | None, source: str | None) -> "EndpointOptions | None":
    """How the one model of a command is asked.

    Args:
        options: that the command was given.
        source: of the model; None if it is an explanation's own, which is none of a server.

    Raises:
        OptionsError: a key is of another server.
    """
    from backlit.sources import parse

    if options is None:
        return None
    if source is None:
        return options.common
    parsed = parse(source)
    bound = bound_to(options, [parsed]) if parsed.endpoint else options
    return None if bound is None else bound.of(parsed)


def bound_to(
    options: ServerOptions | None, sources: "Sequence[ModelSource]", *, anywhere: bool = False
) -> ServerOptions | None:
    """The options, each key with its own server.

    Args:
        options: that a command was given.
        sources: of its models.
        anywhere: there may be models of other servers later.

    Raises:
        OptionsError: no model would use them, or several servers would get a key.
    """
    from backlit.errors import OptionsError

    if options is None:
        return None
    from backlit.engines.endpoint.origins import origin_of

    origins = {origin_of(source.source) for source in sources if source.endpoint}
    if not (origins or anywhere):
        raise OptionsError(
            "There is no endpoint among the models.",
            "Write endpoint:URL, or leave its options out.",
        )
    plain = options.plain
    if plain is not None and not origins:
        raise OptionsError(
            f"It is not said which server the key in {plain} is for.",
            f"Write --api-key-env {plain}@URL.",
        )
    if plain is not None and len(origins) > 1:
        raise OptionsError(
            f"The key in {plain} would be sent to {len(origins)} servers.",
            f"Say whose it is: --api-key-env {plain}@URL, for each server that wants one.",
        )
    for origin, name in options.keys.items():
        if origin not in origins and not anywhere:
            raise OptionsError(
                f"The key in {name} is for {origin}, and no model is there.",
                f"The models are at {' and '.join(sorted(origins))}.",
            )
    if plain is None:
        return options
    (origin,) = origins
    if origin in options.keys:
        raise OptionsError(f"Two keys are for {origin}.", "Leave one of them out.")
    return ServerOptions(options.common, None, {**options.keys, origin: plain})


def _options(given: dict[str, Any]) -> ServerOptions | None:
    from backlit.engines.endpoint.options import EndpointOptions

    chosen = {name: value for name, value in given.items() if value not in (None, [])}
    if not chosen:
        return None
    plain, keys = _keys(chosen.pop("api_key_env", []))
    return ServerOptions(EndpointOptions(**chosen), plain, keys)


def _keys(given: Sequence[str]) -> tuple[str | None, dict[str, str]]:
    """The variable without an address, and those with one, by its origin.

    Raises:
        OptionsError: one does not name a variable, or two are for one server.
        NotFoundError: one has no URL of a server behind the `@`.
    """
    from backlit.engines.endpoint.options import EndpointOptions
    from backlit.engines.endpoint.origins import origin_of
    from backlit.errors import OptionsError

    plain: str | None = None
    keys: dict[str, str] = {}
    for one in given:
        name, at, url = one.partition("@")
        EndpointOptions(name)  # which refuses what may be a key, and does not tell it
        origin = origin_of(url.removeprefix("endpoint:")) if at else None
        if (plain if origin is None else keys.get(origin)) is not None:
            raise OptionsError(
                f"Two keys are for {origin or 'one server'}.", "Write NAME@URL for each server."
            )
        if origin is None:
            plain = name
        else:
            keys[origin] = name
    return plain, keys
