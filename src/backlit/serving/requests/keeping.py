"""What is kept in the workspace: listed, read, saved and dropped."""

from typing import Annotated, Any, Literal

from pydantic import Field

from backlit.serving import wire
from backlit.serving.requests.base import WorkspaceKind, WorkspaceRequest
from backlit.workspace import Record, Workspace
from backlit.workspace.record import MAX_NAME
from backlit.workspace.reviews import check_new

MAX_RECORDS = 10_000  # in one request

Name = Annotated[str, Field(min_length=1, max_length=MAX_NAME)]


class KeptRecord(wire.Wire):
    """A record: `head` is what a list shows of it, `body` the rest; null leaves what was there."""

    collection: Name
    id: Name
    head: dict[str, Any]
    body: Any = None


class KeptHead(wire.Wire):
    """What a list shows of a record, and when it was saved last, in seconds since 1970."""

    id: str
    at: float
    head: dict[str, Any]


class ListRequest(WorkspaceRequest):
    """What there is in a collection, the latest first."""

    collection: Name


class ListEvent(wire.Event):
    type: Literal["list"] = "list"
    heads: list[KeptHead]


class ReadRequest(WorkspaceRequest):
    """All of a record."""

    collection: Name
    id: Name


class ReadEvent(wire.Event):
    """Null if there is none of this name."""

    type: Literal["read"] = "read"
    record: KeptRecord | None


class KeepRequest(WorkspaceRequest):
    """Save records, all or none."""

    records: Annotated[list[KeptRecord], Field(max_length=MAX_RECORDS)]


class DropRequest(WorkspaceRequest):
    """Drop records, all or none; that one is not there is no error."""

    collection: Name
    ids: Annotated[list[Name], Field(max_length=MAX_RECORDS)]


class SavedEvent(wire.Event):
    """It is on the disk."""

    type: Literal["saved"] = "saved"
    revision: int


class ChangesRequest(WorkspaceRequest):
    """What changed since a revision, whoever changed it."""

    since: int = 0


class ChangesEvent(wire.Event):
    """The workspace's revision, and the collections that changed."""

    type: Literal["changes"] = "changes"
    revision: int
    collections: list[str]


def list_(request: ListRequest, workspace: Workspace) -> wire.Event:
    heads = workspace.heads(request.collection)
    return ListEvent(heads=[KeptHead(id=one.id, at=one.at, head=one.head) for one in heads])


def read(request: ReadRequest, workspace: Workspace) -> wire.Event:
    found = workspace.read(request.collection, request.id)
    if found is None:
        return ReadEvent(record=None)
    return ReadEvent(
        record=KeptRecord(
            collection=found.collection, id=found.id, head=found.head, body=found.body
        )
    )


def keep(request: KeepRequest, workspace: Workspace) -> wire.Event:
    return SavedEvent(revision=workspace.keep(_records(request)))


def add_reviews(request: KeepRequest, workspace: Workspace) -> wire.Event:
    """Keep reviews and nothing else, and replace none that is there."""
    records = _records(request)
    check_new(records)
    return SavedEvent(revision=workspace.keep(records, new=True))


def _records(request: KeepRequest) -> list[Record]:
    return [Record(one.collection, one.id, one.head, one.body) for one in request.records]


def drop(request: DropRequest, workspace: Workspace) -> wire.Event:
    return SavedEvent(revision=workspace.drop(request.collection, request.ids))


def changes(request: ChangesRequest, workspace: Workspace) -> wire.Event:
    changed = workspace.changes(request.since)
    return ChangesEvent(revision=changed.revision, collections=list(changed.collections))


LIST = WorkspaceKind("list", ListRequest, list_, (ListEvent,))
READ = WorkspaceKind("read", ReadRequest, read, (ReadEvent,))
KEEP = WorkspaceKind("keep", KeepRequest, keep, (SavedEvent,))
DROP = WorkspaceKind("drop", DropRequest, drop, (SavedEvent,))
CHANGES = WorkspaceKind("changes", ChangesRequest, changes, (ChangesEvent,))
