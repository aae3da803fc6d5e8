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
_POLL_SECONDS = 0.2
# Exit codes of a process that the system killed, as it does when memory runs out.
_KILLED = {137, -getattr(signal, "SIGKILL", 9)}


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
        content = "a web page" if start.lstrip()[:1] == b"<" else "something else"
        raise UnsupportedModelError(
            f"{path.name} is not a GGUF file but {content}.",
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
    log_path = folder.parent / "conversion.log"
    progress("convert", 0, None)
    with (
        log_path.open("wb") as log_file,
        child(
            command, folder.parent, environment, stdout=subprocess.PIPE, stderr=log_file
        ) as process,
    ):
        assert process.stdout is not None
        error = _relay(process.stdout, progress)
        process.wait()
    if error is not None:
        raise error
    if process.returncode:
        raise _crash_error(path, process.returncode, log_path)


def _relay(output: IO[bytes], progress: Progress) -> SourceError | None:
    """Pass on the progress of a conversion until it ends; its error, if it sends one."""
    lines: SimpleQueue[dict[str, Any] | None] = SimpleQueue()  # None: there are no more

    def read() -> None:
        try:
            for line in output:
                lines.put(json.loads(line))
        except ValueError:
            pass  # the child was killed: its last line is cut, or the pipe is closed
        finally:
            lines.put(None)

    threading.Thread(target=read, name="backlit-conversion", daemon=True).start()
    latest: tuple[Phase, int, int | None] = ("convert", 0, None)
    while True:
        try:
            line = lines.get(timeout=_POLL_SECONDS)
        except Empty:
            progress(*latest)  # nothing new, but this call may raise Cancelled
            continue
        if line is None:
            return None
        if "error" in line:
            error_class: type[SourceError] = getattr(backlit.errors, line["error"])
            return error_class(line["message"], line["hint"])
        latest = (line["phase"], line["done"], line["total"])
        progress(*latest)


def _crash_error(path: Path, code: int, log_path: Path) -> SourceError:
    lines = deque(log_path.read_text("utf-8", "replace").splitlines(), maxlen=40)
    log.error("Converting %s ended with %d:\n%s", path.name, code, "\n".join(lines))
    if code in _KILLED:
        return SourceError(
            f"Converting {path.name} was killed, most likely because memory ran out.",
            "Close other programs, or choose a smaller model.",
        )
    reason = lines[-1] if lines else f"exit code {code}"
    return UnsupportedModelError(
        f"{path.name} could not be converted: {reason}",
        "Name a Hugging Face folder of the same model instead.",
    )
