"""Lines of JSON, and elements with their lines."""

import pytest

from backlit.data.json_rows import json_rows, jsonl_rows
from backlit.data.rows import Row


def test_lines_are_numbered_as_an_editor_does() -> None:
    text = '{"a": 1}\r\n\r\n  \n{"a": "\u2028"}'
    assert list(jsonl_rows(text)) == [Row(1, {"a": 1}), Row(4, {"a": "\u2028"})]


def test_a_malformed_line_does_not_hide_the_next() -> None:
    first, second, third = jsonl_rows('{"a": 1\nNaN\n{"b": 2}')
    assert "not valid JSON (expecting ',' delimiter at column" in first.problem
    assert "NaN is not JSON" in second.problem
    assert third == Row(3, {"b": 2})


def test_too_deep_or_too_long_for_python_is_a_problem_not_a_crash() -> None:
    deep, long = jsonl_rows("[" * 200_000 + "\n" + "1" * 10_000)
    assert "nested too deeply" in deep.problem
    assert "not valid JSON" in long.problem
    assert "nested too deeply" in next(json_rows("[" * 200_000)).problem


def test_elements_know_the_line_they_start_on() -> None:
    text = '\n[\n  {"a":\n 1}, {"b": 2},\n\n  3\n]\n'
    assert list(json_rows(text)) == [Row(3, {"a": 1}), Row(4, {"b": 2}), Row(6, 3)]


def test_examples_of_an_object() -> None:
    text = '{"version": {"examples": [0]},\n "examples": [\n1,\n2], "end": null}'
    assert list(json_rows(text)) == [Row(3, 1), Row(4, 2)]


@pytest.mark.parametrize(
    ("text", "line", "problem"),
    [
        ('"text"', 1, "neither a list"),
        ("{}", 1, "no list called `examples`"),
        ('{"examples": 3}', 1, "no list called `examples`"),
        ('{"examples"', 1, "expecting ':'"),
        ('{"examples": [1]\n "a": 1}', 2, "expecting ','"),
        ("{1: 2}", 1, "a name in quotes"),
        ('{"a": 1,}', 1, "a name in quotes"),
        ("[1,\n2,\n]", 3, "expecting value"),
        ("[1,\n2", 2, "expecting ','"),
        ("[1,\nNaN]", 2, "NaN is not JSON"),
        ("[1]\n[2]", 2, "extra data"),
    ],
)
def test_a_malformed_document_ends_with_its_line(text: str, line: int, problem: str) -> None:
    *_, last = json_rows(text)
    assert last.number == line
    assert problem in last.problem
