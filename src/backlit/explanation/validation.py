"""What must hold of an explanation from elsewhere: it says nothing that can't be so.

Types are checked by pydantic; this is what they do not say: that spans lie in what they are spans
of, that segments tile what is before the target, that texts are what they are said to be, and
that numbers are finite.
"""

import math
from collections.abc import Iterator, Sequence
from itertools import pairwise

from backlit.explanation.attribution import Attribution, Faithfulness
from backlit.explanation.generation import Generation
from backlit.explanation.interval import Estimate
from backlit.explanation.proof import Rethought
from backlit.explanation.trace import Trace
from backlit.segments import segment_of
from backlit.types import Interval, Segment, Span, Target, TokenSequence


def contradictions(generation: Generation, attributions: Sequence[Attribution]) -> Iterator[str]:
    """What can't be so, the first first; what comes after it may follow from it."""
    yield from _of_generation(generation)
    for number, one in enumerate(attributions, start=1):
        for found in _of_map(generation.sequence, one):
            yield f"map {number}: {found}"


def _of_generation(generation: Generation) -> Iterator[str]:
    sequence = generation.sequence
    if not 0 < sequence.prompt_length <= len(sequence.tokens):
        yield f"the prompt has {sequence.prompt_length} of {len(sequence.tokens)} tokens"
    if any(not 0 <= start < stop for start, stop in generation.muted):
        yield "a muted part is no span of tokens"
    covered = 0
    for number, token in enumerate(sequence.tokens):
        if token.id < 0:
            yield f"token {number} has the id {token.id}"
        if not 0 <= token.start <= min(covered, token.stop) or token.stop > len(sequence.text):
            yield f"token {number} is at characters {token.start}:{token.stop}"
        if token.stop > token.start and token.text != sequence.text[token.start : token.stop]:
            yield f"token {number} has another text than the characters it stands for"
        known = [token.log_prob, *(other.log_prob for other in token.alternatives)]
        if not _finite(*known):
            yield f"token {number} has a log-probability that is no number"
        covered = max(covered, token.stop)
    if covered != len(sequence.text):
        yield "there is text behind the last token"


def _of_map(sequence: TokenSequence, one: Attribution) -> Iterator[str]:
    yield from _of_target(sequence, one.target)
    spans = [(segment.start, segment.stop) for segment in one.segments]
    if one.share is None and not _tiles(spans, one.target.start):
        yield "its segments do not tile what is before the target"
        return
    if one.share is not None and not _tiles(spans, sequence.prompt_length):
        yield "its segments do not tile the prompt, after which answers were counted"
        return
    yield from _of_measure(one)
    for segment in one.segments:
        if not _is_of(sequence, segment):
            yield f"the segment {segment.start}:{segment.stop} has another text than its tokens"
        if not _finite(segment.score, segment.standard_error) or (segment.standard_error or 0) < 0:
            yield f"the segment {segment.start}:{segment.stop} has a score that is no number"
    if one.token_scores is not None:
        if len(one.token_scores) != one.target.start:
            yield f"it has {len(one.token_scores)} token scores for {one.target.start} tokens"
        if not _finite(*one.token_scores):
            yield "a token score is no number"
    if not _finite(one.target_log_prob, one.foil_log_prob, one.convergence_delta):
        yield "a log-probability is no number"
    if one.faithfulness is not None:
        yield from _of_check(set(spans), one.faithfulness)
    for proof in one.proofs:
        before = one.target.start if one.share is None else sequence.prompt_length
        if not proof.spans or not all(0 <= a < b <= before for a, b in proof.spans):
            yield "a proof is of parts that are not before its target"
        if not _finite(proof.lost):
            yield "a proof has a figure that is no number"
        if (proof.said is None) != (proof.changed is None):
            yield "a proof says only half of what the model wrote"
        if proof.again is not None:
            yield from _of_rethought(proof.again)
    if one.trace is not None:
        yield from _of_trace(sequence, one.target, one.trace)


def _of_measure(one: Attribution) -> Iterator[str]:
    """That it says of what was measured what can be known of it, and nothing else."""
    share = one.share
    if (one.measure == "share") != (share is not None):
        yield "it does not say whether answers were counted"
    if (one.target_log_prob is None) != (share is not None):
        yield "it has a log-probability where answers were counted, or none where not"
    if any((proof.measure == "share") != (share is not None) for proof in one.proofs):
        yield "a proof is of something else than the map"
    counted = [proof.counted for proof in one.proofs if proof.counted is not None]
    if counted and share is None:
        yield "a proof counts answers that nobody did"
    if any(not _is_share(each) for two in counted for each in (two.with_all, two.without)):
        yield "a proof has a share that can't be"
    if any(ends and not _ordered(ends) for ends in _intervals(one)):
        yield "an interval can't be"
    bounds = [segment.bound for segment in one.segments], [proof.bound for proof in one.proofs]
    if share is not None and any((*bounds[0], *bounds[1])):
        yield "it has a bound where answers were counted"
    if one.token_scores is not None and any(bounds[0]):
        yield "it has a bound of what token scores sum to"
    if share is None:
        return
    whole = share.with_all
    right = whole.value * share.samples
    if share.samples < 1 or whole.of != share.samples or abs(right - round(right)) > 1e-6:
        yield "its share is not of its answers"
    if not _is_share(whole):
        yield "its share has an interval that can't be"
    if one.target.foil is not None or one.trace is not None:
        yield "its share can't be"


