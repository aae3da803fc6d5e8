"""The command line as a person types it."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from backlit.cli import app
from backlit.data import load_dataset
from backlit.types import load_explanation

PROMPT = "Question: what does the dog like?\nAnswer:"


def run(*arguments: str, stdin: str | None = None) -> Result:
    return CliRunner().invoke(app, list(arguments), input=stdin)


def explain_toy(*arguments: str, stdin: str | None = None) -> Result:
    return run("explain", "--model", "toy", *arguments, stdin=stdin)


def test_explain_prints_the_text_and_a_ranking() -> None:
    result = explain_toy("--prompt", PROMPT, "--target", " cold water", "--granularity", "word")
    assert result.exit_code == 0
    assert PROMPT in result.stdout
    assert "positive supports the target" in result.stdout
    assert "nats" in result.stdout
    assert "\x1b" not in result.stdout  # no colour where nobody looks


def test_explain_writes_json_whose_segments_carry_scores() -> None:
    result = explain_toy("--prompt", PROMPT, "--target", " cold water", "--format", "json")
    found = json.loads(result.stdout)
    (attribution,) = found["attributions"]
    assert [s["text"] for s in attribution["segments"]] == [
        "Question: what does the dog like?\n",
        "Answer:",
    ]
    for segment in attribution["segments"]:
        assert {"text", "start", "stop", "score"} <= set(segment)
    assert attribution["method"] == "occlusion"
    assert attribution["granularity"] == "line"


def test_explain_reads_and_writes_files(tmp_path: Path) -> None:
    prompt, target, out = tmp_path / "p.txt", tmp_path / "t.txt", tmp_path / "why.json"
    prompt.write_text(PROMPT + "\n", encoding="utf-8")
    target.write_bytes("\ufeff cold water.\r\n".encode())
    result = explain_toy(
        "--prompt-file", str(prompt), "--target-file", str(target), "--select", "water",
        "--method", "grad_x_input", "--aggregate", "max", "--format", "json",
        "--output", str(out),
    )  # fmt: skip
    assert result.exit_code == 0, result.output
    explanation = load_explanation(out)
    assert explanation.generation.sequence.text == PROMPT + " cold water."
    assert explanation.attributions[0].aggregate == "max"
    text = tmp_path / "why.txt"
    result = explain_toy("--prompt-file", "-", "--output", str(text), stdin=PROMPT)
    assert result.exit_code == 0, result.output
    assert "positive supports" in text.read_text()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--prompt", ""], "prompt is empty"),
        (["--prompt", PROMPT, "--method", "nope"], "no method 'nope'"),
        (["--prompt", PROMPT, "--granularity", "phrase"], "no granularity 'phrase'"),
        (["--prompt", PROMPT, "--aggregate", "median"], "no aggregate 'median'"),
        (["--prompt", PROMPT, "--target", " x", "--select", "y"], "does not contain 'y'"),
        (["--prompt", PROMPT, "--max-new-tokens", "0"], "max_new_tokens is 0"),
        (["--prompt-file", "/nowhere/p.txt"], "could not be read"),
        (["--prompt", "a " * 9_000], "reads at most"),
        (
            ["--prompt", "a", "--granularity", "custom", "--pattern", "("],
            "pattern can't be read",
        ),
        (
            ["--prompt", PROMPT, "--format", "json", "--output", "/nowhere/x"],
            "could not be written",
        ),
        (["--prompt", PROMPT, "--output", "/nowhere/x"], "could not be written"),
    ],
)
def test_errors_of_the_person_exit_with_1(arguments: list[str], message: str) -> None:
    result = explain_toy(*arguments)
    assert result.exit_code == 1, result.output
    assert message in result.stderr
    assert len(result.stderr.strip().splitlines()) >= 2  # what happened, and what to do
    assert "Traceback" not in result.output


@pytest.mark.parametrize(
    "arguments",
    [
        ["explain"],
        ["explain", "--prompt", "a", "--prompt-file", "b"],
        ["explain", "--prompt", "a", "--target", "a", "--target-file", "b"],
        ["explain", "--prompt", "a", "--format", "yaml"],
        ["explain", "--prompt", "a", "--pattern", "x"],
        ["explain", "--nonsense"],
        ["nonsense"],
        ["serve", "--port", "many"],
    ],
)
def test_wrong_usage_exits_with_2(arguments: list[str]) -> None:
    assert run(*arguments).exit_code == 2


def test_a_file_that_is_not_utf_8(tmp_path: Path) -> None:
    path = tmp_path / "latin.txt"
    path.write_bytes("caf\xe9".encode("latin-1"))
    result = explain_toy("--prompt-file", str(path))
    assert result.exit_code == 1
    assert "not UTF-8" in result.stderr


def test_an_unknown_model_says_what_there_is() -> None:
    result = run("explain", "--model", "smolm2", "--prompt", "a")
    assert result.exit_code == 1
    assert "smollm2" in result.stderr


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


def test_lists_of_models_and_methods() -> None:
    models = run("models").stdout
    assert all(name in models for name in ("smollm2", "gemma3", "toy", "org/name@revision"))
    methods = run("methods").stdout
    assert all(name in methods for name in ("occlusion", "grad_l2", "grad_x_input", "arXiv"))


def test_help_needs_nothing_heavy() -> None:
    code = (
        "import sys\nfrom backlit.cli import app\n"
        "try: app(['--help'])\nexcept SystemExit: pass\n"
        "print(sorted({'numpy', 'torch', 'fastapi', 'pydantic'} & set(sys.modules)))"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.splitlines()[-1] == "[]"


@pytest.mark.model
def test_the_mistaken_line_scores_highest_from_the_command_line(tmp_path: Path) -> None:
    examples = {e.id: e for e in load_dataset("sample_prompts").examples}
    mistake, fixed = examples["fewshot-mistake"], examples["fewshot-fixed"]
    assert isinstance(mistake.prompt, str)
    assert isinstance(fixed.prompt, str)
    assert mistake.target is not None
    prompt = tmp_path / "p.txt"
    prompt.write_text(mistake.prompt, encoding="utf-8")
    result = run(
        "explain", "--prompt-file", str(prompt), "--target", mistake.target,
        "--select", "Recommendation: You have to try it.", "--method", "occlusion",
        "--granularity", "line", "--format", "json",
    )  # fmt: skip
    assert result.exit_code == 0, result.output
    found = json.loads(result.stdout)
    top = max(found["attributions"][0]["segments"], key=lambda s: s["score"])
    # By place, not by words: a correct line reads the same.
    pairs = zip(mistake.prompt, fixed.prompt, strict=False)
    differs = next(i for i, (a, b) in enumerate(pairs) if a != b)
    tokens = found["generation"]["sequence"]["tokens"]
    assert tokens[top["start"]]["start"] == mistake.prompt.rindex("\n", 0, differs) + 1
