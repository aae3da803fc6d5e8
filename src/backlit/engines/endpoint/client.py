"""One server's HTTP: how many requests are in flight, what is tried again, and what it may cost.

A request that nobody waits for any more is closed at once, which is how a server hears that it may
stop.
"""

import asyncio
import json
import random
import weakref
from collections.abc import (
    AsyncGenerator,
    Awaitable,
    Callable,
    Container,
    Coroutine,
    Generator,
    Iterator,
    Mapping,
    Sequence,
)
from contextlib import aclosing, nullcontext
from typing import Any, TypeVar

import httpx2

from backlit.engines.endpoint.failures import (
    WORTH_TRYING,
    led_away,
    place,
    refused,
    unreachable,
)
from backlit.engines.endpoint.loop import Tell, start, told_by
from backlit.engines.endpoint.received import asked_to_wait, content_of, lines_of, parsed, said_in
from backlit.errors import BacklitError, BudgetError
from backlit.sources.https import is_loopback

TRIES = 5
FIRST_WAIT, LONGEST_WAIT = 0.5, 30.0  # seconds between two tries
CONNECT_SECONDS = 10.0

T = TypeVar("T")
Body = Mapping[str, Any]
Wait = Callable[[float], Coroutine[Any, Any, None]]


class Client:
    """Asks one server.

    Args:
        url: of its API; paths are appended to it. Who signs in, if it says so, is taken out of it.
        key: sent as a bearer, and shown nowhere.
        parallel: requests in flight that the model has to work for.
        timeout: seconds without a byte.
        max_calls: of those that the model has to work for.
        price: dollars for a million prompt tokens, if that is known.
        wait: between two tries.

    Attributes:
        calls: requests so far that the model had to work for.
        model: that is asked for, for messages.
    """

    def __init__(
        self,
        url: httpx2.URL,
        key: str | None = None,
        *,
        parallel: int = 1,
        timeout: float = 120.0,
        max_calls: int | None = None,
        price: float | None = None,
        wait: Wait = asyncio.sleep,
    ) -> None:
        self.url = url.copy_with(username=None, password=None)
        self.calls = 0
        self.price = price
        self.model: str | None = None
        self._key = key
        self._timeout = timeout
        self._max_calls = max_calls
        self._wait = wait
        self._answered = False
        self._room = asyncio.Semaphore(parallel)
        self._http = httpx2.AsyncClient(
            # What is packed could be any size once it is unpacked.
            headers={"Accept-Encoding": "identity"} | _signed(key),
            auth=(url.username, url.password) if url.username else None,
            timeout=httpx2.Timeout(timeout, connect=min(timeout, CONNECT_SECONDS), pool=None),
            follow_redirects=False,
            trust_env=not is_loopback(url.host),  # no proxy has to do with this machine
        )
        weakref.finalize(self, start, self._http.aclose).atexit = False

    @property
    def place(self) -> str:
        """Host and port, for messages."""
        return place(self.url)

    def set_parallel(self, parallel: int) -> None:
        """Have so many requests in flight from now on."""
        self._room = asyncio.Semaphore(parallel)

    # ---- asking ------------------------------------------------------------------------------

    def get(self, path: str) -> Any:
        """What JSON is at a path."""
        return self._one(lambda: self._answer("GET", path, None, free=True))

    def post(self, path: str, body: Body, *, free: bool = False) -> Any:
        """The JSON that is answered to some; `free`: no model has to work for it."""
        return self._one(lambda: self._answer("POST", path, body, free=free))

    def posts(
        self, asks: Sequence[tuple[str, Body]], *, free: bool = False
    ) -> Iterator[tuple[int, Any]]:
        """Paths and bodies posted in order, several in flight: `(index, answer)` as they come.

        Raises:
            BudgetError: there may be no more calls; what was in flight is told first.
            BacklitError: the first that fails, or the work was cancelled; the others are closed.
        """

        async def one(tell: Tell[tuple[int, Any]], index: int, path: str, body: Body) -> None:
            tell((index, await self._answer("POST", path, body, free=free)))

        def each(tell: Tell[tuple[int, Any]]) -> Coroutine[Any, Any, None]:
            return _all([one(tell, index, *ask) for index, ask in enumerate(asks)])

        return told_by(each)

    def streams(
        self, asks: Sequence[tuple[str, Body]], over: Container[int] = ()
    ) -> Generator[tuple[int, Any], None, None]:
        """The JSON of each event that is sent in answer, several in flight: `(index, event)`, and
        `(index, None)` once there is no more. Closing the iterator closes all requests.

        Args:
            asks: paths and bodies.
            over: indices of those of which no more is wanted, which are closed at their next event.

        Raises:
            EndpointError: the server tells of an error.
            OfflineError: it breaks off.
            BudgetError: there may be no more calls; what is in flight is told first.
        """

        async def one(tell: Tell[tuple[int, Any]], index: int, path: str, body: Body) -> None:
            told = False

            async def once() -> None:
                nonlocal told
                async with aclosing(self._events(path, body)) as events:
                    async for event in events:
                        told = True
                        tell((index, event))
                        if index in over:
                            return

            async with self._room:
                await self._tried(once, self._url(path), free=False, over=lambda: told)
            tell((index, None))

        def each(tell: Tell[tuple[int, Any]]) -> Coroutine[Any, Any, None]:
            return _all([one(tell, index, *ask) for index, ask in enumerate(asks)])

        return told_by(each)

    def _one(self, ask: Callable[[], Awaitable[Any]]) -> Any:
        async def work(tell: Tell[Any]) -> None:
            tell(await ask())

        (answer,) = told_by(work)
        return answer

    # ---- on the loop -------------------------------------------------------------------------

    async def _answer(self, method: str, path: str, body: Body | None, *, free: bool) -> Any:
        url = self._url(path)

        async def once() -> Any:
            async with self._http.stream(method, url, json=body) as response:
                content = await content_of(response)
            self._answered = True
            if response.is_success:
                return parsed(content, url)
            raise _Failed(self._failure(response, content), response)

        async with nullcontext() if free else self._room:
            return await self._tried(once, url, free=free)

    async def _events(self, path: str, body: Body) -> AsyncGenerator[Any, None]:
        url = self._url(path)
        async with self._http.stream("POST", url, json=body) as response:
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
                    said = self._without_key(said_in(event))
                    raise refused(500, said, url, self.model, self._key is not None)
                yield event

    async def _tried(
        self,
        once: Callable[[], Awaitable[T]],
        url: httpx2.URL,
        *,
        free: bool,
        over: Callable[[], bool] = lambda: False,
    ) -> T:
        """What a request leads to, tried again where that may help and nothing of it was `over`."""
        for number in range(1, TRIES + 1):
            if not free:
                self._count()
            seconds = None
            try:
                return await once()
            except httpx2.RequestError as error:
                failure = unreachable(error, url, self._timeout)
                broken = isinstance(error, httpx2.NetworkError | httpx2.RemoteProtocolError)
                again = broken and self._answered  # else there never was a server
            except _Failed as failed:
                failure, seconds = failed.failure, asked_to_wait(failed.response)
                again = failed.response.status_code in WORTH_TRYING
            if not again or over() or number == TRIES or (seconds or 0) > LONGEST_WAIT:
                raise failure
            pause = min(LONGEST_WAIT, FIRST_WAIT * 2 ** (number - 1))
            await self._wait(max(seconds or 0, pause * random.uniform(0.5, 1)))  # noqa: S311
        raise AssertionError("the last try returns or raises")

    def _failure(self, response: httpx2.Response, content: bytes) -> BacklitError:
        if response.next_request is not None:
            return led_away(response.url, response.next_request.url)
        try:
            said = said_in(json.loads(content))
        except (ValueError, RecursionError):
            said = ""  # a web page
        status, words = response.status_code, self._without_key(said)
        return refused(status, words, response.url, self.model, self._key is not None)

    def _without_key(self, text: str) -> str:
        return text.replace(self._key, "…") if self._key else text

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


async def _all(works: Sequence[Coroutine[Any, Any, None]]) -> None:
    """All of them at once, until one fails; if that is for want of calls, until the others end."""
    tasks = [asyncio.ensure_future(work) for work in works]
    try:
        await asyncio.gather(*tasks)
    except BudgetError:
        await asyncio.gather(*tasks, return_exceptions=True)
        raise
    finally:
        for task in tasks:
            task.cancel()


class _Failed(Exception):  # noqa: N818  never leaves this module
    """An answer that is no success."""

    def __init__(self, failure: BacklitError, response: httpx2.Response) -> None:
        super().__init__(failure)
        self.failure = failure
        self.response = response


def _signed(key: str | None) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"} if key else {}
