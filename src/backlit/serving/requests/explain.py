"""Score what came before a target."""

from typing import Annotated, Literal

from pydantic import Field

from backlit import pipeline
from backlit.explanation import Explanation
from backlit.methods import make_method
from backlit.serving import wire
from backlit.serving.requests.base import CountingRequest, Kind, Work
from backlit.types import Granularity, ParameterValue


class ExplainRequest(CountingRequest):
    """Score what came before the target. With a budget, from coarse to fine."""

    method: str
    params: dict[str, ParameterValue] = {}
    granularity: Granularity = "line"
    pattern: str | None = None
    budget: Annotated[int, Field(ge=1, le=wire.MAX_BUDGET)] | None = None


class ExplanationEvent(wire.Event):
    """The explanation, as a file would hold it, with one map."""

    type: Literal["explanation"] = "explanation"
    explanation: Explanation
    cached: bool = False


def run(request: ExplainRequest, work: Work) -> wire.Event:
    method = make_method(request.method, **request.params)
    generation = work.generation(request.reference)
    work.begin()
    explanation = pipeline.explain(
        work.model,
        generation,
        target=request.target,
        foil=request.foil,
        method=method,
        granularity=request.granularity,
        pattern=request.pattern,
        budget=request.budget,
        measure=request.measure,
        samples=request.samples,
        matching=request.matching,
    )
    if method.facts.exact_cost and request.foil is None and request.measure == "log_prob":
        attribution = explanation[0]
        passes = method.forward_passes(len(attribution.segments))
        work.learn_speed(passes * attribution.target.stop)
    return ExplanationEvent(explanation=explanation)


EXPLAIN = Kind("explain", ExplainRequest, run, (ExplanationEvent,), cached=True)
