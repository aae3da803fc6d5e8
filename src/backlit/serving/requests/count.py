"""How many tokens a sequence is."""

from typing import Literal

from backlit.serving import wire
from backlit.serving.requests.base import Kind, SequenceRequest, Work


class CountRequest(SequenceRequest):
    """How many tokens the sequence is."""


class CountEvent(wire.Event):
    """Tokens, with those of the chat template and the ones that a tokenizer adds."""

    type: Literal["count"] = "count"
    tokens: int


def run(request: CountRequest, work: Work) -> wire.Event:
    return CountEvent(tokens=len(work.sequence(request.reference).tokens))


COUNT = Kind("count", CountRequest, run, (CountEvent,), quick=True)
