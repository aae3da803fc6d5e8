"""What servers answer, read with suspicion: what is not there, or can't be, is an error."""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar, runtime_checkable

import numpy as np

from backlit.engines.base import FloatArray
from backlit.errors import EndpointError
from backlit.types import FinishReason, GenerationOptions

MAX_LOG_PROB = 1e-6  # nats: rounding may lift a log-probability over 0
MAX_ID = 2**31  # more than any vocabulary has
LEAST_LOG_PROB = -9_000.0  # vLLM tells -inf as -9999

T_co = TypeVar("T_co", covariant=True)
Ids = Sequence[int]
Other = tuple[int, bytes | None, float]  # a token that might have stood there


@dataclass(frozen=True, slots=True)
class Ask(Generic[T_co]):
    """A request, and how its answer is read."""

    path: str
    body: Mapping[str, Any]
    read: Callable[[Any], T_co]


@dataclass(frozen=True, slots=True)
class Written:
    """A token that a server wrote.

    Attributes:
        id: the token's.
        piece: the bytes it stands for, if the server tells them.
        log_prob: nats, or None if the server tells none that could be believed.
        others: `(id, piece, log_prob)` of the likeliest, best first.
    """

    id: int
    piece: bytes | None
    log_prob: float | None
    others: tuple[Other, ...] = ()


@dataclass(frozen=True, slots=True)
class Untold:
    """A character that a server wrote as several tokens, of which it tells but the last.

    Attributes:
        text: what the tokens spell.
        count: how many came before the last, None if that is not known: they are then taken to be
            those that the tokenizer makes of the text.
        last: of them.
    """

    text: str
    count: int | None
    last: Written


News = tuple[Sequence[Written | Untold], FinishReason | None]
"""What is new in an event of a stream, and why writing ended, if it did."""

Events = Callable[[Any], News]
"""Reads one event of a stream."""


@dataclass(frozen=True, slots=True)
class Stream(Generic[T_co]):
    """A request that is answered by a stream; `reader` makes what reads its events."""

    path: str
    body: Mapping[str, Any]
    reader: Callable[[], Callable[[Any], T_co]]


Writing = Stream[News]
"""A request that has tokens written."""


class Api(Protocol):
    """A server's own way to be asked for log-probabilities of ids, and to write."""

    @property
    def name(self) -> str:
        """What people know it by, such as "llama.cpp's /completion"."""
        ...

    @property
    def reuses_prefix(self) -> bool:
        """Whether what prompts begin with alike is run once while it scores."""
        ...

    @property
    def one_by_one(self) -> bool:
        """Whether a call for each token of an answer is needed, instead of one for all."""
        ...

    def score(self, model: str | None, context: Ids, answer: Ids) -> Ask[FloatArray]:
        """Log-probabilities `(answer,)` of an answer's tokens, nats."""
        ...

    def annotate(
        self, model: str | None, context: Ids, answer: Ids, top: int
    ) -> Ask[list[Written]]:
        """The answer as if it were written: each token with so many of the likeliest."""
        ...

    def next(self, model: str | None, ids: Ids, top: int, temperature: float = 0.0) -> Ask[Written]:
        """The next token, the likeliest at a temperature of 0, and so many of the likeliest."""
        ...

    def write(self, model: str | None, ids: Ids, options: GenerationOptions, top: int) -> Writing:
        """Tokens as they come."""
        ...


@runtime_checkable
class Looking(Protocol):
    """An `Api` that scores no tokens that are a part of a character, as of some emoji, and looks
    each of them up.
    """

    def look(
        self, model: str | None, context: Ids, token_id: int, top: int, vocabulary: int
    ) -> Ask[Written]:
        """One such token, of a vocabulary of so many ids, with so many of the likeliest."""
        ...


def at(answer: Any, *path: str | int) -> Any:
    """What stands in an answer at a path.

    Raises:
        EndpointError: nothing does.
    """
    for key in path:
        try:
            answer = answer[key]
        except (KeyError, IndexError, TypeError) as error:
            raise odd(f"no {'.'.join(map(str, path))}") from error
    return answer


def rows_at(answer: Any, *path: str | int) -> list[Any]:
    """A list that stands there.

    Raises:
        EndpointError: none does.
    """
    rows = at(answer, *path)
    if not isinstance(rows, list):
        raise odd(f"no list at {'.'.join(map(str, path))}")
    return rows


def read_by(read: Callable[[Any], T_co], told: Any) -> T_co:
    """What an answer says; whatever reading one of another shape raises is an `EndpointError`."""
    try:
        return read(told)
    except (TypeError, ValueError, AttributeError, KeyError, IndexError, OverflowError) as error:
        raise odd("another shape than it should have") from error


def log_prob_of(value: Any) -> float:
    """A log-probability, nats.

    Raises:
        EndpointError: it is none, or that of what is impossible.
    """
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if not number or math.isnan(value):
        raise odd(f"a log-probability that is {value!r:.40}")
    if value > MAX_LOG_PROB:
        raise odd(f"a log-probability of {value:g}, which is over 0")
    if value <= LEAST_LOG_PROB:
        raise EndpointError(
            "The server finds a token impossible, and no difference can be taken of that.",
            "Choose another target.",
        )
    return float(value)


def id_of(value: Any) -> int:
    """A token's id.

    Raises:
        EndpointError: it is none.
    """
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < MAX_ID:
        raise odd(f"a token whose id is {value!r:.40}")
    return value


def of_answer(entries: Sequence[tuple[Any, Any]], answer: Ids) -> FloatArray:
    """The log-probabilities `(answer,)` in `(id, log_prob)` of an answer's tokens.

    Raises:
        EndpointError: there are fewer or others, as of servers that ignore what they do not know.
    """
    if [token_id for token_id, _ in entries] != list(answer):
        raise odd(f"other tokens than the {len(answer)} that were asked about")
    return np.array([log_prob_of(value) for _, value in entries])


def likeliest(others: Iterable[tuple[Any, bytes | None, Any]]) -> tuple[Other, ...]:
    """`(id, piece, log_prob)` of tokens, best first, equals in the order of ids; those that are
    impossible are left out, as some servers fill up a list with them.
    """
    possible = [
        (id_of(token_id), piece, log_prob_of(value))
        for token_id, piece, value in others
        if value is not None and value > LEAST_LOG_PROB
    ]
    return tuple(sorted(possible, key=lambda other: (-other[2], other[0])))


def reason_of(told: Any, reasons: Mapping[str, FinishReason]) -> FinishReason:
    """Why writing ended.

    Raises:
        EndpointError: for none of the reasons for which an answer is whole.
    """
    reason = reasons.get(str(told))
    if reason is None:
        raise EndpointError(
            f"The server ended its answer in the middle: {told!s:.80}", "Generate it again."
        )
    return reason


def odd(what: str) -> EndpointError:
    """The error that says what is odd in an answer."""
    return EndpointError(
        f"The server's answer has {what}.",
        "docs/endpoints.md says which servers were tried, and how to see what another one can.",
    )
