"""The scores of a variant's maps as a table of rows and units, which means are made of.

A unit is a line of the prompt: what is scored within it is summed first. What no line holds, such
as the answer's own words before the target, is a unit by itself, or left out.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from backlit.explanation.cell import Line
from backlit.types import Bound, joined

NONE = -1  # in place of a number that is not there


@dataclass(frozen=True, slots=True)
class Unit:
    """A line, or a segment that is in none, and the role that has it."""

    line: Line | None
    role: str


@dataclass(frozen=True, slots=True, eq=False)
class Scored:
    """What was scored.

    Attributes:
        rows: ids of those that have a map.
        units: in the order of the prompt; what is in no line comes last.
        scores: `(rows, units)`; nan where a row has no such unit.
        bounds: what a row's score of a unit tells, where it is not exact.
        left_out: whether the answers' own words were scored and are no unit.
    """

    rows: tuple[str, ...]
    units: tuple[Unit, ...]
    scores: npt.NDArray[np.float64]
    bounds: Mapping[tuple[int, int], Bound]
    left_out: bool


def scored(
    maps: pa.Table,
    runs: Mapping[str, str],
    texts: Mapping[tuple[int | None, int], str] | None,
    *,
    by_line: bool,
) -> Scored:
    """Gather the scores of one variant's maps.

    Args:
        maps: rows of `scores.parquet`, of one method and granularity.
        runs: the row's id by its run, of this variant alone.
        texts: of the template's lines, by message and number; None takes those of the rows,
            where all of them are the same.
        by_line: only what is in a line.
    """
    names = list(runs)
    run = pc.index_in(maps["run"], value_set=pa.array(names, pa.string()))
    maps = maps.append_column("place", run).filter(pc.is_valid(run))
    maps = _once(maps)
    all_lines = _numbers(maps["line"])
    left_out = by_line and bool((all_lines == NONE).any()) and "response" in _roles(maps)
    if by_line:
        maps = maps.filter(pc.is_valid(maps["line"]))
    else:
        maps = maps.filter(pc.not_equal(maps["role"].cast(pa.string()), "template"))
    line, message, place = (_numbers(maps[name]) for name in ("line", "message", "place"))
    roles = np.array(_roles(maps), dtype=object)
    kinds, role = np.unique(roles.astype(str), return_inverse=True)
    lonely = np.where(line == NONE, _numbers(maps["segment"]), NONE)
    keys = np.stack([lonely, message, line, np.zeros_like(line) if by_line else role], axis=1)
    found, first, unit = np.unique(keys, axis=0, return_index=True, return_inverse=True)
    unit = unit.reshape(-1)
    rows, row = np.unique(place, return_inverse=True)
    scores = np.zeros((len(rows), len(found)))
    there = np.zeros(scores.shape, dtype=bool)
    np.add.at(scores, (row, unit), maps["score"].to_numpy())
    there[row, unit] = True
    of_rows = _texts(maps, row, unit) if texts is None and by_line else {}
    units = []
    for number, (_, in_message, in_line, _) in enumerate(found.tolist()):
        where = None if in_message == NONE else in_message
        text = of_rows.get(number, "") if texts is None else texts.get((where, in_line), "")
        one = None if in_line == NONE else Line(in_line, text, where)
        units.append(Unit(one, str(kinds[role[first[number]]])))
    return Scored(
        tuple(runs[names[at]] for at in rows),
        tuple(units),
        np.where(there, scores, np.nan),
        _bounds(maps, row, unit),
        left_out,
    )


def _once(maps: pa.Table) -> pa.Table:
    """Each segment of a run once: of a method that was given twice, its first map."""
    keys = np.stack([_numbers(maps["place"]), _numbers(maps["segment"])], axis=1)
    _, first = np.unique(keys, axis=0, return_index=True)
    return maps if len(first) == len(keys) else maps.take(np.sort(first))


def _numbers(column: pa.ChunkedArray) -> npt.NDArray[np.int64]:
    return np.asarray(pc.fill_null(column.cast(pa.int64()), NONE).to_numpy(), dtype=np.int64)


def _roles(maps: pa.Table) -> Sequence[str]:
    roles: list[str] = maps["role"].to_pylist()
    return roles


def _texts(
    maps: pa.Table, row: npt.NDArray[np.int64], unit: npt.NDArray[np.int64]
) -> Mapping[int, str]:
    """The text of each unit that has the same in all rows."""
    whole: dict[tuple[int, int], str] = {}
    for at, number, text in zip(row.tolist(), unit.tolist(), maps["text"].to_pylist(), strict=True):
        whole[at, number] = whole.get((at, number), "") + text
    several: dict[int, set[str]] = {}
    for (_, number), text in whole.items():
        several.setdefault(number, set()).add(text.strip())
    return {number: next(iter(texts)) for number, texts in several.items() if len(texts) == 1}


def _bounds(
    maps: pa.Table, row: npt.NDArray[np.int64], unit: npt.NDArray[np.int64]
) -> Mapping[tuple[int, int], Bound]:
    """What sums of segments tell that are not exact."""
    column = maps["bound"].cast(pa.string())
    told: dict[tuple[int, int], list[Bound]] = {}
    for at in np.flatnonzero(np.asarray(pc.is_valid(column))).tolist():
        told.setdefault((int(row[at]), int(unit[at])), []).append(column[at].as_py())
    known = {place: joined(bounds) for place, bounds in told.items()}
    return {place: bound for place, bound in known.items() if bound is not None}
