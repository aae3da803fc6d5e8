import hashlib
import io
import json
import stat
import tarfile
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from backlit.errors import (
    Cancelled,
    GatedError,
    InputError,
    IntegrityError,
    NotFoundError,
    OfflineError,
    UnsupportedModelError,
)
from backlit.progress import Progress
from backlit.sources import archive, fetch, parse

GGUF = b"GGUF" + b"x" * 5000
CONFIG = json.dumps({"architectures": ["LlamaForCausalLM"], "model_type": "llama"}).encode()
FILES = {"config.json": CONFIG, "model.safetensors": b"weights", "tokenizer.json": b"{}"}


def respond(content: bytes, status: int = 200, **headers: str) -> httpx2.Response:
    """A response as the network gives it: its body not read yet."""
    headers = {"content-length": str(len(content)), **headers}
    return httpx2.Response(status, headers=headers, stream=httpx2.ByteStream(content))


class Server:
    """Answers every request with one response, and remembers what was asked."""

    def __init__(self, content: bytes = GGUF, status: int = 200, **headers: str) -> None:
        self.content, self.status, self.headers = content, status, headers
        self.requests: list[httpx2.Request] = []
        self.client = httpx2.Client(transport=httpx2.MockTransport(self))

    def __call__(self, request: httpx2.Request) -> httpx2.Response:
        self.requests.append(request)
        return respond(self.content, self.status, **self.headers)

    def get(
        self, url: str = "https://a.example/m/tiny.gguf", progress: Progress = lambda *_: None
    ) -> Path:
        return fetch(parse(url), progress, client=self.client)


def pack(files: dict[str, bytes], kind: str = ".tar.gz", folder: str = "tiny/") -> bytes:
    stream = io.BytesIO()
    if kind == ".zip":
        with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as packed:
            packed.mkdir(folder.rstrip("/")) if folder else None
            for name, content in files.items():
                packed.writestr(folder + name, content)
        return stream.getvalue()
    with tarfile.open(fileobj=stream, mode="w" if kind == ".tar" else "w:gz") as packed:
        for name, content in files.items():
            member = tarfile.TarInfo(folder + name)
            member.size = len(content)
            packed.addfile(member, io.BytesIO(content))
    return stream.getvalue()


def test_a_gguf_file(cache: Path, log: Any, cheap_conversion: list[bytes]) -> None:
    server = Server(etag='"1"')
    folder = server.get(progress=log)
    assert cheap_conversion == [GGUF]
    assert folder.parent == cache
    assert folder.name.startswith("tiny-")
    assert log.phases == ["download"]
    assert log.calls[-1] == ("download", len(GGUF), len(GGUF))
    assert all(r.headers["accept-encoding"] == "identity" for r in server.requests)
    assert {f.name for f in cache.iterdir()} == {folder.name, f".{folder.name}.lock"}


def test_it_is_fetched_again_when_it_changed(cheap_conversion: list[bytes]) -> None:
    server = Server(etag='"1"')
    first = server.get()
    assert server.get() == first
    assert len(cheap_conversion) == 1
    server.headers["etag"] = '"2"'
    assert server.get() != first
    assert len(cheap_conversion) == 2


def test_without_a_version_it_is_always_fetched_again(cheap_conversion: list[bytes]) -> None:
    server = Server()
    assert server.get() == server.get()
    assert len(cheap_conversion) == 2


def test_offline_the_latest_copy_serves(cheap_conversion: list[bytes]) -> None:
    server = Server(etag='"1"')
    folder = server.get()

    def refuse(request: httpx2.Request) -> httpx2.Response:
        raise httpx2.ConnectError("no route to host")

    server.client = httpx2.Client(transport=httpx2.MockTransport(refuse))
    assert server.get() == folder
    with pytest.raises(OfflineError, match=r"b\.example did not answer.*no route to host"):
        server.get("https://b.example/other.gguf")


def test_a_pinned_digest(cheap_conversion: list[bytes]) -> None:
    url = "https://a.example/tiny.gguf#sha256="
    server = Server()
    folder = server.get(url + hashlib.sha256(GGUF).hexdigest().upper())
    assert server.get(url + hashlib.sha256(GGUF).hexdigest()) == folder
    assert len(server.requests) == 1, "pinned content in the cache needs no network"
    with pytest.raises(IntegrityError, match="SHA-256 is"):
        server.get(url + "0" * 64)
    with pytest.raises(InputError, match="64 hexadecimal"):
        server.get(url + "123")


