"""A grid over rows: shares, means, what is new, and how it is told."""

import csv
import json
from dataclasses import replace
from io import StringIO
from pathlib import Path

import pytest

from backlit.explanation import Cell, Grid, Line, Sample, Variant
from backlit.explanation.interval import mean_of, share_of
from backlit.types import GenerationOptions

BASE = (Line(1, "Be kind."), Line(2, "Say {x}:"))
NEW = (Line(1, "Principle 1: Avoid."), Line(2, "Principle 2: Praise."))
MORE = (*NEW, Line(3, "Be kind."), Line(4, "Say {x}:"))


def sample(response: str, *, found: bool | None = None) -> Sample:
    return Sample(response, (1, 2), "stop", -1.5, found)


def cell(variant: int, row: int, response: str, answer: float, *effects: float | None) -> Cell:
    found = "Avoid" in response
    return Cell(variant, row, f"prompt {row}", (sample(response, found=found),), answer, effects)


GRID = Grid(
    "toy",
    (Variant("base", "t"), Variant("more", "u", "with all principles")),
    ("a", "b", "c"),
    (BASE, MORE),
    (
        cell(0, 0, " Praise.", -5.0, 0.5, 2.0),
        cell(1, 0, " Avoid.", -2.0, 2.0, 0.5, 0.1, 3.0),
        cell(0, 1, "=Avoid.", -4.0, 0.7, 3.0),
        cell(1, 1, "=Avoid. ", -3.0, 2.2, -0.5, None, 3.0),
        Cell(0, 2, problem="c has nothing for the variable {x}."),
        Cell(1, 2, problem="c has nothing for the variable {x}."),
    ),
    GenerationOptions(),
    "“Avoid”",
    " Avoid.",
)


def test_cells_by_variant_and_row() -> None:
    assert GRID.cell(1, 0).samples[0].response == " Avoid."
    assert [one.row for one in GRID.of(1)] == [0, 1, 2]
    assert {one.variant for one in GRID.of(1)} == {1}


def test_what_is_over_rows_leaves_out_what_is_not_there() -> None:
    assert GRID.found(0) == share_of(1, 2)
    assert GRID.found(1) == share_of(2, 2)
    assert GRID.changed(1) == share_of(1, 2)
    assert GRID.gained(1) == mean_of([3.0, 1.0])
    assert GRID.answer_log_prob(0) == mean_of([-5.0, -4.0])
    effects = {line.number: effect for line, effect in GRID.effects(1)}
    assert list(effects) == [4, 1, 3, 2]
    assert effects[1] == mean_of([2.0, 2.2])
    assert effects[3] == mean_of([0.1])


def test_what_was_not_asked_is_none() -> None:
    bare = Grid("toy", GRID.variants, ("c",), (BASE, MORE), GRID.cells[4:], GenerationOptions())
    for index in (0, 1):
        asked = (bare.found(index), bare.changed(index), bare.gained(index))
        assert asked == (None, None, None)
        assert bare.answer_log_prob(index) is None
        assert bare.effects(index) == ()
    assert bare.sentence(0) == "base: nothing was measured."
    json.loads(bare.to_json())


def test_new_lines_are_those_the_first_variant_lacks() -> None:
    assert GRID.new_lines(0) == ()
    assert GRID.new_lines(1) == NEW


def test_sentences() -> None:
    assert GRID.sentence(0) == "base: “Avoid” is in 1 of 2 answers (9 to 91 %)."
    assert GRID.sentence(1).split("; ") == [
        "more (with all principles): 1 of 2 answers is other than those of base",
        "“Avoid” is in 2 of 2 answers (34 to 100 %)",
        "the fixed answer is 7.4 times more likely (2.00 nats, -10.71 to 14.71), which may be "
        "chance",
        "of what is new, line 1, “Principle 1: Avoid.” does the most: without it the answer is "
        "8.2 times less likely (2.10 nats, 0.83 to 3.37).",
    ]


