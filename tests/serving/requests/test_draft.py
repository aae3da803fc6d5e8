"""A principle, as a page asks for a draft of it."""

from typing import Any

import pytest
from pydantic import ValidationError

from backlit.explaining.principles import MAX_FEEDBACK
from backlit.model import Model
from backlit.serving import wire
from backlit.serving.requests.draft import DraftRequest
from tests.support.service import Client

ASKED: dict[str, Any] = {"model": "toy", "prompt": "The dog likes", "response": " soup"}


def test_it_is_what_python_drafts(client: Client, toy_model: Model) -> None:
    request = DraftRequest(**ASKED, feedback="Dogs want water.", feedback_is="rewrite")
    event = client.answered(request)
    drafted = toy_model.draft_principle(
        "The dog likes", " soup", "Dogs want water.", kind="rewrite", progress=False
    )
    assert (event.text, event.problem) == (drafted.text, drafted.problem)
    assert event.problem  # this model writes none, and it is said


def test_no_feedback_is_told(client: Client) -> None:
    event = client.answer(DraftRequest(**ASKED, feedback="  "))
    assert isinstance(event, wire.ErrorEvent)
    assert "no feedback" in event.error.message


def test_too_much_of_it_is_refused() -> None:
    with pytest.raises(ValidationError):
        DraftRequest(**ASKED, feedback="x" * (MAX_FEEDBACK + 1))
