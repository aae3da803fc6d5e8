"""A response that is being written by a server, as tokens with characters."""

from collections.abc import Sequence

from backlit.engines.base import GenerationStep
from backlit.engines.endpoint.answers import Written
from backlit.engines.endpoint.vocabulary import ServerTokenizer
from backlit.engines.text import StreamDecoder
from backlit.engines.tokens import Tokenizer, TokenReader
from backlit.engines.writing import ALTERNATIVES, Limits
from backlit.types import Alternative, FinishReason, GenerationOptions, Token, TokenSequence


class Response:
    """What was written so far.

    Args:
        reader: makes its tokens.
        tokenizer: the server's, or one that is here.
        prompt: what is answered.
        options: how.
        plain: whether the log-probabilities that are told are kept, as they are the model's own.
    """

    def __init__(
        self,
        reader: TokenReader,
        tokenizer: Tokenizer,
        prompt: TokenSequence,
        options: GenerationOptions,
        plain: bool,
    ) -> None:
        self.ids = list(prompt.input_ids)  # with what was written so far
        self.plain = plain
        self._reader = reader
        self._tokenizer = tokenizer
        self._decoder = reader.decoder(prompt)
        self._limits = Limits(prompt, options, reader.context_length)
        self._pending: list[Written] = []  # of which the characters are not complete
        self._others: list[tuple[Alternative, ...]] = []

    def step(self, written: Sequence[Written], reason: FinishReason | None) -> GenerationStep:
        """What is new, and why writing ended, if it did."""
        tokens: list[Token] = []
        learn(self._tokenizer, written)
        for one in written:
            self.ids.append(one.id)
            self._pending.append(one)
            self._others.append(alternatives_of(one, self._decoder) if self.plain else ())
            pieces = self._decoder.push(one.id)
            tokens += self._complete(pieces)
            stops = self._limits.stops_at(pieces[0][1] if pieces else "")
            if stops or self._limits.full:
                reason = "stop" if stops else self._limits.full
                break
        if reason is not None:
            tokens += self._complete(self._decoder.flush())
        return GenerationStep(tuple(tokens), reason)

    def _complete(self, pieces: Sequence[tuple[int, str, tuple[int, int]]]) -> list[Token]:
        known = list(zip(pieces, self._pending, self._others, strict=False))
        del self._pending[: len(known)], self._others[: len(known)]
        return [
            self._reader.response_token(
                *piece, log_prob=one.log_prob if self.plain else None, alternatives=others
            )
            for piece, one, others in known
        ]


def learn(tokenizer: Tokenizer, written: Sequence[Written]) -> None:
    """Let a server's tokenizer know what all these stand for, so that none is asked for alone."""
    if isinstance(tokenizer, ServerTokenizer):
        for one in written:
            tokenizer.learn(one.others)
        tokenizer.know([i for one in written for i in (one.id, *(i for i, _, _ in one.others))])


def alternatives_of(one: Written, decoder: StreamDecoder) -> tuple[Alternative, ...]:
    """What might have stood in a token's place, behind what was decoded."""
    return tuple(
        Alternative(token_id, decoder.peek(token_id), log_prob)
        for token_id, _, log_prob in one.others[:ALTERNATIVES]
    )
