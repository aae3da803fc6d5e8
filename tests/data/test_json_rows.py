"""Lines of JSON, and numbered elements of a document."""

import pytest

from backlit.data.json_rows import json_rows, jsonl_rows
from backlit.data.rows import Row
from backlit.errors import DataError


def test_lines_are_numbered_as_an_editor_does() -> None:
    text = '{"a": 1}\r\n\r\n  \n{"a": "\u2028"}'
    assert list(jsonl_rows(text)) == [Row("line 1", {"a": 1}), Row("line 4", {"a": "\u2028"})]


def test_a_malformed_line_does_not_hide_the_next() -> None:
    first, second, third = jsonl_rows('{"a": 1\n\u00a0\n{"b": 2}')
    assert first.place == "line 1"
    assert first.problem == "it is not valid JSON (expecting ',' delimiter at column 8)"
    assert second.problem == "it is not valid JSON (expecting value at column 1)"
    assert third == Row("line 3", {"b": 2})


def test_too_deep_or_too_long_for_python_is_a_problem_not_a_crash() -> None:
    deep, long = jsonl_rows("[" * 200_000 + "\n" + "1" * 10_000)
    assert "nested too deeply" in deep.problem
    assert "too many digits" in long.problem
    for text, reason in [("[" * 200_000, "nested too deeply"), ("1" * 10_000, "too many digits")]:
        with pytest.raises(DataError, match=rf"^a\.json can't be read as JSON: .*{reason}"):
            list(json_rows(text, "a.json"))


def test_elements_are_numbered() -> None:
    text = '\n[\n  {"a":\n 1}, {"b": 2},\n\n  3\n]\n'
    rows = [Row("row 1", {"a": 1}), Row("row 2", {"b": 2}), Row("row 3", 3)]
    assert list(json_rows(text, "a.json")) == rows


def test_examples_of_an_object() -> None:
    text = '{"version": {"examples": [0]},\n "examples": [\n1,\n2], "end": null}'
    assert list(json_rows(text, "a.json")) == [Row("row 1", 1), Row("row 2", 2)]


def test_there_may_be_none() -> None:
    assert list(json_rows("[]", "a.json")) == []


@pytest.mark.parametrize("text", ['"text"', "{}", "3", "null", '{"examples": 3}'])
def test_a_document_without_rows(text: str) -> None:
    with pytest.raises(DataError, match=r"^a\.json holds neither a list of rows") as caught:
        list(json_rows(text, "a.json"))
    assert '{"examples": [...]}' in caught.value.hint


@pytest.mark.parametrize(
    ("text", "place", "problem"),
    [
        ('{"examples"', "line 1, column 12", "expecting ':'"),
        ('{"examples": [1]\n "a": 1}', "line 2, column 2", "expecting ','"),
        ("{1: 2}", "line 1, column 2", "expecting property name"),
        ("[1,\n2,\n3", "line 3, column 2", "expecting ','"),
        ("[1,\nNone]", "line 2, column 1", "expecting value"),
        ("[1]\n[2]", "line 2, column 1", "extra data"),
    ],
)
def test_where_a_document_is_malformed(text: str, place: str, problem: str) -> None:
    with pytest.raises(DataError, match=rf"^a\.json is not valid JSON: {problem}.* at {place}\."):
        list(json_rows(text, "a.json"))
