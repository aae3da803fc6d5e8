"""Have one more model: of a server that a page names."""

from typing import Annotated, Literal

from pydantic import Field

from backlit.serving import wire
from backlit.serving.models import ServedModel
from backlit.serving.offered import Offered
from backlit.serving.requests.base import OfferKind, Request, Work

MAX_URL = 2_000  # characters
MAX_MODEL = 500


class ConnectRequest(Request):
    """Have a model of a server among the models, once it is found out what the server can.

    `url` may have `endpoint:` before it and `#MODEL` behind it; `model` says which, too.
    """

    url: Annotated[str, Field(max_length=MAX_URL)]
    model: Annotated[str, Field(max_length=MAX_MODEL)] | None = None


class ConnectedEvent(wire.Event):
    """It is among the models now, or was before."""

    type: Literal["connected"] = "connected"
    model: wire.ModelInfo


def served(request: ConnectRequest, offered: Offered) -> ServedModel:
    return offered.of_server(request.url, request.model)


def run(request: ConnectRequest, work: Work, offered: Offered) -> wire.Event:
    return ConnectedEvent(model=offered.take(work.served).info)


CONNECT = OfferKind("connect", ConnectRequest, served, run, (ConnectedEvent,))
