"""`backlit compare`."""

import json
from pathlib import Path

import pytest

from backlit.explanation import load_explanation
from tests.support.command import PROMPT, explain_toy, run
from tests.support.endpoints import faked


@pytest.fixture
def files(tmp_path: Path) -> list[str]:
    """Two explanations."""
    paths = []
    for name, prompt, response in [
        ("before", PROMPT, " cold water."),
        ("after", PROMPT.replace("dog", "cat"), " warm milk."),
    ]:
        paths.append(str(tmp_path / f"{name}.json"))
        result = explain_toy(
            "--prompt", prompt, "--response", response, "--format", "json", "--output", paths[-1]
        )
        assert result.exit_code == 0, result.output
    return paths


def test_what_changed_and_how_likely_each_answer_is(files: list[str]) -> None:
    result = run("compare", *files)
    assert result.exit_code == 0, result.output
    assert result.stdout.startswith(
        "With line 1 changed to “Question: what does the cat like?”, the model says “warm milk.”; "
        "its old answer is "
    )
    for number, file in enumerate(files, start=1):
        figure = load_explanation(file)[0].target_log_prob
        row = result.stdout.split(f"after prompt {number}:")[1].splitlines()[0].split()
        assert row[number - 1] == f"{figure:.3f}"


def test_as_json_in_a_file(files: list[str], tmp_path: Path) -> None:
    out = tmp_path / "compared.json"
    assert run("compare", *files, "--format", "json", "--output", str(out)).exit_code == 0
    found = json.loads(out.read_text("utf-8"))
    assert found["answers"] == [" cold water.", " warm milk."]
    assert len(found["log_probs"]) == len(found["log_probs"][0]) == 2
    assert len(found["sentences"]) == 1


def test_two_models_each_say_their_own_rows(files: list[str], tmp_path: Path) -> None:
    """They are the same toy by two names, so each finds an answer as likely as the other does."""
    other = tmp_path / "other.json"
    text = Path(files[0]).read_text("utf-8")
    other.write_text(text.replace('"model": "toy"', '"model": "other"'), "utf-8")
    result = run("compare", files[0], str(other), "--format", "json")
    assert result.exit_code == 0, result.output
    found = json.loads(result.stdout)
    assert found["sentences"][0].startswith("Given the same prompt, other still says “cold water.”")
    (a, b), (c, d) = found["log_probs"]
    assert a == pytest.approx(b)
    assert a == pytest.approx(c)
    assert a == pytest.approx(d)


@pytest.mark.parametrize("given", [slice(0, 0), slice(0, 1)])
def test_one_alone_is_not_compared(files: list[str], given: slice) -> None:
    result = run("compare", *files[given])
    assert result.exit_code in (1, 2)


def test_as_a_page_to_hand_on(files: list[str], tmp_path: Path) -> None:
    out = tmp_path / "compared.html"
    assert run("compare", *files, "--output", str(out)).exit_code == 0
    assert out.read_text("utf-8").startswith("<!doctype html>")


def test_a_model_that_made_none_of_them_is_refused(files: list[str], tmp_path: Path) -> None:
    other = tmp_path / "other.json"
    other.write_text(Path(files[0]).read_text("utf-8").replace('"toy"', '"b"', 1), "utf-8")
    with faked("sglang") as fake:
        result = run("compare", files[0], str(other), "--model", f"third:{fake.source}")
    assert result.exit_code == 1
    assert "No explanation is of a model third." in result.stderr
    assert "of b, toy." in result.stderr or "of toy, b." in result.stderr
