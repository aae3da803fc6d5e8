"""What methods and checks would cost."""

import logging
from collections.abc import Callable
from dataclasses import replace
from typing import Annotated, Literal

from pydantic import Field

from backlit import pipeline
from backlit.engines.base import Engine
from backlit.engines.metering import Meter, meter_of
from backlit.errors import InputError
from backlit.explaining import faithfulness
from backlit.explaining.attribution import Segmenting
from backlit.explaining.draws import Drawing
from backlit.explaining.forecast import Calls, Forecast, of_response
from backlit.explaining.shares import AnswerShare
from backlit.explaining.targets import select_target, with_foil
from backlit.explaining.tracing import SENTENCES
from backlit.methods import Method, make_method, methods
from backlit.methods.base import unavailable_for_shares
from backlit.methods.objective import Objective
from backlit.segments import segment
from backlit.serving import wire
from backlit.serving.requests.base import CountingRequest, Kind, Work
from backlit.types import GenerationOptions, Granularity, ParameterValue, Target, TokenSequence

log = logging.getLogger(__name__)


class EstimateRequest(CountingRequest):
    """What each method would cost, with the parameters given by method, and a check.

    `parts` are the segments of the map that would be checked; left out, those of the granularity.
    `budget` is that of a map from coarse to fine, which matters where a server is asked.
    """

    params: dict[str, dict[str, ParameterValue]] = {}
    granularity: Granularity = "line"
    pattern: str | None = None
    budget: Annotated[int, Field(ge=1, le=wire.MAX_BUDGET)] | None = None
    parts: int | None = None


class Expense(wire.Wire):
    """What a server is asked for, at most: calls, prompt tokens that it reads in all of them, and
    dollars if the price is known. Of one that tells no tokens, words, which are fewer.
    """

    calls: int
    prompt_tokens: int
    price: float | None = None
    unit: Literal["token", "word"] = "token"

    @classmethod
    def told(cls, engine: Engine, calls_of: Callable[[Meter], Calls]) -> "Expense | None":
        """What calls come to that a meter's engine would get; None of a model that is here."""
        meter = meter_of(engine)
        return None if meter is None else cls.of(calls_of(meter), meter)

    @classmethod
    def of(cls, calls: Calls, meter: Meter) -> "Expense":
        """As it travels."""
        return cls(
            calls=calls.count,
            prompt_tokens=calls.tokens,
            price=meter.dollars(calls.tokens),
            unit=meter.unit,
        )


class Cost(wire.Wire):
    """Forward passes of the whole prompt, and seconds if the model's speed is known.

    Of a model that a server runs, `expense` is what counts: that of a method with the proofs of
    its first parts, which a page asks for once a map is there, and `trace` that of following the
    map through the answer. `answers`: as many are written where their share is measured.
    """

    runs: float
    seconds: float | None = None
    expense: Expense | None = None
    answers: int | None = None
    trace: Expense | None = None


class EstimateEvent(wire.Event):
    """Of each method by its name, where it can be said, and of a check; of a server also of a mute,
    and of one with what the response has before the target written anew.
    """

    type: Literal["estimate"] = "estimate"
    costs: dict[str, Cost]
    check: Cost
    mute: Expense | None = None
    think_again: Expense | None = None


def run(request: EstimateRequest, work: Work) -> wire.Event:
    sequence = work.sequence(request.reference)
    target = select_target(sequence, request.target)
    before = sequence.prompt_length if request.measure == "share" else target.start
    cut = segment(sequence, request.granularity, request.pattern, stop=before)
    segments = sum(one.role != "template" for one in cut)
    parts = segments if request.parts is None else request.parts
    if request.measure == "share":
        return _of_shares(request, work, sequence, target, parts)
    speed = work.served.seconds_per_token
    billing = _Billing.of(request, work, sequence, target)

    def cost(passes: float, calls: Calls | None, traced: Calls | None = None) -> Cost:
        runs = passes * (1 if request.foil is None else 2)
        expense = Expense.of(calls, billing.meter) if billing and calls else None
        return Cost(
            runs=runs,
            seconds=speed and runs * speed * target.stop,
            expense=expense,
            trace=Expense.of(traced, billing.meter) if billing and traced else None,
        )

    costs = {}
    for name in methods():
        try:
            method = make_method(name, **request.params.get(name, {}))
            calls = None if billing is None else billing.explained(method)
            if billing is not None and calls is None:
                continue  # runs say nothing of a server
            traced = None if billing is None else billing.traced(method)
            costs[name] = cost(method.forward_passes(segments), calls, traced)
        except InputError:
            continue  # its parameters can't be used: told of when it is asked to explain
        except Exception:  # a bug of one method leaves the others their costs
            log.exception("What %s would cost can't be said:", name)
    calls = None if billing is None else billing.checked(parts)
    check = cost(faithfulness.forward_passes(parts), calls)
    if billing is None:
        return EstimateEvent(costs=costs, check=check)
    return EstimateEvent(
        costs=costs, check=check, mute=billing.muted(), think_again=billing.muted(think_again=1)
    )


