"""The page in a browser tab of its own, served by a notebook's kernel."""

import importlib.resources
import socket
import threading
from typing import Any

import anywidget

from backlit.serving.access import Access
from backlit.serving.http import create_app
from backlit.serving.listening import Serving, bind
from backlit.serving.service import Service

ESM = (importlib.resources.files("backlit") / "static" / "tab.js").read_text(encoding="utf-8")
ADVICE = "Open the link in the notebook's cell, or widget.address."


class NewTab(anywidget.AnyWidget):
    """A link to the page, opened at once if the browser lets it.

    The server listens on loopback of the kernel's machine. The view asks for the address, so
    that it is not saved with the notebook, and says what to do where the browser is on another
    machine.
    """

    _esm = ESM

    def __init__(self, service: Service) -> None:
        sock = bind("127.0.0.1", None)  # it listens, as the browser may be there before the server
        self._access = Access(advice=ADVICE)
        self._port = sock.getsockname()[1]
        self._serving = Serving(create_app(service, self._access), sock)
        super().__init__()
        self.on_msg(self._handle)
        threading.Thread(target=self._serving.run, name="backlit-server", daemon=True).start()

    def __repr__(self) -> str:
        return (
            f"Backlit is served on port {self._port} of the kernel's machine. "
            "A link to it is widget.address."
        )

    @property
    def address(self) -> str:
        """A link to the page, another one each time: it opens one browser."""
        return f"http://127.0.0.1:{self._port}/?code={self._access.code()}"

    def close(self) -> None:
        """Stop serving."""
        self._serving.stop()
        self.layout.close()
        super().close()

    def _handle(self, _: object, message: Any, buffers: object) -> None:
        self.send({"address": self.address, "host": socket.gethostname()})
