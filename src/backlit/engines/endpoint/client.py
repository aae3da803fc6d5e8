"""One server, asked and waited for: how many requests are in flight, and when they are closed.

A request that nobody waits for any more is closed at once, which is how a server hears that it may
stop.
"""

import asyncio
from collections.abc import Awaitable, Callable, Container, Coroutine, Generator, Iterator, Sequence
from contextlib import aclosing, contextmanager
from functools import partial
from typing import Any, TypeVar

import httpx2

from backlit.engines.endpoint.answers import Ask, Stream, read_by
from backlit.engines.endpoint.failures import place
from backlit.engines.endpoint.loop import Tell, told_by
from backlit.engines.endpoint.sending import Body, Sending, Wait
from backlit.errors import EndpointError

T = TypeVar("T")
Work = Callable[[Callable[[], None]], Awaitable[None]]
"""Calls what it is given when it may be sent, which raises if it is no longer."""


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

    Raises:
        GatedError: the URL says who signs in, and there is a key, too.
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
        self.price = price
        self._sending = Sending(
            url, key, parallel=parallel, timeout=timeout, max_calls=max_calls, wait=wait
        )

    @property
    def url(self) -> httpx2.URL:
        """Of the API, without who signs in."""
        return self._sending.url

    @property
    def calls(self) -> int:
        """Requests so far that the model had to work for."""
        return self._sending.calls

    @property
    def place(self) -> str:
        """Host and port, for messages."""
        return place(self.url)

    def set_model(self, model: str | None) -> None:
        """Name the model that is asked for, for messages."""
        self._sending.model = model

    def set_parallel(self, parallel: int) -> None:
        """Have so many requests in flight from now on."""
        self._sending.set_parallel(parallel)

    @contextmanager
    def trying(self) -> Iterator[None]:
        """While it is found out what the server takes: one that breaks off twice refuses what it
        was asked, as those do that check nothing before they use it.
        """
        self._sending.trying = True
        try:
            yield
        finally:
            self._sending.trying = False

    def get(self, path: str) -> Any:
        """What JSON is at a path."""
        return self._one(lambda: self._sending.answer("GET", path, None, free=True))

    def post(self, path: str, body: Body) -> Any:
        """The JSON that is answered to some, which no model has to work for."""
        return self._one(lambda: self._sending.answer("POST", path, body, free=True))

    def ask(self, ask: Ask[T]) -> T:
        """What one request is answered; the model has to work for it."""
        ((_, answer),) = self.asks([ask])
        return answer

    def asks(self, asks: Sequence[Ask[T]], *, free: bool = False) -> Iterator[tuple[int, T]]:
        """What several requests are answered, sent in order: `(index, answer)` as they come.

        Raises:
            BacklitError: the first that fails; what is in flight then is told before.
            Cancelled: by the current `Progress`; all requests are closed.
        """

        async def one(
            tell: Tell[tuple[int, T]], index: int, ask: Ask[T], ready: Callable[[], None]
        ) -> None:
            told = await self._sending.answer("POST", ask.path, ask.body, free=free, ready=ready)
            tell((index, self._read(ask.read, told)))

        def each(tell: Tell[tuple[int, T]]) -> Coroutine[Any, Any, None]:
            return _all([partial(one, tell, index, ask) for index, ask in enumerate(asks)])

        return told_by(each)

    def streams(
        self, streams: Sequence[Stream[T]], over: Container[int] = ()
    ) -> Generator[tuple[int, T | None], None, None]:
        """What is written in answer to several requests, in order: `(index, news)` as it comes, and
        `(index, None)` once there is no more. Closing the iterator closes all requests.

        Args:
            streams: what is asked.
            over: indices of those of which no more is wanted, which are closed at their next event.

        Raises:
            BacklitError: as for `asks`; a server that breaks off is an `OfflineError`.
            Cancelled: by the current `Progress`; all requests are closed.
        """

        async def one(
            tell: Tell[tuple[int, T | None]],
            index: int,
            stream: Stream[T],
            ready: Callable[[], None],
        ) -> None:
            told = False
            read = stream.reader()

            async def once() -> None:
                nonlocal told
                async with aclosing(self._sending.events(stream.path, stream.body)) as events:
                    async for event in events:
                        told = True
                        tell((index, self._read(read, event)))
                        if index in over:
                            return

            async with self._sending.room(free=False):
                await self._sending.tried(
                    once, stream.path, free=False, ready=ready, over=lambda: told
                )
            tell((index, None))

        def each(tell: Tell[tuple[int, T | None]]) -> Coroutine[Any, Any, None]:
            return _all([partial(one, tell, index, one_) for index, one_ in enumerate(streams)])

        return told_by(each)

    def _read(self, reader: Callable[[Any], T], told: Any) -> T:
        try:
            return read_by(reader, told)
        except EndpointError as error:  # which may cite the server, and that the key
            raise type(error)(self._sending.without_key(error.message), error.hint) from error

    def _one(self, ask: Callable[[], Awaitable[Any]]) -> Any:
        async def work(tell: Tell[Any]) -> None:
            tell(await ask())

        (answer,) = told_by(work)
        return answer


async def _all(works: Sequence[Work]) -> None:
    """All of them at once. Once one fails, those that are not in flight yet are not sent.

    Raises:
        BacklitError: the first failure, after the end of those that were in flight.
    """
    failures: list[Exception] = []

    def ready() -> None:
        if failures:
            raise failures[0]

    async def one(work: Work) -> None:
        try:
            await work(ready)
        except Exception as error:
            failures.append(error)
            raise

    await asyncio.gather(*map(one, works), return_exceptions=True)
    ready()
