"""Requests about the workspace, answered one after the other on a thread of their own."""

import logging
from collections.abc import Callable

from backlit.errors import WorkspaceError
from backlit.serving import wire
from backlit.serving.call import Emit
from backlit.serving.errors import BUG, error_info
from backlit.serving.queue import Job, JobQueue
from backlit.serving.requests.base import AnyWorkspaceKind, WorkspaceRequest
from backlit.workspace import Workspace

log = logging.getLogger(__name__)


class Keeping:
    """What a page may ask of the workspace.

    Args:
        workspace: where things are kept; None if nowhere, and then every answer says so.
    """

    def __init__(self, workspace: Workspace | None) -> None:
        self._workspace = workspace
        self._queue = JobQueue("backlit-workspace")

    def info(self) -> wire.WorkspaceInfo | None:
        """What a page is told of where things are kept."""
        if self._workspace is None:
            return None
        return wire.WorkspaceInfo(
            path=str(self._workspace.path),
            read_only=self._workspace.read_only,
            remarks=list(self._workspace.remarks),
        )

    def submit(
        self, kind: AnyWorkspaceKind, request: WorkspaceRequest, emit: Emit
    ) -> Callable[[], None]:
        """Begin to answer; a result or an error and a None are emitted."""

        def work(job: Job) -> None:
            if self._workspace is None:
                raise WorkspaceError(
                    "There is no workspace here.", "Start Backlit without --no-workspace."
                )
            emit(kind.run(request, self._workspace))

        def ended(error: BaseException | None) -> None:
            if error is not None:
                info = error_info(error)
                if info.code == BUG:
                    log.error("A bug, in answer to %s:", kind.name, exc_info=error)
                emit(wire.ErrorEvent(error=info))
            emit(None)

        job = Job(work, lambda ahead: None, ended)
        try:
            self._queue.submit(job)
        except RuntimeError as error:  # no thread can be started
            job.end(error)
        return lambda: self._cancel(job)

    def close(self) -> None:
        """Answer nothing any more; what is being saved is saved."""
        self._queue.close()

    def _cancel(self, job: Job) -> None:
        job.cancel()
        self._queue.forget(job)
