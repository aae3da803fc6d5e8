"""URLs that may be read, and servers that never were."""

from collections.abc import Callable, Iterator

import httpx2
import pytest

from backlit.errors import (
    BacklitError,
    GatedError,
    NotFoundError,
    OfflineError,
    UnsupportedModelError,
)
from backlit.sources import https

Handler = Callable[[httpx2.Request], httpx2.Response]
URL = "https://a.example/file"


def read(handler: Handler, url: str = URL, **headers: str) -> bytes:
    with (
        httpx2.Client(transport=httpx2.MockTransport(handler)) as client,
        https.open_url(client, https.parse(url), headers) as response,
    ):
        return response.read()


class Server:
    """Redirects to one place after the other, then answers; remembers what was asked."""

    def __init__(self, *places: str) -> None:
        self.places = iter(places)
        self.requests: list[httpx2.Request] = []

    def __call__(self, request: httpx2.Request) -> httpx2.Response:
        self.requests.append(request)
        place = next(self.places, None)
        if place is None:
            return httpx2.Response(200, content=b"here")
        return httpx2.Response(302, headers={"location": place})


@pytest.mark.parametrize(
    "url",
    [URL, "http://localhost:8000/a", "http://127.0.0.1/a", "http://127.1.2.3", "http://[::1]:80/a"],
)
def test_https_and_this_machine_are_read(url: str) -> None:
    assert read(Server(), url) == b"here"


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("http://a.example/file", "http://a.example/file is not https"),
        ("http://127.0.0.1.a.example/file", "is not https"),
        ("http://localhost.a.example/file", "is not https"),
        ("http://127.0.0.1@a.example/file", "is not https"),
        ("http://0.0.0.0/file", "is not https"),
        ("http://192.168.0.1/file", "is not https"),
        ("ftp://a.example/file", "is not an https URL"),
        ("file:///etc/passwd", "is not an https URL"),
        ("https:///file", "is not an https URL"),
        ("file", "is not an https URL"),
    ],
)
def test_other_urls_are_not_asked(url: str, message: str) -> None:
    server = Server()
    with pytest.raises(UnsupportedModelError, match=message) as caught:
        read(server, url)
    assert not server.requests
    assert "https" in caught.value.hint


def test_what_is_no_url_is_said_without_its_secrets() -> None:
    with pytest.raises(NotFoundError, match=r"^The URL is not valid \(invalid port\)") as caught:
        https.parse("https://me:hu?sh@a.example:port/x?key=hu@sh")
    assert "hu" not in str(caught.value)


def test_redirects_are_followed_with_their_headers() -> None:
    server = Server("/b", "https://cdn.example/c")
    assert read(server, accept="text/plain") == b"here"
    assert [str(request.url) for request in server.requests] == [
        URL,
        "https://a.example/b",
        "https://cdn.example/c",
    ]
    assert all(request.headers["accept"] == "text/plain" for request in server.requests)


def test_a_redirect_from_this_machine_may_go_anywhere_encrypted() -> None:
    assert read(Server("http://127.0.0.1/b", "https://a.example/c"), "http://localhost/a") == (
        b"here"
    )


@pytest.mark.parametrize(
    "place", ["http://b.example/x", "http://localhost/x", "http://127.0.0.1/x", "ftp://b.example/x"]
)
@pytest.mark.parametrize("start", [URL, "http://localhost/a"])
def test_redirects_never_leave_https(place: str, start: str) -> None:
    server = Server("https://b.example/on-the-way", place)
    with pytest.raises(UnsupportedModelError, match=r"is not (https|an https URL)"):
        read(server, start)
    assert len(server.requests) == 2, "the last place was not asked"


def test_redirects_end() -> None:
    assert read(Server(*["/again"] * https.MAX_REDIRECTS)) == b"here"
    server = Server(*["/again"] * (https.MAX_REDIRECTS + 1))
    with pytest.raises(NotFoundError, match=r"https://a\.example/again redirects without end"):
        read(server)
    assert len(server.requests) == https.MAX_REDIRECTS + 1