def _is_share(one: Estimate) -> bool:
    ends = one.low is not None and one.high is not None and 0 <= one.low <= one.high <= 1
    return ends and 0 <= one.value <= 1 and one.of > 0


def _intervals(one: Attribution) -> Iterator[Interval | None]:
    yield from (segment.interval for segment in one.segments)
    yield from (proof.interval for proof in one.proofs)


def _ordered(ends: Interval) -> bool:
    return _finite(*ends) and ends[0] <= ends[1]


def _of_rethought(again: Rethought) -> Iterator[str]:
    if not again.written or len(again.written) != len(again.said):
        yield "a proof says only half of what was written anew"
    if not _finite(again.lost, again.control) or not 0 <= again.changed <= 1:
        yield "a proof has a figure that is no number"


def _of_target(sequence: TokenSequence, target: Target) -> Iterator[str]:
    first, end = sequence.prompt_length, len(sequence.tokens)
    if not first <= target.start < target.stop <= end:
        yield f"its target {target.start}:{target.stop} is not in the response {first}:{end}"
    if target.foil is not None and (not target.foil.ids or min(target.foil.ids) < 0):
        yield "its foil has no ids, or some that can't be"


def _of_trace(sequence: TokenSequence, target: Target, trace: Trace) -> Iterator[str]:
    spans = [(segment.start, segment.stop) for segment in trace.segments]
    if not _tiles(spans, target.start):
        yield "its trace does not tile what is before the target"
        return
    for segment in trace.segments:
        if not _is_of(sequence, segment):
            yield f"its trace has another text at {segment.start}:{segment.stop}"
        if not _finite(segment.direct, segment.supports, segment.opposes):
            yield "its trace has a share that is no number"
    ends = {*spans, (target.start, target.stop)}
    if any(link.source not in ends or link.target not in ends for link in trace.links) or any(
        not path.spans or not set(path.spans) <= set(spans) for path in trace.paths
    ):
        yield "its trace leads through other parts"
    shares = [*(link.share for link in trace.links), *(path.share for path in trace.paths)]
    if not _finite(*shares, trace.untraced) or trace.untraced < 0:
        yield "its trace has a share that is no number"


def _of_check(spans: set[tuple[int, int]], checked: Faithfulness) -> Iterator[str]:
    if len(set(checked.order)) != len(checked.order) or not set(checked.order) <= spans:
        yield "its check is of other segments"
    steps = checked.steps
    if not steps or not steps[0] >= 0 or steps[-1] > len(checked.order):
        yield "its check has steps that can't be"
    if any(before >= after for before, after in pairwise(steps)):
        yield "its check has steps out of order"
    for curve in (checked.map_order, checked.leave_one_out, *checked.random_orders):
        for values in (curve.deletion, curve.insertion):
            if len(values) != len(steps) or not _finite(*values):
                yield "its check has a curve that does not fit its steps"
    if not _finite(checked.comprehensiveness, checked.sufficiency):
        yield "its check has a figure that is no number"
    tokens = [one.tokens for one in (checked.map_order, checked.leave_one_out)]
    tokens += [one.tokens for one in checked.random_orders]
    if any(count and (len(count) != len(steps) or min(count) < 1) for count in tokens):
        yield "its check has token counts that can't be"
    if not all(0 <= one <= 100 for one in (checked.percentile, checked.percentile_per_token or 0)):
        yield "its check has a percentile that can't be"


def _tiles(spans: Sequence[Span], end: int) -> bool:
    """Whether spans follow one another from 0 to `end`, and none is empty."""
    edges = [0, *(stop for _, stop in spans)]
    follow = edges == [*(start for start, _ in spans), end]
    return follow and all(start < stop for start, stop in spans)


def _is_of(sequence: TokenSequence, segment: Segment) -> bool:
    """Whether a segment says of its tokens what they are."""
    known = segment_of(sequence, (segment.start, segment.stop))
    return (segment.text, segment.role) == (known.text, known.role)


def _finite(*values: float | None) -> bool:
    return all(value is None or math.isfinite(value) for value in values)
