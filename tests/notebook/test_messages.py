"""Requests and their answers as messages, without a widget."""

import threading
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest

from backlit.engines.toy import ToyEngine
from backlit.notebook.messages import Messages
from backlit.serving import wire
from backlit.serving.models import ServedModel
from backlit.serving.requests import KINDS, Request
from backlit.serving.service import Service
from tests.notebook.view import PROMPT, SECONDS, Inbox
from tests.support.service import Endless

REQUEST = {"model": "toy", "reference": {"prompt": PROMPT}}


class Channel(Inbox):
    """A page and its service, with nothing but messages in between."""

    def __init__(self, service: Service) -> None:
        super().__init__()
        self.messages = Messages(service, self.put)

    def ask(self, call: str, kind: str, request: object) -> list[dict[str, Any]]:
        self.messages.handle({"call": call, "kind": kind, "request": request})
        return self.answer(call)


@pytest.fixture
def channel() -> Iterator[Channel]:
    service = Service([ServedModel("toy", "toy")], [])
    yield Channel(service)
    service.close()


def test_a_request_is_taken_at_once_and_answered(channel: Channel) -> None:
    events = channel.ask("a", "generate", REQUEST)
    assert channel.sent[0] == {"call": "a"}
    assert channel.sent[-1] == {"call": "a", "over": True}
    assert events[-1]["type"] == "generation"
    assert {"tokens", "sequence"} <= {event["type"] for event in events}


@pytest.mark.parametrize(
    ("request_", "said"),
    [
        ({"model": "toy"}, "reference: Field required"),
        ({"model": "toy", "reference": {"prompt": "half \ud83d"}}, "half a character"),
        ({"model": "other", "reference": {"prompt": "a"}}, "no model 'other'"),
        ({"model": "toy", "reference": {"prompt": ""}}, "empty"),
        ("text", "Input should be"),
        (None, "Input should be"),
        (
            {"model": "toy", "reference": {"prompt": [{"role": "user", "content": "\ud83d"}]}},
            "half a character",
        ),
        (
            {"model": "toy", "reference": {"prompt": [{"role": "\ud83d", "content": "a"}]}},
            "half a character",
        ),
        ({**REQUEST, "options": {"stop": ["\ud83d"]}}, "half a character"),
        ({**REQUEST, "options": {"top_p": 3}}, "top_p is 3"),
        ({**REQUEST, "options": {"temperature": -1}}, "temperature is -1"),
    ],
)
def test_a_bad_request_is_answered_in_words(channel: Channel, request_: object, said: str) -> None:
    (*_, last) = channel.ask("a", "generate", request_)
    assert last["type"] == "error"
    assert said in last["error"]["message"]


@pytest.mark.parametrize(
    "message",
    [
        "text",
        None,
        {},
        {"call": 7, "kind": "generate", "request": REQUEST},
        {"cancel": "nobody"},
        {"cancel": 7},
    ],
)
def test_other_messages_are_passed_over(channel: Channel, message: object) -> None:
    channel.messages.handle(message)
    assert channel.sent == []


def test_a_page_is_answered_in_its_language(channel: Channel) -> None:
    channel.messages.handle({"call": "a", "state": True, "language": "tr"})
    (state,) = channel.answer("a")
    assert state["units"]["line"] == "satır"
    channel.messages.handle({"call": "b", "state": True, "language": ["tr"]})
    (state,) = channel.answer("b")
    assert state["units"]["line"] == "line"


def test_a_request_that_comes_twice_is_answered_once(channel: Channel) -> None:
    channel.ask("a", "generate", REQUEST)
    heard = len(channel.sent)
    channel.messages.handle({"call": "a", "kind": "generate", "request": REQUEST})
    channel.messages.handle({"cancel": "b"})  # and its request comes late
    channel.messages.handle({"call": "b", "kind": "generate", "request": REQUEST})
    assert len(channel.sent) == heard


def test_every_kind_can_be_asked_for(channel: Channel) -> None:
    for kind in KINDS:
        (*_, last) = channel.ask(kind, kind, {"model": "gone"})
        assert last["type"] == "error"


def test_cancelling_stops_the_model() -> None:
    engine = Endless()
    service = Service([ServedModel("m", "m", lambda source, progress: engine)], [])
    channel = Channel(service)
    request = {"model": "m", "reference": {"prompt": "a"}}
    channel.messages.handle({"call": "a", "kind": "generate", "request": request})
    channel.heard("tokens")
    channel.messages.handle({"cancel": "a"})
    channel.answer("a")
    assert engine.closed.is_set()
    assert channel.sent[-1] == {"call": "a", "over": True}
    service.close()


class Slow(Service):
    """Comes back from `submit` only when it may; until then nobody knows how to cancel."""

    def __init__(self) -> None:
        super().__init__([ServedModel("m", "m", lambda source, progress: ToyEngine("m"))], [])
        self.submitting, self.go_on, self.cancelled = (threading.Event() for _ in range(3))

    def submit(
        self, request: Request, emit: Callable[[wire.Event | None], None]
    ) -> Callable[[], None]:
        self.submitting.set()
        assert self.go_on.wait(SECONDS)
        return self.cancelled.set


def test_what_is_cancelled_while_it_is_submitted_is_cancelled() -> None:
    """The two messages come on threads of their own."""
    service = Slow()
    channel = Channel(service)
    request: Mapping[str, object] = {"model": "m", "reference": {"prompt": "a"}}
    message = {"call": "a", "kind": "generate", "request": request}
    thread = threading.Thread(target=channel.messages.handle, args=(message,))
    thread.start()
    assert service.submitting.wait(SECONDS)
    channel.messages.handle({"cancel": "a"})
    service.go_on.set()
    thread.join(SECONDS)
    assert service.cancelled.is_set()
    service.close()


@pytest.mark.parametrize("kind", ["unheard-of", None, ["generate"], {}, "\ud83d"])
def test_a_call_of_no_kind_ends_too(channel: Channel, kind: object) -> None:
    channel.messages.handle({"call": "x", "kind": kind, "request": REQUEST})
    (*_, last) = channel.answer("x")
    assert "no kind of request" in last["error"]["message"]


def test_a_bug_in_reading_ends_the_call(
    channel: Channel, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(request: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(KINDS["generate"].request, "model_validate", broken)
    (*_, last) = channel.ask("x", "generate", REQUEST)
    assert last["error"]["code"] == "InternalError"
    assert "can't be read" in caplog.text


def test_the_editor_is_handed_over_as_it_is_asked_for(channel: Channel) -> None:
    channel.messages.handle({"call": "a", "module": "editor"})
    taken, source, over = channel.sent
    assert (taken, over) == ({"call": "a"}, {"call": "a", "over": True})
    assert "createEditor" in source["module"]


@pytest.mark.parametrize("name", ["../pyproject.toml", "widget", None, ["editor"]])
def test_no_other_file_is(channel: Channel, name: object) -> None:
    channel.messages.handle({"call": "a", "module": name})
    assert channel.sent == [{"call": "a"}, {"call": "a", "over": True}]
