"""A tiny model, its archive, and a server on this machine that gives it to who signs in."""

import base64
import io
import logging
import tarfile
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.support import tiny

TOKEN = "a-secret-of-the-tests"
PASSWORD, SIGNATURE = "hunter2-pass", "s1gnature-x"


@dataclass
class Shop:
    """Where the tiny model is.

    Attributes:
        url: with what the server wants to know.
        plain: without.
        asked: how many requests came.
    """

    url: str
    plain: str
    server: ThreadingHTTPServer
    asked: list[str]


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache of its own for each test."""
    monkeypatch.setenv("BACKLIT_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture(scope="session")
def tiny_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models") / "tiny"
    tiny.model().save_pretrained(folder)
    tiny.tokenizer("byte_level").save_pretrained(folder)
    return folder


@pytest.fixture(scope="session")
def tiny_archive(tiny_folder: Path) -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w:gz") as packed:
        packed.add(tiny_folder, "tiny")
    return stream.getvalue()


@pytest.fixture
def shop(tiny_archive: bytes) -> Iterator[Shop]:
    asked: list[str] = []
    signed_in = "Basic " + base64.b64encode(f"user:{PASSWORD}".encode()).decode()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            allowed = self.headers["Authorization"] == signed_in and SIGNATURE in self.path
            self.send_response(200 if allowed else 403)
            self.send_header("ETag", '"1"')
            self.send_header("Content-Length", str(len(tiny_archive)) if allowed else "0")
            self.end_headers()
            if allowed:
                self.wfile.write(tiny_archive)

        def log_message(self, *args: object) -> None:
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    place = f"127.0.0.1:{server.server_address[1]}/tiny.tar.gz"
    url = f"http://user:{PASSWORD}@{place}?sig={SIGNATURE}"
    yield Shop(url, f"http://{place}", server, asked)
    server.shutdown()
    server.server_close()


@pytest.fixture
def all_logged(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    """Whatever anybody logs, also what is usually not shown."""
    caplog.set_level(logging.DEBUG)
    return caplog
