"""The options of endpoints, on every command that may ask a server."""

from pathlib import Path

import pytest

from tests.support.command import run
from tests.support.endpoints import faked

PROMPT = "Question: what does the dog like?\nAnswer:"


@pytest.mark.parametrize("command", ["explain", "check", "grid", "serve"])
def test_commands_offer_them(command: str) -> None:
    told = run(command, "--help").output
    for option in (
        *("--api-key-env", "--tokenizer", "--parallel", "--max-calls", "--timeout", "--price"),
    ):
        assert option in told
    assert "--endpoint" not in told


def test_an_explanation_is_made_and_checked_on_a_server(tmp_path: Path) -> None:
    file = str(tmp_path / "why.json")
    with faked("sglang") as fake:
        asked = ("--model", f"remote:{fake.source}", "--prompt", PROMPT, "--granularity", "word")
        made = run("explain", *asked, "--parallel", "2", "--format", "json", "--output", file)
        assert made.exit_code == 0, made.output
        assert fake.most_in_flight <= 2
        own = run("check", file)
        assert own.exit_code == 1
        assert f"--model remote:{fake.source}" in own.output.replace("\n", "")
        named = run("check", file, "--model", f"remote:{fake.source}")
        assert named.exit_code == 0, named.output


def test_a_grid_is_filled_by_a_server(tmp_path: Path) -> None:
    (tmp_path / "template.txt").write_text("The {animal} likes")
    (tmp_path / "rows.csv").write_text("animal\ncat\ndog\n")
    with faked("llama") as fake:
        filled = run(
            *("grid", str(tmp_path / "template.txt"), "--rows", str(tmp_path / "rows.csv")),
            *("--principle", "Be brief.", "--model", fake.source, "--max-new-tokens", "3"),
        )
    assert filled.exit_code == 0, filled.output
    assert "“cold water.”" in filled.output


def test_more_calls_than_allowed_are_an_error() -> None:
    with faked("llama") as fake:
        ended = run("explain", "--model", fake.source, "--prompt", PROMPT, "--max-calls", "9")
    assert ended.exit_code == 1
    assert "The 9 calls that were allowed are used up." in ended.output


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["explain", "--prompt", "a", "--model", "toy", "--parallel", "2"], "toy is no endpoint"),
        (["serve", "toy", "--parallel", "2"], "no endpoint among the models"),
        (
            ["serve", "endpoint:http://a", "endpoint:http://b", "--api-key-env", "KEY"],
            "would be sent to 2 servers",
        ),
        (["explain", "--prompt", "a", "--model", "endpoint:http://127.0.0.1:9"], "Nothing answers"),
        (
            ["explain", "--prompt", "a", "--model", "endpoint:http://a", "--api-key-env", "NO_KEY"],
            "NO_KEY",
        ),
    ],
)
def test_what_can_not_be_is_said(arguments: list[str], words: str) -> None:
    ended = run(*arguments)
    assert ended.exit_code == 1
    assert words in ended.output
