"""Rows that can't be examples: each is named, and nothing is half loaded."""

import pytest

from backlit.data.base import Example
from backlit.data.rows import Row, examples_from
from backlit.errors import DataError
from backlit.types import Message


def load(*values: object) -> tuple[Example, ...]:
    return examples_from([Row(f"line {n}", v) for n, v in enumerate(values, 1)], "set", "set.jsonl")


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        ("text", "it is text, not an object"),
        (None, "it is null, not an object"),
        ({}, "it has no `prompt` and no `messages`"),
        ({"prompt": 3}, "`prompt` is a number"),
        ({"prompt": "a", "\ud800": 1}, "the name of a field holds half of a surrogate pair"),
        ({"prompt": "a", "x": b""}, "`x` holds what JSON can't: bytes"),
    ],
)
def test_a_bad_row_is_named(value: object, problem: str) -> None:
    with pytest.raises(DataError) as caught:
        load({"prompt": "good"}, value)
    first, second = caught.value.message.split("\n")
    assert first == "set.jsonl has a bad row, so nothing was loaded."
    assert second.startswith(f"set.jsonl, line 2: {problem}")
    assert caught.value.hint == "Fix what is named and load it again."


def test_a_row_that_could_not_be_read_is_named() -> None:
    with pytest.raises(DataError, match=r"a\.csv, line 7: it is odd"):
        examples_from([Row("line 7", problem="it is odd")], "a", "a.csv")


def test_no_rows() -> None:
    with pytest.raises(DataError, match=r"set\.jsonl holds no examples"):
        load()


def test_twenty_bad_rows_are_shown_and_the_rest_counted() -> None:
    with pytest.raises(DataError) as caught:
        load(*[{"prompt": ""}] * 1200)
    lines = caught.value.message.split("\n")
    assert lines[0] == "set.jsonl has 1,200 bad rows, so nothing was loaded."
    assert len(lines) == 22
    assert lines[20] == "set.jsonl, line 20: the prompt is empty."
    assert lines[21] == "… and 1,180 more."


def test_an_id_used_twice_names_both_places() -> None:
    with pytest.raises(DataError, match="line 3: its id `1` is already that of line 1"):
        load({"prompt": "a", "id": "1"}, {"prompt": "b"}, {"prompt": "c", "id": 1})


def test_long_and_unprintable_names_stay_readable() -> None:
    with pytest.raises(DataError) as caught:
        load({"prompt": "a", "x\x1b[31m" * 99: b""})
    assert "\x1b" not in caught.value.message
    assert len(caught.value.message) < 200


def test_nothing_is_a_lack_and_other_columns_are_kept() -> None:
    row = {"prompt": "a", "target": "", "source": None, "id": "", "note": "", "level": None}
    assert load(row) == (Example("set-1", "a", fields={"note": "", "level": None}),)


def test_fields_without_a_meaning_keep_their_values_in_the_types_of_json() -> None:
    row = {"prompt": "a", "pair": (1, 2), 3: {"deep": [None, True, 0.1]}}
    assert load(row)[0].fields == {"pair": [1, 2], "3": {"deep": [None, True, 0.1]}}


def test_ids_of_a_dataset_step_around_those_of_rows() -> None:
    examples = load({"prompt": "a"}, {"prompt": "b", "id": "set-1"}, {"prompt": "c", "id": 0})
    assert [example.id for example in examples] == ["set-2", "set-1", "0"]


def test_chats_become_messages() -> None:
    row = {"messages": [{"role": "user", "content": [{"type": "text", "text": "a"}]}]}
    assert load(row)[0].prompt == (Message("user", "a"),)
