"""Who may come in: who knows the token, or has a code that is good once, from a page of ours."""

import hmac
import secrets
import threading
from collections import OrderedDict
from collections.abc import Callable

from anyio import BrokenResourceError, ClosedResourceError
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from backlit.errors import InputError
from backlit.serving import wire

MAX_BODY_BYTES = 16_000_000
MAX_FILE_BODY_BYTES = 70_000_000  # with a file of 50 MB in base 64
MAX_CODES = 100  # that nobody used yet; the oldest makes room
MIN_TOKEN_LENGTH = 16
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
        "frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}
IN_TERMINAL = "Open the newest link that `backlit serve` printed in the terminal."


class Access:
    """What opens the page.

    The token stays with the server and in a cookie. Links carry codes, each good for one browser,
    because links end up in process lists, histories and chats.

    Args:
        token: left out, a random one.
        advice: tells who comes without it where to find a link.
        used: told a code when it was used, on the server's thread.

    Raises:
        InputError: the token is so short that it can be guessed.
    """

    def __init__(
        self,
        token: str | None = None,
        advice: str = IN_TERMINAL,
        used: Callable[[str], None] = lambda code: None,
    ) -> None:
        if token is not None and len(token) < MIN_TOKEN_LENGTH:
            raise InputError(
                f"A token of {len(token)} characters can be guessed.",
                f"Use at least {MIN_TOKEN_LENGTH}, or leave it out for a random one.",
            )
        self.advice = advice
        self._token = token or secrets.token_urlsafe(16)
        self._used = used
        self._codes: OrderedDict[str, None] = OrderedDict()
        self._lock = threading.Lock()

    def code(self) -> str:
        """A new code for a link: `?code=`."""
        code = secrets.token_urlsafe(16)
        with self._lock:
            self._codes[code] = None
            if len(self._codes) > MAX_CODES:
                self._codes.popitem(last=False)
        return code

    def is_token(self, text: str) -> bool:
        """Whether it is the token, in the same time for all that are not."""
        return _same(text, self._token)

    def takes(self, code: str) -> bool:
        """Whether it is a code that nobody used; it is used now."""
        with self._lock:
            known = next((one for one in self._codes if _same(one, code)), None)
            if known is None:
                return False
            del self._codes[known]
        self._used(known)
        return True

    def cookie(self, request: Request) -> str:
        """A Set-Cookie for the browser that sent this; cookies are shared between ports."""
        response = Response()
        response.set_cookie(
            cookie_name(request),
            self._token,
            path=request.scope.get("root_path") or "/",
            secure=request.url.scheme == "https",
            httponly=True,
            samesite="strict",
        )
        return response.headers["set-cookie"]


def _same(text: str, secret: str) -> bool:
    return hmac.compare_digest(text.encode(), secret.encode())


def _below(request: Request) -> str:
    """The path, without the prefix that a proxy takes off."""
    path: str = request.scope["path"]
    return path.removeprefix(request.scope.get("root_path", ""))


def cookie_name(request: Request) -> str:
    return f"backlit-{request.url.port or 80}"


class Guard:
    """Lets requests pass to the application, or answers them itself.

    Every answer, the application's included, gets `HEADERS`; a body is read up to
    `most_bytes`.
    """

    def __init__(self, app: ASGIApp, access: Access) -> None:
        self._app = app
        self._access = access

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)  # nothing of ours but the start and the end
            return
        request = Request(scope)
        cookie: str | None = None

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.update(HEADERS)
                if cookie is not None:
                    headers["Set-Cookie"] = cookie
                if cookie is not None or _below(request) in ("/", "/index.html"):
                    headers["Cache-Control"] = "no-store"
            await send(message)

        refusal = self._refusal(request)
        if refusal is None and not self._is_known(request):
            if not self._brings_entry(request):
                refusal = self._stranger(request)
            else:
                cookie = self._access.cookie(request)
        if refusal is not None:
            await refusal(scope, receive, send_guarded)
            return
        try:
            await self._app(scope, bounded(request, receive), send_guarded)
        except* (BrokenResourceError, ClosedResourceError):
            pass  # the client went away while an event was sent

    def _refusal(self, request: Request) -> Response | None:
        """What to answer to a page that is not ours."""
        origin = request.headers.get("origin")
        # The scheme may differ: a proxy may speak TLS for us.
        if origin is None or origin.split("://")[-1] == request.headers.get("host"):
            return None
        info = wire.ErrorInfo(code="Forbidden", message="Requests from other sites are refused.")
        return JSONResponse(info.model_dump(), 403)

    def _is_known(self, request: Request) -> bool:
        scheme, _, bearer = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer" and self._access.is_token(bearer):
            return True
        return self._access.is_token(request.cookies.get(cookie_name(request), ""))

    def _brings_entry(self, request: Request) -> bool:
        """Whether its link has the token or a code, which a browser that looks ahead keeps."""
        if "prefetch" in request.headers.get("sec-purpose", ""):
            return False
        query = request.query_params
        return self._access.is_token(query.get("token", "")) or self._access.takes(
            query.get("code", "")
        )

    def _stranger(self, request: Request) -> Response:
        info = wire.ErrorInfo(
            code="Unauthorized",
            message="This page needs a link that nobody used yet.",
            hint=self._access.advice,
        )
        if _below(request).startswith("/api/"):
            return JSONResponse(info.model_dump(), 401)
        return PlainTextResponse(f"{info.message} {info.hint}", 401)


def most_bytes(request: Request) -> int:
    """How large a body may be: only one that brings a file, or what becomes or is kept in one, may
    be larger than a prompt.
    """
    brings_file = _below(request) in ("/api/add", "/api/write_grid", "/api/keep")
    return MAX_FILE_BODY_BYTES if brings_file else MAX_BODY_BYTES


def bounded(request: Request, receive: Receive) -> Receive:
    """`receive`, until more than `most_bytes` came or were announced."""
    most = left = most_bytes(request)
    announced = request.headers.get("content-length", "0")

    async def receive_bounded() -> Message:
        nonlocal left
        if announced.isdecimal() and int(announced) > most:
            raise HTTPException(413)
        message = await receive()
        left -= len(message.get("body", b""))
        if left < 0:
            raise HTTPException(413)
        return message

    return receive_bounded
