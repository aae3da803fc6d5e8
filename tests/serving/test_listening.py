"""Sockets, and connections that only hold a server open."""

import asyncio
import socket
import threading
import time
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx2
import pytest
from starlette.responses import PlainTextResponse, StreamingResponse
from starlette.types import Receive, Scope, Send

from backlit.errors import InputError
from backlit.serving import listening
from backlit.serving.listening import Serving, bind
from tests.support.service import SECONDS


def test_bind_takes_a_free_port_and_says_when_one_is_taken() -> None:
    taken = bind("127.0.0.1", None)
    port = taken.getsockname()[1]
    with pytest.raises(InputError, match=f"can't listen on 127.0.0.1:{port}"):
        bind("127.0.0.1", port)
    with bind("127.0.0.1", None) as other:
        assert other.getsockname()[1] != port
    with pytest.raises(InputError, match="can't listen"):
        bind("203.0.113.1", None)
    taken.close()


@pytest.mark.parametrize("port", [-5, 65_536, 99_999_999])
def test_a_port_that_is_none(port: int) -> None:
    with pytest.raises(InputError, match="there is no such port"):
        bind("127.0.0.1", port)


def test_no_host_is_not_every_host() -> None:
    with pytest.raises(InputError, match="No host is given"):
        bind("", None)


def test_many_at_once_each_have_a_port() -> None:
    """A socket that is bound and does not listen yet would be bound a second time."""
    with ThreadPoolExecutor(8) as pool:
        sockets = list(pool.map(lambda _: bind("127.0.0.1", None), range(8)))
    assert len({sock.getsockname()[1] for sock in sockets}) == 8
    for sock in sockets:
        assert sock.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN)
        sock.close()


class Server:
    """A server whose answers to `/slow` end when `release` is set."""

    def __init__(self) -> None:
        self.release = threading.Event()
        self.sock = bind("127.0.0.1", None)
        self.port = self.sock.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.serving = Serving(self.app, self.sock, root_path="/below")
        self.thread = threading.Thread(target=self.serving.run)
        self.thread.start()

    async def app(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            return
        response = PlainTextResponse(scope["path"])
        if scope["path"].endswith("/slow"):
            response = StreamingResponse(self.slow())  # type: ignore[assignment]
        await response(scope, receive, send)

    async def slow(self) -> AsyncIterator[str]:
        yield "begun"
        while not self.release.is_set():
            await asyncio.sleep(0.01)

    def connect(self, sent: bytes = b"") -> socket.socket:
        sock = socket.create_connection(("127.0.0.1", self.port), timeout=SECONDS)
        sock.sendall(sent)
        return sock


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.setattr(listening, "SECONDS_TO_ASK", 0.5)
    monkeypatch.setattr(listening, "MAX_CONNECTIONS", 8)
    server = Server()
    yield server
    server.release.set()
    server.serving.stop()
    server.thread.join(SECONDS)


HALF = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nhalf"


@pytest.mark.parametrize("sent", [b"", b"GET / HT", HALF])
def test_who_does_not_ask_is_closed(server: Server, sent: bytes) -> None:
    with server.connect(sent) as sock:
        while sock.recv(1000):  # the answer to one who sent half, and then the end
            pass


def test_bytes_that_drip_do_not_hold_it_open(server: Server) -> None:
    def drip(sock: socket.socket) -> None:
        deadline = time.monotonic() + SECONDS
        while time.monotonic() < deadline:
            sock.sendall(b"X-Drip: 1\r\n")
            time.sleep(0.01)

    with server.connect(b"GET / HTTP/1.1\r\n") as sock, pytest.raises(OSError, match=r"pipe|reset"):
        drip(sock)


def test_an_answer_may_take_longer(server: Server) -> None:
    with httpx2.stream("GET", f"{server.url}/slow", timeout=SECONDS) as response:
        parts = response.iter_text()
        assert next(parts) == "begun"
        threading.Timer(3 * listening.SECONDS_TO_ASK, server.release.set).start()
        assert list(parts) == []


def test_those_that_wait_make_room(server: Server) -> None:
    idle = [server.connect() for _ in range(30)]
    assert httpx2.get(server.url, timeout=SECONDS).status_code == 200
    for sock in idle:
        sock.close()


def test_those_that_are_answered_do_not(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    request = b"GET /slow HTTP/1.1\r\nHost: a\r\n\r\n"
    busy = [server.connect(request) for _ in range(8)]
    for sock in busy:
        assert sock.recv(1000)
    response = httpx2.get(server.url, timeout=SECONDS)
    assert response.status_code == 503
    assert response.headers["retry-after"]
    server.release.set()
    for sock in busy:
        while part := sock.recv(1000):
            if part.endswith(b"0\r\n\r\n"):
                break
        sock.close()
    assert httpx2.get(server.url, timeout=SECONDS).status_code == 200


def test_the_prefix_that_a_proxy_takes_off_is_known(server: Server) -> None:
    assert httpx2.get(f"{server.url}/page").text == "/below/page"