@pytest.mark.parametrize(
    ("status", "error", "message"),
    [
        (404, NotFoundError, r"nothing at https://a\.example/file \(404\)"),
        (410, NotFoundError, r"nothing at https://a\.example/file \(410\)"),
        (401, GatedError, r"a\.example gives .* only to those who sign in \(401\)"),
        (403, GatedError, r"\(403\)"),
        (407, GatedError, r"\(407\)"),
        (418, NotFoundError, r"a\.example answered 418"),
        (204, NotFoundError, r"a\.example answered 204"),
        (206, NotFoundError, r"a\.example answered 206"),
        (429, OfflineError, r"can't answer now \(429\)"),
        (503, OfflineError, r"can't answer now \(503\)"),
    ],
)
def test_answers_other_than_what_was_asked(
    status: int, error: type[BacklitError], message: str
) -> None:
    with pytest.raises(error, match=message) as caught:
        read(lambda request: httpx2.Response(status, content=b"sorry"))
    assert caught.value.hint


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (httpx2.ConnectError("no route to host"), "no route to host"),
        (httpx2.ReadTimeout(""), "ReadTimeout"),
        (httpx2.RemoteProtocolError("cut off"), "cut off"),
    ],
)
def test_no_answer(error: httpx2.TransportError, reason: str) -> None:
    def answer(request: httpx2.Request) -> httpx2.Response:
        raise error

    with pytest.raises(OfflineError, match=rf"a\.example did not answer.*\({reason}\)") as caught:
        read(answer)
    assert "give its path" in caught.value.hint


def test_a_body_that_breaks_off() -> None:
    def body() -> Iterator[bytes]:
        yield b"start"
        raise httpx2.ReadError("connection reset")

    with pytest.raises(OfflineError, match=r"broke off \(connection reset\)"):
        read(lambda request: httpx2.Response(200, content=body()))


def test_a_closed_port() -> None:
    with (
        httpx2.Client() as client,
        pytest.raises(OfflineError, match=r"127\.0\.0\.1 did not answer"),
        https.open_url(client, https.parse("http://127.0.0.1:9/file")),
    ):
        pytest.fail("was opened")


def test_responses_are_closed_whatever_happens() -> None:
    unread = [
        httpx2.Response(302, headers={"location": "/b"}, stream=httpx2.ByteStream(b"moved")),
        httpx2.Response(200, stream=httpx2.ByteStream(b"here")),
    ]
    responses = iter(unread)

    def answer(request: httpx2.Request) -> httpx2.Response:
        return next(responses)

    with (
        httpx2.Client(transport=httpx2.MockTransport(answer)) as client,
        pytest.raises(ZeroDivisionError),
        https.open_url(client, https.parse(URL)),
    ):
        raise ZeroDivisionError
    assert [response.is_closed for response in unread] == [True, True]


def test_a_client_of_ones_own_stays_open() -> None:
    own = httpx2.Client()
    with https.client_or_new(own) as client:
        assert client is own
    assert not own.is_closed
    own.close()
    with https.client_or_new(None) as client:
        assert client is not own
    assert client.is_closed


@pytest.mark.parametrize(
    ("host", "loopback"),
    [
        ("localhost", True),
        ("127.0.0.1", True),
        ("127.255.255.254", True),
        ("::1", True),
        ("0.0.0.0", False),
        ("::", False),
        ("10.0.0.1", False),
        ("127.0.0.1.a.example", False),
        ("localhost.a.example", False),
        ("", False),
    ],
)
def test_hosts_that_mean_this_machine(host: str, loopback: bool) -> None:
    assert https.is_loopback(host) is loopback


def test_urls_are_shown_without_secrets() -> None:
    url = httpx2.URL("https://me:hush@a.example:8443/a%20b?signature=hush#hush")
    assert https.shown(url) == "https://a.example:8443/a%20b"


def test_errors_do_not_tell_secrets() -> None:
    with pytest.raises(NotFoundError) as caught:
        read(lambda request: httpx2.Response(404), "https://me:hush@a.example/a?key=hush")
    assert "hush" not in str(caught.value)
