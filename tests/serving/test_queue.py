"""One thread, a queue, and cancelling at every stage."""

import os
import threading
from collections.abc import Iterator

import pytest

from backlit.errors import Cancelled
from backlit.serving.queue import Job, JobQueue

SECONDS = 10


@pytest.fixture
def queue() -> Iterator[JobQueue]:
    queue = JobQueue()
    yield queue
    queue.close()


class Recorded:
    """A job that waits for `release`, and what it was told."""

    def __init__(self, error: BaseException | None = None, *, background: bool = False) -> None:
        self.ahead: list[int] = []
        self.runs = 0
        self.started, self.release, self.ended = (threading.Event() for _ in range(3))
        self.error: BaseException | None = None

        def work(job: Job) -> None:
            self.runs += 1
            self.started.set()
            while not self.release.wait(0.01):
                job.check()
            if error is not None:
                raise error

        def ended(error: BaseException | None) -> None:
            self.error = error
            self.ended.set()

        self.job = Job(work, self.ahead.append, ended, background=background)


def test_jobs_run_in_turn_and_are_told_how_many_come_first(queue: JobQueue) -> None:
    first, second, third = Recorded(), Recorded(), Recorded()
    queue.submit(first.job)
    assert first.started.wait(SECONDS)
    queue.submit(second.job)
    queue.submit(third.job)
    assert (first.ahead, second.ahead, third.ahead) == ([], [1], [2])
    assert not second.started.is_set()
    first.release.set()
    assert second.started.wait(SECONDS)
    assert third.ahead == [2, 1]
    second.release.set()
    third.release.set()
    assert third.ended.wait(SECONDS)
    assert second.error is third.error is None


def test_a_running_job_is_cancelled_at_its_next_check(queue: JobQueue) -> None:
    job = Recorded()
    queue.submit(job.job)
    assert job.started.wait(SECONDS)
    queue.forget(job.job)
    assert job.ended.wait(SECONDS)
    assert isinstance(job.error, Cancelled)


def test_a_waiting_job_is_forgotten(queue: JobQueue) -> None:
    first, second, third = Recorded(), Recorded(), Recorded()
    for job in (first, second, third):
        queue.submit(job.job)
    assert first.started.wait(SECONDS)
    queue.forget(second.job)
    assert third.ahead[-1] == 1
    first.release.set()
    assert third.started.wait(SECONDS)
    assert not second.started.is_set()
    third.release.set()
    assert third.ended.wait(SECONDS)
    assert isinstance(second.error, Cancelled)


def test_an_error_is_told_and_the_thread_goes_on(queue: JobQueue) -> None:
    bad, good = Recorded(SystemExit("odd")), Recorded()
    for job in (bad, good):
        job.release.set()
        queue.submit(job.job)
    assert good.ended.wait(SECONDS)
    assert isinstance(bad.error, SystemExit)
    assert good.error is None


def test_close_cancels_what_runs_and_what_waits() -> None:
    queue = JobQueue()
    running, waiting = Recorded(), Recorded()
    queue.submit(running.job)
    assert running.started.wait(SECONDS)
    queue.submit(waiting.job)
    queue.close()
    assert running.ended.wait(SECONDS)
    assert isinstance(running.error, Cancelled)
    assert not waiting.started.is_set()
    assert waiting.ended.is_set()
    late = Recorded()
    queue.submit(late.job)
    assert late.ended.is_set()
    assert isinstance(late.error, Cancelled)
    assert isinstance(waiting.error, Cancelled)
    assert "backlit-model" not in [t.name for t in threading.enumerate()]


def test_a_job_may_close_the_thread_that_runs_it() -> None:
    queue = JobQueue()
    ended: list[BaseException | None] = []
    over = threading.Event()

    def work(job: Job) -> None:
        queue.close()
        job.check()

    def note(error: BaseException | None) -> None:
        ended.append(error)
        over.set()

    queue.submit(Job(work, lambda ahead: None, note))
    assert over.wait(SECONDS)
    assert isinstance(ended[0], Cancelled)


