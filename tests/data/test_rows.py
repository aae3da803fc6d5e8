"""Rows that can't be examples: each is named, and nothing is half loaded."""

import datetime
import decimal
import math
from typing import Any

import pytest

from backlit.data.base import Example
from backlit.data.rows import Row, examples_from
from backlit.errors import DataError
from backlit.types import Message


def load(*values: object) -> tuple[Example, ...]:
    return examples_from([Row(n, v) for n, v in enumerate(values, 1)], "set", "set.jsonl")


def said(content: Any, role: Any = "user") -> dict[str, Any]:
    return {"messages": [{"role": role, "content": content}]}


def nested(depth: int) -> object:
    value: object = 1
    for _ in range(depth):
        value = [value]
    return value


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        ("text", "it is text, not an object"),
        (None, "it is missing, not an object"),
        ({}, "no `prompt` and no `messages`"),
        ({"prompt": None}, "no `prompt` and no `messages`"),
        ({"prompt": ""}, "the prompt is empty"),
        ({"prompt": " \n"}, "the prompt is empty"),
        ({"prompt": 3}, "`prompt` is a number"),
        ({"prompt": ["a"]}, "go into `messages`"),
        ({"prompt": "a", **said("b")}, "both `prompt` and `messages`"),
        ({"prompt": "a\ud800"}, "`prompt` holds half of a surrogate pair"),
        ({"prompt": "a", "x": [{"y": "\udc00"}]}, "`x` holds half of a surrogate pair"),
        ({"prompt": "a", "x": {"\udc00": 1}}, "`x` holds half of a surrogate pair"),
        ({"prompt": "a", "\ud800": 1}, "name of a field"),
        ({"prompt": "a", "target": 4}, "`target` is a number"),
        ({"prompt": "a", "source": True}, "`source` is true or false"),
        ({"prompt": "a", "id": 1.5}, "`id` is a number"),
        ({"prompt": "a", "id": False}, "`id` is true or false"),
        ({"prompt": "a", "x": math.inf}, "`x` holds inf"),
        ({"prompt": "a", "x": b"\0"}, "`x` holds bytes"),
        ({"prompt": "a", "x": nested(100_000)}, "nested too deeply"),
        ({"messages": {}}, "not a list of messages"),
        ({"messages": []}, "the prompt is empty"),
        (said(" "), "the prompt is empty"),
        (said(None), "`content` of message 1 is missing"),
        (said([{"type": "text"}]), "`content` of message 1 is a list"),
        (said("a", role=None), "`role` of message 1 is missing"),
        (said("a", role=" "), "`role` of message 1 is empty"),
        ({"messages": ["hello"]}, "message 1 is text"),
        ({"messages": [{"role": "user", "content": "a", "tool": "b"}]}, "has `tool` beside"),
    ],
)
def test_a_bad_row_is_named(value: object, problem: str) -> None:
    with pytest.raises(DataError) as caught:
        load({"prompt": "good"}, value)
    first, second = caught.value.message.split("\n")
    assert first == "set.jsonl has a bad row, so nothing was loaded."
    assert second.startswith("set.jsonl, line 2: ")
    assert problem in second
    assert caught.value.hint


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


def test_messages_may_carry_what_is_null() -> None:
    row = {"messages": [{"role": "user", "content": "a", "name": None}]}
    assert load(row)[0].prompt == (Message("user", "a"),)


def test_values_that_json_lacks_are_written_as_text() -> None:
    row = {
        "prompt": "a",
        "day": datetime.date(2026, 11, 22),
        "price": decimal.Decimal("1.50"),
        "pair": (1, 2),
    }
    assert load(row)[0].fields == {"day": "2026-11-22", "price": "1.50", "pair": [1, 2]}
