"""What a model was asked already, so that nothing of it is computed again."""

from collections.abc import Iterator, Sequence

from cachetools import LRUCache

from backlit.engines.base import Engine
from backlit.engines.batches import alike, score_batch
from backlit.engines.bounding import bounding
from backlit.explanation.cell import Sample
from backlit.progress import current, stoppable
from backlit.types import GenerationOptions, Prompt, key_of

MAX_ANSWERS = 20_000
MAX_LOG_PROBS = 400_000
MAX_TOKENS = 40_000  # run in one go, where prompts that begin alike share them

Ids = Sequence[int]


class Remembered:
    """Answers by prompt and options, and log-probabilities by context and answer, of one engine."""

    def __init__(self) -> None:
        self.answers: LRUCache[tuple[Prompt, GenerationOptions], Sample] = LRUCache(MAX_ANSWERS)
        self._log_probs: LRUCache[bytes, tuple[float, bool]] = LRUCache(MAX_LOG_PROBS)

    def log_probs(
        self, engine: Engine, pairs: Sequence[tuple[Ids, Ids]]
    ) -> Iterator[tuple[int, float, bool]]:
        """Summed log-probabilities of answers after contexts, nats: `(index, value, whether it is
        but the most that it may be)`, those that are known first.
        """
        keys = [key_of(*pair) for pair in pairs]
        missing: dict[bytes, list[int]] = {}
        for number, key in enumerate(keys):
            value = self._log_probs.get(key)
            if value is None:
                missing.setdefault(key, []).append(number)
            else:
                yield number, *value
        if not missing:
            return
        telling = bounding(engine)
        firsts = [numbers[0] for numbers in missing.values()]
        for chunk in _chunks(pairs, firsts):
            contexts, answers = zip(*(pairs[number] for number in chunk), strict=True)
            for place, each in score_batch(engine, contexts, answers):
                key = keys[chunk[place]]
                bounded = telling.bounded(contexts[place], answers[place]) if telling else ()
                self._log_probs[key] = value = float(each.sum()), any(bounded)
                current().check()
                for number in missing[key]:
                    yield number, *value


def _chunks(pairs: Sequence[tuple[Ids, Ids]], numbers: Sequence[int]) -> Iterator[list[int]]:
    """Pairs that are scored together: neighbours, which begin alike, and so many tokens at most."""
    chunk: list[int] = []
    size = 0
    before: Ids = ()
    for number in stoppable(sorted(numbers, key=lambda number: tuple(pairs[number][0]))):
        context, answer = pairs[number]
        new = len(context) - alike(before, context) + len(answer)
        if chunk and size + new > MAX_TOKENS:
            yield chunk
            chunk, size, new = [], 0, len(context) + len(answer)
        chunk.append(number)
        size += new
        before = context
    if chunk:
        yield chunk
