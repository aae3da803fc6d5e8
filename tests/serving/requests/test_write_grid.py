"""A grid as a file, as a page asks for it."""

import csv
import json
from dataclasses import replace
from io import StringIO

import pytest

from backlit.explanation import Cell, Grid
from backlit.model import Model
from backlit.serving import wire
from backlit.serving.requests.write_grid import UNKNOWN, WriteGridRequest
from tests.support.service import Client

TEMPLATE = "The dog likes cold water.\nThe {who} likes"
ROWS = [{"who": "dog"}, {"who": "cat"}]


@pytest.fixture
def grid(toy_model: Model) -> Grid:
    variants = {"as it is": TEMPLATE, "short": "The {who} likes"}
    return toy_model.grid(variants, ROWS, find="water", answer=" cold water.", progress=False)


def request(grid: Grid, **changes: object) -> WriteGridRequest:
    fields = {
        "model": grid.model,
        "variants": [wire.VariantInfo.of(one) for one in grid.variants],
        "rows": list(grid.rows),
        "cells": list(grid.cells),
        "options": grid.options,
        "find": "water",
        "answer": grid.answer,
    }
    return WriteGridRequest(**{**fields, **changes})  # type: ignore[arg-type]


def test_it_is_what_python_writes(client: Client, grid: Grid) -> None:
    table = client.answered(request(grid))
    assert (table.text, table.name) == (grid.to_csv(), "backlit-grid.csv")
    whole = client.answered(request(grid, form="json"))
    assert json.loads(whole.text) == json.loads(grid.to_json())
    assert whole.name == "backlit-grid.json"


def test_cells_that_are_not_known_say_so(client: Client, grid: Grid) -> None:
    some = client.answered(request(grid, cells=[grid.cells[-1], grid.cells[0]]))
    rows, known = list(csv.reader(StringIO(some.text))), csv.reader(StringIO(grid.to_csv()))
    assert len(rows) == 1 + 4
    assert [row[-1] for row in rows].count(UNKNOWN) == 2
    assert rows[:2] == [next(known), next(known)]


def test_a_pattern_is_told_as_one(client: Client, grid: Grid) -> None:
    told = client.answered(request(grid, find="wa.er", is_pattern=True, form="json"))
    assert json.loads(told.text)["find"] == "/wa.er/"


@pytest.mark.parametrize(
    "changes", [{"variant": 7}, {"row": -1}, {"row": 2}, {"effects": (0.1,) * 9}]
)
def test_a_cell_of_another_grid_is_refused(
    client: Client, grid: Grid, changes: dict[str, object]
) -> None:
    wrong: Cell = replace(grid.cells[0], **changes)  # type: ignore[arg-type]
    event = client.answer(request(grid, cells=[wrong]))
    assert isinstance(event, wire.ErrorEvent)
    assert event.error.message == "A cell is not of this grid."
