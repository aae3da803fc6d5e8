"""Work that may never end."""

import threading
from collections.abc import Callable

import pytest

from backlit.engines.deadline import Overdue, within
from backlit.errors import Cancelled
from backlit.progress import Progress, following

ENOUGH = 60.0  # seconds, which none of these take


def threads() -> set[threading.Thread]:
    return {one for one in threading.enumerate() if one.name == "backlit-deadline"}


def endless() -> None:
    while True:
        pass


def gone(before: set[threading.Thread]) -> bool:
    for thread in threads() - before:
        thread.join(ENOUGH)
    return threads() <= before


def test_what_ends_returns_or_raises_as_it_would() -> None:
    assert within(ENOUGH, lambda: "done") == "done"

    def broken() -> None:
        raise TimeoutError("its own")

    with pytest.raises(TimeoutError, match="its own"):
        within(ENOUGH, broken)


def test_what_does_not_end_is_stopped() -> None:
    before = threads()
    with pytest.raises(Overdue):
        within(0.1, endless)
    assert gone(before)


def test_a_stop_that_is_swallowed_is_told_again() -> None:
    swallowed = 0

    def deaf() -> None:
        nonlocal swallowed
        try:
            endless()
        except SystemExit:
            swallowed += 1
        endless()

    before = threads()
    with pytest.raises(Overdue):
        within(0.1, deaf)
    assert gone(before)
    assert swallowed == 1


def test_whoever_waits_can_be_stopped() -> None:
    class Impatient(Progress):
        def check(self) -> None:
            raise Cancelled

    before = threads()
    with following(Impatient()), pytest.raises(Cancelled):
        within(ENOUGH, endless)
    assert gone(before)


@pytest.mark.parametrize("work", [lambda: 1, lambda: [2]])
def test_no_thread_is_left(work: Callable[[], object]) -> None:
    before = threads()
    within(ENOUGH, work)
    assert gone(before)
