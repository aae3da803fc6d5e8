"""`backlit serve`, up to where it listens."""

import pytest

from backlit.serving.listening import Serving
from tests.support.command import run


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["serve", "toy", "toy"], "Two models are called 'toy'"),
        (["serve", "toy", "--data", "nowhere.jsonl"], "nowhere.jsonl"),
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
