"""The part files of a batch, in which every run is on the disk once it is counted.

A part is a sequence of gzip members, one for each group of runs: a line of JSON that names them,
and then one for each; `zcat` shows it. Nothing that was written is ever changed. A member that was
cut off, by a kill or a full disk, is not there, and neither is what stands behind it or behind
damage; whoever goes on begins a part of their own. Where files can't grow, as in object stores,
each group has a part of its own.
"""

import gzip
import json
import re
import secrets
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from backlit.batch.folder import Folder
from backlit.batch.record import Record
from backlit.types import RunStatus

PARTS = "parts"
CHUNK = 1 << 20
LEVEL = 6
_NAME = re.compile(r"(\d+)(-[0-9a-f]+-\d+)?\.jsonl\.gz")


@dataclass(frozen=True, slots=True)
class Member:
    """A group of runs: its part file, and from where to where it is in that."""

    part: str
    start: int
    stop: int


@dataclass(frozen=True, slots=True)
class Place:
    """Where a run is, and what is known of it without reading it.

    Attributes:
        run: its name.
        position: of its row.
        variant: number of its variant; 0 without.
        status: what came of it.
        content: digest of what was asked.
        member: it is in this,
        line: and on this line of it.
    """

    run: str
    position: int
    variant: int
    status: RunStatus
    content: str
    member: Member
    line: int


def packed(records: Sequence[Record]) -> bytes:
    """Records as a member."""
    named = [
        (one.run, one.position, one.variant_number or 0, one.status, one.content) for one in records
    ]
    head = json.dumps(named).encode() + b"\n"
    return gzip.compress(head + b"".join(one.to_json() for one in records), LEVEL, mtime=0)


def unpacked(data: bytes) -> list[bytes]:
    """The lines of a member."""
    return gzip.decompress(data).splitlines()


class PartWriter:
    """Writes members into a part that nobody else writes to."""

    def __init__(self, folder: Folder) -> None:
        self._folder = folder
        taken = [int(found[1]) for found in map(_NAME.fullmatch, folder.names(PARTS)) if found]
        self._attempt = max(taken, default=0) + 1
        self._written = 0
        self._token = secrets.token_hex(4)  # where nobody can see that nobody else writes

    def write(self, member: bytes) -> None:
        """Write a member; it is durable once this returns.

        Raises:
            DiskError: it can't be written, and nothing of it was.
        """
        if self._folder.is_local:
            self._folder.append(f"{PARTS}/{self._attempt:04}.jsonl.gz", member)
        else:
            self._written += 1
            self._folder.write(
                f"{PARTS}/{self._attempt:04}-{self._token}-{self._written:06}.jsonl.gz", member
            )


def sizes_of(folder: Folder) -> dict[str, int]:
    """The parts of a batch and how many bytes they have: what tables are made of."""
    names = [name for name in folder.names(PARTS) if _NAME.fullmatch(name)]
    return {name: folder.size(f"{PARTS}/{name}") or 0 for name in names}


def places_of(
    folder: Folder, damaged: Callable[[str], None] = lambda part: None
) -> dict[str, Place]:
    """Where each run is, by its name: its last success, or else its last failure; `damaged` is
    told each part that was damaged.
    """
    found: dict[str, Place] = {}
    for part in sizes_of(folder):
        for member, data in members_of(folder, part, damaged):
            head = json.loads(data[: data.index(b"\n")])
            for line, known in enumerate(head, start=1):
                run, position, variant, status, content = known
                place = Place(run, position, variant, status, content, member, line)
                if place.status != "failed" or _failed(found.get(place.run)):
                    found[place.run] = place
    return found


def _failed(before: Place | None) -> bool:
    return before is None or before.status == "failed"


def members_of(
    folder: Folder, part: str, damaged: Callable[[str], None] = lambda part: None
) -> Iterator[tuple[Member, bytes]]:
    """The whole members of a part, and what is packed in them, up to where it was cut off, or
    damaged, which `damaged` is told then.
    """
    with folder.opened(f"{PARTS}/{part}") as file:
        start, data = 0, file.read(CHUNK)
        while data:
            unpacker = zlib.decompressobj(zlib.MAX_WBITS | 16)
            pieces: list[bytes] = []
            size = 0
            try:
                while not unpacker.eof:
                    pieces.append(unpacker.decompress(data))
                    size += len(data) - len(unpacker.unused_data)
                    data = unpacker.unused_data or file.read(CHUNK)
                    if not data and not unpacker.eof:
                        return  # cut off
            except zlib.error:
                return damaged(part)
            yield Member(part, start, start + size), b"".join(pieces)
            start += size
            data = data or file.read(CHUNK)
