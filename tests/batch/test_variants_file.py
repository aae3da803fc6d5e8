"""Variants from a file: whole, or what they change."""

import json
from pathlib import Path

import pytest

from backlit.batch.variants_file import read_variants
from backlit.errors import DataError, InputError, OptionsError
from backlit.types import Message, Prompt

TEMPLATE = "You enjoy salt.\nYou enjoy soup.\nDish: {dish}"


def read(path: Path, *rows: object, template: Prompt | None = None) -> dict[str, Prompt]:
    file = path / "variants.jsonl"
    file.write_text("\n".join(json.dumps(row) for row in rows))
    return {one.name: one.template for one in read_variants(file, template)}


def test_templates_and_changes_of_the_first(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        {"name": "plain", "template": TEMPLATE},
        {"name": "other line", "lines": {"2": "You dislike soup."}},
        {"name": "shorter", "without_lines": [1, 2]},
        {"name": "other word", "words": {"enjoy": "love"}},
        {"name": "constitution", "principles": ["Be kind.", "Be brief."]},
        {"name": "all", "without_lines": [1], "words": {"soup": "tea"}, "principles": ["Think."]},
    )
    assert found == {
        "plain": TEMPLATE,
        "other line": "You enjoy salt.\nYou dislike soup.\nDish: {dish}",
        "shorter": "Dish: {dish}",
        "other word": "You love salt.\nYou love soup.\nDish: {dish}",
        "constitution": f"Principle 1: Be kind.\nPrinciple 2: Be brief.\n\n{TEMPLATE}",
        "all": "Principle 1: Think.\n\nYou enjoy tea.\nDish: {dish}",
    }


def test_changes_of_a_template_that_is_given(tmp_path: Path) -> None:
    found = read(tmp_path, {"name": "x", "without_lines": [1]}, template=TEMPLATE)
    assert found == {"x": "You enjoy soup.\nDish: {dish}"}


def test_chats(tmp_path: Path) -> None:
    chat = [{"role": "user", "content": "Like {dish}?"}]
    found = read(
        tmp_path, {"name": "chat", "messages": chat}, {"name": "p", "principles": ["Be kind."]}
    )
    assert found["chat"] == (Message("user", "Like {dish}?"),)
    assert found["p"][0] == Message("system", "Principle 1: Be kind.")


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ([], "line 1: it has no name"),
        ({"template": "x"}, "line 1: it has no name"),
        ({"name": "", "template": "x"}, "it has no name"),
        ({"name": "a"}, "no template that it could change"),
        ({"name": "a", "template": "x", "colour": "red"}, "colour is not known"),
        ({"name": "a", "template": "x", "lines": {"one": "y"}}, "lines can't be read"),
        ({"name": "a", "template": "x", "lines": [1]}, "lines can't be read"),
        ({"name": "a", "template": "x", "without_lines": 3}, "without_lines can't be read"),
        ({"name": "a", "template": "x", "without_lines": [3]}, "There is no line 3"),
        ({"name": "a", "template": "x", "lines": {"0": "y"}}, "There is no line 0"),
        ({"name": "a", "template": "x", "words": {"soup": "tea"}}, "has no 'soup'"),
        (
            {"name": "a", "messages": [{"role": "user", "content": "x"}], "lines": {"1": "y"}},
            "a chat has no numbered lines",
        ),
    ],
)
def test_rows_that_are_no_variants(tmp_path: Path, row: object, message: str) -> None:
    with pytest.raises(InputError, match=message):
        read(tmp_path, row)


def test_files_that_can_not_be_read(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="can't be read"):
        read_variants(tmp_path / "none.jsonl")
    (tmp_path / "empty.jsonl").write_text("\n")
    with pytest.raises(DataError, match="holds no variants"):
        read_variants(tmp_path / "empty.jsonl")
    (tmp_path / "bad.jsonl").write_text("{")
    with pytest.raises(DataError, match=r"bad\.jsonl, line 1: it is not valid JSON"):
        read_variants(tmp_path / "bad.jsonl")
    (tmp_path / "latin.jsonl").write_bytes(b'{"name": "\xe9"}')
    with pytest.raises(DataError, match="can't be read"):
        read_variants(tmp_path / "latin.jsonl")


def test_errors_of_options_stay_what_they_are(tmp_path: Path) -> None:
    with pytest.raises(OptionsError):
        read(tmp_path, {"name": "a", "template": "x", "lines": {"9": "y"}})
