"""One thread for the models, and a queue before it: requests wait their turn and are told so."""

import logging
import threading
from collections import deque
from collections.abc import Callable

from backlit.errors import Cancelled

log = logging.getLogger(__name__)


class Job:
    """A piece of work that can be cancelled before or while it runs.

    Args:
        work: runs on the thread; calls `check` often.
        waiting: told how many jobs come first, whenever that changes.
        ended: told once, at the end, of the error or None; never for a job that was cancelled
            while it waited.
    """

    def __init__(
        self,
        work: Callable[["Job"], None],
        waiting: Callable[[int], None],
        ended: Callable[[BaseException | None], None],
    ) -> None:
        self.work = work
        self.waiting = waiting
        self.ended = ended
        self._cancelled = threading.Event()

    def cancel(self) -> None:
        """Ask it to stop: at once if it waits, else at its next `check`."""
        self._cancelled.set()

    @property
    def cancelled(self) -> bool:
        return self._cancelled.is_set()

    def check(self) -> None:
        """Raise `Cancelled` if someone asked for that."""
        if self.cancelled:
            raise Cancelled

    def run(self) -> None:
        """Do the work, and say how it ended."""
        error: BaseException | None = None
        try:
            self.check()
            self.work(self)
        except BaseException as raised:  # noqa: BLE001  whoever runs jobs must outlive them
            error = raised
        try:
            self.ended(error)
        except Exception:  # the thread goes on to the next job
            log.exception("Nobody could be told that a job ended:")


class ModelThread:
    """Runs jobs one at a time, first come first served, on one daemon thread."""

    def __init__(self) -> None:
        self._jobs: deque[Job] = deque()
        self._running: Job | None = None
        self._changed = threading.Condition()
        self._closed = False
        self._thread = threading.Thread(target=self._run, name="backlit-model", daemon=True)
        self._thread.start()

    def submit(self, job: Job) -> None:
        """Put a job at the end of the queue."""
        with self._changed:
            self._jobs.append(job)
            ahead = len(self._jobs) - 1 + (self._running is not None)
            if ahead:
                job.waiting(ahead)
            self._changed.notify()

    def forget(self, job: Job) -> None:
        """Cancel a job, wherever it is."""
        job.cancel()
        with self._changed:
            if job in self._jobs:
                self._jobs.remove(job)
                self._tell_waiting(1 if self._running else 0)

    def close(self) -> None:
        """Cancel everything and let the thread end."""
        with self._changed:
            self._closed = True
            self._jobs.clear()
            if self._running:
                self._running.cancel()
            self._changed.notify()
        if self._thread is not threading.current_thread():  # which a job may do that it runs
            self._thread.join(timeout=5)

    def _tell_waiting(self, first: int) -> None:
        for ahead, job in enumerate(self._jobs, start=first):
            if ahead:
                job.waiting(ahead)

    def _run(self) -> None:
        while True:
            with self._changed:
                self._running = None
                while not self._jobs and not self._closed:
                    self._changed.wait()
                if self._closed:
                    return
                job = self._running = self._jobs.popleft()
                self._tell_waiting(1)
            job.run()
