"""A full disk, a small one that is there for real: one sentence, and nothing is lost or left."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import backlit
from backlit.errors import DiskError
from backlit.progress import SILENT
from backlit.sources.cache import get_or_make

BYTES = 2_000_000


@contextmanager
def small_disk(folder: Path) -> Iterator[Path | None]:
    """A file system of 2 MB, or None where this user may mount none."""
    folder.mkdir(exist_ok=True)
    mount = shutil.which("mount")
    command = [str(mount), "-t", "tmpfs", "-o", f"size={BYTES}", "tmpfs", str(folder)]
    if mount is None or subprocess.run(command, capture_output=True, check=False).returncode:
        yield None
        return
    try:
        yield folder
    finally:
        subprocess.run(["umount", str(folder)], check=True)


def fill(disk: Path) -> Path:
    """Leave no room."""
    filler = disk / "filler"
    with filler.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(b"x" * 10_000)
        except OSError:
            return filler


def problems_on(disk: Path) -> list[str]:
    """What goes wrong when an explanation is saved, and a model made, on a disk that is full."""
    why = backlit.explain("toy", "The cat likes milk. The cat likes", progress=False)
    path = disk / "why.json"
    why.save(path)
    before = path.read_bytes()
    filler = fill(disk)
    problems = []
    try:
        backlit.load_explanation(path).save(path)
        problems.append("saving on a full disk succeeded")
    except DiskError as error:
        if "No space left" not in str(error):
            problems.append(f"saving: {error}")
    if path.read_bytes() != before:
        problems.append("what was saved before is lost")
    filler.unlink()
    problems += _making(disk)
    left = {one.name for one in disk.iterdir()} - {"why.json", "models"}
    if left:
        problems.append(f"left behind: {left}")
    return problems


def _making(disk: Path) -> Iterator[str]:
    def make(work: Path, model: Path) -> None:
        (model / "model.safetensors").write_bytes(b"x" * (BYTES + 1))

    before = os.environ.get("BACKLIT_CACHE")
    os.environ["BACKLIT_CACHE"] = str(disk)
    try:
        get_or_make("tiny", make, SILENT)
        yield "a model was made that has no room"
    except DiskError as error:
        if "disk is full" not in str(error):
            yield f"making: {error}"
    finally:
        if before is None:
            del os.environ["BACKLIT_CACHE"]
        else:
            os.environ["BACKLIT_CACHE"] = before
    left = [one.name for one in (disk / "models").iterdir() if not one.name.endswith(".lock")]
    if left:
        yield f"making left {left}"
