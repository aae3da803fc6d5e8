"""How likely answers are, a token at a time: each is looked for among the likeliest at its place.

Where it is not among them, it is at most as likely as the last of these, and as what they leave.
Which tokens an answer is made of is settled once, so that all its log-probabilities are of the same
ones.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from json import dumps
from math import exp, log
from threading import Lock

import numpy as np
from cachetools import LRUCache

from backlit.engines.base import FloatArray
from backlit.engines.bounding import BoolArray
from backlit.engines.endpoint.client import Client
from backlit.engines.endpoint.listing import SLACK, Listed
from backlit.engines.endpoint.scoring import REMEMBERED
from backlit.engines.endpoint.steps import Begun, Steps, next_of

REMEMBERED_STEPS = 30_000  # each with twenty tokens or so

Scored = tuple[FloatArray, BoolArray]
"""Log-probabilities of tokens, and which of them are upper bounds, both `(tokens,)`."""


@dataclass(frozen=True, slots=True)
class Tokens:
    """The tokens of an answer.

    Attributes:
        texts: of each.
        is_open: whether the last is a rest of which it is not known into what it is cut.
    """

    texts: tuple[str, ...]
    is_open: bool = False

    def __len__(self) -> int:
        return len(self.texts)


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
        self._settled: LRUCache[tuple[Begun, str], Tokens] = LRUCache(REMEMBERED_STEPS)
        self._lock = Lock()  # what work takes is told meanwhile, on other threads

    def listed(self, begun: Begun) -> Listed:
        """What may come next."""
        if begun not in self._listed:
            self._listed[begun] = self._client.ask(next_of(self._steps, begun))
        return self._listed[begun]

    # ---- which tokens --------------------------------------------------------------------------

    def settle(self, begun: Begun, answer: str) -> Tokens:
        """The tokens of an answer that was given behind what is begun: the longest that are likely.

        Where what comes next is not among the likeliest, the rest is left as it is.
        """
        known = self.settled(begun, answer)
        if known is not None:
            return known
        texts: list[str] = []
        rest, at = answer, begun
        while rest:
            fitting = [text for text, _ in self.listed(at).others if text and rest.startswith(text)]
            texts.append(max(fitting, key=len, default=rest))
            if not fitting:
                break
            at += texts[-1]
            rest = rest[len(texts[-1]) :]
        tokens = Tokens(tuple(texts), is_open=bool(rest))
        with self._lock:
            self._settled[begun, answer] = tokens
        return tokens

    def settled(self, begun: Begun, answer: str) -> Tokens | None:
        """The same if it can be told without asking."""
        with self._lock:
            return self._settled.get((begun, answer))

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
            key=lambda number: (number >= first, parts_of(pairs[number][0])),
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
            listed = [told[place] for place in places[number]]
            self._scored[key] = _scored(listed, pairs[number][1])
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
    return [begun + "".join(tokens.texts[:place]) for place in range(len(tokens))]


def _scored(listed: Sequence[Listed], tokens: Tokens) -> Scored:
    values = [dict(one.others).get(text) for one, text in zip(listed, tokens.texts, strict=True)]
    bounds = [one.bound for one in listed]
    if tokens.is_open:
        bounds[-1] = _bound_of_rest(listed[-1], tokens.texts[-1])
    scored = (
        np.array([b if v is None else v for v, b in zip(values, bounds, strict=True)]),
        np.array([value is None for value in values]),
    )
    for array in scored:
        array.flags.writeable = False  # it is handed out again
    return scored


def _bound_of_rest(listed: Listed, rest: str) -> float:
    """How likely a text is at most, whatever it is cut into, nats: what others than it leave."""
    others = sum(
        exp(value) for text, value in listed.others if not (text and rest.startswith(text))
    )
    return min(0.0, log(max(1 - others, 0.0) + SLACK))


def parts_of(begun: Begun) -> tuple[str, ...]:
    """What is begun, part by part: such as begin alike stand beside each other in their order."""
    return *(f"{one.role} {one.content}" for one in begun.messages), begun.text


def _key(begun: Begun, tokens: Tokens) -> bytes:
    whole = dumps((parts_of(begun), tokens.texts, tokens.is_open))
    return blake2b(whole.encode(), digest_size=16).digest()
