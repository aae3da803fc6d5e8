"""Work that may never end, such as a chat template, which is a program of a model's author."""

import ctypes
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

from backlit.progress import current

CHECK_SECONDS = 0.05
STOPS = 4  # a stop that hits a callback of the garbage collector, say, is swallowed there

R = TypeVar("R")


class Overdue(Exception):  # noqa: N818  what happened to it
    """It did not end in time."""


def within(seconds: float, work: Callable[[], R]) -> R:
    """What `work` returns; it runs on a thread of its own, which is stopped if it takes too long.

    Args:
        seconds: it may take.
        work: Python code, which is stopped between two of its steps.

    Raises:
        Overdue: it took longer.
        Cancelled: whoever waits was asked to stop.
    """
    progress = current()
    outcome: Future[R] = Future()

    def run() -> None:
        try:
            outcome.set_result(work())
        except BaseException as error:  # noqa: BLE001  raised again where it is waited for
            outcome.set_exception(error)

    thread = threading.Thread(target=run, name="backlit-deadline", daemon=True)
    thread.start()
    deadline = time.monotonic() + seconds
    try:
        while True:
            thread.join(CHECK_SECONDS)
            if outcome.done():
                return outcome.result()
            progress.check()
            if time.monotonic() > deadline:
                raise Overdue
    finally:
        if not outcome.done():
            _stop(thread)


def _stop(thread: threading.Thread) -> None:
    """Raise `SystemExit` in a thread at its next step: the only way to end an endless loop."""
    for _ in range(STOPS):
        ctypes.pythonapi.PyThreadState_SetAsyncExc(
            ctypes.c_ulong(thread.ident or 0), ctypes.py_object(SystemExit)
        )
        thread.join(CHECK_SECONDS)
        if not thread.is_alive():
            return
