"""What travels: refused where it is not what was agreed on, and the same behind the wire."""

from typing import Any

import pytest
from pydantic import ValidationError

from backlit import pipeline
from backlit.model import Model
from backlit.serving import wire
from backlit.serving.requests.base import segmentations
from backlit.types import Message
from tests.support.service import PROMPT, Client


def test_a_field_that_nobody_knows_is_refused() -> None:
    with pytest.raises(ValidationError, match="Extra inputs"):
        wire.SequenceRef.model_validate({"prompt": "a", "more": 1})


def test_what_was_sent_does_not_change() -> None:
    reference = wire.SequenceRef(prompt="a")
    with pytest.raises(ValidationError, match="frozen"):
        reference.prompt = "b"


def test_the_limits_that_a_page_is_told_are_those_that_hold(client: Client) -> None:
    limits = client.service.state().limits
    assert limits == wire.Limits()
    wire.SequenceRef(prompt="a" * limits.prompt_characters)
    with pytest.raises(ValidationError, match="at most 2000000 characters"):
        wire.SequenceRef(prompt="a" * (limits.prompt_characters + 1))


@pytest.mark.parametrize(
    "too_much",
    [
        {"prompt": [Message("user", "a" * 1_000_000)] * 3},
        {"prompt": [Message("user", "a")] * (wire.MAX_MESSAGES + 1)},
        {"prompt": "a", "muted": [(0, 1)] * (wire.MAX_SPANS + 1)},
        {"prompt": "a", "response_ids": [1] * (wire.MAX_IDS + 1)},
    ],
    ids=["characters", "messages", "spans", "ids"],
)
def test_nothing_is_longer_than_a_text_may_be(too_much: dict[str, Any]) -> None:
    with pytest.raises(ValidationError, match=r"longer than|at most"):
        wire.SequenceRef(**too_much)


def test_a_state_is_the_same_behind_the_wire(client: Client) -> None:
    state = client.service.state()
    assert wire.State.model_validate_json(state.model_dump_json()) == state


def test_a_view_is_the_same_behind_the_wire(toy_model: Model) -> None:
    explanation = pipeline.explain(toy_model, PROMPT, method="occlusion", granularity="word")
    view = wire.View(
        explanation=explanation,
        segmentations=segmentations(explanation.generation.sequence),
        target=explanation[0].target,
    )
    assert wire.View.model_validate_json(view.model_dump_json()) == view
    assert wire.View.model_validate(view.model_dump(mode="json")) == view


def test_a_prompt_is_text_or_messages() -> None:
    assert wire.prompt_of("a") == "a"
    assert wire.prompt_of([Message("user", "a")]) == (Message("user", "a"),)


def test_events_that_every_request_may_be_told_differ_by_their_type() -> None:
    types = [event.model_fields["type"].default for event in wire.COMMON_EVENTS]
    assert types == ["queued", "model", "progress", "error"]
