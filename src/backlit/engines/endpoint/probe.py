"""What a server can, found out by trying: nobody is asked for its brand.

Each way to score is asked for two tokens that the model would not write by itself, after a short
prompt, for two such tokens after another one, and for the first again. It is believed if it tells
of exactly those tokens, what writing token by token tells of them, and the same the second time.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

import numpy as np

from backlit.engines.base import FloatArray
from backlit.engines.endpoint.answers import Api, odd
from backlit.engines.endpoint.client import Client
from backlit.engines.tokens import Tokenizer
from backlit.errors import BudgetError, EndpointError, GatedError, PromptError

EXACT = 1e-2  # nats a token: kernels for one token and for many round differently
CLOSE = 0.3  # nats a token: those of bfloat16, whose logits are a sixteenth apart
TOP = 10
HOT = 1.5  # a temperature at which little is as likely as it was; OpenAI takes no more than 2
PROMPTS = ("The capital of France is", "Two and two make four, and three and three make")

T = TypeVar("T")


class Way(Protocol[T]):
    """A way to score, of which a token is an id or a text."""

    @property
    def name(self) -> str:
        """What people know it by."""
        ...

    @property
    def tells_written(self) -> bool:
        """Whether it also tells what is likely of tokens as they are written, which may be so after
        the temperature.
        """
        ...

    def next(
        self, prompt: str, answer: Sequence[T], temperature: float = 0.0
    ) -> tuple[T, list[tuple[T, float]]]:
        """The token that is written behind the beginning of an answer, and the likeliest ones."""
        ...

    def is_word(self, token: T) -> bool:
        """Whether it is neither a piece of a character nor the end of a response."""
        ...

    def score(self, prompt: str, answer: Sequence[T]) -> FloatArray:
        """Log-probabilities `(answer,)`, nats."""
        ...


class ByIds:
    """The `Way` of an `Api`.

    Args:
        client: asks the server.
        api: in what way.
        model: which of its models.
        tokenizer: the model's.
    """

    tells_written = True

    def __init__(self, client: Client, api: Api, model: str | None, tokenizer: Tokenizer) -> None:
        self.api = api
        self._client = client
        self._model = model
        self._tokenizer = tokenizer

    @property
    def name(self) -> str:
        return self.api.name

    def next(
        self, prompt: str, answer: Sequence[int], temperature: float = 0.0
    ) -> tuple[int, list[tuple[int, float]]]:
        ids = [*self._ids(prompt), *answer]
        written = self._client.ask(self.api.next(self._model, ids, TOP, temperature))
        return written.id, [(token_id, value) for token_id, _, value in written.others]

    def is_word(self, token: int) -> bool:
        return self._tokenizer.decode([token]).strip().isalpha()

    def score(self, prompt: str, answer: Sequence[int]) -> FloatArray:
        ids = self._ids(prompt)
        size = 1 if self.api.one_by_one else len(answer)
        asks = [
            self.api.score(self._model, [*ids, *answer[:start]], answer[start : start + size])
            for start in range(0, len(answer), size)
        ]
        return np.concatenate([self._client.ask(one) for one in asks])  # (answer,)

    def _ids(self, prompt: str) -> Sequence[int]:
        return self._tokenizer.encode(prompt, whole=True).ids


@dataclass(frozen=True, slots=True)
class Trial:
    """A way to score that was tried.

    Attributes:
        name: of the way.
        problem: why it is not used, "" if it is.
        deviation: how far it is off writing token by token, nats a token, at most.
    """

    name: str
    problem: str = ""
    deviation: float = 0.0


@dataclass(frozen=True, slots=True)
class Found(Generic[T]):
    """What was found.

    Attributes:
        way: the first way to score that can be believed, None if none can.
        trials: all that were tried.
        tempered: whether what is told of written tokens is so after the temperature.
    """

    way: T | None
    trials: tuple[Trial, ...]
    tempered: bool = False

    @property
    def deviation(self) -> float:
        """Of the way that was found; 0 if none was."""
        return self.trials[-1].deviation


W = TypeVar("W", bound=Way[int] | Way[str])


def find(ways: Iterable[W]) -> Found[W]:
    """The first way in which a server can be believed to score.

    Args:
        ways: the best first.

    Raises:
        BacklitError: the server can't be reached.
    """
    trials: list[Trial] = []
    for way in ways:
        attempt = _Attempt[Any](way)
        trials.append(attempt.trial())
        if not trials[-1].problem:
            return Found(way, tuple(trials), way.tells_written and attempt.tempered())
    return Found(None, tuple(trials))


class _Attempt(Generic[T]):
    """One way to score, being tried."""

    def __init__(self, way: Way[T]) -> None:
        self._way = way
        self._cold: list[tuple[T, float]] = []  # of what may follow the first prompt

    def trial(self) -> Trial:
        """What came of it.

        Raises:
            BacklitError: the server can't be reached.
        """
        name = self._way.name
        try:
            stepped = [self._stepped(prompt) for prompt in PROMPTS]
            first, other, again = (self._way.score(PROMPTS[i], stepped[i][0]) for i in (0, 1, 0))
        except BudgetError:
            raise
        except (EndpointError, PromptError, GatedError) as error:
            return Trial(name, error.message)
        if np.abs(first - again).max() > CLOSE:
            return Trial(name, "The same question, asked twice, gets two answers.")
        pairs = ((first, stepped[0][1]), (other, stepped[1][1]), (first, again))
        off = max(float(np.abs(told - values).max()) for told, values in pairs)
        if off > CLOSE:
            return Trial(
                name, f"A log-probability is {off:.3g} nats off that of writing token by token."
            )
        return Trial(name, "", off)

    def tempered(self) -> bool:
        """Whether other log-probabilities are told where a temperature is asked for.

        Raises:
            BacklitError: the server can't be reached.
        """
        try:
            _, hot = self._way.next(PROMPTS[0], (), HOT)
        except BudgetError:
            raise
        except EndpointError:
            return True  # it is not known, so nothing is believed
        cold = dict(self._cold)
        return any(abs(value - cold.get(token, value)) > CLOSE for token, value in hot)

    def _stepped(self, prompt: str) -> tuple[list[T], FloatArray]:
        """Two tokens that are not the likeliest, and what writing tells of each, `(2,)`.

        A server that ignores what it was asked, and writes what it likes, writes others.
        """
        answer: list[T] = []
        values: list[float] = []
        for _ in range(2):
            written, others = self._way.next(prompt, answer)
            self._cold = self._cold or others
            plain = [one for one in others if one[0] != written and self._way.is_word(one[0])]
            if not plain:
                raise odd("no alternatives to the token that is written")
            answer.append(plain[0][0])
            values.append(plain[0][1])
        return answer, np.array(values)
