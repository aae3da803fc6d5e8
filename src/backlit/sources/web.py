"""Models at URLs: a GGUF file, or an archive of a Hugging Face folder.

A copy is kept for each version that the server tells apart (ETag or Last-Modified);
`#sha256=…` at the end pins the content itself. Nothing of a password or a query, which may be a
signature, is kept, not even as a hash: a copy is known by the rest of its address.
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
from backlit.sources.https import shown

_SHA256 = re.compile(r"sha256=([0-9a-fA-F]{64})")
# Else a server may pack what is packed already, and sizes would not agree.
_AS_IT_IS = {"Accept-Encoding": "identity"}
_ASK_EVERY = 64_000_000  # bytes, whether the disk has room for as many more


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

    @property
    def key(self) -> str:
        """What its folder in the cache is called, or what the names of all versions begin with."""
        return f"{self.name}-{self.sha256[:16] if self.sha256 else _short_hash(shown(self.url))}"


def fetch(
    source: ModelSource,
    progress: Progress,
    client: httpx2.Client | None = None,
    *,
    trust_remote_code: bool = False,
    anew: bool = False,
) -> Path:
    """The model at a URL, as a Hugging Face folder in the cache.

    Args:
        anew: make it again, even if there is a copy.

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
            kept = cache.get_or_make(file.key, make, progress, replace=anew)
            return folder.check(kept, trust_remote_code=trust_remote_code)
        progress("download", 0, None)
        try:
            version, size = _version(session, file.url)
        except OfflineError:
            if not anew and (copy := cache.newest(f"{file.key}-")):
                return folder.check(copy, trust_remote_code=trust_remote_code)
            raise
        key = f"{file.key}-{_short_hash(version) if version else 'unversioned'}"
        # Without a version, a copy from before may be out of date.
        again = anew or not version
        kept = cache.get_or_make(key, make, progress, size=2 * size, replace=again)
    return folder.check(kept, trust_remote_code=trust_remote_code)


def copy_of(source: ModelSource) -> Path | None:
    """The newest folder that was made of a URL, whatever its password and query; nobody is asked.

    Raises:
        InputError, NotFoundError, UnsupportedModelError: as `fetch` for such an address.
    """
    file = _parse(source.source)
    if file.sha256 is None:
        return cache.newest(f"{file.key}-")
    folder_ = cache.models_folder() / file.key
    return folder_ if folder.is_whole(folder_) else None


def _parse(source: str) -> _File:
    url = https.parse(source)
    https.check_encrypted(url)  # also where a copy is in the cache and nothing is fetched
    digest = _SHA256.fullmatch(url.fragment)
    if url.fragment and digest is None:
        raise InputError(
            "What follows # in the URL is not a digest.",
            "Write #sha256= and 64 hexadecimal digits.",
        )
    return _File(url.copy_with(fragment=None), _suffix(url), digest[1].lower() if digest else None)


def _suffix(url: httpx2.URL) -> str:
    for suffix in (".gguf", *ARCHIVES):
        if url.path.lower().endswith(suffix):
            return suffix
    repository = [part for part in url.path.split("/") if part][:2]
    if url.host == "huggingface.co" and len(repository) == 2:
        raise UnsupportedModelError(
            f"{shown(url)} is a page about a model.",
            f"Name the model by its id: {'/'.join(repository)}",
        )
    raise UnsupportedModelError(
        f"{shown(url)} names neither a .gguf file nor an archive.",
        f"Its path must end in .gguf, {', '.join(ARCHIVES)}.",
    )


def _version(client: httpx2.Client, url: httpx2.URL) -> tuple[str, int]:
    """What the server calls the present content, empty if nothing, and its size in bytes."""
    with https.open_url(client, url, _AS_IT_IS) as response:
        headers = response.headers
        # The time may be that of several files, told apart by a query that the key is without.
        modified = "" if url.query else headers.get("last-modified", "")
        return headers.get("etag") or modified, _announced(response)


def _announced(response: httpx2.Response) -> int:
    """The size of a body in bytes, 0 if the server does not say."""
    size = response.headers.get("content-length", "")
    return int(size) if size.isdecimal() else 0


def _download(client: httpx2.Client, file: _File, path: Path, progress: Progress) -> None:
    digest = hashlib.sha256()
    done = asked_at = 0
    with https.open_url(client, file.url, _AS_IT_IS) as response, path.open("wb") as output:
        total = _announced(response) or None
        cache.check_free_space(path.parent, total or 0)
        progress("download", 0, total)
        for block in response.iter_raw():
            output.write(block)
            digest.update(block)
            done += len(block)
            progress("download", done, total)
            if done >= asked_at + _ASK_EVERY:  # no size was announced, or others write too
                asked_at = done
                cache.check_free_space(path.parent, _ASK_EVERY)
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
