"""The last few values, from any thread."""

import threading

from backlit.serving.recent import Recent


def test_the_one_that_nobody_asked_for_makes_room() -> None:
    recent: Recent[int] = Recent(2)
    recent.keep("a", 1)
    recent.keep("b", 2)
    assert recent.get("a") == 1
    recent.keep("c", 3)
    assert (recent.get("a"), recent.get("b"), recent.get("c")) == (1, None, 3)


def test_a_value_is_replaced() -> None:
    recent: Recent[int] = Recent(2)
    recent.keep("a", 1)
    recent.keep("a", 2)
    recent.keep("b", 3)
    assert (recent.get("a"), recent.get("b")) == (2, 3)


def test_large_values_make_more_room() -> None:
    recent: Recent[str] = Recent(10, len)
    recent.keep("a", "four")
    recent.keep("b", "four")
    recent.keep("c", "seven77")
    assert (recent.get("a"), recent.get("b"), recent.get("c")) == (None, None, "seven77")


def test_what_is_larger_than_all_may_be_is_not_remembered() -> None:
    recent: Recent[str] = Recent(10, len)
    recent.keep("a", "four")
    recent.keep("b", "x" * 11)
    assert (recent.get("a"), recent.get("b")) == ("four", None)


def test_many_threads_may_use_it() -> None:
    recent: Recent[int] = Recent(8)
    problems: list[BaseException] = []
    together = threading.Barrier(4)

    def use(first: int) -> None:
        together.wait()
        try:
            for number in range(first, first + 2_000):
                recent.keep(number % 50, number % 50)
                assert recent.get((number * 7) % 50) in (None, (number * 7) % 50)
        except BaseException as problem:  # noqa: BLE001  told below, on the test's own thread
            problems.append(problem)

    threads = [threading.Thread(target=use, args=(13 * one,)) for one in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert problems == []
