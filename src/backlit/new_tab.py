"""The page in a browser tab of its own, served by a notebook's kernel."""

import importlib.resources
import secrets
import socket
import threading

import anywidget
import traitlets

from backlit.server import Serving, bind, create_app
from backlit.service import Service

ESM = (importlib.resources.files("backlit") / "static" / "link.js").read_text(encoding="utf-8")


class NewTab(anywidget.AnyWidget):
    """A link to the page, opened at once if the browser lets it.

    The server listens on loopback of the kernel's machine and wants its token. The view says
    what to do where the browser is on another machine.
    """

    _esm = ESM
    _url = traitlets.Unicode().tag(sync=True)
    _host = traitlets.Unicode().tag(sync=True)

    def __init__(self, service: Service) -> None:
        sock = bind("127.0.0.1", None)
        sock.listen()  # the browser may be there before the server is
        token = secrets.token_urlsafe(16)
        self._serving = Serving(create_app(service, token), sock)
        url = f"http://127.0.0.1:{sock.getsockname()[1]}/?token={token}"
        super().__init__(_url=url, _host=socket.gethostname())
        threading.Thread(target=self._serving.run, name="backlit-server", daemon=True).start()

    def __repr__(self) -> str:
        return f"Backlit is ready: {self._url}"

    def close(self) -> None:
        """Stop serving."""
        self._serving.stop()
        self.layout.close()
        super().close()
