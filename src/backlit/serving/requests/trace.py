"""A map carried on through what the model itself wrote."""

from typing import Annotated, Literal

from pydantic import Field

from backlit import pipeline
from backlit.explaining.tracing import SENTENCES
from backlit.explanation import Explanation, Trace
from backlit.serving import wire
from backlit.serving.requests.base import Kind, MapRequest, Work

MAX_SENTENCES = 200  # that a request may have explained


class TraceRequest(MapRequest):
    """Carry it on through the response's own sentences, of which at most `budget` are explained."""

    budget: Annotated[int, Field(ge=0, le=MAX_SENTENCES)] = SENTENCES


class TraceEvent(wire.Event):
    """Where it led."""

    type: Literal["trace"] = "trace"
    trace: Trace
    cached: bool = False


def run(request: TraceRequest, work: Work) -> wire.Event:
    generation = work.generation(request.reference)
    explanation = Explanation(generation, (request.attribution,))
    traced = pipeline.trace(work.model, explanation, budget=request.budget)
    assert traced[0].trace is not None, "it was traced"
    return TraceEvent(trace=traced[0].trace)


TRACE = Kind("trace", TraceRequest, run, (TraceEvent,), cached=True)
