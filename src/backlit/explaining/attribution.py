"""A method run on segments, and its scores put together with what they are about."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

import numpy as np

from backlit.engines.base import Engine, FloatArray
from backlit.errors import CapabilityError, OptionsError, UnknownNameError
from backlit.explaining.draws import remark
from backlit.explaining.refinement import refine
from backlit.explaining.shares import AnswerShare
from backlit.explanation import Attribution
from backlit.methods import Method, methods
from backlit.methods.base import Altering, Scores, params_of, reason_against, unavailable_for_shares
from backlit.methods.objective import Objective
from backlit.progress import Progress
from backlit.segments import AGGREGATES, aggregate, segment
from backlit.types import (
    Aggregate,
    Granularity,
    Interval,
    Quantity,
    ScoredSegment,
    Segment,
)


@dataclass(frozen=True, slots=True)
class Segmenting:
    """What is scored as one.

    Attributes:
        granularity: how the text is cut; `custom` wants `pattern`.
        pattern: a regular expression; the text is cut after each match.
        aggregate: how token scores are joined, for methods that score tokens.
        budget: go from coarse to fine, reaching `granularity` only where it matters, until so
            many segments were measured; None for one granularity throughout.

    Raises:
        UnknownNameError: no such aggregate.
        OptionsError: a budget below 1.
    """

    granularity: Granularity = "line"
    pattern: str | None = None
    aggregate: Aggregate = "sum"
    budget: int | None = None

    def __post_init__(self) -> None:
        if self.aggregate not in AGGREGATES:
            raise UnknownNameError(
                f"There is no aggregate {self.aggregate!r}.", f"Use one of {', '.join(AGGREGATES)}."
            )
        whole = isinstance(self.budget, int) and not isinstance(self.budget, bool)
        if self.budget is not None and (not whole or self.budget < 1):
            raise OptionsError(f"The budget is {self.budget!r}.", "Use 1 segment or more.")


def attribute(
    objective: Objective | AnswerShare, method: Method, segmenting: Segmenting, progress: Progress
) -> Attribution:
    """Score everything before the target.

    Args:
        objective: what is explained, on which engine.
        method: how.
        segmenting: over what units.
        progress: told of the phase `explain`.

    Raises:
        CapabilityError: the engine can't serve the method, or its numbers overflowed.
        OptionsError: a parameter does not fit the number of segments.
        PatternError: the custom pattern is wrong or too slow.
        UnknownNameError: no such granularity.
    """
    measure = objective.quantity
    reason = reason_against(type(method), objective.engine, measure)
    if reason is not None:
        raise CapabilityError(reason, _instead(type(method), objective.engine, measure))
    method = cast(Altering, method)  # or it is given an `Objective`, and asks more of that
    progress("explain")  # a first pass over a long prompt takes seconds: say that it began
    granularity, pattern = segmenting.granularity, segmenting.pattern
    levels: Sequence[Granularity | None]
    if segmenting.budget is not None:
        scores, refined = refine(objective, method, granularity, segmenting.budget, progress)
        segments: Sequence[Segment] = [one for one, _ in refined]
        levels = [level for _, level in refined]
    else:
        segments = segment(objective.sequence, granularity, pattern, stop=len(objective.context))
        scores = method.attribute(objective, segments, progress)
        levels = [None] * len(segments)
    facts = method.facts
    values = scores.values  # (context,) or (segments,)
    if facts.scores_tokens:
        values = aggregate(values, segments, segmenting.aggregate)  # (segments,)
    log_prob: float | None = None
    foil_log_prob: float | None = None
    share = None
    remarks: tuple[str, ...] = ()
    if isinstance(objective, AnswerShare):
        share = objective.record()
        remarks = (*remark(share), *objective.remarks())
    else:
        log_prob, foil_log_prob = objective.log_probs()
    if not np.isfinite([*values, log_prob or 0.0, foil_log_prob or 0.0]).all():
        raise CapabilityError(
            "The model's numbers overflowed, so the scores mean nothing.",
            "Load it with dtype float32, or choose a shorter target.",
        )
    return Attribution(
        method=facts.name,
        params=dict(params_of(method)),
        target=objective.target,
        granularity=granularity,
        segments=_scored(segments, values, scores, levels),
        signed=facts.signed,
        target_log_prob=log_prob,
        pattern=pattern if granularity == "custom" else None,
        aggregate=segmenting.aggregate if facts.scores_tokens else None,
        token_scores=tuple(scores.values.tolist()) if facts.scores_tokens else None,
        convergence_delta=scores.convergence_delta,
        foil_log_prob=foil_log_prob,
        notes=(*remarks, *scores.notes),
        measure=measure,
        share=share,
    )


def _instead(method: type[Method], engine: Engine, measure: Quantity) -> str:
    """What to do about a method that can't be had."""
    if measure == "share":
        able = [n for n, one in methods().items() if unavailable_for_shares(one, engine) is None]
        return f"Use {', '.join(able)}." if able else "Pick another model."
    if unavailable_for_shares(method, engine) is None:
        return 'Ask for the share of its answers, measure="share", or pick another model.'
    return "Pick another method, or a model that offers it."


def _scored(
    segments: Sequence[Segment],
    values: FloatArray,
    scores: Scores,
    levels: Sequence[Granularity | None],
) -> tuple[ScoredSegment, ...]:
    errors: Sequence[float | None] = [None] * len(segments)
    intervals: Sequence[Interval | None] = [None] * len(segments)
    bounds = scores.bounds or [None] * len(segments)
    if scores.intervals is not None:
        intervals = [(low, high) for low, high in scores.intervals.tolist()]
    if scores.standard_errors is not None:
        errors = scores.standard_errors.tolist()
    return tuple(
        ScoredSegment(
            start=one.start,
            stop=one.stop,
            text=one.text,
            role=one.role,
            score=float(value),
            standard_error=error,
            level=level,
            interval=interval,
            bound=bound,
        )
        for one, value, error, interval, level, bound in zip(
            segments, values, errors, intervals, levels, bounds, strict=True
        )
    )
