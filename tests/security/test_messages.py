"""Random messages to the notebook's end of its channel: whatever has a name is ended."""

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from backlit.notebook.messages import Messages
from backlit.serving.models import ServedModel
from backlit.serving.requests import KINDS
from backlit.serving.service import Service
from tests.notebook.view import Inbox

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=8,
)
# Half characters are what JSON may hold and UTF-8 not.
texts = st.text(st.characters(), max_size=40) | st.text(
    st.characters(categories=["Cs"]), max_size=3
)
spans = st.tuples(st.integers(-3, 40), st.integers(-3, 40) | st.integers())
references = st.fixed_dictionaries(
    {"prompt": texts | st.lists(st.fixed_dictionaries({"role": texts, "content": texts}))},
    optional={
        "muted": st.lists(spans, max_size=4),
        "response_ids": st.lists(st.integers(-1, 400), max_size=20),
        "options": json_values,
    },
)
requests = st.fixed_dictionaries(
    {"model": st.just("toy") | texts, "reference": references | json_values},
    optional={
        "target": spans | json_values,
        "method": st.sampled_from(["occlusion", "grad_l2", "lime"]) | texts,
        "granularity": st.sampled_from(["word", "line"]) | json_values,
        "options": st.fixed_dictionaries({"max_new_tokens": st.integers(-1, 8)}) | json_values,
        "response": texts | st.lists(st.integers(-1, 400)),
        "spans": st.lists(spans, max_size=4),
        "pattern": texts,
        "attribution": json_values,
        "left": json_values,
    },
)
kinds = st.sampled_from(sorted(KINDS)) | json_values


class Channel:
    """A service behind messages, and the names of the calls that were made."""

    def __init__(self) -> None:
        self.service = Service([ServedModel("toy", "toy")], [])
        self.calls = 0

    def ask(self, kind: object, request: object) -> list[dict[str, Any]]:
        """The events of a call that is waited for."""
        inbox = Inbox()
        self.calls += 1
        message = {"call": f"call {self.calls}", "kind": kind, "request": request}
        Messages(self.service, inbox.put).handle(message)
        return inbox.answer(f"call {self.calls}")


@pytest.fixture(scope="module")
def channel() -> Iterator[Channel]:
    channel = Channel()
    yield channel
    channel.service.close()


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(kind=kinds, request_=requests | json_values)
def test_every_call_ends_in_a_result_or_an_error_that_is_no_bug(
    channel: Channel, kind: object, request_: object
) -> None:
    *_, last = channel.ask(kind, request_)
    assert last["type"] not in ("queued", "progress", "tokens")
    if last["type"] == "error":
        assert last["error"]["code"] not in ("InternalError", "Cancelled")
        assert last["error"]["message"]


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(message=json_values | st.dictionaries(st.sampled_from(["call", "cancel", "x"]), json_values))
def test_what_is_no_message_does_no_harm(message: object) -> None:
    service = Service([ServedModel("toy", "toy")], [])
    inbox = Inbox()
    Messages(service, inbox.put).handle(message)
    if inbox.sent:
        assert isinstance(message, dict)
        inbox.answer(message["call"])
    service.close()
