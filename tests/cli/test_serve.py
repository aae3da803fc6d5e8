"""`backlit serve`, up to where it listens."""

import socket
from collections.abc import Callable

import pytest

from backlit.serving import listening
from backlit.serving.listening import Serving
from tests.support.command import run


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["serve", "toy", "toy"], "Two models are called 'toy'"),
        (["serve", "toy", "--data", "nowhere.jsonl"], "nowhere.jsonl"),
        (["serve", "toy", "--batch", "nowhere"], "There is no batch in nowhere"),
        (["serve", "toy", "--host", "203.0.113.1"], "can't listen"),
        (["serve", "toy", "--host", ""], "No host is given"),
    ],
)
def test_serve_refuses_before_it_starts(arguments: list[str], message: str) -> None:
    result = run(*arguments, "--no-browser")
    assert result.exit_code == 1
    assert message in result.stderr


@pytest.mark.parametrize(("host", "warned"), [("127.0.0.1", False), ("0.0.0.0", True)])
def test_whoever_serves_others_is_told_what_that_means(
    monkeypatch: pytest.MonkeyPatch, host: str, warned: bool
) -> None:
    monkeypatch.setattr(Serving, "run", lambda self: self._sock.close())
    result = run("serve", "toy", "--no-browser", "--host", host)
    assert result.exit_code == 0
    assert ("unencrypted: its token is all" in result.stderr) == warned


def test_a_page_on_another_port_says_that_its_drafts_are_others(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Started:
        """Begins to serve, and ends."""

        def __init__(
            self, app: object, sock: socket.socket, started: Callable[[], None], *more: object
        ) -> None:
            self._started, self._sock = started, sock

        def run(self) -> None:
            self._started()
            self._sock.close()

    monkeypatch.setattr(listening, "FIRST_PORT", 18_400)
    monkeypatch.setattr(listening, "Serving", Started)
    with listening.bind("127.0.0.1", 18_400):
        taken = run("serve", "toy", "--no-browser")
        asked_for = run("serve", "toy", "--no-browser", "--port", "0")
    assert "Port 18400 is taken; here the page has drafts of its own." in taken.stdout
    assert "drafts" not in asked_for.stdout
