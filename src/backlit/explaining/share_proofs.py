"""Proofs of a share of answers: parts are taken away, and answers are counted without them."""

from collections import Counter
from collections.abc import Iterator, Sequence

import numpy as np

from backlit.errors import InputError
from backlit.explaining.shares import AnswerShare
from backlit.explanation import Counted, Proof
from backlit.explanation.interval import share_of
from backlit.progress import SILENT, Progress
from backlit.types import Segment, Span

Spans = tuple[Span, ...]

SAID = 3  # answers that are told of those without some parts


def prove(
    share: AnswerShare, segments: Sequence[Segment], progress: Progress = SILENT
) -> Iterator[Proof]:
    """What the share loses without each of these, then without those together that do too little
    alone to tell from chance.

    Raises:
        InputError: without any of them, nothing is left to read.
    """
    alone: list[Spans] = [((s.start, s.stop),) for s in segments]
    alone = [spans for spans in alone if _without(share.context, spans)]
    if not alone:
        raise InputError("Nothing would be left of the prompt.", "Choose a finer granularity.")
    progress("prove", 0, len(alone))
    for _ in share.score([_without(share.context, spans) for spans in alone]):
        pass
    little: list[Span] = []
    for done, spans in enumerate(alone, start=1):
        proof = take_away(share, spans)
        yield proof
        progress("prove", done, len(alone))
        if not proof.sure and proof.lost >= 0:
            little += spans
    together = tuple(sorted(little))
    if len(together) > 1 and _without(share.context, together):
        yield take_away(share, together)


def take_away(share: AnswerShare, spans: Spans) -> Proof:
    """What the share loses without these, all together.

    Raises:
        InputError: nothing would be left to read, or nothing is taken away, or they are none of
            the prompt's.
    """
    if not spans or any(not 0 <= start < stop for start, stop in spans):
        raise InputError("There is nothing to take away.", "Choose a part of the prompt.")
    if any(stop > len(share.context) for _, stop in spans):
        raise InputError(
            "The answer is written anew, so no part of it can be taken away.",
            "Choose a part of the prompt.",
        )
    context = _without(share.context, spans)
    if not context:
        raise InputError("Nothing would be left of the prompt.", "Leave some of it.")
    values = dict(share.score([share.context, context]))
    lost = values[0] - values[1]
    ((low, high),) = share.intervals(np.array([lost])).tolist()
    with_all, without = (
        share_of(round(values[at] * share.samples / 100), share.samples) for at in (0, 1)
    )
    said = Counter(answer.strip() for answer in share.answers(context))
    counted = Counted(with_all, without, tuple(answer for answer, _ in said.most_common(SAID)))
    return Proof(
        spans, lost, share.change(lost), interval=(low, high), measure="share", counted=counted
    )


def _without(context: tuple[int, ...], spans: Spans) -> tuple[int, ...]:
    return tuple(one for at, one in enumerate(context) if not any(a <= at < b for a, b in spans))
