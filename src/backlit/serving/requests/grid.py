"""Variants of a prompt over rows: a grid, cell by cell."""

from typing import Annotated, Literal

from pydantic import Field

from backlit.explaining.asked import TypedPattern
from backlit.explanation import Cell, Estimate, Grid, Line
from backlit.serving import wire
from backlit.serving.requests.base import Kind, ModelRequest, Work
from backlit.types import GenerationOptions

MAX_ROWS = 10_000
MAX_VARIANTS = 2 * wire.MAX_VARIANTS  # made ones, and others beside them


class GridRequest(ModelRequest):
    """Answer every row by every variant, the first of which the others are compared with.

    `find` is looked for in the answers: a phrase, or with `is_pattern` a regular expression.
    `answer` is a fixed one whose log-probability is wanted, a template too. With `effects`, the
    lines of the templates are taken away in turn.
    """

    variants: Annotated[list[wire.VariantInfo], Field(min_length=1, max_length=MAX_VARIANTS)]
    rows: Annotated[list[wire.ExampleInfo], Field(min_length=1, max_length=MAX_ROWS)]
    options: GenerationOptions = GenerationOptions()
    samples: int = 1
    find: wire.Text | None = None
    is_pattern: bool = False
    answer: wire.Text | None = None
    effects: bool = True


class CellEvent(wire.Event):
    """What is known of a cell by now."""

    type: Literal["cell"] = "cell"
    cell: Cell


class LineEffect(wire.Wire):
    """What the answer loses without a line: nats, over rows."""

    line: Line
    new: bool
    effect: Estimate


class VariantFound(wire.Wire):
    """What was found of a variant over rows, and in a sentence; null where nothing was asked."""

    found: Estimate | None
    changed: Estimate | None
    answer_log_prob: Estimate | None
    gained: Estimate | None
    effects: list[LineEffect]
    sentence: str


class GridEvent(wire.Event):
    """All cells are known: what was found of each variant."""

    type: Literal["grid"] = "grid"
    variants: list[VariantFound]


def run(request: GridRequest, work: Work) -> wire.Event:
    find = TypedPattern(request.find) if request.find and request.is_pattern else request.find
    found = work.model.grid(
        [one.variant for one in request.variants],
        [one.example for one in request.rows],
        options=request.options,
        samples=request.samples,
        find=find or None,
        answer=request.answer or None,
        effects=request.effects,
        so_far=lambda cell: work.tell(CellEvent(cell=cell)),
    )
    return GridEvent(variants=[_found(found, index) for index in range(len(found.variants))])


def _found(grid: Grid, index: int) -> VariantFound:
    new = grid.new_lines(index) if index else ()
    return VariantFound(
        found=grid.found(index),
        changed=grid.changed(index) if index else None,
        answer_log_prob=grid.answer_log_prob(index),
        gained=grid.gained(index) if index else None,
        effects=[
            LineEffect(line=line, new=line in new, effect=effect)
            for line, effect in grid.effects(index)
        ],
        sentence=grid.sentence(index),
    )


GRID = Kind("grid", GridRequest, run, (CellEvent, GridEvent))
