"""GGUF files, made into Hugging Face folders.

The conversion runs in a process of its own: it can be stopped at any moment, its memory (the
whole model, twice) is given back, and transformers' settings in this process stay as they are.
"""

import json
import logging
import os
import signal
import subprocess
import sys
import threading
from collections import deque
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import IO, Any

import backlit.errors
from backlit.errors import IntegrityError, SourceError, UnsupportedModelError
from backlit.progress import Phase, Progress
from backlit.sources.child import child

log = logging.getLogger(__name__)

_MAGIC = b"GGUF"
_KILLED = {-9, 137}  # by the system, when memory ran out


def check_magic(path: Path) -> None:
    """Whether a file begins as a GGUF file does.

    Raises:
        UnsupportedModelError: it does not.
        IntegrityError: it is empty.
    """
    with path.open("rb") as file:
        start = file.read(len(_MAGIC))
    if not start:
        raise IntegrityError(f"{path.name} is empty.", "Fetch it again.")
    if start != _MAGIC:
        what = "a web page" if start.lstrip()[:1] == b"<" else "something else"
        raise UnsupportedModelError(
            f"{path.name} is not a GGUF file but {what}.",
            "Name the address of the file itself, not of the page that shows it.",
        )


def convert(path: Path, folder: Path, progress: Progress) -> None:
    """Write the model of a GGUF file into `folder`: float32 safetensors, tokenizer, configuration.

    Dequantized values are kept as they are, so the folder gives the very numbers that
    transformers computes from the GGUF file.

    Raises:
        UnsupportedModelError: an architecture or tokenizer that transformers can't read.
        IntegrityError: the file is broken.
        DiskError: no room for the result.
        SourceError: memory ran out.
        Cancelled: by `progress`.
    """
    check_magic(path)
    environment = os.environ | {
        "PYTHONPATH": os.pathsep.join(p for p in sys.path if p),  # what this process can import
        "HF_HUB_OFFLINE": "1",  # all it reads is here
        "TRANSFORMERS_VERBOSITY": "error",
        "OMP_WAIT_POLICY": "passive",  # busy waiting would slow its neighbours tenfold
        "PYTHONUTF8": "1",
    }
    command = [sys.executable, "-P", "-m", "backlit.sources.conversion"]
    command += [str(path.absolute()), str(folder.absolute())]
    trace = folder.parent / "conversion.log"
    progress("convert", 0, None)
    with (
        trace.open("wb") as errors,
        child(
            command, folder.parent, environment, stdout=subprocess.PIPE, stderr=errors
        ) as process,
    ):
        assert process.stdout is not None
        failure = _follow(process.stdout, progress)
        process.wait()
    if failure is not None:
        raise failure
    if process.returncode:
        raise _crash(path, process.returncode, trace)


def _follow(reports: IO[bytes], progress: Progress) -> SourceError | None:
    """Pass on what the child reports until it ends; the error it reports, if any."""
    queue: SimpleQueue[dict[str, Any] | None] = SimpleQueue()

    def read() -> None:
        try:
            for line in reports:
                queue.put(json.loads(line))
        except ValueError:
            pass  # the child was killed: its last line is cut, or the pipe is closed
        finally:
            queue.put(None)

    threading.Thread(target=read, name="backlit-conversion", daemon=True).start()
    latest: tuple[Phase, int, int | None] = ("convert", 0, None)
    while True:
        try:
            report = queue.get(timeout=0.2)
        except Empty:
            progress(*latest)  # nothing new, but this may be where it is stopped
            continue
        if report is None:
            return None
        if "error" in report:
            kind: type[SourceError] = getattr(backlit.errors, report["error"])
            return kind(report["message"], report["hint"])
        latest = (report["phase"], report["done"], report["total"])
        progress(*latest)


def _crash(path: Path, code: int, trace: Path) -> SourceError:
    lines = deque(trace.read_text("utf-8", "replace").splitlines(), maxlen=40)
    log.error("Converting %s ended with %d:\n%s", path.name, code, "\n".join(lines))
    if code in _KILLED or code == -getattr(signal, "SIGKILL", 9):
        return SourceError(
            f"Converting {path.name} was killed, most likely because memory ran out.",
            "Close other programs, or choose a smaller model.",
        )
    reason = lines[-1] if lines else f"exit code {code}"
    return UnsupportedModelError(
        f"{path.name} could not be converted: {reason}",
        "Name a Hugging Face folder of the same model instead.",
    )
