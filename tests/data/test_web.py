"""Fetching, against servers that never were."""

import gzip
from collections.abc import Callable, Iterator

import httpx2
import pytest

from backlit.data import web
from backlit.errors import DataError

Handler = Callable[[httpx2.Request], httpx2.Response]
URL = "https://example.org/a.jsonl"


def fetch(handler: Handler, url: str = URL) -> bytes:
    with httpx2.Client(transport=httpx2.MockTransport(handler)) as client:
        return web.fetch(url, client)


@pytest.mark.parametrize(
    "url",
    [URL, "http://localhost:8000/a.csv", "http://127.0.0.1/a.csv", "http://[::1]:80/a.csv"],
)
def test_bytes_arrive(url: str) -> None:
    assert fetch(lambda request: httpx2.Response(200, content=b"here"), url) == b"here"


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("http://example.org/a.csv", "is not https"),
        ("ftp://example.org/a.csv", "is not an https URL"),
        ("https://example.org:port/a.csv", "The URL is not valid"),
    ],
)
def test_urls_that_are_not_read(url: str, message: str) -> None:
    with pytest.raises(DataError, match=message) as caught:
        fetch(lambda request: pytest.fail("was asked"), url)
    assert caught.value.hint


@pytest.mark.parametrize(
    ("status", "message"),
    [(404, "nothing at"), (403, "sign in"), (500, "can't answer now"), (206, "answered 206")],
)
def test_answers_that_are_errors_are_those_of_data(status: int, message: str) -> None:
    with pytest.raises(DataError, match=message) as caught:
        fetch(lambda request: httpx2.Response(status))
    assert caught.value.hint


def test_no_network_is_an_error_of_data() -> None:
    def answer(request: httpx2.Request) -> httpx2.Response:
        raise httpx2.ReadTimeout("slow")

    with pytest.raises(DataError, match=r"example\.org did not answer.*slow") as caught:
        fetch(answer)
    assert "give its path" in caught.value.hint


def test_a_redirect_is_followed() -> None:
    def answer(request: httpx2.Request) -> httpx2.Response:
        if request.url.path == "/a.jsonl":
            return httpx2.Response(302, headers={"location": "/b.jsonl"})
        return httpx2.Response(200, content=b"moved")

    assert fetch(answer) == b"moved"


def test_what_was_compressed_on_the_way_is_unpacked() -> None:
    packed = httpx2.Response(
        200, content=gzip.compress(b"here"), headers={"content-encoding": "gzip"}
    )
    assert fetch(lambda request: packed) == b"here"


def test_a_small_file_that_unfolds_is_too_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web, "MAX_BYTES", 1000)
    content = gzip.compress(bytes(100_000))
    assert len(content) < 1000
    headers = {"content-encoding": "gzip"}
    with pytest.raises(DataError, match="larger than"):
        fetch(lambda request: httpx2.Response(200, content=content, headers=headers))


def test_a_compressed_file_that_is_broken() -> None:
    headers = {"content-encoding": "gzip"}
    with pytest.raises(DataError, match="broke off"):
        fetch(lambda request: httpx2.Response(200, content=iter([b"no gzip"]), headers=headers))


def test_a_response_that_says_it_is_too_large(monkeypatch: pytest.MonkeyPatch) -> None:
    class Unread(httpx2.SyncByteStream):
        def __iter__(self) -> Iterator[bytes]:
            raise AssertionError("was read")

    monkeypatch.setattr(web, "MAX_BYTES", 10)
    headers = {"content-length": "11"}
    with pytest.raises(DataError, match="larger than"):
        fetch(lambda request: httpx2.Response(200, stream=Unread(), headers=headers))


def test_a_response_that_goes_on_and_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web, "MAX_BYTES", 10)
    endless = (b"x" for _ in range(10**9))
    with pytest.raises(DataError, match="larger than"):
        fetch(lambda request: httpx2.Response(200, content=endless))


def test_a_response_that_drips(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web, "MAX_SECONDS", -1)
    with pytest.raises(DataError, match="takes over"):
        fetch(lambda request: httpx2.Response(200, content=b"x"))


def test_errors_keep_passwords_and_signatures_to_themselves() -> None:
    with pytest.raises(DataError) as caught:
        fetch(lambda request: httpx2.Response(404), "https://me:hush@example.org/a?signed=hush")
    assert "at https://example.org/a (404)" in str(caught.value)
    assert "hush" not in str(caught.value)
