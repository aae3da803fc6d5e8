"""What a grid would take of a server, before it is run."""

from typing import Literal

from backlit.explaining.asked import Asked
from backlit.explaining.forecast import of_grid
from backlit.serving import wire
from backlit.serving.requests.base import Kind, Work
from backlit.serving.requests.estimate import Expense
from backlit.serving.requests.grid import GridRequest


class GridCostRequest(GridRequest):
    """What a grid would take, which is not run."""


class GridCostEvent(wire.Event):
    """What a server is asked for, at most, but that its tokens are about as many; null of a model
    that is here.
    """

    type: Literal["grid_cost"] = "grid_cost"
    expense: Expense | None


def run(request: GridCostRequest, work: Work) -> wire.Event:
    engine = work.model.engine
    asked = Asked(
        request.options, request.samples, answer=request.answer or None, effects=request.effects
    )
    variants = [one.variant for one in request.variants]
    rows = [one.example for one in request.rows]
    told = Expense.told(engine, lambda meter: of_grid(engine, meter, variants, rows, asked))
    return GridCostEvent(expense=told)


GRID_COST = Kind("grid_cost", GridCostRequest, run, (GridCostEvent,), quick=True)
