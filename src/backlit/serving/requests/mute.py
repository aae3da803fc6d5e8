"""Measure a target again without some of what came before it."""

from typing import Annotated, Literal

from pydantic import Field

from backlit.display.words import times_likely
from backlit.errors import TargetError
from backlit.explaining import share_proofs
from backlit.explaining.draws import Drawing
from backlit.explaining.proofs import Remover
from backlit.explaining.targets import select_target
from backlit.explanation import Proof, Rethought
from backlit.serving import wire
from backlit.serving.requests.base import Counting, Kind, SequenceRequest, Work
from backlit.types import Bound, GenerationOptions, Span, Target, TokenSequence

MAX_SAMPLES = 10  # that a request may have written


class MuteRequest(SequenceRequest, Counting):
    """Measure the target again without some spans of what came before it.

    `think_again` is how often what the response has before the target is written anew as well: 0
    is not at all, 1 greedily, more are samples. It is not where it can't be, nor where answers are
    counted, which are written anew as a whole.
    """

    target: Span
    spans: wire.Spans
    think_again: Annotated[int, Field(ge=0, le=MAX_SAMPLES)] = 0


class MuteEvent(wire.Event):
    """The target's summed log-probability with everything there, and without the spans.

    `change` says in words what that does: "163 times less likely"; `bound` is what the loss tells,
    if it is not exact: "at least 163 times less likely". `rethinkable` is whether the response has
    something before the target that could be written anew without the spans, and `again` what
    happened then, once that was asked for; it comes last.
    """

    type: Literal["mute"] = "mute"
    log_prob: float
    muted_log_prob: float
    change: str
    bound: Bound | None = None
    rethinkable: bool = False
    again: Rethought | None = None
    cached: bool = False


class ShareMutedEvent(wire.Event):
    """The share of answers that say the target, with everything there and without the spans.

    They are drawn afresh, as those of proofs are: a part that chance put first on the map proves
    nothing by the same draws.
    """

    type: Literal["share_muted"] = "share_muted"
    proof: Proof
    cached: bool = False


def run(request: MuteRequest, work: Work) -> wire.Event:
    sequence = work.sequence(request.reference)
    target = select_target(sequence, request.target)
    if request.measure == "share":
        return _of_share(request, work, sequence, target)
    objective = work.model.objective(sequence, target)
    spans = tuple(request.spans)
    rethinkable = Remover(objective).can_think_again(spans)
    remover = Remover(objective, request.think_again if rethinkable else 0)
    if not remover.leaves(spans):
        raise TargetError(
            "Everything before the target is muted.", "Leave the model something to read."
        )
    remover.measure([(), spans])
    value, bound = remover.value(spans), remover.bound(spans)
    event = MuteEvent(
        log_prob=objective.value(),
        muted_log_prob=value,
        change=times_likely(objective.value() - value, bound),
        bound=bound,
        rethinkable=rethinkable,
    )
    if not remover.samples:
        return event
    work.tell(event)
    return event.model_copy(update={"again": remover.rethought(spans)})


def _of_share(
    request: MuteRequest, work: Work, sequence: TokenSequence, target: Target
) -> ShareMutedEvent:
    options = request.reference.options or GenerationOptions()
    drawing = Drawing(options, request.samples, request.matching).afresh()
    share = work.model.share(sequence, target, drawing)
    return ShareMutedEvent(proof=share_proofs.take_away(share, tuple(request.spans)))


MUTE = Kind("mute", MuteRequest, run, (MuteEvent, ShareMutedEvent), cached=True)
