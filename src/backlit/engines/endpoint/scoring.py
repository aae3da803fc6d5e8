"""How likely answers are after contexts, by a server; what was asked once is not asked again."""

from collections.abc import Callable, Iterator, Sequence
from itertools import groupby
from typing import TypeVar

import numpy as np
from cachetools import LRUCache

from backlit.engines.base import FloatArray
from backlit.engines.endpoint.answers import Api, Ask, Ids, Looking, Written
from backlit.engines.endpoint.client import Client
from backlit.engines.text import REPLACEMENT
from backlit.engines.tokens import Tokenizer
from backlit.engines.writing import ALTERNATIVES
from backlit.types import key_of

REMEMBERED = 100_000  # values of answers after contexts
REMEMBERED_ANSWERS = 2_000

T = TypeVar("T")
Pair = tuple[Ids, Ids]


class Scoring:
    """Asks a server about given answers.

    Args:
        client: asks it.
        api: in what way.
        model: which of its models.
        tokenizer: the model's.
        vocabulary_size: how many ids it knows.
    """

    def __init__(
        self,
        client: Client,
        api: Api,
        model: str | None,
        tokenizer: Tokenizer,
        vocabulary_size: int,
    ) -> None:
        self._client = client
        self._api = api
        self._model = model
        self._tokenizer = tokenizer
        self._vocabulary_size = vocabulary_size
        self._known: LRUCache[bytes, FloatArray] = LRUCache(REMEMBERED)
        self._annotated: LRUCache[bytes, list[Written]] = LRUCache(REMEMBERED_ANSWERS)

    def log_probs(self, pairs: Sequence[Pair], first: int) -> Iterator[tuple[int, FloatArray]]:
        """Of answers after contexts, `(index, (answer,))`: those that are known, then the others,
        of which those go out one behind the other that begin alike.

        Args:
            pairs: of a context and an answer.
            first: how many of them go before all others.
        """
        keys = [key_of(*pair) for pair in pairs]
        missing: dict[bytes, list[int]] = {}
        for number, key in enumerate(keys):
            if key in self._known:
                yield number, self._known[key]
            else:
                missing.setdefault(key, []).append(number)
        numbers = sorted(
            (several[0] for several in missing.values()),
            key=lambda number: (number >= first, tuple(pairs[number][0])),
        )
        asks: list[Ask[FloatArray]] = []
        places: list[tuple[int, int]] = []  # of each: whose it is, and which part
        parts: dict[int, list[FloatArray | None]] = {}
        for number in numbers:
            of_pair = self._by_parts(*pairs[number], self._score, _value)
            places += [(number, part) for part in range(len(of_pair))]
            asks += of_pair
            parts[number] = [None] * len(of_pair)
        for place, told in self._client.asks(asks):
            number, part = places[place]
            parts[number][part] = told
            found = [one for one in parts[number] if one is not None]
            if len(found) == len(parts[number]):
                log_probs = self._keep(keys[number], np.concatenate(found))
                for same in missing[keys[number]]:
                    yield same, log_probs

    def annotated(self, context: Ids, answer: Ids) -> list[Written]:
        """An answer as if it had been written."""
        key = key_of(context, answer)
        known = self._annotated.get(key)
        if known is None:
            asks = self._by_parts(context, answer, self._annotate, lambda one: [one])
            told = dict(self._client.asks(asks))
            known = [one for place in range(len(asks)) for one in told[place]]
            self._annotated[key] = known
            self._keep(key, np.array([one.log_prob for one in known]))
        return known

    def calls_for(self, answer: Ids) -> int:
        """How many calls it takes to score an answer."""
        return len(self._by_parts((), answer, self._score, _value))

    def look_up(self, context: Ids, token_id: int) -> Written:
        """One token that is a part of a character."""
        return self._client.ask(self._looked_up(context, token_id, lambda one: one))

    # ---- parts of an answer --------------------------------------------------------------------

    def _by_parts(
        self,
        context: Ids,
        answer: Ids,
        whole: Callable[[Ids, Ids], Ask[T]],
        of_piece: Callable[[Written], T],
    ) -> list[Ask[T]]:
        """What to ask about an answer: of each of its runs of whole characters, and of each token
        that is a part of one, where these have to be looked up; of each token where no more can be.
        """
        looks, one_by_one = isinstance(self._api, Looking), self._api.one_by_one

        def kind(numbered: tuple[int, int]) -> tuple[bool, int]:
            number, token_id = numbered
            return looks and self._is_piece(token_id), number if one_by_one else 0

        asks: list[Ask[T]] = []
        before = list(context)
        for (is_piece, _), run in groupby(enumerate(answer), kind):
            ids = [token_id for _, token_id in run]
            if is_piece:
                asks += [
                    self._looked_up([*before, *ids[:place]], token_id, of_piece)
                    for place, token_id in enumerate(ids)
                ]
            else:
                asks.append(whole(list(before), ids))
            before += ids
        return asks

    def _is_piece(self, token_id: int) -> bool:
        return REPLACEMENT in self._tokenizer.decode([token_id])

    def _looked_up(self, context: Ids, token_id: int, of: Callable[[Written], T]) -> Ask[T]:
        assert isinstance(self._api, Looking)
        ask = self._api.look(self._model, context, token_id, ALTERNATIVES, self._vocabulary_size)
        return Ask(ask.path, ask.body, lambda told: of(ask.read(told)))

    def _score(self, context: Ids, answer: Ids) -> Ask[FloatArray]:
        return self._api.score(self._model, context, answer)

    def _annotate(self, context: Ids, answer: Ids) -> Ask[list[Written]]:
        return self._api.annotate(self._model, context, answer, ALTERNATIVES)

    def _keep(self, key: bytes, log_probs: FloatArray) -> FloatArray:
        log_probs.flags.writeable = False  # it is handed out again
        self._known[key] = log_probs
        return log_probs


def _value(one: Written) -> FloatArray:
    return np.array([one.log_prob])  # (1,)
