"""Where a server's API is, as addresses are compared: whose key it gets, and who may name it."""

from backlit.engines.endpoint.connecting import root_of


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
