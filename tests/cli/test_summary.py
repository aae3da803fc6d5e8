"""`backlit summary`."""

import json
from pathlib import Path

import pytest

from backlit.batch import explain_dataset
from tests.support.command import run

TEMPLATE = "The cat likes warm milk.\nThe dog likes cold water.\nI like soup.\nThe {animal} likes"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> str:
    place = tmp_path_factory.mktemp("summary") / "runs"
    rows = [{"id": one, "animal": one} for one in ("cat", "dog", "bird")]
    options = {"max_new_tokens": 3}
    variants = {"zoo": TEMPLATE}
    explain_dataset("toy", rows, place, variants=variants, options=options, progress=False)
    return str(place)


def test_it_prints_sentences_tables_and_how_to_read_them(folder: str) -> None:
    result = run("summary", folder, "--find", "water")
    assert result.exit_code == 0, result.output
    assert result.stdout.startswith("zoo: ")
    assert "“water” is in 3 of 3 answers" in result.stdout
    assert "I like soup." in result.stdout
    assert "p-values are corrected (Holm)" in result.stdout


def test_sections_and_a_pattern_as_json(folder: str) -> None:
    sections = ["--section", "facts=1:2", "--section", "my = taste=3:3"]
    result = run("summary", folder, *sections, "--find-pattern", "(?i)WATER", "--format", "json")
    assert result.exit_code == 0, result.output
    found = json.loads(result.stdout)
    (one,) = found["variants"]
    assert [each["label"] for each in one["effects"]] == ["facts", "my = taste", None]
    assert (found["by"], found["find"], one["found"]["value"]) == ("section", "/(?i)WATER/", 1.0)


@pytest.mark.parametrize(
    ("name", "begin"), [("a.html", "<!doctype html>"), ("a.svg", "<svg"), ("a.md", "## What holds")]
)
def test_the_name_of_a_file_says_its_form(
    folder: str, tmp_path: Path, name: str, begin: str
) -> None:
    out = tmp_path / name
    assert run("summary", folder, "--output", str(out)).exit_code == 0
    assert out.read_text("utf-8").startswith(begin)
    assert run("summary", folder, "--format", "json", "-o", str(out)).exit_code == 0
    assert json.loads(out.read_text("utf-8"))["by"] == "line"


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (["--find", "a", "--find-pattern", "a"], 2, "Give only one of --find and --find-pattern"),
        (["--find-pattern", "("], 1, "can't be read"),
        (["--section", "facts"], 2, "is no NAME=FIRST:LAST"),
        (["--section", "facts=1:x"], 2, "is no NAME=FIRST:LAST"),
        (["--section", "a=1:1", "--section", "a=2:2"], 2, "one name"),
        (["--section", "facts=50:60"], 1, "No prompt has a line in the section facts"),
        (["--by", "section"], 1, "go together"),
        (["--method", "lime"], 1, "no map of this batch by the method 'lime'"),
        (["--granularity", "word"], 1, "by the granularity 'word'"),
    ],
)
def test_what_is_refused(folder: str, arguments: list[str], code: int, told: str) -> None:
    result = run("summary", folder, *arguments)
    assert result.exit_code == code
    assert told in " ".join(result.output.split())


def test_where_no_batch_is(tmp_path: Path) -> None:
    result = run("summary", str(tmp_path / "nowhere"))
    assert result.exit_code == 1
    assert "There is no batch" in result.output
