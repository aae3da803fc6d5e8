"""What a row may hold, and the sentences about rows that hold something else."""

import datetime
import decimal
import json
import math
import uuid
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backlit.data.row_model import RowError, kind, parse_row, short, to_json
from backlit.types import Message


def chat(content: Any, role: Any = "user", **others: Any) -> dict[str, Any]:
    return {"messages": [{"role": role, "content": content, **others}]}


def nested(depth: int) -> object:
    value: object = 1
    for _ in range(depth):
        value = [value]
    return value


TEXT = {"type": "text", "text": "a"}


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        ({}, "it has no `prompt` and no `messages`"),
        ({"prompt": None}, "it has no `prompt` and no `messages`"),
        ({"prompt": "a", **chat("b")}, "it has both `prompt` and `messages`; keep one of them"),
        ({"prompt": ""}, "the prompt is empty"),
        ({"prompt": " \n"}, "the prompt is empty"),
        ({"messages": []}, "the prompt is empty"),
        (chat(" "), "the prompt is empty"),
        (chat([]), "the prompt is empty"),
        (chat([{"type": "text", "text": " "}]), "the prompt is empty"),
        ({"prompt": 3}, "`prompt` is a number, not text (chat messages go into `messages`)"),
        ({"prompt": ["a"]}, "`prompt` is a list, not text (chat messages go into `messages`)"),
        ({"prompt": "a", "target": 4}, "`target` is a number, not text"),
        ({"prompt": "a", "source": True}, "`source` is true or false, not text"),
        ({"prompt": "a", "id": 1.5}, "`id` is a number, not text or a whole number"),
        ({"prompt": "a", "id": False}, "`id` is true or false, not text or a whole number"),
        ({"messages": {}}, "`messages` is an object, not a list of messages"),
        ({"messages": "hello"}, "`messages` is text, not a list of messages"),
        ({"messages": ["hello"]}, "message 1 is text, not an object with `role` and `content`"),
        ({"messages": [{"role": "user"}]}, "`content` of message 1 is missing"),
        (chat(None), "`content` of message 1 is missing"),
        (chat(5), "`content` of message 1 is a number, not text"),
        (chat("a", role=None), "`role` of message 1 is missing"),
        (chat("a", role=7), "`role` of message 1 is a number, not text"),
        (chat("a", role=" "), "`role` of message 1 is empty"),
        (chat("a", tool="b"), "message 1 has `tool` beside `role` and `content`"),
        (chat("a", id=3), "message 1 has `id` beside `role` and `content`"),
        (chat(["a"]), "part 1 of message 1 is text, not an object with `type` and `text`"),
        (chat([TEXT, {"type": "text"}]), "`text` of part 2 of message 1 is missing"),
        (chat([TEXT, {"text": "b"}]), "`type` of part 2 of message 1 is missing"),
        (
            chat([{"type": "text", "text": 1}]),
            "`text` of part 1 of message 1 is a number, not text",
        ),
        (
            chat([TEXT, {"type": "image_url", "image_url": {"url": "https://a.example"}}]),
            "part 2 of message 1 is of the type `image_url`; only text can be explained",
        ),
        (chat([TEXT | {"cache": 1}]), "part 1 of message 1 has `cache` beside `type` and `text`"),
    ],
)
def test_the_first_problem_is_named(row: dict[str, Any], problem: str) -> None:
    with pytest.raises(RowError) as caught:
        parse_row(row)
    assert str(caught.value) == problem


def test_the_second_message_is_called_that() -> None:
    with pytest.raises(RowError, match="`role` of message 2 is missing"):
        parse_row({"messages": [{"role": "user", "content": "a"}, {"content": "b"}]})


def test_a_row_of_text() -> None:
    row = parse_row({"prompt": " a", "target": "b", "source": "c", "id": 7, "level": [1]})
    assert (row.to_prompt(), row.target, row.source, row.id) == (" a", "b", "c", 7)


@pytest.mark.parametrize(
    ("content", "text"),
    [("a", "a"), ([TEXT, {"type": "text", "text": " b\n"}], "a b\n"), ([TEXT], "a")],
)
def test_a_row_of_messages(content: object, text: str) -> None:
    row = parse_row({"messages": [{"role": "system", "content": ""}, *chat(content)["messages"]]})
    assert row.to_prompt() == (Message("system", ""), Message("user", text))


def test_what_is_null_is_not_there() -> None:
    part = TEXT | {"image_url": None}
    row = parse_row({"prompt": None, "id": None, **chat([part], name=None, tool_calls=None)})
    assert row.to_prompt() == (Message("user", "a"),)


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (datetime.date(2026, 11, 22), "2026-11-22"),
        (datetime.datetime(2026, 11, 22, 5, 30), "2026-11-22 05:30:00"),
        (datetime.timedelta(minutes=1), "0:01:00"),
        (decimal.Decimal("1.50"), "1.50"),
        (uuid.UUID(int=1), "00000000-0000-0000-0000-000000000001"),
        ((1, (2,)), [1, [2]]),
        (Message("user", "a"), {"role": "user", "content": "a"}),
        ({"deep": [datetime.date(2026, 1, 1)]}, {"deep": ["2026-01-01"]}),
    ],
)
def test_values_that_json_lacks_are_written_in_what_it_has(value: object, written: object) -> None:
    assert to_json(value, "`x`") == written


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(alphabet="ab\0é"), inner),
    max_leaves=8,
)


@given(json_values)
def test_values_that_json_has_stay_as_they_are(value: object) -> None:
    assert json.dumps(to_json(value, "`x`")) == json.dumps(value)


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        ("a\ud800", "`x` holds half of a surrogate pair, which is not text"),
        ([{"y": "\udc00"}], "`x` holds half of a surrogate pair"),
        ({"\udc00": 1}, "`x` holds half of a surrogate pair"),
        (math.inf, "`x` holds a number that JSON can't"),
        ([math.nan], "`x` holds a number that JSON can't"),
        ([10**5000], "`x` holds a number that JSON can't"),
        (b"\0", "`x` holds what JSON can't: bytes"),
        ([{1, 2}], "`x` holds what JSON can't: set"),
        ({(1, 2): 3}, "`x` holds what JSON can't: keys must be"),
        (nested(100_000), "it is nested too deeply"),
    ],
)
def test_what_json_can_not_write_is_named(value: object, problem: str) -> None:
    with pytest.raises(RowError) as caught:
        to_json(value, "`x`")
    assert str(caught.value).startswith(problem)


def test_what_holds_itself_is_too_deep() -> None:
    endless: list[object] = []
    endless.append(endless)
    with pytest.raises(RowError, match="nested too deeply"):
        to_json(endless, "`x`")


@pytest.mark.parametrize(
    ("value", "name"), [(True, "true or false"), (None, "null"), ({}, "an object"), (b"", "bytes")]
)
def test_types_have_names_that_people_know(value: object, name: str) -> None:
    assert kind(value) == name


def test_names_are_short_and_printable() -> None:
    assert short("level") == "`level`"
    assert short("x\x1b[31m") == r"'x\x1b[31m'"
    assert len(short("x" * 99)) == 60
