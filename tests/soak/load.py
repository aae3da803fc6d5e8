"""Many clients at once, each of whom does what a person does, again and again."""

import asyncio
import json
import random
import socket
import statistics
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx2
import psutil

from tests.support.server import Served

WORDS = (
    "the",
    "cat",
    "likes",
    "warm",
    "milk",
    "and",
    "dog",
    "cold",
    "water",
    "while",
    "it",
    "rains",
)
QUICK = ("load", "segment", "estimate", "agree")
WARM_SECONDS = 10  # that memory and threads may grow for

Event = dict[str, Any]


@dataclass
class Load:
    """What was seen.

    Attributes:
        waits: seconds until the last event, by client and kind of request.
        problems: what should not have been.
        megabytes: of the server's memory, a value a second.
        threads: of the server, likewise.
    """

    waits: dict[int, dict[str, list[float]]] = field(
        default_factory=lambda: defaultdict(lambda: defaultdict(list))
    )
    problems: list[str] = field(default_factory=list)
    megabytes: list[float] = field(default_factory=list)
    threads: list[int] = field(default_factory=list)

    def of_model(self) -> list[float]:
        """Waits for what runs a model, and so queues."""
        return [
            wait
            for kinds in self.waits.values()
            for kind, waits in kinds.items()
            if kind not in QUICK
            for wait in waits
        ]

    @property
    def requests(self) -> int:
        return sum(len(waits) for kinds in self.waits.values() for waits in kinds.values())

    @property
    def longest_wait(self) -> float:
        """In medians."""
        waits = self.of_model()
        return max(waits) / statistics.median(waits)

    @property
    def least_share(self) -> float:
        """Requests of the client that had fewest, in medians."""
        shares = [sum(map(len, kinds.values())) for kinds in self.waits.values()]
        return min(shares) / statistics.median(shares)

    @property
    def megabytes_grown(self) -> float:
        """From what was used in the first seconds to the end."""
        first, rest = self.megabytes[:WARM_SECONDS], self.megabytes[WARM_SECONDS:]
        return max(rest) - max(first) if rest else 0.0

    @property
    def threads_grown(self) -> int:
        first, rest = self.threads[:WARM_SECONDS], self.threads[WARM_SECONDS:]
        return max(rest) - max(first) if rest else 0


def load(served: Served, cookies: httpx2.Cookies, clients: int, seconds: float) -> Load:
    """So many clients, for so long."""
    with ThreadPoolExecutor(1) as pool:  # this thread may have a loop already
        return pool.submit(asyncio.run, _load(served, cookies, clients, seconds)).result()


async def _load(served: Served, cookies: httpx2.Cookies, clients: int, seconds: float) -> Load:
    seen = Load()
    end = time.monotonic() + seconds
    async with asyncio.TaskGroup() as group:
        group.create_task(_measure(served, seen, end))
        for number in range(clients):
            group.create_task(_client(served, cookies, number, seen, end))
    return seen


async def _measure(served: Served, seen: Load, end: float) -> None:
    process = psutil.Process(served.process.pid)
    while time.monotonic() < end:
        seen.megabytes.append(process.memory_info().rss / 1e6)
        seen.threads.append(process.num_threads())
        await asyncio.sleep(1)


async def _client(
    served: Served, cookies: httpx2.Cookies, number: int, seen: Load, end: float
) -> None:
    chance = random.Random(number)
    async with httpx2.AsyncClient(
        base_url=served.url, cookies=cookies, timeout=httpx2.Timeout(120)
    ) as client:
        asks = Asking(client, seen, number)
        while time.monotonic() < end:
            try:
                await _session(asks, chance)
            except httpx2.HTTPError as error:
                seen.problems.append(f"client {number}: {error!r}")


@dataclass
class Asking:
    """One client's requests, timed."""

    client: httpx2.AsyncClient
    seen: Load
    number: int

    async def __call__(self, kind: str, **fields: Any) -> Event:
        begun = time.monotonic()
        last: Event = {}
        body = {"model": "toy", **fields}
        async with self.client.stream("POST", f"/api/{kind}", json=body) as response:
            if response.status_code != 200:
                self.seen.problems.append(f"{kind}: {response.status_code}")
                return last
            async for event in events(response):
                last = event
        if last.get("type") in (None, "error", "queued", "progress"):
            self.seen.problems.append(f"{kind} ended in {last}")
        self.seen.waits[self.number][kind].append(time.monotonic() - begun)
        return last


async def _session(ask: Asking, chance: random.Random) -> None:
    """Ask the model, and why it says what it says."""
    prompt = " ".join(chance.choices(WORDS, k=chance.randint(5, 60)))
    reference: dict[str, Any] = {"prompt": prompt}
    options = {"max_new_tokens": chance.randint(5, 20)}
    written = await ask("generate", reference=reference, options=options)
    if written.get("type") != "generation":
        return
    sequence = written["generation"]["sequence"]
    start, stop = sequence["prompt_length"], len(sequence["tokens"])
    reference["response_ids"] = [token["id"] for token in sequence["tokens"][start:]]
    target = (stop - 1, stop)
    about: dict[str, Any] = {"reference": reference, "target": target}
    await ask("segment", reference=reference, pattern="the")
    await ask("estimate", **about, granularity="word")
    method = chance.choice(["grad_l2", "occlusion", "gate_gradient", "shapley"])
    await ask("explain", **about, method=method, granularity="word")
    await ask("mute", **about, spans=[(0, 2)])
    await ask("load")
    (await ask.client.get("/api/state")).raise_for_status()


async def events(response: httpx2.Response) -> AsyncIterator[Event]:
    """The events of a stream as they come."""
    async for line in response.aiter_lines():
        if line.startswith("data:"):
            yield json.loads(line.removeprefix("data:"))


@contextmanager
def idle_connections(served: Served, count: int) -> Iterator[None]:
    """So many connections on which nothing is asked, or never all of it."""
    port = int(served.url.rsplit(":", 1)[1])
    with ExitStack() as stack:
        for number in range(count):
            sock = stack.enter_context(socket.create_connection(("127.0.0.1", port)))
            if number % 2:
                sock.sendall(b"POST /api/generate HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-")
        yield
