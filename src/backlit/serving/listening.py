"""A socket, a server on it, and limits on those who only hold it open."""

import asyncio
import socket
import sys
from collections.abc import Callable, Sequence

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol

from backlit.errors import InputError

FIRST_PORT = 8400  # where it listens unless it is told to, or that is taken
BACKLOG = 128  # connections that wait to be taken
LOOPBACK = ("127.0.0.1", "localhost", "[::1]", "::1")
EVERY_HOST = ("0.0.0.0", "::")  # noqa: S104  what people give to be reached
MAX_CONNECTIONS = 200  # macOS lets a program open 256 files
SECONDS_TO_ASK = 30.0  # for a whole request, from the connection or the answer before
TOO_MANY = (
    b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 5\r\n"
    b"Content-Length: 0\r\nConnection: close\r\n\r\n"
)


def bind(host: str, port: int | None) -> socket.socket:
    """A listening socket; without a port, 8400 or the next free one.

    It listens at once: one that is only bound can be bound a second time.

    Raises:
        InputError: the port is taken or is none, or the host is not this machine's.
    """
    if not host:
        raise InputError(
            "No host is given to listen on.",
            "Leave --host out for this machine alone, or give 0.0.0.0 for every network it is in.",
        )
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    candidates: Sequence[int] = (
        [port] if port is not None else [*range(FIRST_PORT, FIRST_PORT + 20), 0]
    )
    for candidate in candidates:
        sock = socket.socket(family, socket.SOCK_STREAM)
        if sys.platform == "win32":  # there, the other option would share the port
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
        else:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            sock.bind((host, candidate))
            sock.listen(BACKLOG)
        except (OSError, OverflowError) as error:
            sock.close()
            problem = error
            continue
        return sock
    what = problem.strerror if isinstance(problem, OSError) else "there is no such port"
    raise InputError(
        f"Backlit can't listen on {host}:{port}: {what}.",
        "Leave --port out to take a free one, or --host for this machine alone.",
    )


class Connection(H11Protocol):
    """One connection, which has to ask for something soon.

    Whoever opens many and sends nothing, or sends slowly, would keep others out. So a connection
    without a whole request after `SECONDS_TO_ASK` is closed; and where there are more than
    `MAX_CONNECTIONS`, the one that has waited longest for its request.
    """

    _deadline: asyncio.TimerHandle | None = None

    @property
    def busy(self) -> bool:
        """Whether it sent a whole request that is being answered."""
        return bool(self.cycle) and not (self.cycle.more_body or self.cycle.response_complete)

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._wait()
        if len(self.connections) > MAX_CONNECTIONS:
            self._make_room()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        self._wait()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self._stop_waiting()

    def _wait(self) -> None:
        """Set the deadline, unless it is set or none is needed; more bytes don't move it."""
        if self.busy or self.transport.is_closing():
            self._stop_waiting()
        elif self._deadline is None:
            self._deadline = self.loop.call_later(SECONDS_TO_ASK, self.transport.close)

    def _stop_waiting(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _make_room(self) -> None:
        waiting = [
            (one._deadline.when(), one.transport)
            for one in self.connections
            if isinstance(one, Connection) and one is not self and one._deadline is not None
        ]
        if waiting:
            min(waiting, key=lambda entry: entry[0])[1].close()
        else:  # everybody is being answered
            self.transport.write(TOO_MANY)
            self.transport.close()


class Serving:
    """An application on a socket, until it is stopped.

    Args:
        started: called when the page can be opened.
        stopping: called once it is to stop, to end what is still being answered; may take a while.
        root_path: what a proxy takes off the path before it passes a request on, as `/backlit`.
    """

    def __init__(
        self,
        app: ASGIApp,
        sock: socket.socket,
        started: Callable[[], None] = lambda: None,
        stopping: Callable[[], None] = lambda: None,
        root_path: str = "",
    ) -> None:
        class Server(uvicorn.Server):
            async def startup(self, sockets: list[socket.socket] | None = None) -> None:
                await super().startup(sockets)
                started()

            async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
                await asyncio.to_thread(stopping)
                await super().shutdown(sockets)

        # An open stream would hold back Ctrl-C for as long as it lasts.
        config = uvicorn.Config(
            app,
            interface="asgi3",
            http=Connection,
            ws="none",
            log_level="warning",
            access_log=False,
            timeout_graceful_shutdown=1,
            root_path=root_path,
        )
        self._server = Server(config)
        self._sock = sock

    def run(self) -> None:
        """Serve on this thread, until `stop`; on the main thread, until Ctrl-C too."""
        self._server.run(sockets=[self._sock])

    def stop(self) -> None:
        """Ask it to end, from any thread."""
        self._server.should_exit = True
