"""The service over HTTP: the page, and a route for each kind of request that streams its events."""

import asyncio
import importlib.resources
import inspect
from collections.abc import AsyncIterable, AsyncIterator, Sequence
from contextlib import ExitStack
from types import GenericAlias
from typing import Annotated, Any, Union

from fastapi import Depends, FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.sse import EventSourceResponse
from pydantic import Field
from starlette.exceptions import HTTPException as StarletteHTTPException
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.routing import Route
from starlette.staticfiles import StaticFiles

from backlit.display.speech import Language, language_of, speaking
from backlit.errors import BacklitError, InputError
from backlit.serving import wire
from backlit.serving.access import Access, Guard, most_bytes
from backlit.serving.errors import error_info, refusal
from backlit.serving.listening import EVERY_HOST, LOOPBACK
from backlit.serving.requests import KINDS, AnyKind
from backlit.serving.requests import Request as PageRequest
from backlit.serving.service import Service

_ERROR_INFO = {"application/json": {"schema": {"$ref": "#/components/schemas/ErrorInfo"}}}
ERRORS: dict[int | str, dict[str, Any]] = {
    status: {"description": description, "content": _ERROR_INFO}
    for status, description in {
        400: "The body can't be read.",
        401: "The token is missing or wrong.",
        403: "The request comes from another site.",
        413: "The body is larger than it may be.",
        422: "The request is not one of this kind, or holds what can't be.",
    }.items()
}


def create_app(service: Service, access: Access, hosts: Sequence[str] = ()) -> FastAPI:
    """The application: the page, its API, and the guards before both.

    Args:
        service: does the work.
        access: says who may come in.
        hosts: names that a Host header may have beside loopback; one of `EVERY_HOST` allows all.
    """
    app = FastAPI(
        title="Backlit",
        version=service.state().version,
        docs_url=None,
        redoc_url=None,
        responses=ERRORS,
    )

    @app.get("/api/state")
    async def state(request: Request) -> wire.State:
        """Models, methods, datasets and defaults."""
        with speaking(_language(request)):
            return service.state()

    for kind in KINDS.values():
        _add_stream(app, service, kind)

    @app.exception_handler(BacklitError)
    async def input_error(_: Request, error: BacklitError) -> Response:
        status = 422 if isinstance(error, InputError) else 500
        return JSONResponse(error_info(error).model_dump(), status_code=status)

    @app.exception_handler(RequestValidationError)
    async def invalid(_: Request, error: RequestValidationError) -> Response:
        first = error.errors()[0]
        info = refusal({**first, "loc": first["loc"][1:]})  # all of it is in the body
        return JSONResponse(info.model_dump(), status_code=422)

    @app.exception_handler(StarletteHTTPException)
    async def refused(request: Request, error: StarletteHTTPException) -> Response:
        info = wire.ErrorInfo(code="InputError", message=f"{error.detail}.")
        if error.status_code == 413:
            info = wire.ErrorInfo(
                code="PromptError",
                message=f"The request is larger than {most_bytes(request) // 1_000_000} MB.",
                hint="Shorten the prompt; larger files are opened with backlit serve --data.",
            )
        return JSONResponse(info.model_dump(), error.status_code, error.headers)

    page = importlib.resources.files("backlit") / "static"
    with importlib.resources.as_file(page) as folder:
        files = StaticFiles(directory=folder, html=True, check_dir=False)
        # Not mounted: a mount takes every path and method, also what the API should refuse.
        for path in ("/", "/{name}", "/assets/{name}"):
            app.router.routes.append(Route(path, files, methods=["GET"]))

    app.add_middleware(Guard, access=access)
    allowed = ["*"] if set(hosts) & set(EVERY_HOST) else [*LOOPBACK, *hosts]
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=allowed, www_redirect=False)
    return app


def _add_stream(app: FastAPI, service: Service, kind: AnyKind) -> None:
    """A route `/api/NAME` that takes a request of this kind and streams its events."""

    async def endpoint(
        request: PageRequest, sent: Request, at_end: ExitStack
    ) -> AsyncIterable[wire.Event]:
        async for event in _events(service, request, _language(sent), at_end):
            yield event

    # FastAPI reads here what comes in and what goes out, for validation and OpenAPI.
    endpoint.__annotations__ = {
        "request": kind.request,
        "sent": Request,
        "at_end": Annotated[ExitStack, Depends(_at_end)],
        "return": GenericAlias(AsyncIterable, (event_of(kind),)),
    }
    app.post(
        f"/api/{kind.name}",
        name=kind.name,
        description=inspect.getdoc(kind.request),  # what Python 3.13 makes of it, too
        response_class=EventSourceResponse,
    )(endpoint)


def event_of(kind: AnyKind) -> Any:
    """The type of the events that a kind of request may be told."""
    events = (*wire.COMMON_EVENTS, *kind.events)
    return Annotated[Union[events], Field(discriminator="type")]  # noqa: UP007  at run time


def _language(request: Request) -> Language:
    return language_of(request.headers.get("Accept-Language"))


async def _at_end() -> AsyncIterator[ExitStack]:
    """What is to be done when an answer is over, also if the client went away.

    The generator of its events is no place for it: while one waits for the client, nobody closes
    the generator, and it is only collected some time.
    """
    with ExitStack() as stack:
        yield stack


async def _events(
    service: Service, request: PageRequest, language: Language, at_end: ExitStack
) -> AsyncIterable[wire.Event]:
    """The service's events; a client that goes away cancels the request."""
    loop = asyncio.get_running_loop()
    queue: asyncio.Queue[wire.Event | None] = asyncio.Queue()

    def emit(event: wire.Event | None) -> None:
        if not loop.is_closed():
            loop.call_soon_threadsafe(queue.put_nowait, event)

    with speaking(language):
        at_end.callback(service.submit(request, emit))
    while (event := await queue.get()) is not None:
        yield event
