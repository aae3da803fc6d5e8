"""What a server can, found out by trying: nobody is asked for its brand.

Each way to score is asked for two tokens that the model would not write by itself, after a short
prompt, for two such tokens after another one, and for the first again. It is believed if it tells
of exactly those tokens, what writing token by token tells of them, and the same the second time.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from backlit.engines.base import FloatArray
from backlit.engines.endpoint.answers import Api, Ids, odd
from backlit.engines.endpoint.client import Client
from backlit.engines.tokens import Tokenizer
from backlit.errors import BudgetError, EndpointError, GatedError, PromptError

EXACT = 1e-2  # nats a token: kernels for one token and for many round differently
CLOSE = 0.3  # nats a token: those of bfloat16, whose logits are a sixteenth apart
TOP = 10
HOT = 3.0  # a temperature at which nothing is as likely as it was
PROMPTS = ("The capital of France is", "Two and two make four, and three and three make")


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
class Found:
    """What was found.

    Attributes:
        api: the first way to score that can be believed, None if none can.
        trials: all that were tried.
        tempered: whether what is told of written tokens is so after the temperature.
    """

    api: Api | None
    trials: tuple[Trial, ...]

    tempered: bool = False

    @property
    def deviation(self) -> float:
        """Of the way that was found."""
        return self.trials[-1].deviation


def find(client: Client, model: str | None, apis: Sequence[Api], tokenizer: Tokenizer) -> Found:
    """The way in which a server scores ids.

    Args:
        client: asks it.
        model: which of its models.
        apis: ways, the best first.
        tokenizer: the model's.

    Raises:
        BacklitError: the server can't be reached.
    """
    trials: list[Trial] = []
    for api in apis:
        attempt = _Attempt(client, model, api, tokenizer)
        trials.append(attempt.trial())
        if not trials[-1].problem:
            return Found(api, tuple(trials), attempt.tempered())
    return Found(None, tuple(trials))


class _Attempt:
    """One way to score, being tried; arguments as for `find`."""

    def __init__(self, client: Client, model: str | None, api: Api, tokenizer: Tokenizer) -> None:
        self._client = client
        self._model = model
        self._api = api
        self._tokenizer = tokenizer
        self._cold: list[tuple[int, float]] = []  # of what may follow the first prompt

    def trial(self) -> Trial:
        """What came of it.

        Raises:
            BacklitError: the server can't be reached.
        """
        name = self._api.name
        try:
            contexts = [self._tokenizer.encode(text, whole=True).ids for text in PROMPTS]
            stepped = [self._stepped(context) for context in contexts]
            first, other, again = (
                self._client.ask(self._api.score(self._model, contexts[i], stepped[i][0]))
                for i in (0, 1, 0)
            )
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
        context = self._tokenizer.encode(PROMPTS[0], whole=True).ids
        try:
            hot = self._client.ask(self._api.next(self._model, context, TOP, HOT)).others
        except BudgetError:
            raise
        except EndpointError:
            return True  # it is not known, so nothing is believed
        cold = dict(self._cold)
        return any(abs(value - cold.get(i, value)) > CLOSE for i, _, value in hot)

    def _stepped(self, context: Ids) -> tuple[list[int], FloatArray]:
        """Two tokens that are not the likeliest, and what writing tells of each, `(2,)`.

        A server that ignores what it was asked, and writes what it likes, writes others.
        """
        answer: list[int] = []
        values: list[float] = []
        for _ in range(2):
            written = self._client.ask(self._api.next(self._model, [*context, *answer], TOP))
            self._cold = self._cold or [(i, value) for i, _, value in written.others]
            plain = [
                (token_id, value)
                for token_id, _, value in written.others
                if token_id != written.id and self._is_plain(token_id)
            ]
            if not plain:
                raise odd("no alternatives to the token that is written")
            answer.append(plain[0][0])
            values.append(plain[0][1])
        return answer, np.array(values)

    def _is_plain(self, token_id: int) -> bool:
        """Whether it is a word: neither a piece of a character nor the end of a response."""
        return self._tokenizer.decode([token_id]).strip().isalpha()
