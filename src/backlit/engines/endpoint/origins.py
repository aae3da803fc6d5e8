"""Where a server's API is, as addresses are compared: whose key it gets, and who may name it."""

import httpx2

from backlit.errors import NotFoundError

MOST_PORT = 65_535
OPENAI_PATH = "/v1"  # which people append, and we do, too


def root_of(url: str) -> httpx2.URL:
    """The address below which a server has all its paths.

    Raises:
        NotFoundError: it is no URL of a server.
    """
    try:
        parsed = httpx2.URL(url)
        port = parsed.port or 0
    except (httpx2.InvalidURL, UnicodeError, ValueError) as error:
        raise NotFoundError("The URL is not valid.", "Check how it is written.") from error
    if port > MOST_PORT:
        raise NotFoundError(f"There is no port {port}.", f"Ports go up to {MOST_PORT:,}.")
    if parsed.scheme not in ("http", "https") or not parsed.host:
        raise NotFoundError(
            "An endpoint is an http:// or https:// URL.",
            "Write it as endpoint:http://localhost:8080, or endpoint:https://host/v1#MODEL.",
        )
    path = parsed.path.rstrip("/").removesuffix(OPENAI_PATH)
    return parsed.copy_with(path=path or "/", fragment=None)


def origin_of(url: str) -> str:
    """Scheme, host, port and root path of a server's URL, the same however it is written.

    Raises:
        NotFoundError: it is no URL of a server.
    """
    root = root_of(url).copy_with(username=None, password=None, query=None)
    return str(root).rstrip("/")


def is_bare(url: str) -> bool:
    """Whether a URL names no one who signs in and has no query: both may be secret.

    Raises:
        NotFoundError: it is no URL of a server.
    """
    root = root_of(url)
    return not (root.username or root.password or root.query)
