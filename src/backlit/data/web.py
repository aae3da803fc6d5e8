"""Fetching a file of prompts, with a limit on size and time."""

import time

import httpx2

from backlit.data.base import MAX_BYTES, too_large
from backlit.errors import DataError, SourceError
from backlit.sources import https

MAX_SECONDS = 600.0


def fetch(address: str, client: httpx2.Client | None = None) -> bytes:
    """The bytes at an https URL, or an http one on this machine.

    Raises:
        DataError: not allowed, not there, too large, too slow, or no network.
    """
    try:
        with (
            https.client_or_new(client) as session,
            https.open_url(session, https.parse(address)) as response,
        ):
            return _read(response)
    except SourceError as error:
        raise DataError(error.message, error.hint) from error


def _read(response: httpx2.Response) -> bytes:
    deadline = time.monotonic() + MAX_SECONDS
    content = bytearray()
    announced = response.headers.get("content-length", "")
    if announced.isdecimal() and int(announced) > MAX_BYTES:
        raise too_large(https.shown(response.url), MAX_BYTES)
    for block in response.iter_bytes():  # decompressed, so that a small file can't unfold
        content += block
        if len(content) > MAX_BYTES:
            raise too_large(https.shown(response.url), MAX_BYTES)
        if time.monotonic() > deadline:
            raise DataError(
                f"{https.shown(response.url)} takes over {MAX_SECONDS:.0f} seconds.",
                "Download it yourself and give its path instead.",
            )
    return bytes(content)
