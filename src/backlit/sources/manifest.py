"""What a folder of ours was made of: name, size and SHA-256 of each file, kept beside them.

Sizes and times tell cheaply, at each load, whether files were touched; hashes tell whether they
are damaged. Folders of earlier versions have no manifest, and are taken as they are.
"""

import contextlib
import hashlib
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import TypedDict

from backlit.progress import SILENT, Phase, Progress

FILE = ".backlit.json"

_BLOCK = 1 << 24


class _Entry(TypedDict):
    size: int
    modified: int  # nanoseconds
    sha256: str


def write(folder: Path, progress: Progress = SILENT) -> None:
    """Note every file of a folder that was just made; `progress` is told of the phase `save`."""
    entries: dict[str, _Entry] = {}
    (folder / FILE).unlink(missing_ok=True)  # an archive may bring one
    names = sorted(str(p.relative_to(folder).as_posix()) for p in folder.rglob("*") if p.is_file())
    for name, digest in _digests(folder, names, progress, "save"):
        status = (folder / name).stat()
        entries[name] = {
            "size": status.st_size,
            "modified": status.st_mtime_ns,
            "sha256": digest,
        }
    (folder / FILE).write_text(json.dumps({"files": entries}, indent=1), "utf-8")


def is_there(folder: Path) -> bool:
    """Whether a folder has a manifest."""
    return (folder / FILE).is_file()


def damaged(folder: Path, progress: Progress = SILENT, *, thorough: bool = False) -> list[str]:
    """Names of files that are missing or not as they were made; none without a manifest.

    Args:
        progress: told of the phase `check` while hashes are computed.
        thorough: compute the hashes of all files, not only of those that were touched since.
    """
    if not is_there(folder):
        return []
    try:
        entries: dict[str, _Entry] = json.loads((folder / FILE).read_text("utf-8"))["files"]
        touched = [name for name, entry in entries.items() if not _untouched(folder, name, entry)]
        other_size = [name for name in touched if _size(folder / name) != entries[name]["size"]]
        if other_size:
            return other_size
        names = list(entries) if thorough else touched
        wrong = [
            name
            for name, digest in _digests(folder, names, progress, "check")
            if digest != entries[name]["sha256"]
        ]
    except (ValueError, KeyError, TypeError, AttributeError):
        return [FILE]
    if not wrong:
        for name in touched:  # copied, say: the next load need not look again
            with contextlib.suppress(OSError):
                os.utime(folder / name, ns=(entries[name]["modified"],) * 2)
    return wrong


def _untouched(folder: Path, name: str, entry: _Entry) -> bool:
    try:
        status = (folder / name).stat()
    except OSError:
        return False
    return (status.st_size, status.st_mtime_ns) == (entry["size"], entry["modified"])


def _size(path: Path) -> int | None:
    try:
        return path.stat().st_size
    except OSError:
        return None


def _digests(
    folder: Path, names: list[str], progress: Progress, phase: Phase
) -> Iterator[tuple[str, str]]:
    total = sum((folder / name).stat().st_size for name in names)
    done = 0
    for name in names:
        digest = hashlib.sha256()
        with (folder / name).open("rb") as file:
            while block := file.read(_BLOCK):
                digest.update(block)
                done += len(block)
                progress(phase, done, total)
        yield name, digest.hexdigest()
