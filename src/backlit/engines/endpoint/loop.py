"""Requests run on an event loop in a thread of its own; whoever waits for them can be stopped."""

import asyncio
import atexit
import os
import threading
from collections.abc import Callable, Coroutine, Generator
from contextlib import suppress
from queue import Empty, SimpleQueue
from typing import Any, TypeVar

from backlit.errors import Cancelled
from backlit.progress import current

POLL_SECONDS = 0.05  # between two looks whether whoever waits was cancelled

T = TypeVar("T")
Tell = Callable[[T], None]
Work = Callable[[Tell[T]], Coroutine[Any, Any, None]]

_lock = threading.RLock()  # a finalizer may run in the midst of it
_loops: dict[int, asyncio.AbstractEventLoop] = {}  # by process: a fork has no threads


def told_by(work: Work[T]) -> Generator[T, None, None]:
    """What a coroutine tells, as it does.

    Whoever waits may close this, or be cancelled by the current `Progress`: so is the coroutine.

    Args:
        work: it tells by calling what it is given.

    Raises:
        Exception: whatever the coroutine does.
        Cancelled: by the current `Progress`.
    """
    told: SimpleQueue[tuple[T] | BaseException | None] = SimpleQueue()

    async def run() -> None:
        try:
            await work(lambda item: told.put((item,)))
            told.put(None)
        except Exception as error:  # noqa: BLE001  raised where it is waited for
            told.put(error)
        except asyncio.CancelledError:
            told.put(Cancelled())
            raise

    check = current().check
    running = asyncio.run_coroutine_threadsafe(run(), _loop())
    try:
        while True:
            try:
                item = told.get(timeout=POLL_SECONDS)
            except Empty:
                check()
                continue
            if item is None:
                return
            if isinstance(item, BaseException):
                raise item
            yield item[0]
    finally:
        running.cancel()


def start(work: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Run a coroutine that nobody waits for."""
    asyncio.run_coroutine_threadsafe(work(), _loop())


def _loop() -> asyncio.AbstractEventLoop:
    with _lock:
        loop = _loops.get(os.getpid())
        if loop is None:
            loop = _loops[os.getpid()] = asyncio.new_event_loop()
            thread = threading.Thread(
                target=loop.run_forever, name="backlit endpoints", daemon=True
            )
            thread.start()
            atexit.register(_end, loop, thread)
        return loop


def _end(loop: asyncio.AbstractEventLoop, thread: threading.Thread) -> None:
    """Close what is in flight; in a fork there is no such thread."""
    if not thread.is_alive():
        return
    with suppress(TimeoutError):
        asyncio.run_coroutine_threadsafe(_cancel_all(), loop).result(1)
    loop.call_soon_threadsafe(loop.stop)
    thread.join(1)
    if not thread.is_alive():
        loop.close()


async def _cancel_all() -> None:
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)
