"""A target traced through the response's own sentences, back to the prompt.

Where a model writes down its reasoning, the answer is read from that, and a map of the answer ends
there: the written analysis absorbs the credit. So the sentences that hold most of it are explained
in turn, each as a target, and what they hold is shared out by their own maps, until little is left
in sentences. Compare CAGE (arXiv:2512.15663) and FlashTrace (arXiv:2602.01914).

Shares are of a map's absolute scores, with their signs: what opposes a sentence that supports the
target opposes the target. Supporting and opposing shares are carried apart and never cancel on the
way. A method's scores need not sum to anything, and so a share is an estimate: a mute measures.

The first token of all gets no share from a token map of attention's gates. Models pay it the
attention that they have no use for (Xiao et al. 2024, arXiv:2309.17453), and to close its gate
would spread that over the others: a large score, with nothing read.
"""

import heapq
from collections.abc import Iterator, Sequence
from itertools import count, islice

import numpy as np

from backlit.engines.base import FloatArray
from backlit.errors import CapabilityError, OptionsError, TargetError
from backlit.explanation import Attribution, Link, Path, Trace, TracedSegment
from backlit.methods import Method
from backlit.methods.objective import Objective
from backlit.progress import SILENT, Progress
from backlit.segments import aggregate, segment
from backlit.types import Aggregate, Segment, Span, Target

SENTENCES = 16  # explained on the way, unless another number is asked for
UNTRACED = 0.1  # share that may be left in sentences
MAX_PATHS = 5
LEAST_SHARE = 0.005  # of the target; lighter paths are not told


class _Ledger:
    """What waits in each segment to be shared out, and what arrived there, for and against."""

    def __init__(self, segments: Sequence[Segment], prompt: int) -> None:
        self.waiting = np.zeros((len(segments), 2))  # (segments, for and against)
        self.arrived = np.zeros((len(segments), 2))  # (segments, for and against)
        self._written = np.array([s.start >= prompt for s in segments])  # (segments,)

    def share_out(self, mass: FloatArray, shares: FloatArray) -> None:
        """Give `mass` `(for and against,)` to the first segments by signed shares `(n,)`."""
        size = len(shares)
        given = np.outer(np.clip(shares, 0, None), mass)
        given += np.outer(np.clip(-shares, 0, None), mass[::-1])  # (n, for and against)
        self.arrived[:size] += given
        self.waiting[:size] += np.where(self._written[:size, None], given, 0)

    def take(self, index: int) -> FloatArray:
        """What waits there, which then waits no longer."""
        mass: FloatArray = self.waiting[index].copy()
        self.waiting[index] = 0
        return mass

    @property
    def left(self) -> float:
        """Share that waits in sentences."""
        return float(self.waiting.sum())


