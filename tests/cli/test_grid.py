"""`backlit grid`."""

import csv
import json
from io import StringIO
from pathlib import Path

import pytest
from typer.testing import Result

from tests.support.command import run

TEMPLATE = "I like sweet soup.\n{what}\n\nQuestion: what does the {who} like? Answer:\n"
ROWS = "who,what\ncat,The cat likes warm milk.\ndog,The dog likes cold water.\n"


@pytest.fixture
def files(tmp_path: Path) -> list[str]:
    (tmp_path / "asks.txt").write_text(TEMPLATE, "utf-8")
    (tmp_path / "rows.csv").write_text(ROWS, "utf-8")
    return [str(tmp_path / "asks.txt"), "--rows", str(tmp_path / "rows.csv")]


def grid(*arguments: str) -> Result:
    return run("grid", *arguments, "--model", "toy", "--max-new-tokens", "8")


def variants_of(*arguments: str) -> list[str]:
    result = grid(*arguments, "--no-effects", "--format", "json")
    assert result.exit_code == 0, result.output
    return [one["name"] for one in json.loads(result.stdout)["variants"]]


def test_what_is_answered_and_which_lines_do_it(files: list[str]) -> None:
    result = grid(*files, "--principle", "The cat likes warm milk.", "--find", "milk")
    assert result.exit_code == 0, result.output
    assert result.stdout.startswith("asks: “milk” is in 1 of 2 answers (9 to 91 %)")
    assert "\nprinciple 1 (with the principle “The cat likes warm milk.”): " in result.stdout
    assert "\n  asks         “the cat likes warm milk.” +\n" in result.stdout
    assert "+ line 1: Principle 1: The cat likes warm milk." in result.stdout


def test_every_kind_of_variant(files: list[str], tmp_path: Path) -> None:
    other = tmp_path / "other.txt"
    other.write_text("{who}\n\n{what}\n\nend", "utf-8")
    assert variants_of(str(other), *files, "--without-each", "line") == [
        "other",
        "asks",
        "no line 1",
        "no line 3",
        "no line 5",
    ]
    made = variants_of(str(other), *files[1:], "--without-each", "example", "--reorder")
    assert made == ["other", "no example 1", "no example 2", "order 2, 1"]
    others = variants_of(*files, "--line", "1=You like soup.", "--word", "sweet=sour,bitter")
    assert others == ["asks", "line 1: You like soup.", "sweet: sour", "sweet: bitter"]
    principles = variants_of(*files, "--principle", "Avoid.", "--principle", "a = b")
    assert principles == ["asks", "principle 1", "principle 2", "all principles"]


def test_samples_an_answer_and_a_pattern(files: list[str]) -> None:
    sampled = ["--samples", "3", "--temperature", "1", "--seed", "5"]
    result = grid(
        *files, *sampled, "--find-pattern", "(?i)MILK", "--answer", " {who}", "--format", "json"
    )
    assert result.exit_code == 0, result.output
    found = json.loads(result.stdout)
    assert (found["find"], found["answer"]) == ("/(?i)MILK/", " {who}")
    assert [len(cell["samples"]) for cell in found["cells"]] == [3, 3]
    assert all(cell["answer_log_prob"] < 0 for cell in found["cells"])
    assert found["variants"][0]["found"]["of"] == 6


def test_only_some_rows_as_a_table(files: list[str], tmp_path: Path) -> None:
    out = tmp_path / "grid.csv"
    assert grid(*files, "--only", "2:9", "--output", str(out)).exit_code == 0
    (row,) = csv.DictReader(StringIO(out.read_text("utf-8")))
    assert row["row"] == "rows-2"
    assert row["response"].strip() == "the dog likes cold water."


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--find", "a", "--find-pattern", "b"], "only one of"),
        (["--find-pattern", "("], "can't be read"),
        (["--only", "3:4"], "there are 2 rows"),
        (["--only", "0:1"], "FIRST:LAST"),
        (["--line", "one=a"], "NUMBER=TEXT"),
        (["--line", "9=a"], "no line 9"),
        (["--word", "sweet"], "no ="),
        (["--word", "bread=milk"], "no 'bread'"),
        (["--samples", "2"], "temperature"),
    ],
)
def test_what_can_not_be_asked(files: list[str], arguments: list[str], says: str) -> None:
    result = grid(*files, *arguments)
    assert result.exit_code in (1, 2)
    assert says in " ".join(result.output.split())


def test_a_template_that_is_no_text(files: list[str], tmp_path: Path) -> None:
    (tmp_path / "bad.txt").write_bytes(b"\xff\xfe\x00")
    for name in ("bad.txt", "missing.txt"):
        result = grid(str(tmp_path / name), *files[1:])
        assert result.exit_code == 1
        assert "can't be read" in result.output
