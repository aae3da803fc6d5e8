"""The mean effect of each part of each variant's prompt, beside chance."""

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from backlit.batch.averages.effect import Effect, Measured, Part
from backlit.batch.averages.resampling import (
    away_from_zero,
    bootstrap,
    chance,
    holm,
    sums_of_parts,
)
from backlit.batch.averages.scored import Scored
from backlit.batch.job import Job
from backlit.explaining.templates import lines_of
from backlit.explanation.interval import Estimate
from backlit.types import Bound, joined


def averaged(
    of: Measured, found: Sequence[Scored], parts: Sequence[Sequence[Part]], job: Job, seed: int
) -> list[tuple[Effect, ...]]:
    """Of each variant, what its parts do; p-values are corrected for all parts of all variants.

    Args:
        of: what the scores are.
        found: the scores of each variant.
        parts: of each variant, the part that each unit belongs to.
        job: the batch's.
        seed: of the draws.
    """
    several = [list(dict.fromkeys(each)) for each in parts]
    tests = sum(map(len, several))
    effects: list[tuple[Effect, ...]] = []
    columns, chances, several_sums, p_values = [], [], [], []
    for index, one in enumerate(found):
        places = {part: place for place, part in enumerate(several[index])}
        columns.append(np.array([places[part] for part in parts[index]], dtype=np.int64))
        seeds = (seed, index)
        chances.append(chance(one.scores, columns[index], len(places), tests, seeds))
        several_sums.append(sums_of_parts(one.scores, columns[index], len(places)))
        p_values.append(np.maximum(chances[index].p_values, away_from_zero(several_sums[index])))
    corrected = iter(holm(np.concatenate(p_values)).tolist())
    for index, one in enumerate(found):
        sums = several_sums[index]
        ends = bootstrap(sums, (seed, index)).tolist()
        last = lines_of(job.variants[index].template)[-1:] if job.variants else ()
        made = []
        for at, part in enumerate(several[index]):
            bounds = _bounds(one, columns[index] == at)
            low, high = chances[index].bands[at].tolist()
            made.append(
                Effect(
                    part,
                    _mean(sums[:, at], ends[at], bounds),
                    low,
                    high,
                    float(p_values[index][at]),
                    next(corrected),
                    _opposite(one.rows, sums[:, at], bounds) if of.signed else (),
                    part.line is not None and part.line in last,
                )
            )
        effects.append(tuple(made))
    return effects


def _bounds(one: Scored, units: npt.NDArray[np.bool_]) -> Mapping[int, Bound]:
    """What each row's sum over these units tells, where it is not exact."""
    told: dict[int, list[Bound]] = {}
    for (row, unit), bound in one.bounds.items():
        if units[unit]:
            told.setdefault(row, []).append(bound)
    known = {row: joined(bounds) for row, bounds in told.items()}
    return {row: bound for row, bound in known.items() if bound is not None}


def _mean(
    sums: npt.NDArray[np.float64], ends: Sequence[float], bounds: Mapping[int, Bound]
) -> Estimate:
    known = sums[~np.isnan(sums)]
    low, high = ends if len(known) > 1 else (None, None)
    return Estimate(float(known.mean()), low, high, len(known), joined(bounds.values()))


def _opposite(
    rows: Sequence[str], sums: npt.NDArray[np.float64], bounds: Mapping[int, Bound]
) -> tuple[str, ...]:
    """The rows in which it is surely of the other sign than on average."""
    mean = float(np.nanmean(sums))
    told: Bound = "at_most" if mean > 0 else "at_least"
    return tuple(
        rows[row]
        for row in np.flatnonzero(sums * mean < 0).tolist()
        if bounds.get(row) in (None, told)
    )
