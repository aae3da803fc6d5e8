"""Scoring many contexts with a KerasHub model: what neighbours begin with alike is run once.

Sorted, the contexts are the leaves of a tree in depth-first order, so a cache that holds one of
them holds all that is known of the next; a step from where they part overwrites the rest. Every
token of the tree is run once.
"""

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from backlit.engines.base import FloatArray
from backlit.engines.keras_hub.model import KerasModel
from backlit.engines.keras_hub.runtime import framework_module
from backlit.engines.writing import log_softmax_at
from backlit.errors import Cancelled
from backlit.progress import current

TOLERANCE = 1e-2  # nats, between a reused beginning and a whole pass, in float32
SHORT_FLOAT_TOLERANCE = 0.5  # nats, in shorter floats; a wrong mask misses by far more

log = logging.getLogger(__name__)
framework = framework_module()


Answers = Sequence[Sequence[int]]


@dataclass(frozen=True, slots=True)
class AnsweredContext:
    """A context with one answer, and where its log-probabilities belong.

    Attributes:
        index: of the context.
        ids: context and answer, without the answer's last, which predicts nothing.
        answer: the answer's ids.
        offset: of the answer's first log-probability in its context's array.
    """

    index: int
    ids: tuple[int, ...]
    answer: tuple[int, ...]
    offset: int

    @property
    def places(self) -> range:
        """From where each id of the answer is predicted."""
        return range(len(self.ids) - len(self.answer), len(self.ids))


Scored = Iterator[tuple[AnsweredContext, FloatArray]]


class CacheScorer:
    """`Scorer.score` for a KerasHub model.

    Whether a family's cache can be continued in its midst is tried on a few tokens, not
    assumed; where it can't, or where each shape of a step would be compiled, every context is
    run whole.
    """

    def __init__(self, model: KerasModel) -> None:
        self._model = model
        self.reuse: bool | None = False if framework.PADS else None  # None: not tried

    def score(
        self, contexts: Sequence[Sequence[int]], answers: Answers
    ) -> Iterator[tuple[int, FloatArray]]:
        """See `Scorer.score`."""
        if self.reuse is None and len(contexts) > 1:
            self.reuse = self._try_reuse()
        return self._score(contexts, answers, reuse=bool(self.reuse) and len(contexts) > 1)

    def _score(
        self,
        contexts: Sequence[Sequence[int]],
        answers: Answers,
        *,
        reuse: bool,
    ) -> Iterator[tuple[int, FloatArray]]:
        size = sum(map(len, answers))
        log_probs = np.zeros((len(contexts), size))  # (contexts, answers)
        missing = [len(answers)] * len(contexts)
        rows = _answered(contexts, answers)
        for row, of_answer in self._reused(rows) if reuse else self._whole(rows):
            log_probs[row.index, row.offset : row.offset + len(row.answer)] = of_answer
            missing[row.index] -= 1
            if not missing[row.index]:
                yield row.index, log_probs[row.index]

    def _whole(self, rows: Sequence[AnsweredContext]) -> Scored:
        check = current().check
        for row in rows:
            check()
            yield row, log_softmax_at(self._model.logits(row.ids, row.places), row.answer)

    def _reused(self, rows: Sequence[AnsweredContext]) -> Scored:
        empty = self._model.empty_cache(max(len(row.ids) for row in rows))
        assert empty is not None, "tried before"
        cache, room = empty
        first = rows[0].ids
        cached: tuple[int, ...] = ()
        check = current().check
        for row in sorted(rows, key=lambda row: (-common_prefix_length(row.ids, first), row.ids)):
            check()
            start = min(common_prefix_length(row.ids, cached), row.places[0])
            places = [place - start for place in row.places]
            logits, cache = self._model.step(row.ids[start:], start, places, cache, room)
            cached = row.ids
            yield row, log_softmax_at(logits, row.answer)

    def _try_reuse(self) -> bool:
        """Score a few tokens both ways; any tokens will do."""
        few, answer = list(range(3, 15)), [5, 6]
        contexts = [few, few[:2] + few[3:], few[:6] + few[8:], few[:-1]]
        try:
            if self._model.empty_cache(len(few)) is None:
                return False
            reused = dict(self._score(contexts, [answer], reuse=True))
        except Cancelled:
            raise
        except Exception as error:  # noqa: BLE001  families refuse in their own ways
            log.info("Shared beginnings are run anew each time: %s", error)
            return False
        whole = dict(self._score(contexts, [answer], reuse=False))
        miss = max(float(abs(reused[i] - whole[i]).max()) for i in whole)
        allowed = tolerance_of(self._model.dtype)
        if not miss <= allowed:
            log.info("Shared beginnings are run anew each time: reuse misses by %.2g nats", miss)
        return miss <= allowed


def logits_close(logits: FloatArray, expected: FloatArray, dtype: str) -> bool:
    """Whether logits `(places, vocab)` of two ways say the same of the likeliest ids."""
    best = expected.argmax(axis=-1)  # (places,)
    miss = np.abs(log_softmax_at(logits, best) - log_softmax_at(expected, best)).max()
    return bool(miss <= tolerance_of(dtype))


def tolerance_of(dtype: str) -> float:
    """How far two ways to a log-probability may be apart, nats."""
    return TOLERANCE if dtype == "float32" else SHORT_FLOAT_TOLERANCE


def common_prefix_length(a: Sequence[int], b: Sequence[int]) -> int:
    """How many ids two sequences begin with alike."""
    for place, (x, y) in enumerate(zip(a, b, strict=False)):
        if x != y:
            return place
    return min(len(a), len(b))


def _answered(contexts: Sequence[Sequence[int]], answers: Answers) -> list[AnsweredContext]:
    rows = []
    for index, context in enumerate(contexts):
        offset = 0
        for answer in answers:
            rows.append(AnsweredContext(index, (*context, *answer[:-1]), tuple(answer), offset))
            offset += len(answer)
    return rows
