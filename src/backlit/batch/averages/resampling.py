"""What holds on average: means over rows, their intervals, and what a random order gives.

All of it is about a table of scores with a row for each run and a column for each unit, a line of
the prompt for example; `nan` where a row has no such unit. A part is one unit or several.

Draws are made with a fixed seed, so the same scores give the same figures.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

RESAMPLES = 2_000  # of rows
DRAWS = 9_999  # of random orders
MOST_DRAWS = 99_999
DRAWS_FOR_A_PART = 100  # so that Holm's correction of all parts can still be passed
ENDS = (2.5, 97.5)  # percentiles: 95%
ENOUGH = 2_000  # scores in a draw, above which means are as good as normal
AT_ONCE = 1_000_000  # random numbers
LEVEL = 0.05


@dataclass(frozen=True, slots=True, eq=False)
class Chance:
    """What a random order gives for each part.

    Attributes:
        bands: where 95% of means lie, `(parts, 2)`; nan for parts that no row has.
        p_values: how often a mean is at least as far from 0 as the one that was found, `(parts,)`.
    """

    bands: FloatArray
    p_values: FloatArray


def sums_of_parts(scores: FloatArray, parts: IntArray, count: int) -> FloatArray:
    """What each part scores in each row, `(rows, count)`; nan in rows that do not have it."""
    found = np.zeros((len(scores), count))
    sizes = sizes_of_parts(scores, parts, count)
    np.add.at(found.T, parts, np.nan_to_num(scores).T)
    return np.where(sizes > 0, found, np.nan)


def sizes_of_parts(scores: FloatArray, parts: IntArray, count: int) -> IntArray:
    """How many units each part has in each row, `(rows, count)`."""
    sizes = np.zeros((len(scores), count), dtype=np.int64)
    np.add.at(sizes.T, parts, ~np.isnan(scores).T)
    return sizes


def bootstrap(sums: FloatArray, seed: Sequence[int] = (0,)) -> FloatArray:
    """The 95% interval of each column's mean, `(columns, 2)`; nan of fewer than two rows.

    The percentile bootstrap (Efron 1979, doi:10.1214/aos/1176344552): rows are drawn anew from
    those that there are. Of few rows it is somewhat too narrow.
    """
    rows, columns = sums.shape
    there = ~np.isnan(sums)
    if rows < 2:
        return np.full((columns, 2), np.nan)
    random = np.random.default_rng([*seed, 1])
    filled, present = np.nan_to_num(sums), there.astype(np.float64)
    means = np.empty((RESAMPLES, columns))
    step = max(1, AT_ONCE // rows)
    for at in range(0, RESAMPLES, step):
        size = min(step, RESAMPLES - at)
        drawn = random.integers(0, rows, (size, rows)) + rows * np.arange(size)[:, None]
        counts = np.bincount(drawn.ravel(), minlength=size * rows).reshape(size, rows)
        weights = counts.astype(np.float64)
        with np.errstate(invalid="ignore"):  # nobody was drawn that has it
            means[at : at + size] = (weights @ filled) / (weights @ present)
    known = there.sum(axis=0) > 1
    ends = np.full((columns, 2), np.nan)
    if known.any():
        ends[known] = np.nanpercentile(means[:, known], ENDS, axis=0).T
    return ends


def chance(
    scores: FloatArray, parts: IntArray, count: int, tests: int, seed: Sequence[int] = (0,)
) -> Chance:
    """What means would be if each row's scores were dealt out at random among its units.

    Args:
        scores: `(rows, units)`.
        parts: of each unit, the part that it belongs to.
        count: of parts.
        tests: how many p-values are looked at together.
        seed: of the draws.

    Returns:
        Bands and p-values: of draws, or, of many rows, of the normal distribution with the exact
        mean and variance of such draws.
    """
    sums, sizes = sums_of_parts(scores, parts, count), sizes_of_parts(scores, parts, count)
    draws = min(MOST_DRAWS, max(DRAWS, DRAWS_FOR_A_PART * tests))
    bands, p_values = np.full((count, 2), np.nan), np.ones(count)
    known: dict[bytes, FloatArray | tuple[float, float]] = {}
    for part in range(count):
        size = sizes[:, part]
        if not size.any():
            continue
        key = size.tobytes()  # parts of the same rows and sizes have the same chances
        if key not in known:
            known[key] = _chances(scores[size > 0], size[size > 0], draws, seed)
        mean, found = float(np.nanmean(sums[:, part])), known[key]
        slack = 1e-9 * max(1e-300, float(np.nanmax(np.abs(scores))))  # of adding in another order
        if isinstance(found, tuple):
            centre, deviation = found
            reach = 1.959963984540054 * deviation
            bands[part] = (centre - reach, centre + reach)
            p_values[part] = _beyond(abs(mean) - slack, centre, deviation)
        else:
            bands[part] = np.percentile(found, ENDS)
            further = int((np.abs(found) >= abs(mean) - slack).sum())
            p_values[part] = (1 + further) / (1 + len(found))
    return Chance(bands, p_values)


def away_from_zero(sums: FloatArray) -> FloatArray:
    """How often means of rows as uneven as these are as far from 0, if that is what they are about:
    Student's test (Student 1908, doi:10.2307/2331554) of each column, `(columns,)`; 1 of one row.

    What a random order gives is not enough: a part whose score swings from row to row about 0 may
    be far from what others score, and does nothing on average.
    """
    from scipy.special import stdtr  # slow to import, and seldom needed

    p_values = np.ones(sums.shape[1])
    for column in range(sums.shape[1]):
        known = sums[~np.isnan(sums[:, column]), column]
        count = len(known)
        if count < 2:
            continue
        mean, error = float(known.mean()), float(known.std(ddof=1)) / math.sqrt(count)
        if error > 0:
            p_values[column] = 2 * stdtr(count - 1, -abs(mean) / error)
        elif mean:
            p_values[column] = 0.0
    return p_values


def holm(p_values: FloatArray) -> FloatArray:
    """P-values that are corrected for being looked at together (Holm 1979, jstor:4615733): to call
    those under 5% sure is to be wrong of any of them in at most 5% of cases.
    """
    order = np.argsort(p_values, kind="stable")
    factors = len(p_values) - np.arange(len(p_values))
    corrected = np.empty_like(p_values)
    corrected[order] = np.minimum(1.0, np.maximum.accumulate(p_values[order] * factors))
    return corrected


def _chances(
    scores: FloatArray, sizes: IntArray, draws: int, seed: Sequence[int]
) -> FloatArray | tuple[float, float]:
    """Means of so many random units of each row: drawn, or their mean and standard deviation."""
    there = ~np.isnan(scores)
    lengths = there.sum(axis=1)
    single = bool((sizes == 1).all())
    if (len(scores) if single else scores.size) > ENOUGH:
        return _moments(scores, sizes, lengths)
    random = np.random.default_rng([*seed, 2])
    order = np.argsort(~there, axis=1, kind="stable")
    packed = np.nan_to_num(np.take_along_axis(scores, order, axis=1))  # those that are there first
    rows = np.arange(len(scores))
    means = np.empty(draws)
    step = max(1, AT_ONCE // (len(scores) if single else scores.size))
    for at in range(0, draws, step):
        size = min(step, draws - at)
        if single:
            picked = (random.random((size, len(rows))) * lengths).astype(np.int64)
            means[at : at + size] = packed[rows, picked].mean(axis=1)
            continue
        keys = random.random((size, *scores.shape))
        keys[:, np.arange(scores.shape[1]) >= lengths[:, None]] = 2.0  # what is not there, last
        mixed = np.take_along_axis(packed[None], np.argsort(keys, axis=2), axis=2)
        upto = np.arange(scores.shape[1]) < sizes[:, None]
        means[at : at + size] = np.where(upto, mixed, 0.0).sum(axis=2).mean(axis=1)
    return means


def _moments(scores: FloatArray, sizes: IntArray, lengths: IntArray) -> tuple[float, float]:
    """Mean and standard deviation of the mean of sums of units that are drawn without return."""
    centre = float((sizes * np.nanmean(scores, axis=1)).mean())
    left = (lengths - sizes) / np.maximum(1, lengths - 1)
    variances = sizes * np.nanvar(scores, axis=1) * left
    return centre, math.sqrt(float(variances.sum())) / len(scores)


def _beyond(size: float, centre: float, deviation: float) -> float:
    """How often a normal value is at least so far from 0."""
    if size <= 0:
        return 1.0
    if deviation == 0:
        return 1.0 if abs(centre) >= size else 0.0
    scale = deviation * math.sqrt(2)
    return min(1.0, (math.erfc((size - centre) / scale) + math.erfc((size + centre) / scale)) / 2)
