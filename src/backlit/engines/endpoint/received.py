"""What comes from a server, byte by byte: bounded, whole, and JSON."""

import json
from collections.abc import AsyncIterator
from typing import Any

import httpx2

from backlit.engines.endpoint.failures import no_api, place
from backlit.errors import EndpointError

MAX_BYTES = 1 << 26  # of an answer
MAX_LINE = 1 << 23  # of a stream's


async def content_of(response: httpx2.Response) -> bytes:
    """All of an answer.

    Raises:
        EndpointError: it is too long, or packed, which nobody asked for.
    """
    parts = [part async for part in _parts_of(response)]
    return b"".join(parts)


async def lines_of(response: httpx2.Response) -> AsyncIterator[bytes]:
    """The lines of a stream, without what ends them.

    Raises:
        EndpointError: a line or all of them are too long.
    """
    rest = b""
    async for part in _parts_of(response):
        *lines, rest = (rest + part).split(b"\n")
        if len(rest) > MAX_LINE:
            raise _too_long(response, MAX_LINE, "in one line of its answer")
        for line in lines:
            yield line.rstrip(b"\r")
    if rest:
        yield rest


async def _parts_of(response: httpx2.Response) -> AsyncIterator[bytes]:
    if response.headers.get("Content-Encoding", "identity") != "identity":
        raise EndpointError(
            f"{place(response.url)} packs its answers, which it was asked not to do.",
            "Look at the proxy before it.",
        )
    size = 0
    async for part in response.aiter_raw():
        size += len(part)
        if size > MAX_BYTES:
            raise _too_long(response, MAX_BYTES, "in answer to one request")
        yield part


def _too_long(response: httpx2.Response, most: int, where: str) -> EndpointError:
    return EndpointError(
        f"{place(response.url)} sends more than {most >> 20} MB {where}.",
        "Check that this is the address of the API.",
    )


def parsed(content: bytes, url: httpx2.URL) -> Any:
    """The JSON that some bytes are.

    Raises:
        EndpointError: they are none, or hold half a character.
    """
    try:
        value = json.loads(content)
        if b"\\u" in content:  # the only way to half a character
            json.dumps(value, ensure_ascii=False).encode()
    except (ValueError, RecursionError) as error:
        raise no_api(url) from error
    return value


def said_in(answer: Any) -> str:
    """What a server says of an error, in the shapes that they have."""
    for key in ("error", "detail", "message"):
        if isinstance(answer, dict) and answer.get(key):
            answer = answer[key]
    return answer if isinstance(answer, str) else ""


def asked_to_wait(response: httpx2.Response) -> float | None:
    """Seconds that a server wants to be left alone, if it says so."""
    try:
        return max(0.0, float(response.headers["Retry-After"]))
    except (KeyError, ValueError):
        return None  # none, or a date
