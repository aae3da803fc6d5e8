"""What went wrong with a server, in a sentence: one for each way, none with a key in it."""

import re
import ssl
from collections.abc import Iterator

import httpx2

from backlit.errors import BacklitError, EndpointError, GatedError, OfflineError, PromptError
from backlit.sources import https

WORTH_TRYING = frozenset({408, 429, 500, 502, 503, 504, 529})
SHOWN = 200  # characters of what a server says
API = "Give the address of the API, such as http://localhost:8080 or https://host/v1."
_TOO_LONG = re.compile(
    r"context (length|size|window)|maximum context|exceed\w* (the )?(available )?context|too long",
    re.IGNORECASE,
)
_NO_DNS = re.compile(r"temporary failure in name resolution|try again", re.I)
_NO_HOST = re.compile(r"name or service|name resolution|nodename|getaddrinfo|no address", re.I)
_NO_MODEL = re.compile(r"\bmodel\b", re.IGNORECASE)


def unreachable(error: httpx2.RequestError, url: httpx2.URL, seconds: float) -> BacklitError:
    """What to say where no whole answer came.

    Args:
        error: of the client.
        url: of the server.
        seconds: that were waited for.
    """
    where = place(url)
    if isinstance(error, httpx2.TimeoutException):
        return OfflineError(
            f"{where} did not answer within {seconds:g} seconds.",
            "Check that it is not stuck; where it is only slow, allow more: --timeout SECONDS.",
        )
    if any(isinstance(one, ssl.SSLError) for one in _chain(error)):
        return OfflineError(
            f"No secure connection to {where} could be made: {said(str(error))}",
            "Check the address: http:// where the server has no certificate.",
        )
    why = " ".join(str(one) for one in _chain(error))
    if _NO_DNS.search(why):
        return OfflineError(
            f"It can't be looked up where {url.host} is: there is no network, or its name server "
            "does not answer.",
            "Check the connection, and try again.",
        )
    if _NO_HOST.search(why):
        return OfflineError(f"There is no host called {url.host}.", "Check the address.")
    if isinstance(error, httpx2.ConnectError):
        return OfflineError(
            f"Nothing answers at {where}.", "Start the server there, or check the address."
        )
    return OfflineError(
        f"{where} broke off before its answer was whole ({said(str(error)) or 'no reason told'}).",
        "Check that the server still runs, and try again: what was computed is kept.",
    )


def refused(status: int, told: str, url: httpx2.URL, model: str | None, key: bool) -> BacklitError:
    """What to say of an answer that is no success.

    Args:
        status: of HTTP.
        told: what the server says of it.
        url: that was asked.
        model: which is asked for.
        key: whether one was sent.
    """
    where, words = place(url), f" It says: {said(told)}" if told else ""
    if status in (401, 403):
        return GatedError(
            f"{where} {'refuses the key' if key else 'wants a key'} ({status}).{words}",
            "Check what the variable holds."
            if key
            else "Name the environment variable that holds it: --api-key-env NAME@URL.",
        )
    if status in (400, 413, 422) and _TOO_LONG.search(told):
        return PromptError(
            f"This is longer than {where} reads.{words}", "Shorten it, or pick another model."
        )
    if status == 404 and model and _NO_MODEL.search(told):
        return EndpointError(
            f"{where} has no model called {model}.{words}",
            "Name one of its own behind a #: endpoint:URL#MODEL.",
        )
    if status in (404, 405):
        return EndpointError(f"There is nothing at {https.shown(url)} ({status}).{words}", API)
    if status == 429:
        return OfflineError(
            f"{where} takes no more requests for now (429).{words}",
            "Wait a while, or have fewer in flight: --parallel 1. What was computed is kept.",
        )
    if status in (503, 529):
        return OfflineError(
            f"{where} can't answer for now ({status}).{words}",
            "It may still be loading, or have too much to do: try again in a while.",
        )
    if status >= 500:
        return EndpointError(
            f"{where} failed ({status}).{words}",
            "Look at what the server logs, and try again: what was computed is kept.",
        )
    return EndpointError(f"{where} refused the request ({status}).{words}", "")


def led_away(url: httpx2.URL, to: httpx2.URL) -> EndpointError:
    """What to say where a server sends its callers elsewhere."""
    return EndpointError(
        f"{place(url)} sends its callers to {place(to)}{to.path}, which you did not name.",
        "If that is right, give that address.",
    )


def no_api(url: httpx2.URL) -> EndpointError:
    """What to say of an answer that is no JSON."""
    return EndpointError(
        f"{https.shown(url)} answers with something other than JSON, such as a web page.", API
    )


def place(url: httpx2.URL) -> str:
    """Host and port, as people know a server."""
    host = f"[{url.host}]" if ":" in url.host else url.host
    return f"{host}:{url.port}" if url.port else host


def said(text: str) -> str:
    """What a server says, as it may be shown: short, on one line, with no signs for a terminal."""
    shown = "".join(sign for sign in " ".join(text.split()) if sign.isprintable())
    return shown if len(shown) <= SHOWN else f"{shown[:SHOWN]}…"


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__