def test_the_thread_outlives_whoever_can_not_be_told(
    queue: JobQueue, caplog: pytest.LogCaptureFixture
) -> None:
    def deaf(error: BaseException | None) -> None:
        raise ConnectionError

    queue.submit(Job(lambda job: None, lambda ahead: None, deaf))
    next_one = Recorded()
    next_one.release.set()
    queue.submit(next_one.job)
    assert next_one.ended.wait(SECONDS)
    assert "Nobody could be told" in caplog.text


class Deadly(Job):
    """Takes the thread that runs it along."""

    def run(self) -> bool:
        raise SystemError("the thread is done for")


def test_a_thread_that_dies_is_replaced_and_its_job_ended(
    queue: JobQueue, caplog: pytest.LogCaptureFixture
) -> None:
    deadly, after = Recorded(), Recorded()
    deadly.job.__class__ = Deadly
    after.release.set()
    queue.submit(deadly.job)
    queue.submit(after.job)
    assert deadly.ended.wait(SECONDS)
    assert isinstance(deadly.error, SystemError)
    assert after.ended.wait(SECONDS)
    assert after.error is None
    assert "another takes over" in caplog.text


def test_a_thread_that_dies_between_two_jobs_is_replaced(
    queue: JobQueue, caplog: pytest.LogCaptureFixture
) -> None:
    first, second = Recorded(), Recorded()
    second.release.set()
    queue.submit(first.job)
    assert first.started.wait(SECONDS)
    as_ever = queue._next

    def dies() -> Job | None:
        queue._next = as_ever  # type: ignore[method-assign]
        raise SystemExit("from outside, as notebooks and debuggers throw them")

    queue._next = dies  # type: ignore[method-assign]
    queue.submit(second.job)
    first.release.set()
    assert second.ended.wait(SECONDS)
    assert (first.error, second.error) == (None, None)
    assert "another takes over" in caplog.text


