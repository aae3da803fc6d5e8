"""Columns that are measured: how likely targets are, and how near the model's answers come."""

from collections.abc import Sequence
from functools import partial
from typing import Annotated, Literal

from pydantic import Field

from backlit.data.edited import Edit, EditedDataset
from backlit.explaining.measuring import MEASURES, Measure, Measured, measure, with_measured
from backlit.progress import current
from backlit.serving import wire
from backlit.serving.requests.base import Kind, ModelRequest, Work
from backlit.serving.requests.rows import Place, examples_at
from backlit.types import GenerationOptions

MAX_ROWS = 100_000
AT_ONCE = 50  # rows that are kept together


class MeasureRequest(ModelRequest):
    """Measure rows; what was measured stands in columns of theirs, by the model's name."""

    rows: Annotated[list[Place], Field(min_length=1, max_length=MAX_ROWS)]
    measures: Annotated[list[Measure], Field(min_length=1, max_length=len(MEASURES))]
    options: GenerationOptions = GenerationOptions()


class MeasuredEvent(wire.Event):
    """So many rows are measured and kept by now; of some, why they could not be."""

    type: Literal["measured"] = "measured"
    done: int
    problems: list[str]


def run(request: MeasureRequest, work: Work) -> wire.Event:
    work.shelf.check_kept()
    found = zip(request.rows, examples_at(request.rows, work.shelf), strict=True)
    named = {(place.dataset, place.id): row for place, row in found if row is not None}
    rows = list(named.items())
    untold: list[Measured] = []
    problems: list[str] = []
    done = 0

    def keep() -> None:
        nonlocal done
        by_dataset: dict[str, list[Measured]] = {}
        for one in untold:
            (dataset, name), _ = rows[one.number]
            by_dataset.setdefault(dataset, []).append(one)
            if one.problem:
                problems.append(f"{name}: {one.problem}")
        for dataset, measured in by_dataset.items():
            work.shelf.edit(dataset, partial(columns, measured))
        done += len(untold)
        untold.clear()

    def columns(measured: Sequence[Measured], dataset: EditedDataset) -> list[Edit]:
        edits = []
        for one in measured:
            (_, name), asked = rows[one.number]
            now, order = dataset.find(name), dataset.order(name)
            if now is None or order is None:  # somebody removed it meanwhile
                continue
            if (now.prompt, now.target) == (asked.prompt, asked.target):
                edits.append(Edit(name, with_measured(now, one, request.model), order))
        return edits

    def so_far(one: Measured) -> None:
        untold.append(one)
        if len(untold) == AT_ONCE:
            keep()
            work.tell(MeasuredEvent(done=done, problems=problems))

    examples = [example for _, example in rows]
    try:
        measure(work.model.engine, examples, request.measures, request.options, current(), so_far)
    finally:
        keep()  # what was measured stays, also of what was stopped
    return MeasuredEvent(done=done, problems=problems)


MEASURE = Kind("measure", MeasureRequest, run, (MeasuredEvent,))
