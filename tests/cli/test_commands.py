"""The command line as a person types it."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from backlit.cli import app
from backlit.data import load_dataset
from backlit.explanation import load_explanation

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


def test_explain_takes_several_methods_their_parameters_and_a_foil(tmp_path: Path) -> None:
    out = tmp_path / "why.json"
    result = explain_toy(
        "--prompt", PROMPT, "--target", " cold water", "--select", "cold water",
        "--foil", "warm milk", "--method", "shapley", "--method", "integrated_gradients",
        "--param", "n_samples=40", "--param", "baseline=zero", "--granularity", "word",
        "--format", "json", "--output", str(out),
    )  # fmt: skip
    assert result.exit_code == 0, result.output
    first, second = load_explanation(out).attributions
    assert (first.params["n_samples"], second.params["baseline"]) == (40, "zero")
    assert first.target.foil is not None
    assert first.target.foil.text == " warm milk"
    text = explain_toy(
        "--prompt", PROMPT, "--target", " cold water", "--foil", " warm milk",
        "--method", "shapley", "--granularity", "word",
    )  # fmt: skip
    assert "positive supports the target over the foil" in text.stdout
    assert "log p(foil “warm milk”)" in text.stdout
    assert " ± " in text.stdout


def test_explain_goes_from_coarse_to_fine() -> None:
    result = explain_toy(
        "--prompt", "The dog likes water.\n" * 6 + "The dog", "--target", " likes",
        "--granularity", "word", "--coarse-to-fine", "--budget", "40", "--format", "json",
    )  # fmt: skip
    assert result.exit_code == 0, result.output
    segments = json.loads(result.stdout)["attributions"][0]["segments"]
    assert len({segment["level"] for segment in segments}) > 1


def test_check_says_of_each_map_whether_it_beats_chance(tmp_path: Path) -> None:
    why, out = tmp_path / "why.json", tmp_path / "checked.json"
    prompt = "I like sweet soup. You like sour bread. The bird likes"
    explain_toy(
        "--prompt", prompt, "--target", " ripe berries", "--granularity", "word",
        "--method", "occlusion", "--method", "grad_l2", "--format", "json", "--output", str(why),
    )  # fmt: skip
    result = run("check", str(why), "--output", str(out))
    assert result.exit_code == 0, result.output
    flat = " ".join(result.stdout.split())
    assert "occlusion: Taking away the top 3 words makes this answer" in flat
    assert "random orders" in flat
    assert "Rank correlation" in flat
    assert len(load_explanation(out).faithfulness) == 2
    missing = run("check", str(tmp_path / "none.json"))
    assert missing.exit_code == 1
    assert "could not be read" in missing.output


def test_check_of_too_few_segments_says_so(tmp_path: Path) -> None:
    why = tmp_path / "why.json"
    explain_toy("--prompt", PROMPT, "--target", " x", "--format", "json", "--output", str(why))
    result = run("check", str(why))
    assert result.exit_code == 1
    assert "too few" in result.output


def test_evaluate_prints_a_table() -> None:
    result = run("evaluate", "toy", "--language", "en", "--kind", "needle", "--method", "lime")
    assert result.exit_code == 0, result.output
    assert "**toy**: 0 of 1 prompts count and" in result.stdout
    assert "| line | `lime` | - | - | - | - | - |" in result.stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--method", "nope"], "no method 'nope'"),
        (["--granularity", "custom"], "no granularity 'custom'"),
        (["--language", "xx"], "xx"),
        (["--kind", "xx"], "xx"),
    ],
)
def test_evaluate_refuses_unknown_names(arguments: list[str], message: str) -> None:
    result = run("evaluate", "toy", *arguments)
    assert result.exit_code == 1
    assert message in result.output


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--prompt", ""], "prompt is empty"),
        (["--prompt", PROMPT, "--method", "nope"], "no method 'nope'"),
        (["--prompt", PROMPT, "--param", "seed"], "has no value"),
        (["--prompt", PROMPT, "--param", "depth=3"], "no parameter 'depth'"),
        (["--prompt", PROMPT, "--method", "lime", "--param", "seed=x"], "Seed can't be 'x'"),
        (["--prompt", PROMPT, "--target", " x", "--foil", " x"], "foil is the target itself"),
        (
            ["--prompt", PROMPT, "--coarse-to-fine", "--granularity", "custom", "--pattern", "x"],
            "no way from coarse to fine",
        ),
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


@pytest.mark.parametrize(("asked", "name"), [("jax", "jax"), ("TF", "tensorflow")])
def test_the_backend_of_keras_is_told_to_keras(
    asked: str, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KERAS_BACKEND", "torch")
    result = explain_toy("--prompt", PROMPT, "--target", " x", "--keras-backend", asked)
    assert result.exit_code == 0, result.output
    assert os.environ["KERAS_BACKEND"] == name


@pytest.mark.parametrize(
    "arguments",
    [["explain", "--prompt", "a"], ["check", "x"], ["evaluate", "toy"], ["serve", "toy"]],
)
def test_a_wrong_backend_of_keras_is_wrong_usage(
    arguments: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KERAS_BACKEND", "torch")
    result = run(*arguments, "--keras-backend", "mxnet")
    assert result.exit_code == 2
    assert "no Keras backend 'mxnet' here. Use one of torch, jax, tensorflow." in result.stderr
    assert os.environ["KERAS_BACKEND"] == "torch"


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
