"""The toy model as a server would have it that tells of the likeliest tokens alone."""

from collections.abc import Iterator, Sequence

import numpy as np

from backlit.engines.base import Capability, FloatArray
from backlit.engines.bounding import BoolArray
from backlit.engines.toy import ToyEngine


class BoundingEngine(ToyEngine):
    """Of a token that is not among the `top` likeliest, the least of these is told in its place.

    Attributes:
        scored: contexts that were asked about, in order.
    """

    capabilities: frozenset[Capability] = frozenset({"generate", "score"})

    def __init__(self, top: int = 20, decay: float = 0.25) -> None:
        super().__init__(decay=decay)
        self.top = top
        self.scored: list[tuple[int, ...]] = []

    def score(
        self, contexts: Sequence[Sequence[int]], *answers: Sequence[int]
    ) -> Iterator[tuple[int, FloatArray]]:
        for index, context in enumerate(contexts):
            self.scored.append(tuple(context))
            pairs = [self._told(context, answer) for answer in answers]
            yield index, np.concatenate([np.maximum(exact, least) for exact, least in pairs])

    def bounded(self, context: Sequence[int], *answers: Sequence[int]) -> BoolArray:
        if tuple(context) not in self.scored:
            return np.zeros(sum(map(len, answers)), dtype=bool)
        pairs = [self._told(context, answer) for answer in answers]
        return np.concatenate([exact < least for exact, least in pairs])

    def _told(self, context: Sequence[int], answer: Sequence[int]) -> tuple[FloatArray, FloatArray]:
        """Log-probabilities of an answer's tokens, and the least that is told at each place."""
        ids = [*context, *answer[:-1]]
        logits = self._logits(self.embed(ids), len(context) - 1)  # (answer, vocab)
        log_probs = logits - np.logaddexp.reduce(logits, axis=1, keepdims=True)
        least = np.sort(log_probs, axis=1)[:, -self.top]
        return log_probs[np.arange(len(answer)), list(answer)], least
