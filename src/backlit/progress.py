"""How far work is, and how to stop it: told from engines to whoever waits."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Literal

Progress = Callable[[str, int, int | None], None]
"""`progress(phase, done, total)`: called often; may raise `Cancelled` to stop the work."""


_check: ContextVar[Callable[[], None]] = ContextVar("check", default=lambda: None)


@contextmanager
def cancellable(check: Callable[[], None]) -> Iterator[None]:
    """Let engines call `check`, which may raise `Cancelled`, in the midst of long work."""
    before = _check.set(check)
    try:
        yield
    finally:
        _check.reset(before)


def checkpoint() -> Callable[[], None]:
    """The check that an engine should call several times a second, such as in each layer."""
    return _check.get()


Phase = Literal["compile", "run"]

_announce: ContextVar[Callable[[Phase], None]] = ContextVar("announce", default=lambda phase: None)


@contextmanager
def announcing(hear: Callable[[Phase], None]) -> Iterator[None]:
    """Have `hear` told of phases: `compile`, and `run` when that is over."""
    before = _announce.set(hear)
    try:
        yield
    finally:
        _announce.reset(before)


def announce(phase: Phase) -> None:
    """Tell whoever waits what an engine is about to do, where that takes seconds of its own."""
    _announce.get()(phase)