@pytest.mark.parametrize("kind", [".tar.gz", ".tgz", ".tar", ".zip"])
@pytest.mark.parametrize("folder", ["", "tiny/", "a/b/"])
def test_archives(kind: str, folder: str, cache: Path, log: Any) -> None:
    nested = FILES | {"extra/config.json": b"{}"}
    server = Server(pack(nested, kind, folder), etag="1")
    found = server.get(f"https://a.example/tiny{kind}?token=1", progress=log)
    assert found.parent == cache
    assert {f.name: f.read_bytes() for f in found.iterdir() if f.is_file()} == FILES
    assert log.phases == ["download", "unpack"]


@pytest.mark.parametrize(
    "name", ["../out", "/etc/out", "a/../../out", "..\\out", "C:\\out", "C:out", "a\\..\\..\\out"]
)
@pytest.mark.parametrize("kind", [".tar.gz", ".zip"])
def test_archives_stay_inside(name: str, kind: str, cache: Path) -> None:
    server = Server(pack({**FILES, name: b"x"}, kind, folder=""))
    with pytest.raises(IntegrityError, match="reaches outside"):
        server.get(f"https://a.example/tiny{kind}")
    assert [f.suffix for f in cache.iterdir()] == [".lock"]


@pytest.mark.parametrize(
    "kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE]
)
def test_links_and_devices_are_refused(kind: bytes) -> None:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as packed:
        member = tarfile.TarInfo("model.safetensors")
        member.type, member.linkname = kind, "/etc/passwd"
        packed.addfile(member)
    with pytest.raises(IntegrityError, match="is a link or a device"):
        Server(stream.getvalue()).get("https://a.example/tiny.tar")


def test_links_in_zip_files_are_refused() -> None:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as packed:
        entry = zipfile.ZipInfo("model.safetensors")
        entry.external_attr = (stat.S_IFLNK | 0o777) << 16
        packed.writestr(entry, "/etc/passwd")
    with pytest.raises(IntegrityError, match="is a link"):
        Server(stream.getvalue()).get("https://a.example/tiny.zip")


@pytest.mark.parametrize("kind", [".tar.gz", ".zip"])
def test_bombs_do_not_go_off(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "ALWAYS_ALLOWED", 1000)
    server = Server(pack({**FILES, "bomb": bytes(1_000_000)}, kind))
    with pytest.raises(IntegrityError, match="far more than a model"):
        server.get(f"https://a.example/tiny{kind}")
    monkeypatch.setattr(archive, "MOST_FILES", 3)
    server = Server(pack({**FILES, "more": b""}, kind))
    with pytest.raises(IntegrityError, match="far more than a model"):
        server.get(f"https://a.example/tiny{kind}")


@pytest.mark.parametrize("kind", [".tar.gz", ".tgz", ".tar", ".zip"])
@pytest.mark.parametrize("cut", [lambda b: b[: len(b) // 2], lambda b: b"not an archive at all"])
def test_broken_archives(kind: str, cut: Callable[[bytes], bytes]) -> None:
    big = {**FILES, "noise": bytes(range(256)) * 200}
    with pytest.raises(IntegrityError, match="broken"):
        Server(cut(pack(big, kind))).get(f"https://a.example/tiny{kind}")


def test_a_file_twice() -> None:
    stream = io.BytesIO(pack(FILES, ".zip"))
    with zipfile.ZipFile(stream, "a") as packed, pytest.warns(UserWarning, match="Duplicate"):
        packed.writestr("tiny/config.json", b"{}")
    with pytest.raises(IntegrityError, match="same name"):
        Server(stream.getvalue()).get("https://a.example/tiny.zip")


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({"readme.txt": b""}, "no config"),
        ({"a/config.json": CONFIG, "b/config.json": CONFIG}, "2 models"),
        ({"config.json": CONFIG, "pytorch_model.bin": b""}, "pickled"),
        (FILES | {"config.json": b'{"architectures": ["BertModel"]}'}, "not a causal"),
    ],
)
def test_archives_of_something_else(files: dict[str, bytes], message: str, cache: Path) -> None:
    with pytest.raises(UnsupportedModelError, match=message):
        Server(pack(files)).get("https://a.example/tiny.tgz")
    assert [f.suffix for f in cache.iterdir()] == [".lock"]


@pytest.mark.parametrize(
    ("status", "error", "message"),
    [
        (404, NotFoundError, "nothing at https://a.example/m/tiny.gguf"),
        (410, NotFoundError, "nothing at"),
        (401, GatedError, "does not give"),
        (403, GatedError, "Download it yourself"),
        (418, NotFoundError, "answered 418"),
        (429, OfflineError, "later"),
        (503, OfflineError, "later"),
    ],
)
def test_answers_that_are_not_the_model(status: int, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        Server(status=status).get("https://user:secret@a.example/m/tiny.gguf?key=secret")


def test_secrets_are_not_shown() -> None:
    with pytest.raises(NotFoundError) as caught:
        Server(status=404).get("https://user:secret@a.example/m/tiny.gguf?key=secret")
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("http://a.example/tiny.gguf", "not https"),
        ("http://127.0.0.1.a.example/tiny.gguf", "not https"),
        ("https://a.example/tiny", "neither a .gguf file nor an archive"),
        ("https://huggingface.co/org/name/tree/main", "by its id: org/name"),
    ],
)
def test_addresses_that_are_refused(url: str, message: str) -> None:
    server = Server()
    with pytest.raises(UnsupportedModelError, match=message):
        server.get(url)
    assert not server.requests


