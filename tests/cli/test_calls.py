"""What commands say that a server takes: before it is asked, and behind that."""

import json
import re
from pathlib import Path

import pytest

from backlit.cli.calls import sentence
from backlit.engines.metering import Meter
from backlit.explaining.forecast import Calls
from tests.support.command import PROMPT, explain_toy, run
from tests.support.endpoints import Fake, faked

MADE = re.compile(r"Made (\d+) calls?, after (\d+) to connect( and to answer)?\.")


class Priced:
    calls = 0

    def __init__(self, price: float | None) -> None:
        self.price = price


@pytest.mark.parametrize(
    ("calls", "price", "words"),
    [
        (Calls(35, 12_300), None, "At most 35 calls of http://a:1, about 12,300 prompt tokens."),
        (Calls(1, 7), 0, "At most 1 call of http://a:1, about 7 prompt tokens, $0.00."),
        (
            Calls(1_200, 12_345),
            0.15,
            "At most 1,200 calls of http://a:1, about 12,400 prompt tokens, $0.0019.",
        ),
        (
            Calls(20_000, 987_654_321),
            2.5,
            "At most 20,000 calls of http://a:1, about 988,000,000 prompt tokens, $2,469.14.",
        ),
        (Calls(9, 1_000), 99.6, "At most 9 calls of http://a:1, about 1,000 prompt tokens, $0.1."),
        (Calls(9, 1_000), 2, "At most 9 calls of http://a:1, about 1,000 prompt tokens, $0.002."),
    ],
)
def test_the_sentence(calls: Calls, price: float | None, words: str) -> None:
    assert sentence(calls, Meter("http://a:1", Priced(price))) == words


def told(output: str, fake: Fake) -> tuple[int, int]:
    """How many calls were foretold, and how many were made, of those that the server counted."""
    expected = re.search(rf"At most ([\d,]+) calls? of {fake.url}, about [\d,]+ prompt", output)
    made = MADE.search(output)
    assert expected, output
    assert made, output
    assert expected.start() < made.start()
    assert int(made[1]) + int(made[2]) == len(fake.of_model())
    return int(expected[1].replace(",", "")), int(made[1])


def test_explain_says_it_on_standard_error() -> None:
    asked = ("--prompt", PROMPT, "--granularity", "word", "--format", "json", "--price", "2")
    with faked("sglang") as fake:
        result = run("explain", "--model", fake.source, *asked)
        assert result.exit_code == 0, result.output
        json.loads(result.stdout)
        expected, made = told(result.stderr, fake)
    assert expected == made == 11
    assert re.search(r"prompt tokens, \$0\.\d+\.$", result.stderr, re.MULTILINE)


def test_a_share_takes_a_call_for_each_answer(tmp_path: Path) -> None:
    out = tmp_path / "why.json"
    share = ("--measure", "share", "--samples", "3", "--max-new-tokens", "4")
    asked = ("--prompt", PROMPT, "--granularity", "word", "--output", str(out), *share)
    with faked("sglang") as fake:
        result = run("explain", "--model", fake.source, *asked)
        assert result.exit_code == 0, result.output
        expected, made = told(result.stderr, fake)
        assert expected == made == 3 * 11
    with faked("sglang") as fake:
        result = run("check", str(out), "--model", fake.source)
        assert result.exit_code == 0, result.output
        expected, made = told(result.stderr, fake)
        assert 3 * 11 < made <= expected


def test_proofs_and_ways_through_the_answer_count() -> None:
    more = ("--foil", " soup", "--prove", "--think-again", "1", "--trace")
    with faked("sglang") as fake:
        response = ("--response", " It was hot. It likes cold water.", "--target", "water")
        result = run("explain", "--model", fake.source, "--prompt", PROMPT, *response, *more)
        assert result.exit_code == 0, result.output
        expected, made = told(result.stderr, fake)
    assert expected >= made
    assert "$" not in result.stderr


def test_without_names_one_part(tmp_path: Path) -> None:
    file = str(tmp_path / "why.json")
    with faked("sglang") as fake:
        asked = ("--prompt", PROMPT, "--granularity", "word", "--without", "dog")
        result = run("explain", "--model", fake.source, *asked, "--output", file)
        assert result.exit_code == 0, result.output
        expected, made = told(result.stderr, fake)
        assert expected >= made
    with faked("sglang") as fake:
        result = run("check", file, "--model", fake.source)
        assert result.exit_code == 0, result.output
        expected, made = told(result.stderr, fake)
    assert expected >= made


def test_a_grid_says_it_too(tmp_path: Path) -> None:
    (tmp_path / "template.txt").write_text("The {animal} likes\nto drink")
    (tmp_path / "rows.csv").write_text("animal\ncat\ndog\n")
    with faked("sglang") as fake:
        result = run(
            *("grid", str(tmp_path / "template.txt"), "--rows", str(tmp_path / "rows.csv")),
            *("--model", fake.source, "--max-new-tokens", "3", "--format", "csv"),
        )
        assert result.exit_code == 0, result.output
        assert "At most" not in result.stdout
        expected, made = told(result.stderr, fake)
    assert expected >= made
    assert expected == 2 * (1 + 1 + 2), "an answer, and how likely it is without each line"


def test_what_was_made_is_told_where_it_ends_early() -> None:
    asked = ("--prompt", PROMPT, "--granularity", "word", "--max-calls", "12")
    with faked("sglang") as fake:
        result = run("explain", "--model", fake.source, *asked)
        assert result.exit_code == 1
        assert MADE.search(result.stderr)
        assert "used up" in result.stderr


def test_of_a_model_that_is_here_nothing_is_said() -> None:
    result = explain_toy("--prompt", PROMPT, "--granularity", "word")
    assert "calls" not in result.output


def test_a_price_is_of_endpoints() -> None:
    refused = run("explain", "--prompt", "a", "--model", "endpoint:http://a", "--price", "-1")
    assert refused.exit_code == 1
    assert "dollars for a million prompt tokens" in refused.output


def test_a_comparison_says_it_too(tmp_path: Path) -> None:
    files = [str(tmp_path / f"{name}.json") for name in ("before", "after")]
    with faked("sglang") as fake:
        for file, more in zip(files, ("", " It rains."), strict=True):
            asked = ("--prompt", f"{more}{PROMPT}", "--granularity", "word", "--output", file)
            assert run("explain", "--model", fake.source, *asked).exit_code == 0
    with faked("sglang") as fake:
        result = run("compare", *files, "--model", fake.source, "--price", "2", "--format", "json")
        assert result.exit_code == 0, result.output
        assert len(json.loads(result.stdout)["log_probs"]) == 2
        expected, made = told(result.stderr, fake)
        assert expected == 4 >= made > 0
        assert re.search(r"prompt tokens, \$0\.\d+\.$", result.stderr, re.MULTILINE)
    with faked("chat") as fake:
        result = run("compare", *files, "--model", fake.source)
        assert result.exit_code == 1
        assert "At most" not in result.stderr
