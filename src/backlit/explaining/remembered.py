"""What a model was asked already, so that nothing of it is computed again."""

from collections.abc import Iterator, Sequence
from hashlib import blake2b

import numpy as np
from cachetools import LRUCache

from backlit.engines.base import Engine
from backlit.engines.batches import score_batch
from backlit.explanation.cell import Sample
from backlit.progress import current
from backlit.types import GenerationOptions, Prompt

MAX_ANSWERS = 20_000
MAX_LOG_PROBS = 200_000

Ids = Sequence[int]


class Remembered:
    """Answers by prompt and options, and log-probabilities by context and answer, of one engine."""

    def __init__(self) -> None:
        self.answers: LRUCache[tuple[Prompt, GenerationOptions], Sample] = LRUCache(MAX_ANSWERS)
        self._log_probs: LRUCache[bytes, float] = LRUCache(MAX_LOG_PROBS)

    def log_probs(
        self, engine: Engine, pairs: Sequence[tuple[Ids, Ids]]
    ) -> Iterator[tuple[int, float]]:
        """Summed log-probabilities of answers after contexts, nats: `(index, value)`, those that
        are known first.
        """
        keys = [_key(*pair) for pair in pairs]
        missing: dict[bytes, list[int]] = {}
        for number, key in enumerate(keys):
            value = self._log_probs.get(key)
            if value is None:
                missing.setdefault(key, []).append(number)
            else:
                yield number, value
        if not missing:
            return
        firsts = [numbers[0] for numbers in missing.values()]
        contexts, answers = zip(*(pairs[number] for number in firsts), strict=True)
        for place, each in score_batch(engine, contexts, answers):
            key = keys[firsts[place]]
            self._log_probs[key] = value = float(each.sum())
            current().check()
            for number in missing[key]:
                yield number, value


def _key(context: Ids, answer: Ids) -> bytes:
    whole = np.asarray([len(context), *context, *answer], dtype=np.int64)
    return blake2b(whole.tobytes(), digest_size=16).digest()
