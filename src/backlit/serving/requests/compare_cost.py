"""What a comparison would take of a server, before it is made."""

from typing import Literal

from backlit.explaining.forecast import of_comparison
from backlit.serving import wire
from backlit.serving.requests.base import Kind, Work
from backlit.serving.requests.compare import CompareRequest, check
from backlit.serving.requests.estimate import Expense


class CompareCostRequest(CompareRequest):
    """What a comparison would take, which is not made."""


class CompareCostEvent(wire.Event):
    """What a server is asked for, at most; null of a model that is here."""

    type: Literal["compare_cost"] = "compare_cost"
    expense: Expense | None


def run(request: CompareCostRequest, work: Work) -> wire.Event:
    check(request)
    engine = work.model.engine
    told = Expense.told(engine, lambda meter: of_comparison(engine, meter, request.explanations))
    return CompareCostEvent(expense=told)


COMPARE_COST = Kind("compare_cost", CompareCostRequest, run, (CompareCostEvent,), quick=True)
