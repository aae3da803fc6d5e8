"""Requests about the workspace, answered one after the other on a thread of their own."""

from collections.abc import Callable

from backlit.errors import WorkspaceError
from backlit.serving import wire
from backlit.serving.call import Emit
from backlit.serving.plain import answer
from backlit.serving.queue import JobQueue
from backlit.serving.requests.base import AnyWorkspaceKind, Request, WorkspaceRequest
from backlit.serving.requests.keeping import (
    ChangesRequest,
    KeepRequest,
    ListRequest,
    ReadRequest,
    add_reviews,
)
from backlit.workspace import Workspace
from backlit.workspace.reviews import REVIEWS

READABLE = ("runs", "reports", REVIEWS)


def is_of_review(request: Request) -> bool:
    """Whether who only reviews may ask this: they read what is kept, and say what they think."""
    if isinstance(request, ListRequest | ReadRequest):
        return request.collection in READABLE
    return isinstance(request, KeepRequest | ChangesRequest)


class Keeping:
    """What a page may ask of the workspace.

    Args:
        workspace: where things are kept; None if nowhere, and then every answer says so.
        review: it is read, and reviews are added; whatever else is asked is refused.
    """

    def __init__(self, workspace: Workspace | None, review: bool = False) -> None:
        self._workspace = workspace
        self._review = review
        self._queue = JobQueue("backlit-workspace")

    def info(self) -> wire.WorkspaceInfo | None:
        """What a page is told of where things are kept."""
        if self._workspace is None:
            return None
        if self._review:  # where it is, is no business of theirs
            return wire.WorkspaceInfo(path=self._workspace.path.name, read_only=False)
        return wire.WorkspaceInfo(
            path=str(self._workspace.path),
            read_only=self._workspace.read_only,
            remarks=list(self._workspace.remarks),
        )

    def submit(
        self, kind: AnyWorkspaceKind, request: WorkspaceRequest, emit: Emit
    ) -> Callable[[], None]:
        """Begin to answer; a result or an error and a None are emitted."""

        def work() -> wire.Event:
            if self._workspace is None:
                raise WorkspaceError(
                    "There is no workspace here.", "Start Backlit without --no-workspace."
                )
            if self._review and isinstance(request, KeepRequest):
                return add_reviews(request, self._workspace)
            return kind.run(request, self._workspace)

        return answer(self._queue, kind.name, work, emit)

    def close(self) -> None:
        """Answer nothing any more; what is being saved is saved."""
        self._queue.close()
