"""A workspace as JSON lines, and what others wrote taken into one: such lines, or a review.

The first line says what this is; each that follows is a record. Records that are taken in never
replace what is there: of two different ones of one name, both are kept.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from backlit.errors import DataError
from backlit.workspace.record import MAX_NAME, Record
from backlit.workspace.reviews import MAX_CHARACTERS, read_reviews, records_of
from backlit.workspace.workspace import Workspace

VERSION = 1
MAX_LINE_BYTES = 100_000_000
BEGINNING = 1000  # characters, in which a file says what it is
BATCH = 200  # records that are saved at once


class _Line(BaseModel):
    """A record as it is written."""

    model_config = ConfigDict(extra="forbid", strict=True)

    collection: str = Field(min_length=1, max_length=MAX_NAME)
    id: str = Field(min_length=1, max_length=MAX_NAME)
    at: float
    head: dict[str, Any]
    body: Any


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of records that were taken in.

    Attributes:
        added: that were not there.
        known: that were there, the same.
        beside: that differ from what is there under their name, and are kept beside it.
    """

    added: int = 0
    known: int = 0
    beside: int = 0


def write_lines(workspace: Workspace, file: IO[str]) -> int:
    """Write all records of a workspace; how many."""
    file.write(_written({"backlit_workspace": VERSION, "id": workspace.id}))
    number = 0
    for record in workspace.records():
        number += 1
        file.write(
            _written(
                {
                    "collection": record.collection,
                    "id": record.id,
                    "at": record.at,
                    "head": record.head,
                    "body": record.body,
                }
            )
        )
    return number


def records_in(path: Path) -> Iterator[Record]:
    """The records of an exported workspace, or of a review of a report.

    Raises:
        DataError: it is neither, or can't be read.
    """
    with _reading(path) as file:
        beginning = file.read(BEGINNING)
        review = '"backlit_review"' in beginning
        text = beginning + file.read(MAX_CHARACTERS) if review else ""
    return records_of(read_reviews(text)) if review else read_lines(path)


def read_lines(path: Path) -> Iterator[Record]:
    """The records of a file, one at a time.

    Raises:
        DataError: it is no such file, or a line can't be read.
    """
    with _reading(path) as file:
        _check_first(path, file.readline(BEGINNING))
        number = 1
        while line := file.readline(MAX_LINE_BYTES):
            number += 1
            if not line.strip():
                continue
            try:
                one = _Line.model_validate_json(line)
            except ValidationError as error:
                first = error.errors()[0]
                where = ".".join(str(part) for part in first["loc"])
                raise DataError(
                    f"{path}, line {number}: {where + ': ' if where else ''}{first['msg']}.",
                    "Export the workspace again.",
                ) from error
            yield Record(one.collection, one.id, one.head, one.body, one.at)


@contextmanager
def _reading(path: Path) -> Iterator[IO[str]]:
    try:
        with path.open(encoding="utf-8-sig") as file:
            yield file
    except UnicodeDecodeError as error:
        raise DataError(f"{path} is no text.", "Name a file that was exported.") from error
    except OSError as error:
        raise DataError(
            f"{path} can't be read: {error.strerror}.", "Name a file that was exported."
        ) from error


def take_in(workspace: Workspace, records: Iterable[Record]) -> Taken:
    """Save records beside what is there. Taking them in twice adds nothing.

    Raises:
        ReadOnlyError, WorkspaceError: as `Workspace.keep`.
    """
    added = known = beside = 0
    waiting: dict[tuple[str, str], Record] = {}
    for record in records:
        new, differs = _place(workspace, waiting, record)
        if new is None:
            known += 1
            continue
        waiting[new.collection, new.id] = new
        beside += differs
        added += not differs
        if len(waiting) >= BATCH:
            workspace.keep(waiting.values())
            waiting.clear()
    if waiting:
        workspace.keep(waiting.values())
    return Taken(added, known, beside)


def _place(
    workspace: Workspace, waiting: dict[tuple[str, str], Record], record: Record
) -> tuple[Record | None, bool]:
    """The record under a name that is free, and whether its own was not; None if it is there."""
    there = waiting.get((record.collection, record.id))
    there = there or workspace.read(record.collection, record.id)
    if there is None:
        return record, False
    if record.same(there):
        return None, False
    content = _written({"head": record.head, "body": record.body})
    mark = f"~{hashlib.sha256(content.encode()).hexdigest()[:8]}"
    again = replace(record, id=record.id[: MAX_NAME - len(mark)] + mark)
    taken = (again.collection, again.id) in waiting
    if taken or workspace.read(again.collection, again.id) is not None:
        return None, False
    return again, True


def _check_first(path: Path, line: str) -> None:
    try:
        version = json.loads(line)["backlit_workspace"]
    except (ValueError, KeyError, TypeError):
        raise DataError(
            f"{path} is no exported workspace, and no review.",
            "Name a file of `backlit workspace export`, or one that the page of a report saved.",
        ) from None
    if version != VERSION:
        raise DataError(
            f"{path} was written by another version of Backlit (its form is {version!r:.20}, and "
            f"this one knows {VERSION}).",
            "Update Backlit.",
        )


def _written(value: dict[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False) + "\n"
