"""What happens without the first segments of a map."""

from typing import Annotated, Literal

from pydantic import Field

from backlit import pipeline
from backlit.explanation import Explanation, Proof
from backlit.explanation.finding import measured
from backlit.serving import wire
from backlit.serving.requests.base import Kind, MapRequest, Work
from backlit.types import Scope

MAX_TOP = 20  # segments that a request may have taken away


class ProveRequest(MapRequest):
    """Take its first segments away.

    `scope`: the first of the prompt, of what the response has before the target, or of both.
    """

    scope: Scope = "both"
    top: Annotated[int, Field(ge=1, le=MAX_TOP)] = pipeline.TOP


class ProofEvent(wire.Event):
    """What happens without one more of them."""

    type: Literal["proof"] = "proof"
    proof: Proof


class ProofsEvent(wire.Event):
    """What was measured, and what that comes to in words; the map's check is not part of it."""

    type: Literal["proofs"] = "proofs"
    proofs: tuple[Proof, ...]
    finding: str | None = None
    cached: bool = False


def run(request: ProveRequest, work: Work) -> wire.Event:
    generation = work.generation(request.reference)
    explanation = Explanation(generation, (request.attribution,))
    (proved,) = pipeline.prove(
        work.model,
        explanation,
        top=request.top,
        scope=request.scope,
        so_far=lambda proof: work.tell(ProofEvent(proof=proof)),
    )
    found = measured(generation, proved, request.scope)
    return ProofsEvent(proofs=proved.proofs, finding=found)


PROVE = Kind("prove", ProveRequest, run, (ProofEvent, ProofsEvent), cached=True)
