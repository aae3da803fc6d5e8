"""What holds on average over a batch, told and drawn."""

from typing import Annotated, Literal

from pydantic import Field

from backlit.serving import wire
from backlit.serving.batches import Batches
from backlit.serving.requests.batch import BatchKind, BatchRequest, Named


class BatchSummaryRequest(BatchRequest):
    """What holds on average: which part of the prompt did it, by how much.

    `method` and `granularity` are the batch's first if they are left out; `find` is looked for in
    the answers.
    """

    method: Named | None = None
    granularity: Named | None = None
    by: Literal["line", "role"] = "line"
    find: Annotated[str, Field(min_length=1, max_length=1_000)] | None = None


class SummaryTable(wire.Wire):
    """Cells of plain text; `strong` are the rows that stand out."""

    title: str
    header: list[str]
    rows: list[list[str]]
    strong: list[bool]


class BatchSummaryEvent(wire.Event):
    """A sentence for each variant, a picture (SVG) of the effects and the figures as tables, with
    notes on how to read them; and all of it as Markdown and as a page to hand on.
    """

    type: Literal["batch_summary"] = "batch_summary"
    sentences: list[str]
    plot: str
    tables: list[SummaryTable]
    notes: list[str]
    markdown: str
    html: str


def run(request: BatchSummaryRequest, batches: Batches) -> wire.Event:
    from backlit.batch.averages.wanted import Wanted

    wanted = Wanted(request.method, request.granularity, request.by, find=request.find)
    summary = batches.get(request.batch).summary(wanted)
    return BatchSummaryEvent(
        sentences=list(summary.sentences),
        plot=summary.to_svg() if any(one.effects for one in summary.variants) else "",
        tables=[
            SummaryTable(
                title=one.title,
                header=list(one.header),
                rows=[list(row) for row in one.rows],
                strong=list(one.strong),
            )
            for one in summary.tables
        ],
        notes=list(summary.notes),
        markdown=summary.to_markdown(),
        html=summary.to_html(),
    )


BATCH_SUMMARY = BatchKind("batch_summary", BatchSummaryRequest, run, (BatchSummaryEvent,), True)
