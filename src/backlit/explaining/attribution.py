"""A method run on segments, and what it found put together with what it was about."""

from collections.abc import Iterator, Sequence

import numpy as np

from backlit.errors import CapabilityError, UnknownNameError
from backlit.explaining.refinement import refine
from backlit.methods import Method
from backlit.methods.base import Report, Scores, params_of, unavailable
from backlit.methods.gradient import GradL2, GradXInput
from backlit.methods.objective import Objective
from backlit.segments import AGGREGATES, aggregate, segment
from backlit.types import (
    Aggregate,
    Attribution,
    Granularity,
    ScoredSegment,
    Segment,
    Target,
)


def attribute(
    objective: Objective,
    method: Method,
    granularity: Granularity = "line",
    *,
    pattern: str | None = None,
    how: Aggregate = "sum",
    budget: int | None = None,
    report: Report = lambda done, total, scored: None,
) -> Attribution:
    """Score everything before the target.

    Args:
        objective: what is explained, on which engine.
        method: how.
        granularity: what is scored as one.
        pattern: for `custom`, where to cut.
        how: token scores are joined.
        budget: go from coarse to fine: `granularity` is reached where it matters, until so many
            segments were measured.
        report: called as scores come in.

    Raises:
        CapabilityError: the engine can't serve the method, or its numbers overflowed.
        OptionsError: a parameter does not fit the number of segments.
        PatternError: the custom pattern is wrong or too slow.
        UnknownNameError: no such granularity or aggregate.
    """
    if how not in AGGREGATES:
        raise UnknownNameError(
            f"There is no aggregate {how!r}.", f"Use one of {', '.join(AGGREGATES)}."
        )
    reason = unavailable(type(method), objective.engine)
    if reason is not None:
        raise CapabilityError(reason, "Pick another method, or a model that offers it.")
    report(0, None, ())  # a first pass over a long prompt takes seconds: say that it began
    levels: list[Granularity] | None = None
    if budget is not None:
        found, refined = refine(objective, method, granularity, budget, report)
        segments: Sequence[Segment] = [one for one, _ in refined]
        levels = [level for _, level in refined]
    else:
        segments = segment(objective.sequence, granularity, pattern, stop=objective.target.start)
        found = method.attribute(objective, segments, report)
    return _attribution(
        method,
        found,
        objective.target,
        (objective.target_log_prob, objective.foil_log_prob),
        (segments, granularity, pattern if granularity == "custom" else None),
        how,
        levels,
    )


def attribute_tokens(
    objective: Objective, method: GradL2 | GradXInput, granularity: Granularity = "token"
) -> Iterator[Attribution]:
    """A map for each token of the target on its own, from one shared forward pass."""
    for number, found in enumerate(objective.token_gradients(), start=objective.target.start):
        segments = segment(objective.sequence, granularity, stop=number)
        target, scores = Target(number, number + 1), Scores(method.of(found))
        cut = (segments, granularity, None)
        yield _attribution(method, scores, target, (found.value, None), cut, "sum")


def _attribution(
    method: Method,
    found: Scores,
    target: Target,
    log_probs: tuple[float, float | None],
    cut: tuple[Sequence[Segment], Granularity, str | None],
    how: Aggregate,
    levels: Sequence[Granularity] | None = None,
) -> Attribution:
    segments, granularity, pattern = cut
    by_token = method.scores_tokens
    scores = aggregate(found.values, segments, how) if by_token else found.values  # (segments,)
    if not np.isfinite([*scores, *(value or 0.0 for value in log_probs)]).all():
        raise CapabilityError(
            "The model's numbers overflowed, so the scores mean nothing.",
            "Load it with dtype float32, or choose a shorter target.",
        )
    errors = found.standard_errors
    return Attribution(
        method=method.name,
        params=dict(params_of(method)),
        target=target,
        granularity=granularity,
        segments=tuple(
            ScoredSegment(
                start=one.start,
                stop=one.stop,
                text=one.text,
                role=one.role,
                score=float(scores[i]),
                standard_error=None if errors is None else float(errors[i]),
                level=None if levels is None else levels[i],
            )
            for i, one in enumerate(segments)
        ),
        signed=method.signed,
        target_log_prob=log_probs[0],
        pattern=pattern,
        aggregate=how if by_token else None,
        token_scores=tuple(found.values.tolist()) if by_token else None,
        convergence_delta=found.convergence_delta,
        foil_log_prob=log_probs[1],
        notes=found.notes,
    )
