"""`backlit serve`, up to where it listens."""

import pytest

from tests.support.command import run


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["serve", "toy", "toy"], "Two models are called 'toy'"),
        (["serve", "toy", "--data", "nowhere.jsonl"], "nowhere.jsonl"),
        (["serve", "toy", "--host", "203.0.113.1"], "can't listen"),
    ],
)
def test_serve_refuses_before_it_starts(arguments: list[str], message: str) -> None:
    result = run(*arguments, "--no-browser")
    assert result.exit_code == 1
    assert message in result.stderr
