"""How likely the answer of each run is after the prompt of each."""

from typing import Annotated, Literal

from pydantic import Field, FiniteFloat

from backlit.errors import InputError
from backlit.explaining.comparing import MOST
from backlit.explanation import Comparison, Explanation
from backlit.explanation.validation import contradictions
from backlit.serving import wire
from backlit.serving.requests.base import Kind, ModelRequest, Work

Row = Annotated[list[FiniteFloat | None], Field(min_length=2, max_length=MOST)]
Place = tuple[int, int]


class CompareRequest(ModelRequest):
    """Explanations beside each other, the first of which the others are compared with.

    `known` is what other models said of them already: nats, a row for each prompt and a column for
    each answer, null where they could not say; `at_most` are the places, of prompt and answer, of
    those that are bounds.
    """

    explanations: Annotated[list[Explanation], Field(min_length=2, max_length=MOST)]
    known: Annotated[list[Row], Field(min_length=2, max_length=MOST)] | None = None
    at_most: Annotated[list[Place], Field(max_length=MOST**2)] = []


class ComparisonEvent(wire.Event):
    """How likely each answer is after each prompt, nats; and a sentence for each but the first.

    `at_most` are the places, of prompt and answer, where that is but a bound.
    """

    type: Literal["comparison"] = "comparison"
    log_probs: list[list[float | None]]
    at_most: list[Place] = []
    sentences: list[str]
    cached: bool = False


def check(request: CompareRequest) -> None:
    """Refuse what can't be compared.

    Raises:
        InputError: a run that contradicts itself, or what is known is not of these.
    """
    explanations, known = request.explanations, request.known
    if known is not None and {len(known), *map(len, known)} != {len(explanations)}:
        raise InputError("What is known is not of these runs.", "Give a row and a column for each.")
    for number, one in enumerate(explanations, start=1):
        for found in contradictions(one.generation, one.attributions):
            raise InputError(f"Run {number} contradicts itself: {found}.", "Make it again.")


def run(request: CompareRequest, work: Work) -> wire.Event:
    check(request)
    explanations = tuple(request.explanations)
    compared = work.model.compare(explanations)
    if request.known is not None:
        known = tuple(map(tuple, request.known))
        compared = compared.joined(Comparison(explanations, known, tuple(request.at_most)))
    return ComparisonEvent(
        log_probs=[list(row) for row in compared.log_probs],
        at_most=list(compared.at_most),
        sentences=compared.sentences,
    )


COMPARE = Kind("compare", CompareRequest, run, (ComparisonEvent,), cached=True)
