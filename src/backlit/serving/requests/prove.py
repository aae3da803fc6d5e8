"""What happens without the first segments of a map."""

from typing import Annotated, Literal

from pydantic import Field

from backlit import pipeline
from backlit.explanation import Attribution, Explanation, Proof
from backlit.explanation.finding import measured
from backlit.serving import wire
from backlit.serving.requests.base import Kind, SequenceRequest, Work

MAX_TOP = 20  # segments that a request may have taken away


class ProveRequest(SequenceRequest):
    """Take the first segments of a map away; all of them tile what is before its target."""

    attribution: Attribution
    top: Annotated[int, Field(ge=1, le=MAX_TOP)] = pipeline.TOP


class ProofsEvent(wire.Event):
    """What was measured, and what that comes to in words; the map's check is not part of it."""

    type: Literal["proofs"] = "proofs"
    proofs: tuple[Proof, ...]
    finding: str | None = None
    cached: bool = False


def run(request: ProveRequest, work: Work) -> wire.Event:
    generation = work.generation(request.reference)
    explanation = Explanation(generation, (request.attribution,))
    proved = pipeline.prove(work.model, explanation, top=request.top)
    return ProofsEvent(proofs=proved[0].proofs, finding=measured(generation, proved[0]))


PROVE = Kind("prove", ProveRequest, run, (ProofsEvent,), cached=True, background=True)
