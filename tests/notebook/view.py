"""A widget as its page knows it: messages and traits over the widget's own channel."""

import threading
from collections.abc import Mapping
from typing import Any

from backlit.notebook.widget import NotebookWidget
from backlit.serving import wire

PROMPT = "The cat likes warm milk. The dog likes cold water. The dog likes"
ROWS = [{"prompt": PROMPT, "id": "pets", "source": "tests", "target": " warm milk."}]
SECONDS = 30


class Inbox:
    """Messages that a page was sent, from whatever thread."""

    def __init__(self) -> None:
        self.sent: list[Mapping[str, Any]] = []
        self._changed = threading.Condition()

    def put(self, message: Mapping[str, Any], buffers: object = None) -> None:
        with self._changed:
            self.sent.append(message)
            self._changed.notify_all()

    def heard(self, kind: str) -> None:
        """Wait for an event of this type."""
        with self._changed:
            assert self._changed.wait_for(
                lambda: any(one.get("event", {}).get("type") == kind for one in self.sent), SECONDS
            ), self.sent

    def answer(self, call: str) -> list[dict[str, Any]]:
        """Wait for the end of a call: its events."""
        with self._changed:
            over = {"call": call, "over": True}
            assert self._changed.wait_for(lambda: over in self.sent, SECONDS), self.sent
            return [one["event"] for one in self.sent if one["call"] == call and "event" in one]


class View(Inbox):
    """The page of a widget."""

    def __init__(self, widget: NotebookWidget) -> None:
        super().__init__()
        self.widget: Any = widget
        widget.send = self.put

    def tell(self, message: object) -> None:
        """Send a message, as a page does."""
        self._comm({"method": "custom", "content": message})

    def show(self, view: wire.View | Mapping[str, Any]) -> None:
        """Tell what the person sees."""
        value = view.model_dump(mode="json") if isinstance(view, wire.View) else dict(view)
        self._comm({"method": "update", "state": {"_view": value}, "buffer_paths": []})

    def ask(self, call: str, kind: str, request: object) -> list[dict[str, Any]]:
        """Send a request and wait for the end of its answer: its events."""
        self.tell({"call": call, "kind": kind, "request": request})
        return self.answer(call)

    def generate(self, prompt: str = PROMPT) -> wire.View:
        """Have the toy answer; the view of a page that shows it."""
        last = self.ask("g", "generate", {"model": "toy", "reference": {"prompt": prompt}})[-1]
        explanation = {"generation": last["generation"], "attributions": []}
        return wire.View.model_validate(
            {"explanation": explanation, "segmentations": last["segmentations"]}
        )

    @property
    def state(self) -> wire.State:
        """What there is, as the page was told."""
        return wire.State.model_validate(self.widget.get_state("_state")["_state"])

    @property
    def shown(self) -> wire.View:
        """What the page was told to show, or told that it shows."""
        return wire.View.model_validate(self.widget.get_state("_view")["_view"])

    def _comm(self, data: Mapping[str, Any]) -> None:
        self.widget.comm.handle_msg({"content": {"data": data}, "buffers": []})
