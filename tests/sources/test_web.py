"""Models at URLs, from servers that never were."""

import hashlib
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx2
import pytest

from backlit.errors import (
    Cancelled,
    DiskError,
    GatedError,
    InputError,
    IntegrityError,
    NotFoundError,
    OfflineError,
    UnsupportedModelError,
)
from backlit.progress import SILENT, Callback, Progress
from backlit.sources import copy_of, fetch, manifest, parse, web

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

    def get(self, url: str = "https://a.example/m/tiny.gguf", progress: Progress = SILENT) -> Path:
        return fetch(parse(url), progress, client=self.client)


def test_a_gguf_file(cache: Path, log: Any, cheap_conversion: list[bytes]) -> None:
    server = Server(etag='"1"')
    folder = server.get(progress=log)
    assert cheap_conversion == [GGUF]
    assert folder.parent == cache
    assert folder.name.startswith("tiny-")
    assert log.phases == ["download", "save"]
    assert ("download", len(GGUF), len(GGUF)) in log.calls
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


@pytest.mark.parametrize("suffix", [".tar.gz", ".tgz", ".tar", ".zip"])
def test_archives(pack: Any, suffix: str, cache: Path, log: Any) -> None:
    server = Server(pack(FILES | {"extra/config.json": b"{}"}, suffix), etag="1")
    model = server.get(f"https://a.example/tiny{suffix}?token=1", progress=log)
    assert model.parent == cache
    assert model.name.startswith("tiny-")
    found = {path.name: path.read_bytes() for path in model.iterdir() if path.is_file()}
    assert found.pop(manifest.FILE)
    assert found == FILES
    assert log.phases == ["download", "unpack", "save"]


@pytest.mark.parametrize("suffix", [".tar.gz", ".zip"])
def test_an_archive_that_is_refused_leaves_nothing(pack: Any, suffix: str, cache: Path) -> None:
    server = Server(pack({**FILES, "../out": b"x"}, suffix, folder=""))
    with pytest.raises(IntegrityError, match="reaches outside"):
        server.get(f"https://a.example/tiny{suffix}")
    assert [path.suffix for path in cache.iterdir()] == [".lock"]


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({"readme.txt": b""}, "no config"),
        ({"a/config.json": CONFIG, "b/config.json": CONFIG}, "2 models"),
        ({"config.json": CONFIG, "pytorch_model.bin": b""}, "pickled"),
        (FILES | {"config.json": b'{"architectures": ["BertModel"]}'}, "not a causal"),
    ],
)
def test_archives_of_something_else(
    pack: Any, files: dict[str, bytes], message: str, cache: Path
) -> None:
    with pytest.raises(UnsupportedModelError, match=message):
        Server(pack(files)).get("https://a.example/tiny.tgz")
    assert [f.suffix for f in cache.iterdir()] == [".lock"]


@pytest.mark.parametrize(
    ("status", "error", "message"),
    [
        (404, NotFoundError, r"nothing at https://a\.example/m/tiny\.gguf"),
        (403, GatedError, "Download it yourself"),
        (503, OfflineError, "later"),
    ],
)
def test_answers_that_are_not_the_model(status: int, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message) as caught:
        Server(status=status).get("https://user:secret@a.example/m/tiny.gguf?key=secret")
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("http://a.example/tiny.gguf", "not https"),
        ("https://a.example/tiny", "https://a.example/tiny names neither a .gguf file nor"),
        ("https://a.example/tiny.gguf/", "neither a .gguf file nor an archive"),
        ("https://me:hush@a.example/x?file=tiny.gguf", "^https://a.example/x names neither"),
        ("https://huggingface.co/org/name/tree/main", "by its id: org/name"),
        ("https://huggingface.co/org/name", "by its id: org/name"),
        ("https://huggingface.co/org", "neither a .gguf file nor an archive"),
    ],
)
def test_addresses_that_are_refused(url: str, message: str) -> None:
    server = Server()
    with pytest.raises(UnsupportedModelError, match=message):
        server.get(url)
    assert not server.requests


def test_a_pinned_copy_is_no_reason_to_take_plain_http(cheap_conversion: list[bytes]) -> None:
    pinned = f"a.example/tiny.gguf#sha256={hashlib.sha256(GGUF).hexdigest()}"
    assert Server().get(f"https://{pinned}").is_dir()
    with pytest.raises(UnsupportedModelError, match="not https"):
        Server().get(f"http://{pinned}")


