"""What servers tell of the tokens that they write: each, and the likeliest in its place, as text.

There are two shapes: that of chats, which some servers have for raw text, too, and an older one.
"""

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from backlit.engines.endpoint.answers import LEAST_LOG_PROB, at, log_prob_of, odd, rows_at
from backlit.engines.text import REPLACEMENT

HALF = math.log(0.5)
SLACK = 0.02  # of a probability, that rounded values may be off together
BYTES = "bytes:"  # how OpenAI's older models begin to tell a part of a character
_BYTE = re.compile(rb"\\x([0-9a-fA-F]{2})")


@dataclass(frozen=True, slots=True)
class Listed:
    """A token that a server wrote.

    Attributes:
        text: the token's.
        log_prob: nats; None if it is told as impossible, as some do of all but the likeliest, or as
            certain without any other, as llama.cpp does of what it drafted.
        others: `(text, log_prob)` of the likeliest, itself among them, best first.
        content: the bytes it stands for, None if they can't be known.
    """

    text: str
    log_prob: float | None
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
    if "content" in values and not values.get("tokens"):
        return []
    listed = []
    for place, token in enumerate(rows_at(values, "tokens")):
        others = likeliest((at(values, "top_logprobs", place) or {}).items())
        own = _own(at(values, "token_logprobs", place), others)
        listed.append(Listed(str(token), own, others, _content(str(token), None)))
    return listed


def next_in(choice: Any) -> Listed:
    """The one token that was asked for, at a temperature of 0. Of one that ends the answer many
    servers tell nothing: then it is the likeliest, so that any other is half as likely as what is
    sure at most.
    """
    listed = listed_in(choice) if choice.get("logprobs") else []
    if listed:
        return listed[0]
    if choice.get("finish_reason") != "stop" or text_of(choice):
        raise odd("no log-probabilities")
    return Listed("", HALF, (("", HALF),), b"")


def text_of(choice: Any) -> str:
    """What was written."""
    return str(choice.get("text") or (choice.get("message") or {}).get("content") or "")


def likeliest(others: Iterable[tuple[Any, Any]]) -> tuple[tuple[str, float], ...]:
    """`(text, log_prob)`, best first, the likelier of two of the same text. Those that are
    impossible only fill up a list, and parts of characters have no text of their own.
    """
    told = [
        (str(text), log_prob_of(value))
        for text, value in others
        if value is not None and value > LEAST_LOG_PROB and REPLACEMENT not in str(text)
    ]
    best: dict[str, float] = {}
    for text, value in sorted(told, key=lambda one: -one[1]):
        best.setdefault(text, value)
    return tuple(best.items())


def _entry(entry: Any) -> Listed:
    told = entry.get("top_logprobs") or ()
    others = likeliest((at(one, "token"), at(one, "logprob")) for one in told)
    text = str(at(entry, "token"))
    return Listed(
        text, _own(at(entry, "logprob"), others), others, _content(text, entry.get("bytes"))
    )


def _own(value: Any, others: tuple[tuple[str, float], ...]) -> float | None:
    number = type(value) in (int, float)
    unknown = number and (value <= LEAST_LOG_PROB or (value == 0 and not others))
    return None if unknown else log_prob_of(value)


def _content(text: str, told: Any) -> bytes | None:
    if isinstance(told, list):
        return bytes(told)
    if text.startswith(BYTES) and "\\x" in text:
        named = text.removeprefix(BYTES).encode()
        return _BYTE.sub(lambda byte: bytes.fromhex(byte[1].decode()), named)
    return None if REPLACEMENT in text else text.encode()
