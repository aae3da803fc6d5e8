"""Variants as the page is told them."""

from typing import Any

import pytest

from backlit.serving import wire
from backlit.serving.requests.vary import VariantsEvent, VaryRequest
from backlit.types import Message
from tests.support.service import Client

TEMPLATE = "Likes: {likes}\n\nDish: {dish}\n\nAnalysis:"


def made(client: Client, **asked: Any) -> list[str]:
    event = client.answered(VaryRequest(**{"template": TEMPLATE, **asked}))
    assert isinstance(event, VariantsEvent)
    return [one.name for one in event.variants]


def test_variants_and_variables(client: Client) -> None:
    event = client.answered(VaryRequest(template=TEMPLATE, principles=("Be brief.",)))
    assert event.variables == ["likes", "dish"]
    (variant,) = event.variants
    assert variant.template == f"Principle 1: Be brief.\n\n{TEMPLATE}"
    assert variant.change == "with the principle “Be brief.”"


def test_every_kind(client: Client) -> None:
    assert made(client, without_each="line") == ["no line 1", "no line 3", "no line 5"]
    assert made(client, without_each="example", reorder=True)[-1] == "order 2, 1"
    assert made(client, lines=[(1, "Likes: all")], words={"Dish": ["Food"]}) == [
        "line 1: Likes: all",
        "Dish: Food",
    ]
    assert made(client) == []


def test_a_chat_takes_principles_and_words(client: Client) -> None:
    chat = [Message("user", "Say {x}.")]
    request = VaryRequest(template=chat, principles=("a", "b"), words={"Say": ("Tell",)})
    event = client.answered(request)
    assert len(event.variants) == 4
    assert event.variants[0].template == [Message("system", "Principle 1: a"), *chat]
    refused = client.answer(VaryRequest(template=chat, without_each="line"))
    assert isinstance(refused, wire.ErrorEvent)
    assert "Of a chat" in refused.error.message


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ({"lines": [(9, "x")]}, "no line 9"),
        ({"words": {"bread": ["milk"]}}, "no 'bread'"),
        ({"template": "one line", "reorder": True}, "no examples"),
        ({"template": "a\n" * 300, "without_each": "line"}, "more than 200"),
    ],
)
def test_what_can_not_be_made(client: Client, asked: dict[str, Any], says: str) -> None:
    event = client.answer(VaryRequest(**{"template": TEMPLATE, **asked}))
    assert isinstance(event, wire.ErrorEvent)
    assert says in event.error.message
