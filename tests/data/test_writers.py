"""Examples written to a file are read from it again."""

import pytest

from backlit.data import Example
from backlit.data.readers import read_dataset
from backlit.data.writers import Form, written
from backlit.types import Message

ROWS = (
    Example("a", 'Say "ä",\nor not.', " a;b\t=1+1", "one", {"level": 2, "note": ""}),
    Example("b", "Say b.", None, None, {"level": 3, "tags": ["x", "y"]}),
)
CHAT = Example("c", (Message("system", "Be kind."), Message("user", "Hi")), " Hello.")


@pytest.mark.parametrize("form", ["jsonl", "parquet"])
def test_what_is_written_is_read_again(form: Form) -> None:
    again = read_dataset(written((*ROWS, CHAT), form), f"rows.{form}", "rows").examples
    assert [(one.id, one.prompt, one.target, one.source) for one in again] == [
        (one.id, one.prompt, one.target, one.source) for one in (*ROWS, CHAT)
    ]
    assert again[0].fields["level"] == 2
    tags = ["x", "y"] if form == "jsonl" else '["x", "y"]'
    assert again[1].fields["tags"] == tags


def test_a_table_of_text_is_read_again_as_text() -> None:
    first, second = read_dataset(written(ROWS, "csv"), "rows.csv", "rows").examples
    assert (first.prompt, first.target, first.source) == ('Say "ä",\nor not.', " a;b\t=1+1", "one")
    assert (second.prompt, second.target) == ("Say b.", None)
    assert second.fields["level"] == "3"
    assert second.fields["tags"] == '["x", "y"]'


def test_a_chat_in_a_table_is_json() -> None:
    (again,) = read_dataset(written((CHAT,), "csv"), "rows.csv", "rows").examples
    assert again.prompt == CHAT.prompt


def test_numbers_and_text_in_one_column() -> None:
    mixed = (Example("1", "a", fields={"v": 1}), Example("2", "b", fields={"v": "one"}))
    again = read_dataset(written(mixed, "parquet"), "rows.parquet", "rows").examples
    assert [one.fields["v"] for one in again] == ["1", "one"]


def test_ends_of_lines_within_a_text_stay_in_it() -> None:
    row = Example("a", "one\rtwo\r\nthree\n", " a")
    (again,) = read_dataset(written((row,), "csv"), "rows.csv", "rows").examples
    assert again.prompt == row.prompt


def test_a_number_that_is_too_large_for_a_table_is_text() -> None:
    rows = (Example("1", "a", fields={"v": 2**64}), Example("2", "b", fields={"v": -1}))
    again = read_dataset(written(rows, "parquet"), "rows.parquet", "rows").examples
    assert [one.fields["v"] for one in again] == ["18446744073709551616", "-1"]
