"""Models at URLs: a GGUF file, or an archive of a Hugging Face folder.

Over https, or plain http to this machine only. A copy is kept for each version that the
server tells apart (ETag or Last-Modified); `#sha256=…` at the end pins the content itself.
"""

import hashlib
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import NoReturn
from urllib.parse import unquote, urldefrag, urlsplit

import httpx2

from backlit.errors import (
    GatedError,
    InputError,
    IntegrityError,
    NotFoundError,
    OfflineError,
    UnsupportedModelError,
)
from backlit.progress import Progress
from backlit.sources import archive, cache, folder, gguf
from backlit.sources.address import ARCHIVES, ModelSource, is_loopback, plain_name

_SHA256 = re.compile(r"sha256=([0-9a-fA-F]{64})")
_MOST_REDIRECTS = 10
_TIMEOUT = 30.0  # seconds without a byte
_ELSEWHERE = "Download it yourself and name the file or folder instead."


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
        UnsupportedModelError: neither a GGUF file nor an archive of a causal language model.
        DiskError: no room.
    """
    url, promised = _pin(source.source)
    _check_address(url)
    kind = _kind(url)
    if client is None:
        with httpx2.Client(timeout=_TIMEOUT) as own:
            return _fetch(own, url, promised, kind, progress, trust_remote_code)
    return _fetch(client, url, promised, kind, progress, trust_remote_code)


def _fetch(
    client: httpx2.Client,
    url: str,
    promised: str | None,
    kind: str,
    progress: Progress,
    trust_remote_code: bool,
) -> Path:
    def make(work: Path, made: Path) -> None:
        path = work / (plain_name(_stem(url, kind)) + kind)
        _download(client, url, path, promised, progress)
        if kind == ".gguf":
            gguf.convert(path, made, progress)
            return
        unpacked = work / "unpacked"
        unpacked.mkdir()
        found = archive.unpack(path, unpacked, progress)
        path.unlink()
        folder.check(found, trust_remote_code=trust_remote_code)
        made.rmdir()
        found.replace(made)

    name = plain_name(_stem(url, kind))
    if promised is not None:
        kept = cache.keep(f"{name}-{promised[:16]}", make, progress)
    else:
        address = f"{name}-{_short(url)}"
        progress("download", 0, None)
        try:
            version, size = _version(client, url)
        except OfflineError:
            if copy := cache.latest(f"{address}-"):
                return folder.check(copy, trust_remote_code=trust_remote_code)
            raise
        key = f"{address}-{_short(version) if version else 'unversioned'}"
        # Without a version, a copy from before may be out of date.
        kept = cache.keep(key, make, progress, need=2 * size, fresh=not version)
    return folder.check(kept, trust_remote_code=trust_remote_code)


def _version(client: httpx2.Client, url: str) -> tuple[str, int]:
    """What the server calls the present content, empty if nothing, and its size in bytes."""
    with _open(client, url) as response:
        headers = response.headers
        version = headers.get("etag") or headers.get("last-modified") or ""
        return version, int(headers.get("content-length") or 0)


def _download(
    client: httpx2.Client, url: str, path: Path, promised: str | None, progress: Progress
) -> None:
    digest = hashlib.sha256()
    done = 0
    with _open(client, url) as response, path.open("wb") as file:
        total = int(response.headers.get("content-length") or 0) or None
        cache.check_room(path.parent, total or 0)
        progress("download", 0, total)
        try:
            for block in response.iter_raw():
                file.write(block)
                digest.update(block)
                done += len(block)
                progress("download", done, total)
        except httpx2.TransportError as error:
            _broke_off(url, error)
    if total is not None and done != total:
        raise IntegrityError(
            f"Of {path.name}, {done:,} bytes came instead of {total:,}.", "Try again."
        )
    if promised is not None and digest.hexdigest() != promised:
        raise IntegrityError(
            f"{path.name} is not what was promised: its SHA-256 is {digest.hexdigest()}, "
            f"not {promised}.",
            "Check the address and the digest with whoever gave them to you.",
        )


@contextmanager
def _open(client: httpx2.Client, url: str) -> Iterator[httpx2.Response]:
    """A good answer, its body unread. Each redirect is checked as the first address was."""
    # "identity": else a server may pack what is packed already, and sizes would not agree.
    request = client.build_request("GET", url, headers={"Accept-Encoding": "identity"})
    for _ in range(_MOST_REDIRECTS):
        try:
            response = client.send(request, stream=True, follow_redirects=False)
        except httpx2.TransportError as error:
            _broke_off(url, error)
        except httpx2.InvalidURL as error:
            raise NotFoundError(f"{_shown(url)} is not an address: {error}.") from error
        try:
            if response.next_request is None:
                _check_status(url, response.status_code)
                yield response
                return
            request = response.next_request
            _check_address(str(request.url), was_https=url.lower().startswith("https:"))
        finally:
            response.close()
    raise NotFoundError(f"{_shown(url)} redirects without end.", _ELSEWHERE)


def _check_status(url: str, status: int) -> None:
    host = urlsplit(url).hostname
    if status in (404, 410):
        raise NotFoundError(f"There is nothing at {_shown(url)}.", "Check the address.")
    if status in (401, 403, 407):
        raise GatedError(f"{host} does not give {_shown(url)} to everyone ({status}).", _ELSEWHERE)
    if status == 429 or status >= 500:
        raise OfflineError(f"{host} can't answer now ({status}).", "Try again later.")
    if status != 200:
        raise NotFoundError(f"{host} answered {status} for {_shown(url)}.", _ELSEWHERE)


def _check_address(url: str, *, was_https: bool = False) -> None:
    parts = urlsplit(url)
    if parts.scheme == "https":
        return
    if parts.scheme == "http" and is_loopback(parts.hostname or "") and not was_https:
        return
    raise UnsupportedModelError(
        f"{_shown(url)} is not https, so anyone on the way could alter the model.",
        f"Use its https address. {_ELSEWHERE}",
    )


def _pin(source: str) -> tuple[str, str | None]:
    url, fragment = urldefrag(source)
    if not fragment:
        return url, None
    match = _SHA256.fullmatch(fragment)
    if match is None:
        raise InputError(
            f"#{fragment} is not a digest.", "Write #sha256= and 64 hexadecimal digits."
        )
    return url, match[1].lower()


def _kind(url: str) -> str:
    path = urlsplit(url).path.lower()
    for suffix in (".gguf", *ARCHIVES):
        if path.endswith(suffix):
            return suffix
    parts = urlsplit(url)
    repository = [part for part in parts.path.split("/") if part][:2]
    if parts.hostname == "huggingface.co" and len(repository) == 2:
        raise UnsupportedModelError(
            f"{_shown(url)} is a page about a model.",
            f"Name the model by its id: {'/'.join(repository)}",
        )
    raise UnsupportedModelError(
        f"{_shown(url)} names neither a .gguf file nor an archive.",
        f"Its path must end in .gguf, {', '.join(ARCHIVES)}.",
    )


def _stem(url: str, kind: str) -> str:
    return PurePosixPath(unquote(urlsplit(url).path)).name[: -len(kind)]


def _shown(url: str) -> str:
    """A URL without the password and the query, which may be secrets."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"


def _short(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def _broke_off(url: str, error: Exception) -> NoReturn:
    reason = str(error) or type(error).__name__
    raise OfflineError(
        f"{urlsplit(url).hostname} did not answer, or broke off ({reason}).",
        "Check the network and try again.",
    ) from error