def _of_shares(
    request: EstimateRequest, work: Work, sequence: TokenSequence, target: Target, parts: int
) -> EstimateEvent:
    """Where answers are counted: how many, of a server with what they take."""
    engine = work.model.engine
    meter = meter_of(engine)
    drawing = Drawing(
        request.reference.options or GenerationOptions(), request.samples, request.matching
    )
    forecast = Forecast(AnswerShare(engine, sequence, target, drawing), meter)
    segmenting = Segmenting(request.granularity, request.pattern, budget=request.budget)

    first = Calls()
    if meter is not None and "score" in engine.capabilities and not work.knows(request.reference):
        first = of_response(
            meter, sequence.prompt_length, sequence.input_ids[sequence.prompt_length :]
        )

    def cost(calls: Calls, proofs: int = 0) -> Cost:
        more = first + forecast.proved(proofs) if proofs else first
        expense = None if meter is None else Expense.of(calls + more, meter)
        return Cost(runs=calls.count, expense=expense, answers=calls.count)

    costs = {}
    for name, method in methods().items():
        if unavailable_for_shares(method, engine) is not None:
            continue
        try:
            made = make_method(name, **request.params.get(name, {}))
            calls = forecast.explained(made, segmenting)
        except InputError:
            continue  # as below
        if calls is not None:
            costs[name] = cost(calls, pipeline.TOP)
    mute = None if meter is None else Expense.of(forecast.muted(), meter)
    return EstimateEvent(costs=costs, check=cost(forecast.checked(parts)), mute=mute)


class _Billing:
    """What a server would be asked for."""

    def __init__(
        self, request: EstimateRequest, work: Work, objective: Objective, meter: Meter
    ) -> None:
        self.meter = meter
        self._objective = objective
        self._forecast = Forecast(objective, meter)
        self._segmenting = Segmenting(request.granularity, request.pattern, budget=request.budget)
        sequence = objective.sequence
        self._apart = objective.target.start == sequence.prompt_length  # nothing is in between
        written = sequence.input_ids[sequence.prompt_length :]
        self._first = (  # of an answer that was not written here, how likely it is is asked first
            Calls()
            if work.knows(request.reference)
            else of_response(meter, sequence.prompt_length, written)
        )

    @classmethod
    def of(
        cls, request: EstimateRequest, work: Work, sequence: TokenSequence, target: Target
    ) -> "_Billing | None":
        """None of a model that is here."""
        engine = work.model.engine
        meter = meter_of(engine)
        if meter is None:
            return None
        if request.foil is not None:
            target = with_foil(engine, sequence, target, request.foil)
        # One of its own: those of the model are for the thread that runs it.
        return cls(request, work, Objective(engine, sequence, target), meter)

    def explained(self, method: Method) -> Calls | None:
        calls = self._forecast.explained(method, self._segmenting)
        return calls and calls + self._first + self._forecast.proved(pipeline.TOP)

    def traced(self, method: Method) -> Calls | None:
        if self._apart:
            return None
        calls = self._forecast.traced(method, self._segmenting, SENTENCES)
        return calls and calls + self._first

    def checked(self, parts: int) -> Calls:
        return self._forecast.checked(parts) + self._first

    def muted(self, think_again: int = 0) -> Expense:
        objective = self._objective
        plain = objective.of(replace(objective.target, foil=None))  # of which no foil is asked
        return Expense.of(Forecast(plain, self.meter).muted(think_again), self.meter)


ESTIMATE = Kind("estimate", EstimateRequest, run, (EstimateEvent,), quick=True)