def test_what_came_of_one_new_line_is_told_once() -> None:
    more = (NEW[0], *MORE[2:])
    cells = (
        cell(0, 0, " Praise.", -5.0, 0.5, 2.0),
        cell(1, 0, " Avoid.", -2.0, 3.0, 0.1, 3.0),
        cell(0, 1, " Avoid.", -4.0, 0.7, 3.0),
        cell(1, 1, " Avoid.", -1.5, 2.9, 0.2, 3.0),
    )
    rows, options = ("a", "b"), GenerationOptions()
    told = Grid("toy", GRID.variants, rows, (BASE, more), cells, options, "“Avoid”").sentence(1)
    assert "the fixed answer is 16 times more likely" in told
    assert "Principle 1" not in told
    other = (Line(1, "Principle 1: Avoid."), Line(2, "Say {x}:"))
    swapped = [replace(one, effects=one.effects[:2]) for one in cells]
    grid = Grid("toy", GRID.variants, rows, (BASE, other), tuple(swapped), options, "“Avoid”")
    told = grid.sentence(1)
    assert "line 1, “Principle 1: Avoid.”: without it" in told


def test_the_first_line_that_is_sure_is_told() -> None:
    """Not one that did more on average, but may have done nothing."""
    cells = tuple(
        cell(variant, row, " Avoid.", -1.0, *effects)
        for row, (a, b) in enumerate([(9.0, 1.0), (-1.0, 1.1), (1.0, 0.9)])
        for variant, effects in enumerate([(0.0, 0.0), (a, b, 0.0, 0.0)])
    )
    grid = Grid("toy", GRID.variants, ("a", "b", "c"), (BASE, MORE), cells, GenerationOptions())
    assert grid.effects(1)[0][0].number == 1
    assert "of what is new, line 2, “Principle 2: Praise.” does the most" in grid.sentence(1)


def test_rows_with_the_same_prompts_count_once() -> None:
    same = tuple(replace(one, prompt=f"same {one.variant}") for one in GRID.cells[:4])
    grid = replace(GRID, cells=same, rows=("a", "b"))
    assert grid.found(1) == share_of(1, 1)
    assert grid.gained(1) == mean_of([3.0])
    assert grid.effects(1)[0][1].of == 1


def test_sampled_answers_are_not_said_to_have_changed() -> None:
    grid = replace(GRID, options=GenerationOptions(temperature=1.0))
    assert grid.changed(1) is None
    assert "other than" not in grid.sentence(1)


def test_names_can_not_write_over_the_terminal() -> None:
    evil = replace(
        GRID, variants=(Variant("a\x1b[31m", "t"), GRID.variants[1]), rows=("\x1b", "", "c")
    )
    assert "\x1b" not in str(evil)


def test_as_text() -> None:
    shown = str(GRID)
    assert "+ line 1: Principle 1: Avoid." in shown
    assert "  more  “=Avoid.” +" in shown
    assert "  base  c has nothing for the variable {x}." in shown
    assert repr(GRID) == "<Grid of 2 variants x 3 rows, toy>"


def test_as_a_table_that_runs_nothing(tmp_path: Path) -> None:
    GRID.save(tmp_path / "grid.csv")
    rows = list(csv.DictReader(StringIO((tmp_path / "grid.csv").read_text("utf-8"))))
    assert len(rows) == 6
    assert rows[0]["response"] == " Praise."
    assert rows[2]["response"] == "'=Avoid."
    assert rows[4]["problem"] == "c has nothing for the variable {x}."
    assert (rows[1]["found"], rows[1]["answer_log_prob"]) == ("true", "-2.0")


def test_as_json(tmp_path: Path) -> None:
    GRID.save(tmp_path / "grid.json")
    shown = json.loads((tmp_path / "grid.json").read_text("utf-8"))
    assert shown["variants"][1]["found"] == {
        "value": 1.0,
        "low": pytest.approx(0.342, abs=1e-3),
        "high": 1.0,
        "of": 2,
        "bound": None,
    }
    assert shown["variants"][1]["effects"][3]["low"] == pytest.approx(-6.35, abs=0.01)
    assert shown["cells"][3]["effects"] == [2.2, -0.5, None, 3.0]
    assert shown["variants"][1]["sentence"] == GRID.sentence(1)
