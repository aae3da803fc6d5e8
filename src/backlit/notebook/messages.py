"""Requests of a page that come as messages, each answered by messages.

The page sends `{call, kind, request}` and `{cancel: call}`; it is sent `{call}` at once,
`{call, event}` as things happen, and `{call, over: true}`. Of a part of itself that it did not
bring along, it sends `{call, module}`, and is sent `{call, module}` with the source; for all that
it needs to draw itself it sends `{call, state: true}`. `language` beside any of them is the one in
which it wants to be answered.
"""

import importlib.resources
import logging
import threading
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any

from pydantic import ValidationError

from backlit.display.speech import language_of, speaking
from backlit.errors import InputError
from backlit.serving import wire
from backlit.serving.errors import BUG, error_info, refusal
from backlit.serving.requests import KINDS, Request
from backlit.serving.service import Service

log = logging.getLogger(__name__)

MAX_REMEMBERED = 1000  # calls that were taken
MODULES = {"editor": "editor.js", "tr": "tr.js"}  # in `backlit/static`


class Messages:
    """The service's end of a channel. Messages may come from several threads.

    Args:
        service: answers.
        send: hands a message to the page; called from any thread.
    """

    def __init__(self, service: Service, send: Callable[[Mapping[str, Any]], None]) -> None:
        self._service = service
        self._send = send
        self._cancels: dict[str, Callable[[], None]] = {}
        self._taken: deque[str] = deque(maxlen=MAX_REMEMBERED)
        self._taking = threading.Lock()

    def handle(self, message: object) -> None:
        """A message of the page; one that is none of ours is passed over."""
        if not isinstance(message, dict):
            return
        if "cancel" in message:
            self._cancel(message["cancel"])
            return
        call = message.get("call")
        if isinstance(call, str) and self._is_new(call):
            self._send({"call": call})
            if "module" in message:
                self._hand_over(call, message["module"])
                return
            with speaking(language_of(message.get("language"))):
                if "state" in message:
                    self._tell_state(call)
                else:
                    self._answer(call, message.get("kind"), message.get("request"))

    def _answer(self, call: str, kind: object, request: object) -> None:
        def emit(event: wire.Event | None) -> None:
            if event is not None:
                self._send({"call": call, "event": event.model_dump(mode="json")})
                return
            with self._taking:
                self._cancels.pop(call, None)
            self._send({"call": call, "over": True})

        try:
            asked = _read(kind, request)
        except Exception as error:  # noqa: BLE001  whatever it is, the page hears of it
            emit(wire.ErrorEvent(error=_told(error)))
            emit(None)
            return
        stopped = threading.Event()
        with self._taking:
            self._cancels[call] = stopped.set  # until it is known how to cancel it
        cancel = self._service.submit(asked, emit)
        with self._taking:
            if call in self._cancels:
                self._cancels[call] = cancel
        if stopped.is_set():
            cancel()

    def _tell_state(self, call: str) -> None:
        self._send({"call": call, "event": self._service.state().model_dump(mode="json")})
        self._send({"call": call, "over": True})

    def _hand_over(self, call: str, module: object) -> None:
        file = MODULES.get(module) if isinstance(module, str) else None
        try:
            if file is not None:
                source = importlib.resources.files("backlit") / "static" / file
                self._send({"call": call, "module": source.read_text(encoding="utf-8")})
        finally:
            self._send({"call": call, "over": True})

    def _cancel(self, call: object) -> None:
        if not isinstance(call, str):
            return
        self._is_new(call)  # what is cancelled already need not be begun
        with self._taking:
            cancel = self._cancels.pop(call, None)
        if cancel is not None:
            cancel()

    def _is_new(self, call: str) -> bool:
        """True the first time: a page sends again what it believes to be held up."""
        with self._taking:
            if call in self._taken:
                return False
            self._taken.append(call)
            return True


def _read(kind: object, request: object) -> Request:
    """The request that is meant.

    Raises:
        InputError: no such kind, or an option out of range.
        ValidationError: a field that can't be read.
    """
    if not isinstance(kind, str) or kind not in KINDS:
        raise InputError(f"There is no kind of request {kind!r:.40}.", "Reload the page.")
    asked: Request = KINDS[kind].request.model_validate(request)
    return asked


def _told(error: Exception) -> wire.ErrorInfo:
    """What a page is told of a request that can't be read."""
    if isinstance(error, ValidationError):
        return refusal(error.errors()[0])
    info = error_info(error)
    if info.code == BUG:
        log.error("A request can't be read:", exc_info=error)
    return info
