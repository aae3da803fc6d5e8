"""The options of endpoints, on every command that may ask a server."""

from pathlib import Path
from typing import Any

import pytest

from backlit.serving import http
from backlit.serving.listening import Serving
from backlit.serving.service import Service
from tests.support.command import run
from tests.support.endpoints import faked

PROMPT = "Question: what does the dog like?\nAnswer:"
KEY = "sk-very-secret-7413"


@pytest.mark.parametrize("command", ["explain", "check", "grid", "serve"])
def test_commands_offer_them(command: str) -> None:
    told = run(command, "--help").output
    assert ("--allow-endpoints" in told) == (command == "serve")
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


def test_a_key_is_of_its_own_server(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("THE_KEY", KEY)
    with faked("vllm", key=KEY) as fake, faked("vllm") as other:
        for url, model, ended in (
            (f"{fake.url}/v1", fake, 0),
            (fake.url, other, 1),
        ):
            asked = ("--model", model.source, "--prompt", PROMPT, "--granularity", "word")
            made = run("explain", *asked, "--api-key-env", f"THE_KEY@{url}")
            assert made.exit_code == ended, made.output
            assert KEY not in made.output
        assert {one.get("Authorization") for one in fake.headers} == {f"Bearer {KEY}"}
        assert other.asked == []


@pytest.mark.parametrize("allowed", [True, False])
def test_serve_says_which_servers_a_page_may_name(
    allowed: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("A_KEY", "a-key")
    monkeypatch.setenv("B_KEY", "b-key")
    monkeypatch.setattr(Serving, "run", lambda self: self._sock.close())
    services: list[Service] = []
    created = http.create_app

    def create_app(service: Service, *more: Any) -> object:
        services.append(service)
        return created(service, *more)

    monkeypatch.setattr(http, "create_app", create_app)
    with faked("vllm", key="a-key") as one, faked("llama", key="b-key") as two:
        ended = run(
            *("serve", f"one:{one.source}", f"two:{two.source}", "--no-browser", "--no-workspace"),
            *("--api-key-env", f"A_KEY@{one.url}", "--api-key-env", f"B_KEY@{two.url}/v1"),
            *(["--allow-endpoints"] if allowed else []),
        )
        assert ended.exit_code == 0, ended.output
        connectable = services[0].state().connectable
        assert connectable is not None
        assert connectable.anywhere == allowed
        assert connectable.origins == [one.url, two.url]
        for served in services[0]._offered.all():
            served.load(lambda: None)
        assert {sent["Authorization"] for sent in one.headers} == {"Bearer a-key"}
        assert {sent["Authorization"] for sent in two.headers} == {"Bearer b-key"}


def test_a_page_for_review_connects_to_none() -> None:
    ended = run("serve", "--review", "--allow-endpoints")
    assert ended.exit_code == 2
    assert "it connects to none" in ended.output


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["explain", "--prompt", "a", "--model", "toy", "--parallel", "2"], "toy is no endpoint"),
        (["serve", "toy", "--parallel", "2"], "no endpoint among the models"),
        (
            ["serve", "endpoint:http://a", "endpoint:http://b", "--api-key-env", "KEY"],
            "would be sent to 2 servers",
        ),
        (["serve", "toy", "--allow-endpoints", "--api-key-env", "KEY"], "KEY@URL"),
        (
            ["serve", "endpoint:http://a", "--api-key-env", "KEY@http://b/v1"],
            "The key in KEY is for http://b, and no model is there.",
        ),
        (
            [
                "explain",
                "--prompt",
                "a",
                "--model",
                "endpoint:http://a",
                "--api-key-env",
                "K@http://b",
            ],
            "The key in K is for http://b",
        ),
        (
            [
                "serve",
                "endpoint:http://a",
                "--api-key-env",
                "A@http://a",
                "--api-key-env",
                "B@http://a/v1",
            ],
            "Two keys are for http://a.",
        ),
        (["serve", "endpoint:http://a", "--api-key-env", "A", "--api-key-env", "B"], "Two keys"),
        (["serve", "endpoint:http://a", "--api-key-env", "A@nowhere"], "An endpoint is"),
        (["serve", "endpoint:http://a", "--api-key-env", "sk-1@http://a"], "not the name of"),
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
