"""Requests that ask no model, answered on a thread of a queue."""

import logging
from collections.abc import Callable

from backlit.serving import wire
from backlit.serving.call import Emit
from backlit.serving.errors import BUG, error_info
from backlit.serving.queue import Job, JobQueue

log = logging.getLogger(__name__)


def answer(
    queue: JobQueue, name: str, work: Callable[[], wire.Event], emit: Emit
) -> Callable[[], None]:
    """Begin to answer; what `work` returns or an error, and a None, are emitted.

    Args:
        queue: that it waits its turn in.
        name: of the kind of request, for the log.
        work: answers it.
        emit: told the event.

    Returns:
        A function that cancels it.
    """

    def ended(error: BaseException | None) -> None:
        if error is not None:
            info = error_info(error)
            if info.code == BUG:
                log.error("A bug, in answer to %s:", name, exc_info=error)
            emit(wire.ErrorEvent(error=info))
        emit(None)

    job = Job(lambda job: emit(work()), lambda ahead: None, ended)
    try:
        queue.submit(job)
    except RuntimeError as error:  # no thread can be started
        job.end(error)

    def cancel() -> None:
        job.cancel()
        queue.forget(job)

    return cancel
