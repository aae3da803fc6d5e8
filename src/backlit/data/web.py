"""Fetching a file of prompts: https only, with a limit on size and time."""

import ipaddress
import time
from collections.abc import Iterator
from contextlib import contextmanager

import httpx2

from backlit.errors import DataError

MAX_BYTES = 200 * 1024 * 1024
MAX_SECONDS = 600.0
MAX_REDIRECTS = 5

_TIMEOUT = httpx2.Timeout(30.0, connect=10.0)
_OTHERWISE = "Or download the file and give its path."


def fetch(address: str, client: httpx2.Client | None = None) -> bytes:
    """The bytes at an https URL, or an http one on this machine.

    Raises:
        DataError: not allowed, not there, too large, too slow, or no network.
    """
    if client is None:
        with httpx2.Client() as own:
            return fetch(address, own)
    try:
        url = httpx2.URL(address)
        for _ in range(MAX_REDIRECTS + 1):
            _check(url)
            with _open(client, url) as response:
                if response.next_request is None:
                    return _read(response, url)
                following = response.next_request.url
            if url.scheme == "https" and following.scheme != "https":
                raise DataError(f"{_shown(url)} redirects to an address without https.", _OTHERWISE)
            url = following
    except httpx2.InvalidURL as error:
        raise DataError(f"The URL is not valid ({error}).", "Check how it is written.") from error
    except httpx2.TimeoutException as error:
        raise DataError(f"{_shown(url)} did not answer in time.", _OTHERWISE) from error
    except httpx2.RequestError as error:
        raise DataError(
            f"{_shown(url)} can't be reached ({error}).", f"Check the network. {_OTHERWISE}"
        ) from error
    raise DataError(f"{address} redirects more than {MAX_REDIRECTS} times.", _OTHERWISE)


def _check(url: httpx2.URL) -> None:
    if not url.host or url.scheme not in ("https", "http"):
        raise DataError(f"{_shown(url)} is not an https URL.", "Use https:// or a local path.")
    if url.scheme == "http" and not _is_loopback(url.host):
        raise DataError(f"{_shown(url)} would be read in the clear.", "Use https://.")


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


@contextmanager
def _open(client: httpx2.Client, url: httpx2.URL) -> Iterator[httpx2.Response]:
    with client.stream("GET", url, timeout=_TIMEOUT, follow_redirects=False) as response:
        if response.status_code in (404, 410):
            raise DataError(f"There is nothing at {_shown(url)} (404).", "Check the URL.")
        if response.status_code in (401, 403):
            raise DataError(f"{_shown(url)} wants you to sign in.", _OTHERWISE)
        if response.is_error:
            raise DataError(
                f"{_shown(url)} answered with error {response.status_code}.",
                f"Try again later. {_OTHERWISE}",
            )
        yield response


def _read(response: httpx2.Response, url: httpx2.URL) -> bytes:
    deadline = time.monotonic() + MAX_SECONDS
    pieces: list[bytes] = []
    size = 0
    promised = response.headers.get("content-length", "")
    if promised.isdecimal() and int(promised) > MAX_BYTES:
        raise _too_large(url)
    for piece in response.iter_bytes():  # decompressed, so a small file can't unfold
        size += len(piece)
        if size > MAX_BYTES:
            raise _too_large(url)
        if time.monotonic() > deadline:
            raise DataError(f"{_shown(url)} takes over {MAX_SECONDS:.0f} seconds.", _OTHERWISE)
        pieces.append(piece)
    return b"".join(pieces)


def _too_large(url: httpx2.URL) -> DataError:
    megabytes = MAX_BYTES // (1024 * 1024)
    return DataError(f"{_shown(url)} is larger than {megabytes} MB.", "Load a part of it.")


def _shown(url: httpx2.URL) -> str:
    """The URL without what may be secret: passwords and signed queries."""
    return str(url.copy_with(username="", password="", query=None, fragment=None))
