"""Requests to one server, on the event loop: what is tried again, and what it may cost."""

import asyncio
import json
import os
import random
import re
import weakref
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

import httpx2

from backlit.engines.endpoint.failures import (
    WORTH_TRYING,
    led_away,
    refused,
    unreachable,
)
from backlit.engines.endpoint.loop import start
from backlit.engines.endpoint.received import asked_to_wait, content_of, lines_of, parsed, said_in
from backlit.errors import BacklitError, BudgetError, EndpointError, GatedError, OfflineError
from backlit.sources.https import is_loopback

TRIES = 5
FIRST_WAIT, LONGEST_WAIT = 0.5, 30.0  # seconds between two tries
CONNECT_SECONDS = 10.0
LONG = 24  # characters of a secret, of which half tell it apart
FREE = 16  # requests in flight that no model has to work for

T = TypeVar("T")
Body = Mapping[str, Any]
Wait = Callable[[float], Coroutine[Any, Any, None]]


class Sending:
    """Sends requests, and sends those again that may then be answered.

    Arguments as for `Client`.

    Attributes:
        url: of the API, without who signs in.
        calls: requests so far that the model had to work for.
        model: that is asked for, for messages.
        trying: whether a server that breaks off twice is taken to refuse what it was asked.

    Raises:
        GatedError: the URL says who signs in, and there is a key, too.
    """

    def __init__(
        self,
        url: httpx2.URL,
        key: str | None,
        *,
        parallel: int,
        timeout: float,
        max_calls: int | None,
        wait: Wait,
    ) -> None:
        if url.username and key:
            raise GatedError(
                "The URL says who signs in, and a key was given, too; servers take one of them.",
                "Leave out what stands before the @, or --api-key-env.",
            )
        self.url = url.copy_with(username=None, password=None)
        self.calls = 0
        self.model: str | None = None
        self.trying = False
        self._key = key
        queried = [value for _, value in url.params.multi_items()]
        self._secrets = [_said_again(one) for one in (key, url.password, *queried) if one]
        self._auth = (url.username, url.password) if url.username else None
        self._timeout = timeout
        self._max_calls = max_calls
        self._wait = wait
        self._answered = False
        self._parallel = parallel
        self._lines: dict[int, _Line] = {}  # by process: a fork has its parent's sockets, too

    def set_parallel(self, parallel: int) -> None:
        """Have so many requests in flight from now on that the model has to work for."""
        self._parallel = parallel
        self._lines.clear()

    def room(self, *, free: bool) -> asyncio.Semaphore:
        """What is held while a request is in flight."""
        return self._line.free if free else self._line.room

    async def answer(
        self,
        method: str,
        path: str,
        body: Body | None,
        *,
        free: bool,
        ready: Callable[[], None] = lambda: None,
    ) -> Any:
        """The JSON that is answered; `ready` is called before it is sent."""
        url = self._url(path)

        async def once() -> Any:
            async with self._line.http.stream(method, url, json=body) as response:
                content = await content_of(response)
            self._answered = True
            if response.is_success:
                return parsed(content, url)
            raise _Failed(self._failure(response, content), response)

        async with self.room(free=free):
            return await self.tried(once, path, free=free, ready=ready)

    async def events(self, path: str, body: Body) -> AsyncGenerator[Any, None]:
        """The JSON of each event of the stream that is answered."""
        url = self._url(path)
        async with self._line.http.stream("POST", url, json=body) as response:
            self._answered = True
            if not response.is_success:
                raise _Failed(self._failure(response, await content_of(response)), response)
            async for line in lines_of(response):
                field, _, value = line.partition(b":")
                if value.strip() == b"[DONE]":
                    return
                if field not in (b"data", b"error"):  # the latter is how llama.cpp tells one
                    continue
                event = parsed(value, url)
                error = field == b"error" or (isinstance(event, dict) and event.get("error"))
                if error:
                    said = self.without_key(said_in(event))
                    raise refused(500, said, url, self.model, self._key is not None)
                yield event

    async def tried(
        self,
        once: Callable[[], Awaitable[T]],
        path: str,
        *,
        free: bool,
        ready: Callable[[], None] = lambda: None,
        over: Callable[[], bool] = lambda: False,
    ) -> T:
        """What a request leads to, tried again where that may help and nothing of it was `over`;
        `ready` is called before it is sent, and raises if it is not to be.

        Raises:
            BacklitError: what is wrong in the end.
        """
        for number in range(1, TRIES + 1):
            ready()
            if not free:
                self._count()
            seconds = None
            try:
                return await once()
            except httpx2.RequestError as error:
                failure = unreachable(error, self._url(path), self._timeout)
                broken = isinstance(error, httpx2.NetworkError | httpx2.RemoteProtocolError)
                again = broken and self._answered  # else there never was a server
                refuses = number > 1 and not isinstance(error, httpx2.ConnectError)
                if again and self.trying and refuses:
                    raise EndpointError(failure.message, failure.hint) from error
            except _Failed as failed:
                failure, seconds = failed.failure, asked_to_wait(failed.response)
                again = failed.response.status_code in WORTH_TRYING
            if not again or over() or number == TRIES or (seconds or 0) > LONGEST_WAIT:
                raise failure
            pause = min(LONGEST_WAIT, FIRST_WAIT * 2 ** (number - 1))
            await self._wait(max(seconds or 0, pause * random.uniform(0.5, 1)))  # noqa: S311
        raise AssertionError("the last try returns or raises")

    def without_key(self, text: str) -> str:
        """A text of a server's, which may have told again what is secret."""
        for secret in self._secrets:
            text = secret.sub("…", text)
        return text

    @property
    def _line(self) -> "_Line":
        line = self._lines.get(os.getpid())
        if line is None:
            http = self._connections()
            line = _Line(http, asyncio.Semaphore(self._parallel), asyncio.Semaphore(FREE))
            self._lines[os.getpid()] = line
            weakref.finalize(line, start, http.aclose).atexit = False
        return line

    def _connections(self) -> httpx2.AsyncClient:
        try:
            return httpx2.AsyncClient(
                # What is packed could be any size once it is unpacked.
                headers={"Accept-Encoding": "identity"} | _signed(self._key),
                auth=self._auth,
                timeout=httpx2.Timeout(
                    self._timeout, connect=min(self._timeout, CONNECT_SECONDS), pool=None
                ),
                follow_redirects=False,
                trust_env=not is_loopback(self.url.host),  # no proxy is needed to get to ourselves
            )
        except (ImportError, ValueError, httpx2.InvalidURL) as error:
            raise OfflineError(
                f"The proxy that the environment names can't be used: {error}",
                "Unset ALL_PROXY and HTTPS_PROXY, or name an http:// proxy.",
            ) from error

    def _failure(self, response: httpx2.Response, content: bytes) -> BacklitError:
        if response.next_request is not None:
            away = led_away(response.url, response.next_request.url)
            return type(away)(self.without_key(away.message), away.hint)
        try:
            said = said_in(json.loads(content))
        except (ValueError, RecursionError):
            said = ""  # a web page
        status, words = response.status_code, self.without_key(said)
        return refused(status, words, response.url, self.model, self._key is not None)

    def _url(self, path: str) -> httpx2.URL:
        path, _, query = path.partition("?")
        queries = [one for one in (self.url.query, query.encode()) if one]
        whole = self.url.path.rstrip("/") + path
        return self.url.copy_with(path=whole, query=b"&".join(queries) or None)

    def _count(self) -> None:
        if self._max_calls is not None and self.calls >= self._max_calls:
            raise BudgetError(
                f"The {self._max_calls:,} calls that were allowed are used up.",
                "Allow more with --max-calls, or ask for less: fewer samples, coarser segments.",
            )
        self.calls += 1


@dataclass(frozen=True, slots=True, weakref_slot=True)
class _Line:
    """A process's connections, and room for what is in flight on them."""

    http: httpx2.AsyncClient
    room: asyncio.Semaphore
    free: asyncio.Semaphore


class _Failed(Exception):  # noqa: N818  never leaves this module
    """An answer that is no success."""

    def __init__(self, failure: BacklitError, response: httpx2.Response) -> None:
        super().__init__(failure)
        self.failure = failure
        self.response = response


def _said_again(secret: str) -> re.Pattern[str]:
    """Where a text has it; of a long one also where it is cut."""
    if len(secret) < LONG:
        return re.compile(re.escape(secret))
    return re.compile(re.escape(secret[: LONG // 2]) + r"[\w.~+/=-]*")


def _signed(key: str | None) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"} if key else {}
