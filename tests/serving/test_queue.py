"""One thread, a queue, and cancelling at every stage."""

import threading
from collections.abc import Iterator

import pytest

from backlit.errors import Cancelled
from backlit.serving.queue import Job, ModelThread

SECONDS = 10


@pytest.fixture
def thread() -> Iterator[ModelThread]:
    thread = ModelThread()
    yield thread
    thread.close()


class Recorded:
    """A job that waits for `release`, and what it was told."""

    def __init__(self, error: BaseException | None = None) -> None:
        self.ahead: list[int] = []
        self.started, self.release, self.ended = (threading.Event() for _ in range(3))
        self.error: BaseException | None = None

        def work(job: Job) -> None:
            self.started.set()
            while not self.release.wait(0.01):
                job.check()
            if error is not None:
                raise error

        def ended(error: BaseException | None) -> None:
            self.error = error
            self.ended.set()

        self.job = Job(work, self.ahead.append, ended)


def test_jobs_run_in_turn_and_are_told_how_many_come_first(thread: ModelThread) -> None:
    first, second, third = Recorded(), Recorded(), Recorded()
    thread.submit(first.job)
    assert first.started.wait(SECONDS)
    thread.submit(second.job)
    thread.submit(third.job)
    assert (first.ahead, second.ahead, third.ahead) == ([], [1], [2])
    assert not second.started.is_set()
    first.release.set()
    assert second.started.wait(SECONDS)
    assert third.ahead == [2, 1]
    second.release.set()
    third.release.set()
    assert third.ended.wait(SECONDS)
    assert second.error is third.error is None


def test_a_running_job_is_cancelled_at_its_next_check(thread: ModelThread) -> None:
    job = Recorded()
    thread.submit(job.job)
    assert job.started.wait(SECONDS)
    thread.forget(job.job)
    assert job.ended.wait(SECONDS)
    assert isinstance(job.error, Cancelled)


def test_a_waiting_job_is_forgotten(thread: ModelThread) -> None:
    first, second, third = Recorded(), Recorded(), Recorded()
    for job in (first, second, third):
        thread.submit(job.job)
    assert first.started.wait(SECONDS)
    thread.forget(second.job)
    assert third.ahead[-1] == 1
    first.release.set()
    assert third.started.wait(SECONDS)
    assert not second.started.is_set()
    third.release.set()
    assert third.ended.wait(SECONDS)


def test_an_error_is_told_and_the_thread_goes_on(thread: ModelThread) -> None:
    bad, good = Recorded(SystemExit("odd")), Recorded()
    for job in (bad, good):
        job.release.set()
        thread.submit(job.job)
    assert good.ended.wait(SECONDS)
    assert isinstance(bad.error, SystemExit)
    assert good.error is None


def test_close_cancels_what_runs_and_drops_what_waits() -> None:
    thread = ModelThread()
    running, waiting = Recorded(), Recorded()
    thread.submit(running.job)
    assert running.started.wait(SECONDS)
    thread.submit(waiting.job)
    thread.close()
    assert running.ended.wait(SECONDS)
    assert isinstance(running.error, Cancelled)
    assert not waiting.started.is_set()
    assert "backlit-model" not in [t.name for t in threading.enumerate()]


def test_a_job_may_close_the_thread_that_runs_it() -> None:
    thread = ModelThread()
    ended: list[BaseException | None] = []
    over = threading.Event()

    def work(job: Job) -> None:
        thread.close()
        job.check()

    def note(error: BaseException | None) -> None:
        ended.append(error)
        over.set()

    thread.submit(Job(work, lambda ahead: None, note))
    assert over.wait(SECONDS)
    assert isinstance(ended[0], Cancelled)


def test_the_thread_outlives_whoever_can_not_be_told(
    thread: ModelThread, caplog: pytest.LogCaptureFixture
) -> None:
    def deaf(error: BaseException | None) -> None:
        raise ConnectionError

    thread.submit(Job(lambda job: None, lambda ahead: None, deaf))
    next_one = Recorded()
    next_one.release.set()
    thread.submit(next_one.job)
    assert next_one.ended.wait(SECONDS)
    assert "Nobody could be told" in caplog.text