@pytest.mark.parametrize("host", ["127.0.0.1:8000", "localhost", "[::1]:80"])
def test_this_machine_needs_no_encryption(host: str, cheap_conversion: list[bytes]) -> None:
    assert Server().get(f"http://{host}/tiny.gguf").is_dir()


def redirecting(target: str) -> Server:
    server = Server()

    def answer(request: httpx2.Request) -> httpx2.Response:
        server.requests.append(request)
        if request.url.path == "/m/tiny.gguf":
            return respond(b"", 302, location=target)
        return respond(GGUF)

    server.client = httpx2.Client(transport=httpx2.MockTransport(answer))
    return server


def test_redirects_are_followed(cheap_conversion: list[bytes]) -> None:
    assert redirecting("https://b.example/blob").get().name.startswith("tiny-")
    assert cheap_conversion == [GGUF]


@pytest.mark.parametrize("target", ["http://b.example/blob", "http://127.0.0.1/blob"])
def test_redirects_do_not_leave_https(target: str) -> None:
    server = redirecting(target)
    with pytest.raises(UnsupportedModelError, match="not https"):
        server.get()
    assert [r.url.host for r in server.requests] == ["a.example"]


def test_redirects_end() -> None:
    with pytest.raises(NotFoundError, match="without end"):
        redirecting("https://a.example/m/tiny.gguf").get()


def test_a_web_page_is_not_a_model() -> None:
    with pytest.raises(UnsupportedModelError, match="a web page"):
        Server(b"<!doctype html>").get()


def test_a_download_that_breaks_off(cache: Path) -> None:
    class Broken(httpx2.SyncByteStream):
        def __iter__(self) -> Iterator[bytes]:
            yield b"GGUF"
            raise httpx2.ReadError("connection reset")

    transport = httpx2.MockTransport(lambda _: httpx2.Response(200, stream=Broken()))
    with pytest.raises(OfflineError, match=r"broke off.*connection reset"):
        fetch(
            parse("https://a.example/tiny.gguf"),
            lambda *_: None,
            client=httpx2.Client(transport=transport),
        )
    assert [f.suffix for f in cache.iterdir()] == [".lock"]


def test_a_download_shorter_than_announced() -> None:
    transport = httpx2.MockTransport(
        lambda _: httpx2.Response(
            200, headers={"content-length": "9"}, stream=httpx2.ByteStream(b"GGUF")
        )
    )
    with pytest.raises(IntegrityError, match="4 bytes came instead of 9"):
        fetch(
            parse("https://a.example/tiny.gguf"),
            lambda *_: None,
            client=httpx2.Client(transport=transport),
        )


def test_a_download_is_stopped(cache: Path, stop_at: Any) -> None:
    with pytest.raises(Cancelled):
        Server(etag="1").get(progress=stop_at("download"))
    assert not cache.exists() or [f.suffix for f in cache.iterdir()] == [".lock"]


def test_a_closed_port_is_offline() -> None:
    with pytest.raises(OfflineError, match=r"127\.0\.0\.1 did not answer"):
        fetch(parse("http://127.0.0.1:9/tiny.gguf"), lambda *_: None)
