"""What methods and checks would cost."""

import logging
from typing import Literal

from backlit.errors import InputError
from backlit.explaining import faithfulness
from backlit.explaining.targets import select_target
from backlit.methods import make_method, methods
from backlit.segments import segment
from backlit.serving import wire
from backlit.serving.requests.base import Kind, TargetRequest, Work
from backlit.types import Granularity, ParameterValue

log = logging.getLogger(__name__)


class EstimateRequest(TargetRequest):
    """What each method would cost, with the parameters given by method, and a check.

    `parts` are the segments of the map that would be checked; left out, those of the granularity.
    """

    params: dict[str, dict[str, ParameterValue]] = {}
    granularity: Granularity = "line"
    pattern: str | None = None
    parts: int | None = None


class Cost(wire.Wire):
    """Forward passes of the whole prompt, and seconds if the model's speed is known."""

    runs: float
    seconds: float | None = None


class EstimateEvent(wire.Event):
    """Of each method by its name, where it can be said, and of a check."""

    type: Literal["estimate"] = "estimate"
    costs: dict[str, Cost]
    check: Cost


def run(request: EstimateRequest, work: Work) -> wire.Event:
    sequence = work.sequence(request.reference)
    target = select_target(sequence, request.target)
    cut = segment(sequence, request.granularity, request.pattern, stop=target.start)
    segments = sum(one.role != "template" for one in cut)
    speed = work.served.seconds_per_token

    def cost(passes: float) -> Cost:
        runs = passes * (1 if request.foil is None else 2)
        return Cost(runs=runs, seconds=speed and runs * speed * target.stop)

    costs = {}
    for name in methods():
        try:
            method = make_method(name, **request.params.get(name, {}))
            costs[name] = cost(method.forward_passes(segments))
        except InputError:
            continue  # its parameters can't be used: told of when it is asked to explain
        except Exception:  # a bug of one method leaves the others their costs
            log.exception("What %s would cost can't be said:", name)
    parts = segments if request.parts is None else request.parts
    return EstimateEvent(costs=costs, check=cost(faithfulness.forward_passes(parts)))


ESTIMATE = Kind("estimate", EstimateRequest, run, (EstimateEvent,), quick=True)
