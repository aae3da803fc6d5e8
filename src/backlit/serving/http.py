"""The page's server: loopback by default, a token for entry, events as they happen."""

import asyncio
import hmac
import importlib.resources
import inspect
import socket
import sys
from collections.abc import AsyncIterable, Awaitable, Callable, Sequence
from types import GenericAlias
from typing import Annotated, Any, Union

import uvicorn
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, PlainTextResponse
from fastapi.sse import EventSourceResponse
from pydantic import Field
from starlette.exceptions import HTTPException as StarletteHTTPException
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.staticfiles import StaticFiles

from backlit.errors import BacklitError, InputError
from backlit.serving import wire
from backlit.serving.errors import error_info, refusal
from backlit.serving.requests import KINDS, AnyKind
from backlit.serving.requests import Request as PageRequest
from backlit.serving.service import Service

MAX_BODY_BYTES = 16_000_000
BACKLOG = 128  # connections that wait to be taken
LOOPBACK = ("127.0.0.1", "localhost", "[::1]", "::1")
POLICY = (
    "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
)


IN_TERMINAL = "Open the link that `backlit serve` printed in the terminal."


def create_app(
    service: Service, token: str, host: str = "127.0.0.1", entrance: str = IN_TERMINAL
) -> FastAPI:
    """The application: the page, its API, and the guards before both.

    Args:
        service: does the work.
        token: who knows it may enter, by `?token=` (which sets a cookie), or as a Bearer.
        host: what the server listens on; Host headers must name it, or loopback.
        entrance: tells who comes without the token where to find the link.
    """
    app = FastAPI(
        title="Backlit",
        version=service.state().version,
        docs_url=None,
        redoc_url=None,
        max_body_size=MAX_BODY_BYTES,
    )

    @app.get("/api/state")
    async def state() -> wire.State:
        """Models, methods, datasets and defaults."""
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
    async def refused(_: Request, error: StarletteHTTPException) -> Response:
        info = wire.ErrorInfo(code="InputError", message=f"{error.detail}.")
        if error.status_code == 413:
            info = wire.ErrorInfo(
                code="PromptError",
                message=f"The request is larger than {MAX_BODY_BYTES // 1_000_000} MB.",
                hint="Shorten the prompt.",
            )
        return JSONResponse(info.model_dump(), status_code=error.status_code)

    page = importlib.resources.files("backlit") / "static"
    with importlib.resources.as_file(page) as folder:
        app.mount("/", StaticFiles(directory=folder, html=True, check_dir=False))

    app.middleware("http")(_guard(token, entrance))
    hosts = [*LOOPBACK, host] if host not in ("0.0.0.0", "::") else ["*"]  # noqa: S104
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=hosts, www_redirect=False)
    return app


def _add_stream(app: FastAPI, service: Service, kind: AnyKind) -> None:
    """A route `/api/NAME` that takes a request of this kind and streams its events."""

    async def endpoint(request: PageRequest) -> AsyncIterable[wire.Event]:
        async for event in _events(service, request):
            yield event

    # FastAPI reads here what comes in and what goes out, for validation and OpenAPI.
    events = GenericAlias(AsyncIterable, (event_of(kind),))
    endpoint.__annotations__ = {"request": kind.request, "return": events}
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


async def _events(service: Service, request: PageRequest) -> AsyncIterable[wire.Event]:
    """The service's events; a client that goes away cancels the request."""
    loop = asyncio.get_running_loop()
    queue: asyncio.Queue[wire.Event | None] = asyncio.Queue()

    def emit(event: wire.Event | None) -> None:
        if not loop.is_closed():
            loop.call_soon_threadsafe(queue.put_nowait, event)

    cancel = service.submit(request, emit)
    try:
        while (event := await queue.get()) is not None:
            yield event
    finally:
        cancel()


def _guard(token: str, entrance: str) -> Callable[[Request, Any], Awaitable[Response]]:
    """Let in who has the token, from a page of ours."""

    async def guard(
        request: Request, call_next: Callable[[Request], Awaitable[Response]]
    ) -> Response:
        origin = request.headers.get("origin")
        if origin is not None and origin.split("://")[-1] != request.headers.get("host"):
            return PlainTextResponse("Requests from other sites are refused.", 403)
        cookie = f"backlit-{request.url.port or 80}"  # cookies are shared between ports
        query_token = request.query_params.get("token")
        bearer = request.headers.get("authorization", "").removeprefix("Bearer ")
        known = query_token or bearer or request.cookies.get(cookie, "")
        if not hmac.compare_digest(known.encode(), token.encode()):
            error = wire.ErrorInfo(
                code="Unauthorized",
                message="This page needs its token.",
                hint=entrance,
            )
            if request.url.path.startswith("/api/"):
                return JSONResponse(error.model_dump(), 401)
            return PlainTextResponse(f"{error.message} {error.hint}", 401)
        response = await call_next(request)
        if query_token:
            response.set_cookie(cookie, token, httponly=True, samesite="strict")
        response.headers["Content-Security-Policy"] = POLICY
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Referrer-Policy"] = "no-referrer"
        if request.url.path in ("/", "/index.html"):
            response.headers["Cache-Control"] = "no-store"
        return response

    return guard


def bind(host: str, port: int | None) -> socket.socket:
    """A listening socket; without a port, 8400 or the next free one.

    It listens at once: one that is only bound can be bound a second time.

    Raises:
        InputError: the port is taken or is none, or the host is not this machine's.
    """
    if not host:
        raise InputError(
            "No host is given to listen on.",
            "Leave --host out for this machine alone, or give 0.0.0.0 for every network it is in.",
        )
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    candidates: Sequence[int] = [port] if port is not None else [*range(8400, 8420), 0]
    for candidate in candidates:
        sock = socket.socket(family, socket.SOCK_STREAM)
        if sys.platform == "win32":  # there, the other option would share the port
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
        else:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            sock.bind((host, candidate))
            sock.listen(BACKLOG)
        except (OSError, OverflowError) as error:
            sock.close()
            problem = error
            continue
        return sock
    what = problem.strerror if isinstance(problem, OSError) else "there is no such port"
    raise InputError(
        f"Backlit can't listen on {host}:{port}: {what}.",
        "Leave --port out to take a free one, or --host for this machine alone.",
    )


class Serving:
    """An application on a socket, until it is stopped.

    Args:
        started: called when the page can be opened.
    """

    def __init__(
        self, app: FastAPI, sock: socket.socket, started: Callable[[], None] = lambda: None
    ) -> None:
        class Server(uvicorn.Server):
            async def startup(self, sockets: list[socket.socket] | None = None) -> None:
                await super().startup(sockets)
                started()

        # An open stream would hold back Ctrl-C for as long as it lasts.
        config = uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=1)
        self._server = Server(config)
        self._sock = sock

    def run(self) -> None:
        """Serve on this thread, until `stop`; on the main thread, until Ctrl-C too."""
        self._server.run(sockets=[self._sock])

    def stop(self) -> None:
        """Ask it to end, from any thread."""
        self._server.should_exit = True
