"""Whether to believe a map."""

from typing import Literal

from backlit import pipeline
from backlit.explanation import Explanation, Faithfulness, Provisional
from backlit.serving import wire
from backlit.serving.requests.base import Kind, MapRequest, Work


class CheckRequest(MapRequest):
    """Whether to believe it. `keep_question`: the prompt's last paragraph is never taken away."""

    keep_question: bool = False


class VerdictEvent(wire.Event):
    """What is known of the map so far."""

    type: Literal["verdict"] = "verdict"
    so_far: Provisional


class CheckEvent(wire.Event):
    """What was found of the map."""

    type: Literal["check"] = "check"
    faithfulness: Faithfulness
    cached: bool = False


def run(request: CheckRequest, work: Work) -> wire.Event:
    attribution = request.attribution
    generation = work.generation(request.reference)
    checked = pipeline.check(
        work.model,
        Explanation(generation, (attribution,)),
        keep_question=request.keep_question,
        so_far=lambda so_far: work.tell(VerdictEvent(so_far=so_far)),
    )
    assert checked[0].faithfulness is not None
    return CheckEvent(faithfulness=checked[0].faithfulness)


CHECK = Kind("check", CheckRequest, run, (VerdictEvent, CheckEvent), cached=True)
