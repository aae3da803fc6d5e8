"""What all commands share."""

import os
import subprocess
import sys

import pytest

from backlit.engines.toy import ToyEngine
from tests.support.command import PROMPT, explain_toy, run


@pytest.mark.parametrize(
    "arguments",
    [
        ["explain"],
        ["explain", "--prompt", "a", "--prompt-file", "b"],
        ["explain", "--prompt", "a", "--response", "a", "--response-file", "b"],
        ["explain", "--prompt", "a", "--format", "yaml"],
        ["explain", "--prompt", "a", "--pattern", "x"],
        ["explain", "--prompt", "a", "--granularity", "phrase"],
        ["explain", "--prompt", "a", "--aggregate", "median"],
        ["explain", "--prompt", "a", "--param", "seed=1"],
        ["explain", "--prompt", "a", "--target", "x", "--target-pattern", "x"],
        ["explain", "--prompt", "a", "--target-pattern", "("],
        ["explain", "--prompt", "a", "--target", "x", "--target-tokens", "1:2"],
        ["explain", "--prompt", "a", "--target-tokens", "one"],
        ["serve", "toy", "--port", "70000"],
        ["explain", "--prompt", "a", "--messages", "chat.json"],
        ["evaluate", "toy", "--granularity", "custom"],
        ["evaluate", "toy", "--granularity", "phrase"],
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
    result = explain_toy("--prompt", PROMPT, "--response", " x", "--keras-backend", asked)
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


def test_an_unknown_model_says_what_there_is() -> None:
    result = run("explain", "--model", "smolm2", "--prompt", "a")
    assert result.exit_code == 1
    assert "smollm2" in result.stderr


def test_running_out_of_memory_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    def greedy(self: ToyEngine, *args: object) -> None:
        raise MemoryError

    monkeypatch.setattr(ToyEngine, "score", greedy)
    result = explain_toy("--prompt", PROMPT, "--response", " cold", "--method", "occlusion")
    assert result.exit_code == 1
    assert "not enough memory" in result.stderr
    assert "smaller model" in result.stderr


def test_a_bug_is_not_made_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(self: ToyEngine, *args: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(ToyEngine, "score", broken)
    result = explain_toy("--prompt", PROMPT, "--response", " cold", "--method", "occlusion")
    assert isinstance(result.exception, ZeroDivisionError)


def test_help_needs_nothing_heavy() -> None:
    code = (
        "import sys\nfrom backlit.cli import app\n"
        "try: app(['--help'])\nexcept SystemExit: pass\n"
        "print(sorted({'numpy', 'torch', 'fastapi', 'pydantic'} & set(sys.modules)))"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.splitlines()[-1] == "[]"
