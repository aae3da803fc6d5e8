"""Models at URLs: a GGUF file, or an archive of a Hugging Face folder.

A copy is kept for each version that the server tells apart (ETag or Last-Modified);
`#sha256=…` at the end pins the content itself.
"""

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import httpx2

from backlit.errors import InputError, IntegrityError, OfflineError, UnsupportedModelError
from backlit.progress import Progress
from backlit.sources import archive, cache, folder, gguf, https
from backlit.sources.address import ARCHIVES, ModelSource, plain_name

_SHA256 = re.compile(r"sha256=([0-9a-fA-F]{64})")
# Else a server may pack what is packed already, and sizes would not agree.
_AS_IT_IS = {"Accept-Encoding": "identity"}


@dataclass(frozen=True, slots=True)
class _File:
    """A file on the web.

    Attributes:
        suffix: `.gguf`, or that of an archive.
        sha256: what its content must hash to, if that was said.
    """

    url: httpx2.URL
    suffix: str
    sha256: str | None

    @property
    def name(self) -> str:
        """What it is called, without its suffix."""
        return plain_name(PurePosixPath(self.url.path).name[: -len(self.suffix)])


def fetch(
    source: ModelSource,
    progress: Progress,
    client: httpx2.Client | None = None,
    *,
    trust_remote_code: bool = False,
) -> Path:
    """The model at a URL, as a Hugging Face folder in the cache.

    Raises:
        InputError: the part after `#` is not `sha256=` and 64 hexadecimal digits.
        NotFoundError, OfflineError, GatedError: it can't be had.
        IntegrityError: what came is broken, or not what `#sha256=` promises.
        UnsupportedModelError: not https, or neither a GGUF file nor an archive of a causal
            language model.
        DiskError: no room.
    """
    file = _parse(source.source)

    def make(work: Path, model: Path) -> None:
        path = work / (file.name + file.suffix)
        _download(session, file, path, progress)
        if file.suffix == ".gguf":
            gguf.convert(path, model, progress)
            return
        unpacked = archive.unpack(path, work / "unpacked", progress)
        path.unlink()
        folder.check(unpacked, trust_remote_code=trust_remote_code)
        model.rmdir()
        unpacked.replace(model)

    with https.client_or_new(client) as session:
        if file.sha256 is not None:
            kept = cache.get_or_make(f"{file.name}-{file.sha256[:16]}", make, progress)
            return folder.check(kept, trust_remote_code=trust_remote_code)
        prefix = f"{file.name}-{_short_hash(str(file.url))}"
        progress("download", 0, None)
        try:
            version, size = _version(session, file.url)
        except OfflineError:
            if copy := cache.newest(f"{prefix}-"):
                return folder.check(copy, trust_remote_code=trust_remote_code)
            raise
        key = f"{prefix}-{_short_hash(version) if version else 'unversioned'}"
        # Without a version, a copy from before may be out of date.
        kept = cache.get_or_make(key, make, progress, size=2 * size, replace=not version)
    return folder.check(kept, trust_remote_code=trust_remote_code)


def _parse(source: str) -> _File:
    url = https.parse(source)
    https.check_encrypted(url)  # also where a copy is in the cache and nothing is fetched
    digest = _SHA256.fullmatch(url.fragment)
    if url.fragment and digest is None:
        raise InputError(
            f"#{url.fragment} is not a digest.", "Write #sha256= and 64 hexadecimal digits."
        )
    return _File(url.copy_with(fragment=None), _suffix(url), digest[1].lower() if digest else None)


def _suffix(url: httpx2.URL) -> str:
    for suffix in (".gguf", *ARCHIVES):
        if url.path.lower().endswith(suffix):
            return suffix
    repository = [part for part in url.path.split("/") if part][:2]
    if url.host == "huggingface.co" and len(repository) == 2:
        raise UnsupportedModelError(
            f"{https.shown(url)} is a page about a model.",
            f"Name the model by its id: {'/'.join(repository)}",
        )
    raise UnsupportedModelError(
        f"{https.shown(url)} names neither a .gguf file nor an archive.",
        f"Its path must end in .gguf, {', '.join(ARCHIVES)}.",
    )


def _version(client: httpx2.Client, url: httpx2.URL) -> tuple[str, int]:
    """What the server calls the present content, empty if nothing, and its size in bytes."""
    with https.open_url(client, url, _AS_IT_IS) as response:
        headers = response.headers
        return headers.get("etag") or headers.get("last-modified") or "", _announced(response)


def _announced(response: httpx2.Response) -> int:
    """The size of a body in bytes, 0 if the server does not say."""
    size = response.headers.get("content-length", "")
    return int(size) if size.isdecimal() else 0


def _download(client: httpx2.Client, file: _File, path: Path, progress: Progress) -> None:
    digest = hashlib.sha256()
    done = 0
    with https.open_url(client, file.url, _AS_IT_IS) as response, path.open("wb") as output:
        total = _announced(response) or None
        cache.check_free_space(path.parent, total or 0)
        progress("download", 0, total)
        for block in response.iter_raw():
            output.write(block)
            digest.update(block)
            done += len(block)
            progress("download", done, total)
    if total is not None and done != total:
        raise IntegrityError(
            f"Of {path.name}, {done:,} bytes came instead of {total:,}.", "Try again."
        )
    if file.sha256 not in (None, digest.hexdigest()):
        raise IntegrityError(
            f"{path.name} is not what was promised: its SHA-256 is {digest.hexdigest()}, "
            f"not {file.sha256}.",
            "Check the address and the digest with whoever gave them to you.",
        )


def _short_hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:12]
