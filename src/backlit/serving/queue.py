"""Jobs that wait their turn, are told so, and always end: work for models runs on one thread.

A job in the background is what nobody waits for: it runs while there is nothing else to do, makes
way for whatever comes, and begins anew after that.
"""

import logging
import threading
from collections import deque
from collections.abc import Callable
from contextvars import copy_context

from backlit.errors import Cancelled

log = logging.getLogger(__name__)

SECONDS_TO_CLOSE = 5  # that a job which runs is given to notice that it is cancelled


class Job:
    """A piece of work that can be cancelled before or while it runs.

    Args:
        work: runs on a thread of the queue; calls `check` often.
        waiting: told how many jobs come first, whenever that changes.
        ended: told once, at the end, of the error or None; of `Cancelled` also where it was
            cancelled while it waited.
        background: it makes way for jobs that are not, and is run anew.
    """

    def __init__(
        self,
        work: Callable[["Job"], None],
        waiting: Callable[[int], None],
        ended: Callable[[BaseException | None], None],
        *,
        background: bool = False,
    ) -> None:
        self.background = background
        self._context = copy_context()  # it speaks the language of whoever asked
        self._work = work
        self._waiting = waiting
        self._ended = ended
        self._cancelled = threading.Event()
        self._postponed = threading.Event()
        self._ending = threading.Lock()  # taken once, for good

    def cancel(self) -> None:
        """Ask it to stop, at its next `check`."""
        self._cancelled.set()

    @property
    def cancelled(self) -> bool:
        return self._cancelled.is_set()

    def postpone(self) -> None:
        """Ask it to make way, at its next `check`."""
        self._postponed.set()

    def check(self) -> None:
        """Raise `Cancelled` if someone asked for that, or that it make way."""
        if self.cancelled or self._postponed.is_set():
            raise Cancelled

    def run(self) -> bool:
        """Do the work, and say how it ended; False if it made way, and is to be run anew."""
        error: BaseException | None = None
        try:
            self.check()
            self._context.run(self._work, self)
        except BaseException as raised:  # noqa: BLE001  whoever runs jobs must outlive them
            if isinstance(raised, Cancelled) and not self.cancelled and self._postponed.is_set():
                self._postponed.clear()
                return False
            error = raised
        self.end(error)
        return True

    def wait(self, ahead: int) -> None:
        """Say how many come first."""
        try:
            self._waiting(ahead)
        except Exception:
            log.exception("Nobody could be told that a job waits:")

    def end(self, error: BaseException | None) -> None:
        """Say how it ended, unless that was said."""
        if not self._ending.acquire(blocking=False):
            return
        try:
            self._ended(error)
        except Exception:
            log.exception("Nobody could be told that a job ended:")


class JobQueue:
    """Runs jobs first come first served, on daemon threads of its own.

    A thread that dies, of whatever cause, ends its job with that cause and is replaced, so that
    nobody waits for ever.

    Args:
        name: of the threads.
        threads: at most so many jobs run at once.
    """

    def __init__(self, name: str = "backlit-model", threads: int = 1) -> None:
        self._name = name
        self._limit = threads
        self._jobs: deque[Job] = deque()
        self._running: dict[threading.Thread, Job] = {}
        self._threads: list[threading.Thread] = []
        self._changed = threading.Condition()
        self._closed = False

    def submit(self, job: Job) -> None:
        """Put a job at the end of its like; one that comes after `close` is cancelled.

        Raises:
            RuntimeError: there is no thread, and none can be started.
        """
        with self._changed:
            if not self._closed:
                self._staff(len(self._jobs) + 1)
                place = self._put(job)
                if (ahead := self._ahead(place)) > 0:
                    job.wait(ahead)
                if not job.background:
                    for one in self._running.values():
                        if one.background:
                            one.postpone()
                self._changed.notify()
                return
        job.cancel()
        job.end(Cancelled())

    def forget(self, job: Job) -> None:
        """Cancel a job, wherever it is."""
        job.cancel()
        with self._changed:
            waited = job in self._jobs
            if waited:
                self._jobs.remove(job)
                self._tell_waiting()
        if waited:
            job.end(Cancelled())

    def close(self) -> None:
        """Cancel everything and let the threads end."""
        with self._changed:
            self._closed = True
            waited = list(self._jobs)
            self._jobs.clear()
            for job in (*self._running.values(), *waited):
                job.cancel()
            self._changed.notify_all()
        for job in waited:
            job.end(Cancelled())
        for thread in self._threads:
            if thread is not threading.current_thread():  # which a job may do that it runs
                thread.join(timeout=SECONDS_TO_CLOSE)

    def _put(self, job: Job) -> int:
        """Its place in the queue: at the end, but before all that are in the background."""
        before = [not one.background for one in self._jobs]
        place = len(before) if job.background else sum(before)
        self._jobs.insert(place, job)
        return place

    def _ahead(self, place: int) -> int:
        """How many jobs must end before the one at this place of the queue begins."""
        busy = sum(not job.background for job in self._running.values())
        return place + busy + 1 - self._limit

    def _tell_waiting(self) -> None:
        for place, job in enumerate(self._jobs):
            if (ahead := self._ahead(place)) > 0:
                job.wait(ahead)

    def _staff(self, jobs: int) -> None:
        """Start a thread if so many jobs are more than are idle, and there may be one more.

        A process that forked has none of those of its parent.
        """
        self._threads = [thread for thread in self._threads if thread.is_alive()]
        self._running = {t: job for t, job in self._running.items() if t.is_alive()}
        idle = len(self._threads) - len(self._running)
        if jobs > idle and len(self._threads) < self._limit:
            thread = threading.Thread(target=self._run, name=self._name, daemon=True)
            try:
                thread.start()
            except RuntimeError:
                if not self._threads:
                    raise
                log.warning("No more threads can be started; the others go on.")
            else:
                self._threads.append(thread)

    def _next(self) -> Job | None:
        """The next job, now running; None once the queue is closed."""
        with self._changed:
            while not self._jobs and not self._closed:
                self._changed.wait()
            if self._closed:
                return None
            job = self._running[threading.current_thread()] = self._jobs[0]
            self._jobs.popleft()
            self._tell_waiting()
            return job

    def _run(self) -> None:
        me = threading.current_thread()
        try:
            while (job := self._next()) is not None:
                ended = job.run()
                with self._changed:
                    del self._running[me]
                    again = not ended and not self._closed
                    if again:
                        self._put(job)
                if not ended and not again:
                    job.end(Cancelled())
        except BaseException as error:
            log.error("The thread %s died, and another takes over:", self._name, exc_info=error)
            with self._changed:
                died_with = self._running.pop(me, None)
                self._threads.remove(me)
                stranded = self._replace()
            for job in (died_with, *stranded):
                if job is not None:
                    job.end(error)

    def _replace(self) -> list[Job]:
        """Start a thread in the place of one that died; the jobs that nobody is left to run."""
        try:
            if not self._closed:
                self._staff(len(self._jobs))
        except RuntimeError:
            stranded = list(self._jobs)
            self._jobs.clear()
            return stranded
        return []
