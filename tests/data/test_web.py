"""Fetching, against servers that never were."""

from collections.abc import Callable

import httpx2
import pytest

from backlit.data import web
from backlit.errors import DataError

Handler = Callable[[httpx2.Request], httpx2.Response]
URL = "https://example.org/a.jsonl"


def fetch(handler: Handler, url: str = URL) -> bytes:
    with httpx2.Client(transport=httpx2.MockTransport(handler)) as client:
        return web.fetch(url, client)


def moving(*places: str) -> Handler:
    following = iter(places)

    def answer(request: httpx2.Request) -> httpx2.Response:
        place = next(following, None)
        if place is None:
            return httpx2.Response(200, content=b"here")
        return httpx2.Response(302, headers={"location": place})

    return answer


@pytest.mark.parametrize(
    "url",
    [URL, "http://localhost:8000/a.csv", "http://127.0.0.1/a.csv", "http://[::1]:80/a.csv"],
)
def test_bytes_arrive(url: str) -> None:
    assert fetch(lambda request: httpx2.Response(200, content=b"here"), url) == b"here"


def test_redirects_are_followed_while_https() -> None:
    assert fetch(moving("/b", "https://cdn.example.org/c")) == b"here"
    assert fetch(moving("https://example.org/c"), "http://localhost/a") == b"here"


@pytest.mark.parametrize("place", ["http://example.org/a", "http://localhost/a", "ftp://x/a"])
def test_redirects_never_leave_https(place: str) -> None:
    with pytest.raises(DataError):
        fetch(moving(place))


def test_redirects_end() -> None:
    with pytest.raises(DataError, match="more than 5 times"):
        fetch(moving(*["/again"] * 10))


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("http://example.org/a.csv", "in the clear"),
        ("http://localhost.example.org/a.csv", "in the clear"),
        ("ftp://example.org/a.csv", "not an https URL"),
        ("https:///a.csv", "not an https URL"),
        ("https://example.org:port/a.csv", "not valid"),
    ],
)
def test_urls_that_are_not_read(url: str, message: str) -> None:
    with pytest.raises(DataError, match=message) as caught:
        fetch(moving(), url)
    assert caught.value.hint


@pytest.mark.parametrize(
    ("status", "message"),
    [(404, "nothing at"), (410, "nothing at"), (403, "sign in"), (500, "error 500")],
)
def test_answers_that_are_errors(status: int, message: str) -> None:
    with pytest.raises(DataError, match=message) as caught:
        fetch(lambda request: httpx2.Response(status))
    assert caught.value.hint


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (httpx2.ConnectError("no route"), "can't be reached"),
        (httpx2.ReadTimeout("slow"), "in time"),
        (httpx2.RemoteProtocolError("cut off"), "can't be reached"),
    ],
)
def test_no_network(error: httpx2.TransportError, message: str) -> None:
    def answer(request: httpx2.Request) -> httpx2.Response:
        raise error

    with pytest.raises(DataError, match=message) as caught:
        fetch(answer)
    assert caught.value.hint


def test_a_response_that_says_it_is_too_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web, "MAX_BYTES", 10)
    with pytest.raises(DataError, match="larger than"):
        fetch(lambda request: httpx2.Response(200, content=b"x" * 11))


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
