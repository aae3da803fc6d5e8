"""One protocol for how far work is and how to stop it, found again deep inside an engine."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import Any

import pytest

from backlit.errors import Cancelled
from backlit.progress import (
    CHECK_EVERY,
    SILENT,
    Callback,
    Progress,
    Quiet,
    current,
    following,
    stoppable,
)


class Stopped(Progress):
    """Of work that should stop."""

    def check(self) -> None:
        raise Cancelled


def test_a_callback_gets_all_four() -> None:
    calls: list[Any] = []
    progress: Progress = Callback(lambda *call: calls.append(call))
    progress("download", 3, 10)
    progress("explain", 1, 2, [(0, 3, 0.5)])
    progress("start")
    progress.check()
    assert calls == [
        ("download", 3, 10, ()),
        ("explain", 1, 2, [(0, 3, 0.5)]),
        ("start", 0, None, ()),
    ]


def test_a_callback_may_stop_the_work() -> None:
    def stop(*call: object) -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        Callback(stop)("run")


def test_quiet_tells_nobody() -> None:
    calls: list[Any] = []
    quiet = Quiet(Callback(lambda *call: calls.append(call)))
    quiet("explain", 1, 2, [(0, 1, 0.5)])
    quiet.check()
    assert calls == []
    SILENT("explain", 1, 2)
    SILENT.check()


def test_quiet_passes_a_stop_on() -> None:
    quiet = Quiet(Stopped())
    with pytest.raises(Cancelled):
        quiet("explain")
    with pytest.raises(Cancelled):
        quiet.check()
    with pytest.raises(Cancelled):
        Quiet(quiet).check()


def test_who_follows_is_current_until_the_work_ends() -> None:
    outer, inner = Progress(), Progress()
    assert current() is SILENT
    with following(outer):
        assert current() is outer
        with following(inner):
            assert current() is inner
        assert current() is outer
    assert current() is SILENT


def test_who_follows_is_gone_when_the_work_fails() -> None:
    with pytest.raises(Cancelled), following(Stopped()):
        current().check()
    assert current() is SILENT


def test_threads_have_their_own() -> None:
    """Work handed to another thread is followed only if its context is handed on, too."""
    mine = Progress()
    with ThreadPoolExecutor(1) as threads, following(mine):
        assert threads.submit(current).result() is SILENT
        assert threads.submit(copy_context().run, current).result() is mine

        def theirs() -> bool:
            other = Progress()
            with following(other):
                return current() is other

        assert threads.submit(theirs).result()
        assert current() is mine
        assert threads.submit(current).result() is SILENT


def test_a_generator_asks_whoever_follows_each_of_its_steps() -> None:
    """Not whoever followed when it was made."""

    def steps() -> Iterator[Progress]:
        while True:
            yield current()

    running = steps()
    first, second = Progress(), Progress()
    with following(first):
        assert next(running) is first
    assert next(running) is SILENT
    with following(second):
        assert next(running) is second


def test_a_generator_that_follows_is_current_until_it_is_closed() -> None:
    """So one that hands out steps should not: its caller would be followed, too."""
    own = Progress()

    def steps() -> Iterator[int]:
        with following(own):
            yield 1

    running = steps()
    next(running)
    assert current() is own
    assert next(running, None) is None
    assert current() is SILENT


def test_a_long_loop_can_be_stopped() -> None:
    class Patient(Progress):
        left = 3

        def check(self) -> None:
            self.left -= 1
            if self.left < 0:
                raise Cancelled

    seen: list[int] = []
    with following(Patient()), pytest.raises(Cancelled):
        list(map(seen.append, stoppable(range(10 * CHECK_EVERY))))
    assert len(seen) == 3 * CHECK_EVERY
    assert list(stoppable(iter("abc"))) == ["a", "b", "c"]
