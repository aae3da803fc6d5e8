"""What a command asks a server for: told before, and counted behind.

On standard error, so that what is printed stays as it is.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from math import ceil, floor, log10
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from backlit.engines.metering import Meter
    from backlit.explaining.answers import Answer
    from backlit.explaining.attribution import Segmenting
    from backlit.explaining.draws import Drawing
    from backlit.explaining.forecast import Calls
    from backlit.explaining.targets import TargetLike
    from backlit.explanation import Explanation, Generation
    from backlit.methods import Method
    from backlit.model import Model
    from backlit.types import GenerationOptions, Prompt

DIGITS = 3  # of a number of tokens; of dollars, one less


@contextmanager
def told(
    model: "Model", foresee: "Callable[[Meter], Calls | None]", before: str = "to connect"
) -> Iterator[None]:
    """Of a model that a server runs, say what the work within takes of it, and what it took.

    Args:
        model: that is asked.
        foresee: says what it will take; None if that can't be said.
        before: what calls were for that were made until now.
    """
    from backlit.engines.metering import meter_of

    meter = meter_of(model.engine)
    if meter is None:
        yield
        return
    expected = foresee(meter)
    if expected is not None:
        typer.echo(sentence(expected, meter), err=True)
    earlier = meter.counter.calls
    try:
        yield
    finally:
        made = _calls(meter.counter.calls - earlier)
        typer.echo(f"Made {made}, after {earlier:,} {before}.", err=True)


def sentence(expected: "Calls", meter: "Meter") -> str:
    """What work takes: "At most 35 calls of http://…, about 12,300 prompt tokens, $0.002."."""
    dollars = meter.dollars(expected.tokens)
    price = "" if dollars is None else f", {_dollars(dollars)}"
    tokens = f"{_rounded(expected.tokens, DIGITS):,.0f} prompt {meter.unit}s"
    return f"At most {_calls(expected.count)} of {meter.place}, about {tokens}{price}."


def answered(
    model: "Model", prompt: "Prompt", response: "Answer | None", options: "GenerationOptions"
) -> "Prompt | Generation":
    """The prompt, of a server with its answer: what a map takes is known once that is there."""
    from backlit import pipeline
    from backlit.engines.metering import meter_of
    from backlit.progress import current

    if meter_of(model.engine) is None:
        return prompt
    with model.turn():
        return pipeline.answered(model.engine, prompt, response, options, current())


def of_explaining(
    model: "Model",
    meter: "Meter",
    generation: "Generation",
    methods: "Sequence[Method] | None",
    segmenting: "Segmenting",
    *,
    target: "TargetLike",
    foil: str | None,
    drawing: "Drawing | None",
    proofs: int,
    think_again: int,
    trace: bool,
) -> "Calls | None":
    """What `backlit explain` takes; None if a method does not say what it does.

    Args:
        model: that explains.
        meter: of its engine.
        generation: that is explained.
        methods: how; None leaves that to the model.
        segmenting: over what units.
        target: what of it.
        foil: why not this.
        drawing: of a share of answers, how they are drawn.
        proofs: how many parts of each map are taken away.
        think_again: see `Forecast.proved`.
        trace: whether each map is followed back through the answer.
    """
    from backlit.explaining.forecast import Calls, Forecast
    from backlit.explaining.methods import as_methods
    from backlit.explaining.targets import select_target, with_foil
    from backlit.explaining.tracing import SENTENCES

    selected = select_target(generation.sequence, target)
    if foil is not None:
        selected = with_foil(model.engine, generation.sequence, selected, foil)
    sequence = generation.sequence
    objective = (
        model.objective(sequence, selected)
        if drawing is None
        else model.share(sequence, selected, drawing)
    )
    forecast = Forecast(objective, meter)
    each: list[Calls | None] = []
    given = None if methods is None else list(methods)
    for method in as_methods(model.engine, given, {}, "log_prob" if drawing is None else "share"):
        each.append(forecast.explained(method, segmenting))
        if proofs:
            each.append(forecast.proved(proofs, think_again))
        if trace:
            each.append(forecast.traced(method, segmenting, SENTENCES))
    known = [one for one in each if one is not None]
    return sum(known, Calls()) if len(known) == len(each) else None


def of_checking(model: "Model", meter: "Meter", explanation: "Explanation") -> "Calls":
    """What `backlit check` takes."""
    from backlit.explaining.explainable import measured
    from backlit.explaining.forecast import Calls, Forecast

    calls = Calls()
    for one in explanation:
        objective = measured(model, explanation.generation.sequence, one)
        free = sum(segment.role != "template" for segment in one.segments)
        calls += Forecast(objective, meter).checked(free)
    return calls


def of_comparing(model: "Model", meter: "Meter", explanations: "Sequence[Explanation]") -> "Calls":
    """What `backlit compare` takes of one model."""
    from backlit.explaining.forecast import of_comparison

    return of_comparison(model.engine, meter, explanations)


def _calls(count: int) -> str:
    return f"{count:,} call{'' if count == 1 else 's'}"


def _dollars(value: float) -> str:
    """As few digits as tell how much it is, rounded up."""
    if value >= 1 or value == 0:
        return f"${ceil(value * 100) / 100:,.2f}"
    rounded = _rounded(value, DIGITS - 1)
    return f"${rounded:.{DIGITS - 2 - floor(log10(rounded))}f}".rstrip("0").rstrip(".")


def _rounded(value: float, digits: int) -> float:
    """Up, to so many digits that are not 0."""
    if value <= 0:
        return 0
    unit = digits - 1 - floor(log10(value))
    return ceil(round(value * 10.0**unit, 6)) / 10.0**unit
