"""What a workspace holds: records, each in a collection."""

import json
import time
import zlib
from dataclasses import dataclass, field
from typing import Any

from backlit.errors import InputError

MAX_NAME = 200  # characters of a collection or an id


@dataclass(frozen=True, slots=True)
class Head:
    """What a list shows of a record.

    Attributes:
        id: of the record, in its collection.
        at: when it was written last, in seconds since 1970.
        head: JSON, small.
    """

    id: str
    at: float
    head: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Record:
    """Something that is kept.

    Attributes:
        collection: what it is one of, such as "runs".
        id: its name there.
        head: what a list shows of it, JSON, small.
        body: the rest of it, any JSON; None leaves what was there.
        at: when it was written, in seconds since 1970; None is now.
    """

    collection: str
    id: str
    head: dict[str, Any] = field(default_factory=dict)
    body: Any = None
    at: float | None = None

    def same(self, other: "Record") -> bool:
        """Whether both hold the same, whenever they were written."""
        return _written(self.head) == _written(other.head) and (
            _written(self.body) == _written(other.body)
        )


@dataclass(frozen=True, slots=True)
class Changes:
    """What changed since some revision.

    Attributes:
        revision: the workspace's, which grows with each save.
        collections: those of which something was written or dropped.
    """

    revision: int
    collections: tuple[str, ...]


def _written(value: Any) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=False)


def row_of(record: Record) -> tuple[str, str, float, str, bytes | None]:
    """A record as it stands in the file: collection, id, time, head and body.

    Raises:
        InputError: its name or a value of it can't be kept.
    """
    for name in (record.collection, record.id):
        if not 0 < len(name) <= MAX_NAME:
            raise InputError(
                f"{name[:40]!r} is no name for what is kept.",
                f"Use 1 to {MAX_NAME} characters.",
            )
    try:
        head = json.dumps(record.head, ensure_ascii=False, allow_nan=False)
        head.encode("utf-8")
        body = None if record.body is None else _deflated(record.body)
    except ValueError as error:
        raise InputError(
            f"{record.collection}/{record.id} can't be kept: {error}.", "Use JSON, of whole text."
        ) from error
    return record.collection, record.id, record.at or time.time(), head, body


def _deflated(body: Any) -> bytes:
    written = json.dumps(body, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return zlib.compress(written.encode("utf-8"), level=1)


def inflated(body: bytes | None) -> Any:
    """A body as it was kept."""
    return None if body is None else json.loads(zlib.decompress(body))