def test_jobs_that_nobody_is_left_to_run_end(
    queue: JobQueue, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = Recorded(), Recorded()
    queue.submit(first.job)
    assert first.started.wait(SECONDS)
    queue.submit(second.job)

    def dies() -> Job | None:
        raise SystemExit("from outside")

    def full(thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    queue._next = dies  # type: ignore[method-assign]
    monkeypatch.setattr(threading.Thread, "start", full)
    first.release.set()
    assert second.ended.wait(SECONDS)
    assert isinstance(second.error, SystemExit)


def test_who_can_not_be_told_of_waiting_harms_nobody(
    queue: JobQueue, caplog: pytest.LogCaptureFixture
) -> None:
    def deaf(ahead: int) -> None:
        raise ConnectionError

    first, last = Recorded(), Recorded()
    ended = threading.Event()
    queue.submit(first.job)
    assert first.started.wait(SECONDS)
    queue.submit(Job(lambda job: None, deaf, lambda error: ended.set()))
    queue.submit(last.job)
    first.release.set()
    last.release.set()
    assert ended.wait(SECONDS)
    assert last.ended.wait(SECONDS)
    assert "Nobody could be told that a job waits" in caplog.text


def test_several_threads_run_as_many_jobs_at_once() -> None:
    queue = JobQueue("backlit-reader", threads=2)
    jobs = [Recorded() for _ in range(4)]
    for job in jobs:
        queue.submit(job.job)
    assert jobs[0].started.wait(SECONDS)
    assert jobs[1].started.wait(SECONDS)
    assert not jobs[2].started.is_set()
    assert (jobs[1].ahead, jobs[3].ahead[-1]) == ([], 2)
    for job in jobs:
        job.release.set()
        assert job.ended.wait(SECONDS)
    queue.close()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is nothing like it on Windows")
@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")  # it has threads: the point
def test_a_process_that_forks_has_threads_of_its_own(queue: JobQueue) -> None:
    busy = Recorded()
    queue.submit(busy.job)
    assert busy.started.wait(SECONDS)
    child = os.fork()
    if child == 0:
        job = Recorded()
        job.release.set()
        queue.submit(job.job)
        os._exit(0 if job.ended.wait(SECONDS) and job.error is None else 1)
    assert os.waitpid(child, 0)[1] == 0
    busy.release.set()
    assert busy.ended.wait(SECONDS)


def test_where_no_thread_can_be_started(
    queue: JobQueue, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The job is refused, and forgotten; with some threads, those take it."""

    def no_more(thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    refused, several = Recorded(), JobQueue("backlit-reader", threads=2)
    first, second = Recorded(), Recorded()
    several.submit(first.job)
    assert first.started.wait(SECONDS)
    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", no_more)
        with pytest.raises(RuntimeError, match="can't start"):
            queue.submit(refused.job)
        several.submit(second.job)
    assert "the others go on" in caplog.text
    first.release.set()
    second.release.set()
    assert second.ended.wait(SECONDS)
    after = Recorded()
    after.release.set()
    queue.submit(after.job)
    assert after.ended.wait(SECONDS)
    assert not refused.started.is_set()
    several.close()


def test_the_end_is_told_once(queue: JobQueue) -> None:
    ends: list[BaseException | None] = []
    job = Job(lambda job: None, lambda ahead: None, ends.append)
    job.run()
    job.end(ZeroDivisionError())
    assert ends == [None]


# ---- in the background -----------------------------------------------------------------------


def test_a_background_job_makes_way_and_begins_anew(queue: JobQueue) -> None:
    behind, first = Recorded(background=True), Recorded()
    queue.submit(behind.job)
    assert behind.started.wait(SECONDS)
    queue.submit(first.job)
    assert first.started.wait(SECONDS)
    assert first.ahead == []  # nobody is told of what makes way
    assert not behind.ended.is_set()
    first.release.set()
    assert first.ended.wait(SECONDS)
    behind.release.set()
    assert behind.ended.wait(SECONDS)
    assert behind.error is None
    assert behind.runs == 2


def test_background_jobs_wait_for_all_others(queue: JobQueue) -> None:
    first, behind, second = Recorded(), Recorded(background=True), Recorded()
    for job in (first, behind, second):
        queue.submit(job.job)
    assert first.started.wait(SECONDS)
    assert second.ahead[0] == 1  # before the one that came earlier
    first.release.set()
    assert second.started.wait(SECONDS)
    assert not behind.started.is_set()
    second.release.set()
    assert behind.started.wait(SECONDS)
    behind.release.set()
    assert behind.ended.wait(SECONDS)


def test_a_background_job_that_made_way_can_be_cancelled(queue: JobQueue) -> None:
    behind, first = Recorded(background=True), Recorded()
    queue.submit(behind.job)
    assert behind.started.wait(SECONDS)
    queue.submit(first.job)
    assert first.started.wait(SECONDS)
    queue.forget(behind.job)
    assert behind.ended.wait(SECONDS)
    assert isinstance(behind.error, Cancelled)
    first.release.set()
    assert first.ended.wait(SECONDS)
    assert behind.runs == 1


def test_one_that_fails_while_it_should_make_way_fails(queue: JobQueue) -> None:
    """Only giving up is a reason to begin anew."""
    behind = Recorded(ValueError("broken"), background=True)
    behind.release.set()
    behind.job.postpone()
    queue.submit(behind.job)
    assert behind.ended.wait(SECONDS)
    assert isinstance(behind.error, ValueError)


def test_a_closed_queue_ends_those_that_made_way() -> None:
    queue = JobQueue()
    behind = Recorded(background=True)
    queue.submit(behind.job)
    assert behind.started.wait(SECONDS)
    queue.close()
    assert behind.ended.wait(SECONDS)
    assert isinstance(behind.error, Cancelled)
