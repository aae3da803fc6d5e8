"""What servers tell of the tokens that they write: each, and the likeliest in its place, as text.

There are two shapes: that of chats, which some servers have for raw text, too, and an older one.
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from backlit.engines.endpoint.answers import LEAST_LOG_PROB, at, log_prob_of, odd, rows_at
from backlit.engines.text import REPLACEMENT

HALF = math.log(0.5)
SLACK = 0.02  # of a probability, that rounded values may be off together


@dataclass(frozen=True, slots=True)
class Listed:
    """A token that a server wrote.

    Attributes:
        text: the token's.
        log_prob: nats.
        others: `(text, log_prob)` of the likeliest, itself among them, best first.
        content: the bytes it stands for, None if they can't be known.
    """

    text: str
    log_prob: float
    others: tuple[tuple[str, float], ...]
    content: bytes | None

    @property
    def probability(self) -> float:
        """Of all the likeliest together."""
        return sum(math.exp(value) for _, value in self.others)

    @property
    def bound(self) -> float:
        """How likely a token that is not among the likeliest is at most, nats."""
        last = self.others[-1][1] if self.others else 0.0
        return min(last, math.log(max(1 - self.probability, 0) + SLACK))


def listed_in(choice: Any) -> list[Listed]:
    """The tokens that a choice of an answer, or of an event, tells.

    Raises:
        EndpointError: it tells none, or what no token can be.
    """
    values = at(choice, "logprobs")
    if not isinstance(values, Mapping):
        raise odd("no log-probabilities")
    if values.get("content") is not None:
        return [_entry(entry) for entry in rows_at(values, "content")]
    tokens = rows_at(values, "tokens")
    return [
        Listed(
            str(token),
            log_prob_of(at(values, "token_logprobs", place)),
            likeliest((at(values, "top_logprobs", place) or {}).items()),
            _content(str(token), None),
        )
        for place, token in enumerate(tokens)
    ]


def next_in(choice: Any) -> Listed:
    """The one token that was asked for. Of one that ends the answer many servers tell nothing:
    then it is the likeliest, so that any other is half as likely as what is sure at most.
    """
    listed = listed_in(choice) if choice.get("logprobs") else []
    if listed:
        return listed[0]
    if choice.get("finish_reason") != "stop":
        raise odd("no log-probabilities")
    return Listed("", HALF, (("", HALF),), b"")


def likeliest(others: Iterable[tuple[Any, Any]]) -> tuple[tuple[str, float], ...]:
    """`(text, log_prob)`, best first; those that are impossible only fill up a list."""
    told = [
        (str(text), log_prob_of(value))
        for text, value in others
        if value is not None and value > LEAST_LOG_PROB
    ]
    return tuple(sorted(told, key=lambda one: -one[1]))


def _entry(entry: Any) -> Listed:
    others = entry.get("top_logprobs") or ()
    text = str(at(entry, "token"))
    return Listed(
        text,
        log_prob_of(at(entry, "logprob")),
        likeliest((at(one, "token"), at(one, "logprob")) for one in others),
        _content(text, entry.get("bytes")),
    )


def _content(text: str, told: Any) -> bytes | None:
    if isinstance(told, list):
        return bytes(told)
    return None if REPLACEMENT in text else text.encode()
