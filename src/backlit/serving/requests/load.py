"""Load a model."""

from backlit.serving import wire
from backlit.serving.requests.base import Kind, ModelRequest, Work


class LoadRequest(ModelRequest):
    """Load a model if it is not, and follow its progress until it is."""


def run(request: LoadRequest, work: Work) -> wire.Event:
    return wire.ModelEvent(model=work.served.info)


LOAD = Kind("load", LoadRequest, run, (), quick=True)
