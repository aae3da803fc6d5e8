"""Shapley values: how many model evaluations each estimator needs for the same mean error.

The value of every subset of the players is measured once; after that the estimators run on the
table, so errors are against exact values and the model has no part in them.
"""

import itertools
import math
import statistics
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from backlit.engines.base import FloatArray
from backlit.methods.coalitions import coalitions
from backlit.methods.shapley_values import estimate
from benchmarks.peers import captum_peer, shap_peer
from benchmarks.peers.race import Report, because
from benchmarks.peers.subject import Subject
from benchmarks.timing import Line

PLAYERS = 11
SEEDS = 20
BUDGETS = (24, 48, 96, 192, 384, 768)  # evaluations asked for; what is used is counted
BOUND = 0.5

Value = Callable[[Any], FloatArray]
Estimator = Callable[[Value, int, int, int], FloatArray]
"""`(value, players, evaluations asked for, seed)` to one value for each player."""


def run(subject: Subject, rounds: int) -> Iterator[Report]:
    """The curve of each estimator, then ours against theirs."""
    spans = players(subject)
    values = table(subject, spans)
    exact = shapley_values(values, len(spans))
    yield (
        f"Shapley values of {len(spans)} segments, exact from all {len(values):,} subsets: "
        f"{exact.min():.2f} to {exact.max():.2f} nats, {np.abs(exact).mean():.2f} on average; "
        f"mean absolute errors over {SEEDS} seeds follow"
    )
    curves: dict[str, list[tuple[float, float]]] = {}
    for name, estimator in ESTIMATORS.items():
        try:
            curves[name] = curve(estimator, values, exact)
        except Exception as error:  # noqa: BLE001  a peer may fail in any way; it is told
            yield f"? Shapley values, {name}: not measured, {because(error)}"
            continue
        points = ", ".join(f"{used:.0f}: {miss:.4f}" for used, miss in curves[name])
        yield f"{name:<32} {points}"
    for name in curves:
        if name != "ours" and "ours" in curves:
            yield compare(f"evaluations for equal error: ours / {name}", curves, name)


def players(subject: Subject) -> list[tuple[int, int]]:
    """Token spans of neighbouring lines, `PLAYERS` of them."""
    cuts = np.linspace(0, len(subject.lines), PLAYERS + 1).round().astype(int)
    return [
        (subject.lines[a].start, subject.lines[b - 1].stop) for a, b in itertools.pairwise(cuts)
    ]


def table(subject: Subject, spans: Sequence[tuple[int, int]]) -> FloatArray:
    """The target's log-probability after every subset; bit i of the index is player i.

    The target has no probability to speak of after nothing, so the empty subset is the last
    token alone.
    """
    ids, start = subject.ids, subject.target.start
    contexts = []
    for index in range(2 ** len(spans)):
        kept = [span for i, span in enumerate(spans) if index >> i & 1]
        contexts.append([t for a, b in kept for t in ids[a:b]] or [ids[start - 1]])
    order = [len(contexts) - 1, *range(len(contexts) - 1)]  # the whole first
    values = np.zeros(len(contexts))
    for done, log_probs in subject.engine.score([contexts[i] for i in order], ids[start:]):
        values[order[done]] = log_probs.sum()
    return values


def shapley_values(values: FloatArray, n: int) -> FloatArray:
    """The definition: `(n,)` from a value for each of the 2^n subsets."""
    found = np.zeros(n)
    sizes = np.array([index.bit_count() for index in range(2**n)])
    weights = np.array([math.factorial(s) * math.factorial(n - s - 1) for s in range(n)])
    for player in range(n):
        without = np.flatnonzero((np.arange(2**n) >> player & 1) == 0)
        gains = values[without | 1 << player] - values[without]
        found[player] = (weights[sizes[without]] / math.factorial(n) * gains).sum()
    return found


def curve(estimator: Estimator, values: FloatArray, exact: FloatArray) -> list[tuple[float, float]]:
    """(evaluations, mean absolute error) at each budget, means over the seeds."""
    n = len(exact)
    powers = 2 ** np.arange(n)
    points: list[tuple[float, float]] = []
    for budget in BUDGETS:
        used = 0
        misses: list[float] = []
        for seed in range(SEEDS):

            def look_up(masks: Any) -> FloatArray:
                nonlocal used
                used += len(masks)
                return values[np.asarray(masks, dtype=bool) @ powers]

            misses.append(float(np.abs(estimator(look_up, n, budget, seed) - exact).mean()))
        point = (used / SEEDS, statistics.mean(misses))
        if not points or point[0] > points[-1][0]:
            points.append(point)
    return points


def compare(what: str, curves: dict[str, list[tuple[float, float]]], name: str) -> Report:
    """The median, over the points of their curve, of the evaluations ours needs for their error.

    Between its points our curve is a straight line in logarithms. Errors below our last point's
    are left out; for those above our first point's, the first point's evaluations count.
    """
    used, missed = zip(*sorted(curves["ours"]), strict=True)
    floor = np.minimum.accumulate(np.maximum(missed, 1e-12))
    found = sorted(
        float(np.exp(np.interp(-np.log(miss), -np.log(floor), np.log(used)))) / evaluations
        for evaluations, miss in curves[name]
        if miss >= floor[-1]
    )
    if not found:
        return Line(what, math.inf, BOUND)
    return Line(what, statistics.median(found), BOUND, "x", (found[0], found[-1]))


def _ours(value: Value, n: int, budget: int, seed: int) -> FloatArray:
    masks = coalitions(n, budget, seed)
    return estimate(masks, value(masks))[0]


ESTIMATORS: dict[str, Estimator] = {
    "ours": _ours,
    "captum ShapleyValueSampling": lambda value, n, budget, seed: captum_peer.shapley_sampling(
        value, n, max(1, round(budget / n)), seed
    ),
    "captum KernelShap": captum_peer.kernel_shap,
    "shap KernelExplainer": shap_peer.kernel,
    "shap PermutationExplainer": lambda value, n, budget, seed: shap_peer.permutation(
        value, n, max(1, round(budget / (2 * n))), seed
    ),
}
