"""Records of CSV, and what spreadsheets do to them."""

import csv

import pytest

from backlit.data.csv_rows import csv_rows
from backlit.data.rows import Row


def test_a_record_is_placed_at_its_first_line() -> None:
    text = 'prompt,note\n"one\ntwo",a\n\nthree,b\n'
    assert list(csv_rows(text)) == [
        Row("line 2", {"prompt": "one\ntwo", "note": "a"}),
        Row("line 5", {"prompt": "three", "note": "b"}),
    ]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_delimiters_of_spreadsheets(delimiter: str) -> None:
    text = f'id{delimiter}"prompt"\r\n1{delimiter}"a, b; c\td"\r\n'
    assert list(csv_rows(text)) == [Row("line 2", {"id": "1", "prompt": "a, b; c\td"})]


def test_messages_are_json() -> None:
    text = 'prompt,messages\n,"[{""role"": ""user""}]"\nhello,\n'
    assert list(csv_rows(text)) == [
        Row("line 2", {"messages": [{"role": "user"}]}),
        Row("line 3", {"prompt": "hello"}),
    ]


@pytest.mark.parametrize(
    ("text", "line", "problem"),
    [
        ("text\nhello\n", 1, "neither `prompt` nor `messages`"),
        ("prompt,a,a\nx,y,z\n", 1, "names a column twice"),
        ("prompt,a\nx,y\nz\n", 3, "it has 1 cells, not 2"),
        ("prompt,a\nx,y,z\n", 2, "it has 3 cells, not 2"),
        ("messages\n[{\n", 2, "`messages` is not valid JSON"),
        ("messages\n" + "[" * 200_000, 2, "`messages` is not valid JSON"),
        ('prompt\nx\n"open\n\n', 3, "not valid CSV"),
        ('prompt\n"x"y\n', 2, "not valid CSV"),
        ('"prompt\n', 1, "not valid CSV"),
    ],
)
def test_a_bad_record_is_named(text: str, line: int, problem: str) -> None:
    *_, last = csv_rows(text)
    assert last.place == f"line {line}"
    assert problem in last.problem


def test_a_cell_may_be_as_long_as_a_prompt_may() -> None:
    before = csv.field_size_limit()
    (row,) = csv_rows(f"prompt\n{'x' * 1_000_000}\n")
    assert row.value == {"prompt": "x" * 1_000_000}
    assert csv.field_size_limit() == before