def test_an_address_that_is_no_url() -> None:
    with pytest.raises(NotFoundError, match="The URL is not valid"):
        Server().get("https://a.example:port/tiny.gguf")


def test_a_name_is_read_as_people_write_it(cheap_conversion: list[bytes]) -> None:
    assert Server().get("https://a.example/m/My%20Model.GGUF").name.startswith("My-Model-")


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
    server = redirecting("https://b.example/blob")
    assert server.get().name.startswith("tiny-")
    assert cheap_conversion == [GGUF]
    assert all(request.headers["accept-encoding"] == "identity" for request in server.requests)


@pytest.mark.parametrize("target", ["http://b.example/blob", "http://127.0.0.1/blob"])
def test_redirects_do_not_leave_https(target: str) -> None:
    server = redirecting(target)
    with pytest.raises(UnsupportedModelError, match="not https"):
        server.get()
    assert [request.url.host for request in server.requests] == ["a.example"]


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
            SILENT,
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
            SILENT,
            client=httpx2.Client(transport=transport),
        )


def test_a_download_is_stopped_in_its_midst(cache: Path) -> None:
    @Callback
    def progress(phase: str, done: int, total: int | None, scores: object) -> None:
        if done:
            raise Cancelled

    with pytest.raises(Cancelled):
        Server(etag="1").get(progress=progress)
    assert [path.suffix for path in cache.iterdir()] == [".lock"]


def test_nothing_is_asked_once_cancelled(stop_at: Any) -> None:
    server = Server()
    with pytest.raises(Cancelled):
        server.get(progress=stop_at("download"))
    assert not server.requests


def test_room_for_the_model_is_asked_for_first(
    cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("backlit.sources.cache._MARGIN", 10**18)
    server = Server(etag="1")
    with pytest.raises(DiskError, match="MB are free"):
        server.get()
    assert len(server.requests) == 1, "the download did not begin"


def test_a_closed_port_is_offline() -> None:
    with pytest.raises(OfflineError, match=r"127\.0\.0\.1 did not answer"):
        fetch(parse("http://127.0.0.1:9/tiny.gguf"), SILENT)


def test_a_download_of_unknown_size_does_not_fill_the_disk(
    cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    came = 0

    class Endless(httpx2.SyncByteStream):
        def __iter__(self) -> Iterator[bytes]:
            nonlocal came
            for _ in range(10_000):
                came += 1000
                yield bytes(1000)

    def disk_usage(_: Path) -> SimpleNamespace:
        return SimpleNamespace(free=60_000_000 - came)

    monkeypatch.setattr(web, "_ASK_EVERY", 100_000)
    monkeypatch.setattr(shutil, "disk_usage", disk_usage)
    transport = httpx2.MockTransport(lambda _: httpx2.Response(200, stream=Endless()))
    with pytest.raises(DiskError, match="MB are free"):
        fetch(
            parse("https://a.example/tiny.gguf"), SILENT, client=httpx2.Client(transport=transport)
        )
    assert 9_800_000 <= came <= 10_000_000, "what is left free is the margin"
    assert [f.suffix for f in cache.iterdir()] == [".lock"]


def test_one_copy_whatever_the_password_and_the_query(cheap_conversion: list[bytes]) -> None:
    server = Server(etag='"1"')
    first = server.get("https://a.example/m/tiny.gguf")
    assert server.get("https://me:hush@a.example/m/tiny.gguf?signed=hush") == first
    assert copy_of(parse("https://other@a.example/m/tiny.gguf?signed=later")) == first
    assert copy_of(parse("https://b.example/m/tiny.gguf")) is None
    assert len(cheap_conversion) == 1


def test_a_time_does_not_tell_two_queries_apart(cheap_conversion: list[bytes]) -> None:
    server = Server()
    server.headers["last-modified"] = "Wed, 21 Oct 2015 07:28:00 GMT"
    server.get()
    server.get()
    assert len(cheap_conversion) == 1
    for variant in "ab":
        server.get(f"https://a.example/m/tiny.gguf?variant={variant}")
    assert len(cheap_conversion) == 3


def test_a_copy_of_a_pinned_digest(cheap_conversion: list[bytes]) -> None:
    url = f"https://a.example/tiny.gguf#sha256={hashlib.sha256(GGUF).hexdigest()}"
    assert copy_of(parse(url)) is None
    assert Server().get(url) == copy_of(parse(url))
