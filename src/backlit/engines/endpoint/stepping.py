"""How likely answers are, a token at a time: each is looked for among the likeliest at its place.

Where it is not among them, it is at most as likely as the last of these, and as what they leave.
Which tokens an answer is made of is settled once, so that all its log-probabilities are of the same
ones.
"""

from collections.abc import Iterator, Sequence
from hashlib import blake2b
from json import dumps
from threading import Lock

import numpy as np
from cachetools import LRUCache

from backlit.engines.base import FloatArray
from backlit.engines.bounding import BoolArray
from backlit.engines.endpoint.client import Client
from backlit.engines.endpoint.listing import Listed
from backlit.engines.endpoint.scoring import REMEMBERED, REMEMBERED_ANSWERS
from backlit.engines.endpoint.steps import Begun, Steps, next_of
from backlit.errors import TargetError

REMEMBERED_STEPS = 30_000  # each with twenty tokens or so

Tokens = tuple[str, ...]
Scored = tuple[FloatArray, BoolArray]
"""Log-probabilities of tokens, and which of them are upper bounds, both `(tokens,)`."""


class Stepping:
    """Asks a server about given answers; what it told once is not asked again.

    Args:
        client: asks it.
        steps: in what way.
    """

    def __init__(self, client: Client, steps: Steps) -> None:
        self._client = client
        self._steps = steps
        self._listed: LRUCache[Begun, Listed] = LRUCache(REMEMBERED_STEPS)
        self._scored: LRUCache[bytes, Scored] = LRUCache(REMEMBERED)
        self._settled: LRUCache[str, Tokens] = LRUCache(REMEMBERED_ANSWERS)
        self._lock = Lock()  # what work takes is told meanwhile, on other threads

    def listed(self, begun: Begun) -> Listed:
        """What may come next."""
        if begun not in self._listed:
            self._listed[begun] = self._client.ask(next_of(self._steps, begun))
        return self._listed[begun]

    # ---- which tokens --------------------------------------------------------------------------

    def settle(self, begun: Begun, answer: str) -> Tokens:
        """The tokens of an answer that was given: those that it had before, or has in a longer
        answer, or the longest that are likely where it stands.

        Raises:
            TargetError: what comes next in it is not among the likeliest.
        """
        tokens = self.known(answer) or self._stepped(begun, answer)
        self.remember(tokens)
        return tokens

    def remember(self, tokens: Tokens) -> None:
        """Settle an answer on tokens, unless it is on others."""
        with self._lock:
            self._settled.setdefault("".join(tokens), tokens)

    def known(self, answer: str) -> Tokens | None:
        """Its tokens, if they can be told without asking."""
        with self._lock:
            return self._settled.get(answer) or self._within(answer)

    def _within(self, answer: str) -> Tokens | None:
        for text, tokens in reversed(list(self._settled.items())):
            at = text.find(answer)
            starts = np.cumsum([0, *map(len, tokens)]).tolist() if at >= 0 else []
            while at >= 0:
                if at in starts and at + len(answer) in starts:
                    return tokens[starts.index(at) : starts.index(at + len(answer))]
                at = text.find(answer, at + 1)
        return None

    def _stepped(self, begun: Begun, answer: str) -> Tokens:
        tokens: list[str] = []
        rest = answer
        while rest:
            listed = self.listed(begun)
            fitting = [text for text, _ in listed.others if text and rest.startswith(text)]
            if not fitting:
                raise TargetError(
                    f"The server does not say how likely {rest[:20]!r} is here: it is not among "
                    f"the {self._steps.top} likeliest tokens.",
                    "Have the model write the answer, or give one that is more likely.",
                )
            tokens.append(max(fitting, key=len))
            begun += tokens[-1]
            rest = rest[len(tokens[-1]) :]
        return tuple(tokens)

    # ---- how likely ----------------------------------------------------------------------------

    def scores(
        self, pairs: Sequence[tuple[Begun, Tokens]], first: int
    ) -> Iterator[tuple[int, Scored]]:
        """Of tokens after what is begun: those that are known, then the others, all steps at once.

        Args:
            pairs: of what is begun and the tokens.
            first: how many of them go before all others; those that begin alike follow each other.
        """
        missing: dict[bytes, list[int]] = {}
        for number, pair in enumerate(pairs):
            key = _key(*pair)
            if key in self._scored:
                yield number, self._scored[key]
            else:
                missing.setdefault(key, []).append(number)
        numbers = sorted(
            (several[0] for several in missing.values()),
            key=lambda number: (number >= first, pairs[number][0].text),
        )
        places = {number: _places(*pairs[number]) for number in numbers}
        every = dict.fromkeys(place for number in numbers for place in places[number])
        told = {place: self._listed[place] for place in every if place in self._listed}
        asked = [place for place in every if place not in told]
        lacking = {number: set(places[number]) - told.keys() for number in numbers}
        waiting: dict[Begun, list[int]] = {}
        for number in numbers:
            for place in lacking[number]:
                waiting.setdefault(place, []).append(number)

        def whole(number: int) -> Iterator[tuple[int, Scored]]:
            key = _key(*pairs[number])
            tokens = pairs[number][1]
            self._scored[key] = _scored([told[place] for place in places[number]], tokens)
            for same in missing[key]:
                yield same, self._scored[key]

        for number in numbers:
            if not lacking[number]:
                yield from whole(number)
        for index, listed in self._client.asks([next_of(self._steps, one) for one in asked]):
            place = asked[index]
            told[place] = self._listed[place] = listed
            for number in waiting[place]:
                lacking[number].discard(place)
                if not lacking[number]:
                    yield from whole(number)

    def bounded(self, begun: Begun, tokens: Tokens) -> BoolArray:
        """Which of their log-probabilities are bounds; none of what was not asked for."""
        scored = self._scored.get(_key(begun, tokens))
        return np.zeros(len(tokens), dtype=np.bool_) if scored is None else scored[1]


def _places(begun: Begun, tokens: Tokens) -> list[Begun]:
    """What each token stands behind."""
    return [begun + "".join(tokens[:place]) for place in range(len(tokens))]


def _scored(listed: Sequence[Listed], tokens: Tokens) -> Scored:
    pairs = list(zip(listed, tokens, strict=True))
    values = [dict(reversed(one.others)).get(token) for one, token in pairs]  # the likelier of two
    scored = (
        np.array([one.bound if v is None else v for one, v in zip(listed, values, strict=True)]),
        np.array([value is None for value in values]),
    )
    for array in scored:
        array.flags.writeable = False  # it is handed out again
    return scored


def _key(begun: Begun, tokens: Tokens) -> bytes:
    messages = [(one.role, one.content) for one in begun.messages]
    return blake2b(dumps((messages, begun.text, tokens)).encode(), digest_size=16).digest()
