"""`/v1/completions` with `echo` and `logprobs`: a prompt is told again, with how likely it was.

Servers that have it, such as llama-cpp-python's, take text and tell tokens as text: so a response
is scored as the tokens that the server reads it as behind the prompt, whatever wrote it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

import numpy as np

from backlit.engines.base import FloatArray
from backlit.engines.endpoint.answers import (
    Ask,
    Stream,
    at,
    log_prob_of,
    odd,
    reason_of,
    rows_at,
)
from backlit.engines.endpoint.client import Client
from backlit.engines.text import REPLACEMENT
from backlit.errors import EndpointError
from backlit.types import FinishReason, GenerationOptions

PATH = "/v1/completions"
TOP = 5  # OpenAI's own tells no more
REASONS: dict[str, FinishReason] = {"stop": "stop", "length": "length"}
# Else what a server prefers is used, which changes what is likely; others leave these unread.
NEUTRAL = {
    "top_p": 1.0,
    "top_k": 0,
    "min_p": 0.0,
    "repeat_penalty": 1.0,  # llama.cpp, Ollama
    "repetition_penalty": 1.0,  # vLLM, gateways
}

Piece = tuple[str, FinishReason | None]


@dataclass(frozen=True, slots=True)
class Echoed:
    """An answer as a server read it.

    Attributes:
        tokens: it cut it into, as text.
        log_probs: of each, nats, `(tokens,)`.
    """

    tokens: tuple[str, ...]
    log_probs: FloatArray

    def of_pieces(self, pieces: Sequence[str]) -> FloatArray | None:
        """Sums `(pieces,)` over other pieces of the same text; None where that can't be told."""
        if "".join(self.tokens) != "".join(pieces):
            return None  # some are parts of a character, which have no text
        ends = np.cumsum([len(token) for token in self.tokens])  # (tokens,)
        wanted = np.cumsum([len(piece) for piece in pieces])  # (pieces,)
        if not np.isin(wanted, ends).all():
            return None
        sums = np.cumsum(self.log_probs)[np.searchsorted(ends, wanted, side="right") - 1]
        return np.diff(sums, prepend=0.0)


class Echo:
    """A way to try, and to ask; `Way` of `probe`.

    Args:
        client: asks the server.
        model: which of its models.
    """

    name = "echo on /v1/completions"
    tells_written = False  # its answers are text

    def __init__(self, client: Client, model: str | None) -> None:
        self._client = client
        self._named = {} if model is None else {"model": model}

    def next(
        self, prompt: str, answer: Sequence[str], temperature: float = 0.0
    ) -> tuple[str, list[tuple[str, float]]]:
        body = {**self._body(prompt + "".join(answer), temperature), "max_tokens": 1}

        def read(told: Any) -> tuple[str, list[tuple[str, float]]]:
            values = at(told, "choices", 0, "logprobs")
            others = at(values, "top_logprobs", 0)
            likeliest = [(str(text), log_prob_of(value)) for text, value in others.items()]
            return str(at(values, "tokens", 0)), sorted(likeliest, key=lambda one: -one[1])

        return self._client.ask(Ask(PATH, body, read))

    def is_word(self, token: str) -> bool:
        return token.strip().isalpha()

    def score(self, prompt: str, answer: Sequence[str]) -> FloatArray:
        echoed = self._client.ask(self.of_answer(prompt, "".join(answer)))
        if echoed.tokens != tuple(answer):
            raise odd(f"other tokens than the {len(answer)} that were asked about")
        return echoed.log_probs

    def of_answer(self, prompt: str, answer: str) -> Ask[Echoed]:
        """How likely an answer is after a prompt."""
        # A limit of 0 is none at all to some, so that a token is written that nobody needs.
        body = {**self._body(prompt + answer), "max_tokens": 1, "echo": True}
        return Ask(PATH, body, lambda told: _echoed(told, prompt, answer))

    def write(self, prompt: str, options: GenerationOptions) -> Stream[Piece]:
        """Text as it comes, and why it ends."""
        body: dict[str, Any] = {
            **self._named,
            "prompt": prompt,
            "stream": True,
            "max_tokens": options.max_new_tokens,
            "temperature": options.heat,
            **NEUTRAL,
            "top_p": options.top_p,
        }
        if options.seed is not None:
            body["seed"] = options.seed % 2**31
        return Stream(PATH, body, lambda: piece_of)

    def _body(self, prompt: str, temperature: float = 0.0) -> dict[str, Any]:
        return {**self._named, "prompt": prompt, "logprobs": TOP, "temperature": temperature}


def choice_in(event: Any) -> Any:
    """What an event tells of the answer; nothing where it is of the usage, as the last one may be.

    Raises:
        EndpointError: it is no event.
    """
    return at(event, "choices", 0) if at(event, "choices") else {}


def piece_of(event: Any) -> Piece:
    choice = choice_in(event)
    end = choice.get("finish_reason")
    return str(choice.get("text") or ""), reason_of(end, REASONS) if end else None


def _echoed(told: Any, prompt: str, answer: str) -> Echoed:
    values = at(told, "choices", 0, "logprobs")
    tokens = [str(token) for token in rows_at(values, "tokens")]
    starts = _starts(tokens, values, prompt + answer)
    stop = len(prompt) + len(answer)
    places = [n for n, start in enumerate(starts) if len(prompt) <= start < stop]
    log_probs = rows_at(values, "token_logprobs")
    if not places or starts[places[0]] != len(prompt):
        raise EndpointError(
            "The server reads the prompt's end and the target's beginning as one token.",
            "Choose a target that begins with a word, with the space before it.",
        )
    if stop not in (*starts, starts[-1] + len(tokens[-1])):
        raise odd("a token that is only partly of the target")
    return Echoed(
        tuple(tokens[n] for n in places), np.array([log_prob_of(log_probs[n]) for n in places])
    )


def _starts(tokens: Sequence[str], values: Any, text: str) -> list[int]:
    """At which character of the text each token begins; one before it, at less than 0.

    Raises:
        EndpointError: the tokens do not spell it, as where nothing was echoed.
    """
    whole = "".join(tokens)
    for before in (0, *(len(token) for token in tokens[:1])):  # what stands before every text
        if whole.startswith(text, before):
            return [n - before for n in accumulate(map(len, tokens[:-1]), initial=0)]
    told = values.get("text_offset")  # where a character is several tokens, which have no text
    fits = isinstance(told, list) and len(told) == len(tokens) and told[:1] == [0]
    if not fits or len(text) not in told:
        raise odd("other text than the one that was to be told again")
    starts = [int(start) for start in told]
    for start, token in zip(starts, tokens, strict=True):
        inside = start + len(token) <= len(text) and REPLACEMENT not in token
        if inside and text[start : start + len(token)] != token:
            raise odd("tokens that do not stand where it says")
    return starts
