"""Batches as tables: what one is of, its runs found and sorted, and one of them whole."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Literal, TypeVar

import numpy as np
from pydantic import Field

from backlit.explanation import Explanation
from backlit.explanation.report import ReportedRun
from backlit.serving import wire
from backlit.serving.batches import Batches, Opened, Query
from backlit.serving.requests.base import KindAbout, Request
from backlit.types import Quantity, RunStatus, Verdict

MAX_ROWS = 1_000  # told at once
SHOWN = 200  # characters of a text in the table

COLUMNS = (
    "run",
    "row",
    "variant",
    "status",
    "answer",
    "target",
    "target_log_prob",
    "top",
    "top_score",
    "verdict",
    "seconds",
    "error",
)
TEXTS = ("answer", "target", "top", "error")

Column = Literal[
    "row",
    "variant",
    "answer",
    "target",
    "target_log_prob",
    "top",
    "top_score",
    "verdict",
    "seconds",
]
Named = Annotated[str, Field(max_length=1_000)]


class BatchRequest(Request):
    """Something that a page asks about a batch, by its name."""

    batch: Annotated[str, Field(min_length=1, max_length=1_000)]


B = TypeVar("B", bound=BatchRequest)


@dataclass(frozen=True, slots=True)
class BatchKind(KindAbout[B, Batches]):
    """One about batches.

    Attributes:
        slow: it may take seconds, so it waits for its like, and nothing quick waits for it.
    """

    slow: bool = False


class BatchInfoRequest(BatchRequest):
    """What a batch is of, and how its runs ended; `again` reads its folder anew."""

    again: bool = False


class MadeMap(wire.Wire):
    """A method and what it scored as one: of each there is a map."""

    method: str
    granularity: str


class BatchEvent(wire.Event):
    """What a batch is of. `words`, `pattern` or `last_line` is what was explained of each answer,
    all of it if there is none; `signed` and `measure` are of the scores. Not all of the part files
    in `damaged` can be read.
    """

    type: Literal["batch"] = "batch"
    model: str
    data: str
    maps: list[MadeMap]
    signed: bool
    measure: Quantity
    words: str | None
    pattern: str | None
    last_line: bool
    rows: int
    variants: list[str]
    statuses: dict[RunStatus, int]
    verdicts: dict[Verdict, int]
    damaged: list[str]


class BatchQueryRequest(BatchRequest):
    """Runs that have all of this, in order."""

    text: Annotated[str, Field(max_length=1_000)] = ""
    variant: Named | None = None
    status: RunStatus | None = None
    verdict: Verdict | None = None
    column: Column | None = None
    descending: bool = False

    @property
    def query(self) -> Query:
        """As batches are asked."""
        named = {"variant": self.variant, "status": self.status, "verdict": self.verdict}
        given = tuple((name, value) for name, value in named.items() if value is not None)
        return Query(self.text, given, self.column, self.descending)


class BatchRowsRequest(BatchQueryRequest):
    """Some of the runs that are found, as a table shows them."""

    first: Annotated[int, Field(ge=0)] = 0
    count: Annotated[int, Field(ge=0, le=MAX_ROWS)] = 200


class BatchRow(wire.Wire):
    """A run as a table shows it: of each text the beginning."""

    run: str
    row: str
    variant: str | None
    status: RunStatus
    answer: str | None
    target: str | None
    target_log_prob: float | None
    top: str | None
    top_score: float | None
    verdict: Verdict | None
    seconds: float
    error: str | None


class BatchRowsEvent(wire.Event):
    """`found` runs of `total`; these are the first of them from `first` on."""

    type: Literal["batch_rows"] = "batch_rows"
    total: int
    found: int
    first: int
    rows: list[BatchRow]


class BatchRunRequest(BatchQueryRequest):
    """All of a run, and which comes before and after it among those that are found."""

    run: Named


class BatchRunEvent(wire.Event):
    """A run; `whole` is null of one that failed, and `error` says why. It is `number` of `found`,
    from 0; null if it is none of those, and then nothing is before or after it.
    """

    type: Literal["batch_run"] = "batch_run"
    row: BatchRow
    whole: ReportedRun | None
    error: str | None
    number: int | None
    found: int
    before: str | None
    after: str | None


def batch(request: BatchInfoRequest, batches: Batches) -> wire.Event:
    opened = batches.get(request.batch)
    if request.again:
        opened.reload()
    job, manifest = opened.batch.job, opened.batch.manifest
    first = _first(opened)
    maps = first.attributions if first is not None else ()
    return BatchEvent(
        model=str(first.generation.model if first is not None else manifest["model"]["source"]),
        data=str(manifest["data"].get("name", "")),
        maps=[MadeMap(method=one.method, granularity=one.granularity) for one in maps],
        signed=all(one.signed for one in maps[:1]),
        measure=job.measure,
        words=job.select.words,
        pattern=job.select.pattern,
        last_line=job.select.last_line,
        rows=opened.distinct("row"),
        variants=[one.name for one in job.variants],
        statuses=opened.counts("status"),
        verdicts=opened.counts("verdict"),
        damaged=list(opened.batch.damaged),
    )


def _first(opened: Opened) -> Explanation | None:
    """A run that has what all have; None if none was explained yet."""
    for number in opened.found(Query(named=(("status", "done"),)))[:1]:
        return opened.explanation(int(number))
    return None


def batch_rows(request: BatchRowsRequest, batches: Batches) -> wire.Event:
    opened = batches.get(request.batch)
    numbers = opened.found(request.query)
    window = numbers[request.first : request.first + request.count]
    return BatchRowsEvent(
        total=len(opened.runs),
        found=len(numbers),
        first=request.first,
        rows=_rows(opened, window),
    )


def _rows(opened: Opened, numbers: Sequence[int]) -> list[BatchRow]:
    return [
        BatchRow(**row | {name: _cut(row[name]) for name in TEXTS})
        for row in opened.rows(numbers, COLUMNS)
    ]


def _cut(text: str | None) -> str | None:
    return text if text is None or len(text) <= SHOWN else text[: SHOWN - 1] + "…"


def batch_run(request: BatchRunRequest, batches: Batches) -> wire.Event:
    opened = batches.get(request.batch)
    number = opened.number(request.run)
    (row,) = _rows(opened, [number])
    whole = None
    if row.status != "failed":
        whole = opened.explanation(number).reported(row.row, "prompt")
    found = np.asarray(opened.found(request.query))
    (places,) = np.nonzero(found == number)
    at = int(places[0]) if len(places) else None
    near = [] if at is None else [i for i in (at - 1, at + 1) if 0 <= i < len(found)]
    names = {i: opened.rows([found[i]], ("run",))[0]["run"] for i in near}
    return BatchRunEvent(
        row=row,
        whole=whole,
        error=opened.rows([number], ("error",))[0]["error"],
        number=at,
        found=len(found),
        before=None if at is None else names.get(at - 1),
        after=None if at is None else names.get(at + 1),
    )


BATCH = BatchKind("batch", BatchInfoRequest, batch, (BatchEvent,))
BATCH_ROWS = BatchKind("batch_rows", BatchRowsRequest, batch_rows, (BatchRowsEvent,))
BATCH_RUN = BatchKind("batch_run", BatchRunRequest, batch_run, (BatchRunEvent,))