def trace(
    objective: Objective,
    one: Attribution,
    method: Method,
    *,
    budget: int = SENTENCES,
    progress: Progress = SILENT,
) -> Trace:
    """Carry a map on through the response's own sentences.

    Each sentence is explained at most once. The one in which most waits is next; the first is
    explained even if little waits there, so that a way through the answer is shown if there is any.

    Args:
        objective: of the target.
        one: the map of the target; its segments are the parts of the prompt.
        method: that made it.
        budget: the most sentences that are explained.
        progress: told of the phase `trace`.

    Raises:
        OptionsError: a budget below 0.
        CapabilityError: the model's numbers overflowed.
    """
    if budget < 0:
        raise OptionsError(f"The budget is {budget}.", "Use 0 sentences or more.")
    first = objective.sequence.prompt_length
    segments: list[Segment] = [s for s in one.segments if s.start < first]
    segments += [s for s in _sentences(objective) if s.start >= first]
    most = min(budget, sum(s.start >= first for s in segments))
    progress("trace", 0, most)

    known = None if one.token_scores is None else np.array(one.token_scores)  # (context,)
    direct, rough = _shares(objective, method, segments, one.aggregate, known)  # (segments,)
    ledger = _Ledger(segments, first)
    ledger.share_out(np.array([1.0, 0.0]), direct)
    target = (one.target.start, one.target.stop)
    links = _links(segments, direct, target)
    maps: dict[int, FloatArray] = {}  # of sentences: signed shares of all before each
    unknown: set[int] = set()  # sentences of which a server does not say how likely they are
    ended = 0.0  # share that ends there
    while ledger.left > (UNTRACED if maps else LEAST_SHARE):
        index = int(ledger.waiting.sum(axis=1).argmax())
        if index in unknown:
            ended += float(ledger.take(index).sum())
            continue
        if index not in maps:
            if len(maps) == budget:
                break
            before, sentence = segments[:index], segments[index]
            span = (sentence.start, sentence.stop)
            try:
                of_sentence = objective.of(Target(*span))
                maps[index], bounded = _shares(of_sentence, method, before, one.aggregate)
            except TargetError:
                unknown.add(index)
                continue
            rough = rough or bounded
            links += _links(before, maps[index], span)
            progress("trace", len(maps), most)
        ledger.share_out(ledger.take(index), maps[index])
    return Trace(
        segments=tuple(
            TracedSegment(s.start, s.stop, s.text, s.role, float(share), *map(float, arrived))
            for s, share, arrived in zip(segments, direct, ledger.arrived, strict=True)
        ),
        links=tuple(links),
        paths=tuple(islice(_paths(target, links, first), MAX_PATHS)),
        explained=len(maps),
        untraced=ledger.left + ended,
        rough=rough,
    )


def _sentences(objective: Objective) -> Sequence[Segment]:
    """All before the target, by sentences."""
    return segment(objective.sequence, "sentence", stop=objective.target.start)


def _shares(
    objective: Objective,
    method: Method,
    segments: Sequence[Segment],
    how: Aggregate | None,
    known: FloatArray | None = None,
) -> tuple[FloatArray, bool]:
    """Signed shares `(segments,)` of a target's map; a template's parts and a sink have none. And
    whether some of its scores are bounds.

    Args:
        objective: of the target.
        method: that scores what is before it.
        segments: they tile that.
        how: token scores are joined, for methods that score tokens.
        known: the token scores `(context,)`, if they are.
    """
    values, rough = known, False
    if values is None:
        scores = method.attribute(objective, segments, SILENT)
        values, rough = scores.values, any(scores.bounds or ())
    if method.facts.scores_tokens:
        if "gates" in method.facts.needs and np.any(values[1:]):
            values = np.concatenate([[0.0], values[1:]])  # (context,)
        values = aggregate(values, segments, how or "sum")  # (segments,)
    own = np.array([s.role != "template" for s in segments])
    values = np.where(own, values, 0)
    if not np.isfinite(values).all():
        raise CapabilityError(
            "The model's numbers overflowed, so the scores mean nothing.",
            "Load it with dtype float32, or choose a shorter target.",
        )
    shares: FloatArray = values / (np.abs(values).sum() or 1.0)
    return shares, rough


def _links(segments: Sequence[Segment], shares: FloatArray, target: Span) -> list[Link]:
    pairs = zip(segments, shares.tolist(), strict=True)
    return [Link((s.start, s.stop), target, share) for s, share in pairs if share]


def _paths(target: Span, links: Sequence[Link], first: int) -> Iterator[Path]:
    """Ways from the prompt (`first` tokens) through sentences, best first: shares only shrink."""
    into: dict[Span, list[Link]] = {}
    for link in links:
        into.setdefault(link.target, []).append(link)
    order = count()  # so that equal shares are not compared by their spans
    waiting: list[tuple[float, int, float, tuple[Span, ...]]] = [(-1.0, 0, 1.0, (target,))]
    while waiting:
        _, _, share, spans = heapq.heappop(waiting)
        if spans[0][0] < first:
            if len(spans) > 2:  # not directly
                yield Path(spans[:-1], share)
            continue
        for link in into.get(spans[0], ()):
            further = share * link.share
            if abs(further) >= LEAST_SHARE:
                entry = (-abs(further), next(order), further, (link.source, *spans))
                heapq.heappush(waiting, entry)
