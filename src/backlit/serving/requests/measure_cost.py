"""What it would take of a server to measure rows of a table, before it is asked."""

from typing import Literal

from backlit.engines.metering import Meter
from backlit.explaining.forecast import Calls, of_measures
from backlit.serving import wire
from backlit.serving.requests.base import Kind, Work
from backlit.serving.requests.estimate import Expense
from backlit.serving.requests.measure import MeasureRequest
from backlit.serving.requests.rows import examples_at


class MeasureCostRequest(MeasureRequest):
    """What measuring would take, which is not done."""


class MeasureCostEvent(wire.Event):
    """What a server is asked for, at most, but that its tokens are about as many; null of a model
    that is here.
    """

    type: Literal["measure_cost"] = "measure_cost"
    expense: Expense | None


def run(request: MeasureCostRequest, work: Work) -> wire.Event:
    engine = work.model.engine

    def calls_of(meter: Meter) -> Calls:
        examples = [row for row in examples_at(request.rows, work.shelf) if row is not None]
        return of_measures(engine, meter, examples, request.measures)

    return MeasureCostEvent(expense=Expense.told(engine, calls_of))


MEASURE_COST = Kind("measure_cost", MeasureCostRequest, run, (MeasureCostEvent,), quick=True)
