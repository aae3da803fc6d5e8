"""Reading from URLs: https only, or plain http to this machine, through every redirect."""

import ipaddress
import logging
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, closing, contextmanager, nullcontext

import httpx2

from backlit.errors import (
    GatedError,
    NotFoundError,
    OfflineError,
    UnsupportedModelError,
)
from backlit.sources import address

MAX_REDIRECTS = 10

_TIMEOUT = httpx2.Timeout(30.0, connect=10.0)  # seconds without a byte
_ELSEWHERE = "Download it yourself and give its path instead."


def client_or_new(client: httpx2.Client | None) -> AbstractContextManager[httpx2.Client]:
    """The client itself, left open at the end, or a new one that is closed."""
    return nullcontext(client) if client else httpx2.Client()


def parse(text: str) -> httpx2.URL:
    """Read a URL.

    Raises:
        NotFoundError: it is not a valid one.
    """
    try:
        return httpx2.URL(text)
    except httpx2.InvalidURL as error:
        # Nothing of the URL is shown: what can't be parsed can't be rid of its password.
        reason = str(error).partition(":")[0].lower()
        raise NotFoundError(
            f"The URL is not valid ({reason}).", "Check how it is written."
        ) from error


@contextmanager
def open_url(
    client: httpx2.Client, url: httpx2.URL, headers: Mapping[str, str] | None = None
) -> Iterator[httpx2.Response]:
    """A successful response, its body not read yet.

    What goes wrong with the network while the body is read, is raised as `OfflineError` too.

    Args:
        url: https, or http to this machine.

    Raises:
        UnsupportedModelError: the URL, or one that it redirects to, is not https.
        NotFoundError: there is nothing, or redirects without end.
        GatedError: the server wants a login.
        OfflineError: the server did not answer, broke off, or can't answer now.
    """
    check_encrypted(url)
    request = client.build_request("GET", url, headers=headers, timeout=_TIMEOUT)
    try:
        for _ in range(MAX_REDIRECTS + 1):
            with closing(client.send(request, stream=True, follow_redirects=False)) as response:
                if response.next_request is None:
                    _check_status(request.url, response.status_code)
                    yield response
                    return
                was_https = request.url.scheme == "https"
                request = response.next_request
                check_encrypted(request.url, allow_loopback=not was_https)
    except httpx2.RequestError as error:
        reason = str(error) or type(error).__name__
        raise OfflineError(
            f"{request.url.host} did not answer, or broke off ({reason}).",
            f"Check the network and try again. {_ELSEWHERE}",
        ) from error
    raise NotFoundError(f"{shown(request.url)} redirects without end.", _ELSEWHERE)


def check_encrypted(url: httpx2.URL, *, allow_loopback: bool = True) -> None:
    """Whether what comes from a URL is what its server sent.

    Args:
        allow_loopback: plain http will do where it stays on this machine. After a redirect from
            an https address it will not: the server elsewhere would choose what is asked here.

    Raises:
        UnsupportedModelError: it is not https.
    """
    if not url.host or url.scheme not in ("https", "http"):
        raise UnsupportedModelError(
            f"{shown(url)} is not an https URL.", f"Use its https URL. {_ELSEWHERE}"
        )
    if url.scheme == "http" and not (allow_loopback and is_loopback(url.host)):
        raise UnsupportedModelError(
            f"{shown(url)} is not https, so anyone on the way could read and alter what it sends.",
            f"Use its https URL. {_ELSEWHERE}",
        )


def is_loopback(host: str) -> bool:
    """Whether a host name means this machine."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def shown(url: httpx2.URL) -> str:
    """A URL without what may be secret: its password, and its query, which may be a signature."""
    return address.shown(str(url.copy_with(fragment=None)))


class _Secrets(logging.Filter):
    """Keeps what may be secret out of what the client logs of each request."""

    def filter(self, record: logging.LogRecord) -> bool:
        if isinstance(record.args, tuple):
            record.args = tuple(
                shown(value) if isinstance(value, httpx2.URL) else value for value in record.args
            )
        return True


logging.getLogger("httpx2").addFilter(_Secrets())


def _check_status(url: httpx2.URL, status: int) -> None:
    if status in (404, 410):
        raise NotFoundError(f"There is nothing at {shown(url)} ({status}).", "Check the URL.")
    if status in (401, 403, 407):
        raise GatedError(
            f"{url.host} gives {shown(url)} only to those who sign in ({status}).", _ELSEWHERE
        )
    if status == 429 or status >= 500:
        raise OfflineError(
            f"{url.host} can't answer now ({status}).", f"Try again later. {_ELSEWHERE}"
        )
    if status != 200:
        raise NotFoundError(f"{url.host} answered {status} for {shown(url)}.", _ELSEWHERE)
