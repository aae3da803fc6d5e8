"""The page in a browser tab of its own, served by a notebook's kernel."""

import importlib.resources
import secrets
import socket
import threading
from typing import Any

import anywidget
import traitlets

from backlit.serving.http import Serving, bind, create_app
from backlit.serving.service import Service

ESM = (importlib.resources.files("backlit") / "static" / "tab.js").read_text(encoding="utf-8")
ENTRANCE = "Open the link in the notebook's cell, or widget.address."


class NewTab(anywidget.AnyWidget):
    """A link to the page, opened at once if the browser lets it.

    The server listens on loopback of the kernel's machine and wants its token. The view asks
    for the address, so that it is not saved with the notebook, and says what to do where the
    browser is on another machine.

    Attributes:
        address: of the page, with its token.
    """

    _esm = ESM
    _host = traitlets.Unicode().tag(sync=True)

    def __init__(self, service: Service) -> None:
        sock = bind("127.0.0.1", None)
        sock.listen()  # the browser may be there before the server is
        token = secrets.token_urlsafe(16)
        self._port = sock.getsockname()[1]
        self._serving = Serving(create_app(service, token, entrance=ENTRANCE), sock)
        self.address = f"http://127.0.0.1:{self._port}/?token={token}"
        super().__init__(_host=socket.gethostname())
        self.on_msg(self._handle)
        threading.Thread(target=self._serving.run, name="backlit-server", daemon=True).start()

    def __repr__(self) -> str:
        return (
            f"Backlit is served on port {self._port} of {self._host}. "
            "Its address, with the token, is widget.address."
        )

    def close(self) -> None:
        """Stop serving."""
        self._serving.stop()
        self.layout.close()
        super().close()

    def _handle(self, _: object, message: Any, buffers: object) -> None:
        self.send({"address": self.address})
