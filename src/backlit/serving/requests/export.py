"""Runs as a file to hand on."""

import re
from typing import Annotated, Literal

from pydantic import Field, FiniteFloat

from backlit.errors import InputError
from backlit.explaining.comparing import MOST
from backlit.explanation import Comparison, Explanation
from backlit.explanation.report import Part, ReportFormat
from backlit.explanation.validation import contradictions
from backlit.serving import wire
from backlit.serving.requests.base import PlainKind, Request
from backlit.types import Scope

MAX_NOTE = 100_000  # characters
MAX_NAME = 40  # characters of a file's name, without its end

Row = Annotated[list[FiniteFloat | None], Field(min_length=1, max_length=MOST)]
Note = Annotated[str, Field(max_length=MAX_NOTE)]


class ExportRequest(Request):
    """Explanations, with what is known of each; without some parts.

    `log_probs` is how likely each answer is after each prompt, nats; null if nobody compared them.
    `at_most` are the places, of prompt and answer, where that is but a bound.
    `examples` and `scopes` are of each explanation, as many as there are.
    """

    explanations: Annotated[list[Explanation], Field(min_length=1, max_length=MOST)]
    log_probs: Annotated[list[Row], Field(max_length=MOST)] | None = None
    at_most: Annotated[list[tuple[int, int]], Field(max_length=MOST**2)] = []
    examples: Annotated[list[Note | None], Field(max_length=MOST)] = []
    scopes: Annotated[list[Scope], Field(max_length=MOST)] = []
    note: Note = ""
    without: list[Part] = []
    form: ReportFormat = "html"


class ExportedEvent(wire.Event):
    """The text of a file, how it may be called, and the id of the report that it is."""

    type: Literal["exported"] = "exported"
    text: str
    name: str
    report: str


def run(request: ExportRequest) -> wire.Event:
    explanations, log_probs = tuple(request.explanations), request.log_probs
    count = len(explanations)
    if log_probs is not None and {len(log_probs), *map(len, log_probs)} != {count}:
        raise InputError("What was compared is not of these runs.", "Compare them once more.")
    for number, one in enumerate(explanations, start=1):
        for found in contradictions(one.generation, one.attributions):
            raise InputError(f"Run {number} contradicts itself: {found}.", "Make it again.")
    rows = tuple(tuple(row) for row in log_probs or [[None] * count] * count)
    compared = Comparison(explanations, rows, tuple(request.at_most))
    report = compared.report(
        examples=request.examples, scopes=request.scopes, note=request.note, without=request.without
    )
    return ExportedEvent(
        text=report.written(request.form),
        name=f"{_named(report.title)}.{request.form}",
        report=report.id,
    )


def _named(title: str) -> str:
    """A name that every file system takes."""
    small = title.lower().replace("\N{COMBINING DOT ABOVE}", "")  # which a small İ leaves
    words = re.sub(r"[^\w]+", "-", small).strip("-")
    return f"backlit-{words[:MAX_NAME].strip('-')}"


EXPORT = PlainKind("export", ExportRequest, run, (ExportedEvent,))
