"""Score a target again without some of what came before it."""

from typing import Literal

from backlit.display.words import times_likely
from backlit.engines.base import as_scorer
from backlit.errors import TargetError
from backlit.explaining.targets import select_target
from backlit.serving import wire
from backlit.serving.requests.base import Kind, SequenceRequest, Work
from backlit.types import Span, TokenSequence


class MuteRequest(SequenceRequest):
    """Score the target again without some spans of what came before it."""

    target: Span
    spans: wire.Spans


class MuteEvent(wire.Event):
    """The target's summed log-probability with everything there, and without the spans.

    `change` says in words what that does: "163 times less likely".
    """

    type: Literal["mute"] = "mute"
    log_prob: float
    muted_log_prob: float
    change: str
    cached: bool = False


def run(request: MuteRequest, work: Work) -> wire.Event:
    as_scorer(work.model.engine)
    sequence = work.sequence(request.reference)
    target = select_target(sequence, request.target)
    before = TokenSequence(sequence.text, sequence.tokens[: target.start], target.start)
    kept = before.without(request.spans).input_ids
    if not kept:
        raise TargetError(
            "Everything before the target is muted.", "Leave the model something to read."
        )
    objective = work.model.objective(sequence, target)
    values = dict(objective.score([objective.context, kept]))
    return MuteEvent(
        log_prob=values[0],
        muted_log_prob=values[1],
        change=times_likely(values[0] - values[1]),
    )


MUTE = Kind("mute", MuteRequest, run, (MuteEvent,), cached=True)
