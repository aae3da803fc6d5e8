import pytest

from backlit.engines.endpoint.origins import is_bare, origin_of, root_of
from backlit.errors import NotFoundError

ORIGIN = "http://localhost:8080"


@pytest.mark.parametrize(
    "url",
    [
        ORIGIN,
        f"{ORIGIN}/",
        f"{ORIGIN}/v1",
        f"{ORIGIN}/v1/",
        f"{ORIGIN}/v1#org/model",
        f"{ORIGIN}/v1?version=2",
        "HTTP://LocalHost:8080",
        "http://me:a-password@localhost:8080/v1",
    ],
)
def test_one_server_is_one_origin_however_it_is_written(url: str) -> None:
    assert origin_of(url) == ORIGIN


@pytest.mark.parametrize(
    "url",
    [
        "https://localhost:8080",
        "http://localhost:8081",
        "http://localhost",
        "http://127.0.0.1:8080",
        "http://localhost.:8080",
        "http://localhost:8080@elsewhere",
        "http://localhost:8080.elsewhere",
        f"{ORIGIN}/team",
        f"{ORIGIN}/v1/team",
        f"{ORIGIN}/%2e%2e/team",
    ],
)
def test_another_server_is_another(url: str) -> None:
    try:
        assert origin_of(url) != ORIGIN
    except NotFoundError:
        assert "8080." in url  # no port, so no address


def test_a_port_that_goes_without_saying_is_said_or_not() -> None:
    assert origin_of("https://host.example:443/v1") == origin_of("https://host.example")


@pytest.mark.parametrize(
    ("url", "bare"),
    [
        (f"{ORIGIN}/v1", True),
        ("http://me@localhost:8080", False),
        ("http://:word@localhost:8080", False),
        (f"{ORIGIN}/?key=word", False),
    ],
)
def test_what_may_be_secret_is_noticed(url: str, bare: bool) -> None:
    assert is_bare(url) == bare


@pytest.mark.parametrize("url", ["http://127.0.0.1:99999", "http://127.0.0.1:x", "http://a\ud83d"])
def test_a_url_that_is_none_is_said(url: str) -> None:
    with pytest.raises(NotFoundError):
        root_of(url)
