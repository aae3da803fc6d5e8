"""Coarse to fine: measure paragraphs, then what they are made of, only where it matters."""

from collections.abc import Sequence
from itertools import pairwise
from typing import cast

import numpy as np

from backlit.engines.base import FloatArray
from backlit.errors import OptionsError
from backlit.methods import Method
from backlit.methods.base import Altering, Scores
from backlit.methods.measurable import Measurable
from backlit.progress import Progress
from backlit.segments import aggregate, segment_of, token_spans
from backlit.types import Granularity, Segment, Span, TokenSequence

LADDER: tuple[Granularity, ...] = ("paragraph", "line", "sentence", "word", "token")
MIN_SEGMENTS = 4  # that a first level should have
MIN_COVERED = 0.8  # share of all scores that the refined segments should hold

Level = tuple[Segment, Granularity]


def refine(
    objective: Measurable, method: Method, finest: Granularity, budget: int, progress: Progress
) -> tuple[Scores, list[Level]]:
    """Score the parts of the prompt that matter at `finest`, and the others coarser.

    Args:
        objective: what is explained.
        method: any; one that scores tokens is run once.
        finest: where to stop.
        budget: segments that are measured at most, over all levels.
        progress: told of the phase `explain`, anew for each level.

    Returns:
        The scores, and for each of them its segment and the granularity that cut it.

    Raises:
        OptionsError: `finest` is not on the ladder from paragraphs to tokens.
    """
    method = cast(Altering, method)  # or it is given an `Objective`, and asks more of that
    steps, spans = _ladder(objective, finest)
    levels = [(segment_of(objective.sequence, span), steps[0]) for span in spans[steps[0]]]
    scores = method.attribute(objective, [segment for segment, _ in levels], progress)
    left = budget - len(levels)
    for step in steps[1:]:
        important = _important(_by_segment(method, scores, levels), levels)
        finer = _split(objective.sequence, levels, important, spans[step], step)
        fresh = sum(1 for level in finer if level not in levels)
        if fresh > left:
            break
        if fresh:
            try:
                if not method.facts.scores_tokens:
                    scores = method.attribute(objective, [one for one, _ in finer], progress)
            except OptionsError:  # too many segments for this method: what is known stands
                break
            levels, left = finer, left - fresh
    return scores, levels


def measurable(
    objective: Measurable, finest: Granularity, budget: int
) -> tuple[list[Segment], int]:
    """The most segments that `refine` may measure, over at most how many levels; none is run.

    Raises:
        OptionsError: as `refine`.
    """
    steps, spans = _ladder(objective, finest)
    edges: set[int] = set()  # what is cut at any level is cut at these
    every: dict[Span, None] = {}
    for step in steps:
        edges |= {edge for span in spans[step] for edge in span}
        every |= dict.fromkeys(pairwise(sorted(edges)))
    segments = [segment_of(objective.sequence, span) for span in every]
    segments.sort(key=lambda one: one.role == "template")
    return segments[: max(budget, len(spans[steps[0]]))], len(steps)


def _ladder(
    objective: Measurable, finest: Granularity
) -> tuple[tuple[Granularity, ...], dict[Granularity, list[Span]]]:
    """The granularities from the first with segments enough on, and where each of them cuts."""
    if finest not in LADDER:
        raise OptionsError(
            f"There is no way from coarse to fine that ends at {finest!r}.",
            f"Use one of {', '.join(LADDER)}.",
        )
    steps = LADDER[: LADDER.index(finest) + 1]
    spans = {step: _spans(objective, step) for step in steps}
    enough = (i for i, step in enumerate(steps) if len(spans[step]) >= MIN_SEGMENTS)
    return steps[next(enough, len(steps) - 1) :], spans


def _by_segment(method: Method, scores: Scores, levels: Sequence[Level]) -> FloatArray:
    if not method.facts.scores_tokens:
        return scores.values
    return aggregate(scores.values, [segment for segment, _ in levels], "sum")


def _important(scores: FloatArray, levels: Sequence[Level]) -> list[int]:
    """The fewest segments that hold most of what was scored, best first."""
    size = np.where([segment.role == "template" for segment, _ in levels], 0, np.abs(scores))
    order = np.argsort(-size, kind="stable")
    held = np.cumsum(size[order]) - size[order]  # by the segments before
    chosen: list[int] = order[(held < MIN_COVERED * size.sum()) & (size[order] > 0)].tolist()
    return chosen


def _split(
    sequence: TokenSequence,
    levels: Sequence[Level],
    chosen: Sequence[int],
    spans: Sequence[Span],
    step: Granularity,
) -> list[Level]:
    """The same segments, the chosen ones cut finer."""
    finer: list[Level] = []
    for index, (segment, level) in enumerate(levels):
        inside = [
            (max(a, segment.start), min(b, segment.stop))
            for a, b in spans
            if a < segment.stop and b > segment.start
        ]
        if index in chosen and len(inside) > 1:
            finer += [(segment_of(sequence, span), step) for span in inside]
        else:
            finer.append((segment, level))
    return finer


def _spans(objective: Measurable, step: Granularity) -> list[Span]:
    stop = len(objective.context)
    spans = token_spans(objective.sequence, step)
    return [(a, min(b, stop)) for a, b in spans if a < stop]
