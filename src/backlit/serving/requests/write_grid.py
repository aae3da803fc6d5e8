"""A grid as a file, from what a page knows of it."""

from typing import Annotated, Literal

from pydantic import Field

from backlit.errors import InputError
from backlit.explaining.asked import Asked, TypedPattern
from backlit.explaining.templates import lines_of
from backlit.explanation import Cell, Grid
from backlit.serving import wire
from backlit.serving.requests.base import PlainKind, Request
from backlit.serving.requests.grid import MAX_ROWS, MAX_VARIANTS
from backlit.types import GenerationOptions

UNKNOWN = "It is not known."


class WriteGridRequest(Request):
    """The cells of a grid as a table (`csv`), or with what was found over rows (`json`).

    `rows` are the names of the rows, `cells` those that are known, in any order.
    """

    model: Annotated[str, Field(max_length=1_000)]
    variants: Annotated[list[wire.VariantInfo], Field(min_length=1, max_length=MAX_VARIANTS)]
    rows: Annotated[list[wire.Text], Field(min_length=1, max_length=MAX_ROWS)]
    cells: list[Cell]
    options: GenerationOptions = GenerationOptions()
    find: wire.Text | None = None
    is_pattern: bool = False
    answer: wire.Text | None = None
    form: Literal["csv", "json"] = "csv"


class GridWrittenEvent(wire.Event):
    """The text of a file, and how it may be called."""

    type: Literal["grid_written"] = "grid_written"
    text: str
    name: str


def run(request: WriteGridRequest) -> wire.Event:
    grid = _grid(request)
    text = grid.to_csv() if request.form == "csv" else grid.to_json()
    return GridWrittenEvent(text=text, name=f"backlit-grid.{request.form}")


def _grid(request: WriteGridRequest) -> Grid:
    variants, rows = [one.variant for one in request.variants], request.rows
    find = TypedPattern(request.find) if request.find and request.is_pattern else request.find
    known: dict[tuple[int, int], Cell] = {}
    lines = [lines_of(one.template) for one in variants]
    for cell in request.cells:
        fits = 0 <= cell.variant < len(variants) and 0 <= cell.row < len(rows)
        if not fits or len(cell.effects) not in (0, len(lines[cell.variant])):
            raise InputError("A cell is not of this grid.", "Run the grid again.")
        known[cell.row, cell.variant] = cell
    return Grid(
        request.model,
        tuple(variants),
        tuple(rows),
        tuple(lines),
        tuple(
            known.get((row, variant), Cell(variant, row, problem=UNKNOWN))
            for row in range(len(rows))
            for variant in range(len(variants))
        ),
        request.options,
        Asked(request.options, find=find).found,
        request.answer,
    )


WRITE_GRID = PlainKind("write_grid", WriteGridRequest, run, (GridWrittenEvent,))
