"""In which form a result is printed or written."""

import json
from pathlib import Path

import pytest

from backlit.explanation import load_explanation
from tests.support.command import PROMPT, explain_toy

ASKED = ("--prompt", PROMPT, "--response", " cold water.", "--method", "occlusion")
BEGINS = {
    "html": "<!doctype html>",
    "md": "## What led to",
    "csv": '"model","map",',
    "svg": "<svg ",
}


@pytest.mark.parametrize("form", BEGINS)
def test_it_is_printed_in_the_form_that_is_asked_for(form: str) -> None:
    result = explain_toy(*ASKED, "--format", form)
    assert result.exit_code == 0, result.output
    assert result.stdout.startswith(BEGINS[form])


@pytest.mark.parametrize("form", BEGINS)
def test_a_file_is_in_the_form_of_its_name(form: str, tmp_path: Path) -> None:
    out = tmp_path / f"why.{form}"
    assert explain_toy(*ASKED, "--output", str(out)).exit_code == 0
    assert out.read_text("utf-8").startswith(BEGINS[form])


def test_a_form_that_is_asked_for_counts_more_than_a_name(tmp_path: Path) -> None:
    out = tmp_path / "why.html"
    assert explain_toy(*ASKED, "--format", "json", "--output", str(out)).exit_code == 0
    assert json.loads(out.read_text("utf-8"))["attributions"]


def test_json_by_name_is_read_again_and_other_names_are_text(tmp_path: Path) -> None:
    out, text = tmp_path / "why.json", tmp_path / "why.log"
    assert explain_toy(*ASKED, "--output", str(out)).exit_code == 0
    assert load_explanation(out)[0].method == "occlusion"
    assert explain_toy(*ASKED, "--output", str(text)).exit_code == 0
    assert "positive supports the target" in text.read_text("utf-8")


def test_a_strange_form_is_refused() -> None:
    assert explain_toy(*ASKED, "--format", "pdf").exit_code == 2
