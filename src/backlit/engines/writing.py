"""Writing a response a token at a time, for any engine that tells the next token's logits."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

import numpy as np

from backlit.engines.base import FloatArray, GenerationStep
from backlit.engines.text import StreamDecoder, check_length
from backlit.engines.tokens import TokenReader
from backlit.types import (
    MIN_TEMPERATURE,
    Alternative,
    FinishReason,
    GenerationOptions,
    Span,
    Token,
    TokenSequence,
)

ALTERNATIVES = 5

Likelihood = tuple[float, tuple[Alternative, ...]]
"""A token's log-probability, nats, and the tokens that could have stood in its place."""


class Limits:
    """Where a response ends at the latest: at a stop string, or where no room is left.

    Args:
        prompt: what is answered.
        options: with the stop strings and the most new tokens.
        context_length: the most tokens of prompt and response, or None.
    """

    def __init__(
        self, prompt: TokenSequence, options: GenerationOptions, context_length: int | None
    ) -> None:
        self._stop = options.stop
        self._written = ""
        self._room = options.max_new_tokens
        self._reason: FinishReason = "length"
        if context_length is not None and context_length - len(prompt.tokens) < self._room:
            self._room, self._reason = context_length - len(prompt.tokens), "context"

    @property
    def full(self) -> FinishReason | None:
        """Why there can't be another token, or None if there can."""
        return None if self._room > 0 else self._reason

    def stops_at(self, text: str, apart: int = 0) -> bool:
        """Count a token in, with the text that it completes: whether a stop string is there, behind
        so many characters that are apart from the answer.
        """
        self._room -= 1
        self._written += text
        return any(stop in self._written[apart:] for stop in self._stop)


class Draft:
    """A response being written: it takes what the model says of the next token, and chooses.

    Args:
        prompt: what is answered.
        options: how.
        reader: turns ids into tokens, and says how many fit.
        end_ids: ids that end a response and are no part of it.

    Raises:
        PromptError: the prompt leaves no room for a response.
    """

    def __init__(
        self,
        prompt: TokenSequence,
        options: GenerationOptions,
        reader: TokenReader,
        end_ids: frozenset[int],
    ) -> None:
        check_length(len(prompt.tokens) + 1, reader.context_length, reader.name)
        self.prompt = prompt
        self.last = prompt.input_ids[-1]  # the id that came last
        self._options = options
        self._reader = reader
        self._ends = end_ids
        self._random = np.random.default_rng(options.seed)
        self._decoder = reader.decoder(prompt)
        self._limits = Limits(prompt, options, reader.context_length)
        self._pending: list[Likelihood] = []  # of ids whose characters are not complete

    def write(self, logits: FloatArray) -> GenerationStep:
        """Choose from the logits `(vocab,)` of what follows; a step without tokens is none yet."""
        log_probs = log_softmax(logits)  # (vocab,)
        self.last = choose(log_probs, self._options, self._random)
        reason: FinishReason | None = None
        tokens: list[Token] = []
        if self.last in self._ends:
            reason = "stop"
        else:
            others = alternatives(log_probs, self._decoder)
            self._pending.append((float(log_probs[self.last]), others))
            pieces = self._decoder.push(self.last)
            tokens = _response_tokens(self._reader, pieces, self._pending)
            stops = self._limits.stops_at(pieces[0][1] if pieces else "")
            reason = "stop" if stops else self._limits.full
        if reason is not None:
            tokens += _response_tokens(self._reader, self._decoder.flush(), self._pending)
        return GenerationStep(tuple(tokens), reason)


def write(
    draft: Draft, next_logits: Callable[[Sequence[int]], FloatArray]
) -> Iterator[GenerationStep]:
    """See `Engine.generate`.

    Args:
        draft: what is written.
        next_logits: given the ids that are new since the last call, `(vocab,)` of what follows.
    """
    new: Sequence[int] = draft.prompt.input_ids
    while True:
        step = draft.write(next_logits(new))
        if step.tokens or step.finish_reason:
            yield step
        if step.finish_reason:
            return
        new = [draft.last]


def annotated(sequence: TokenSequence, logits: FloatArray, reader: TokenReader) -> TokenSequence:
    """See `Scorer.annotate`; `logits` `(response, vocab)` are of each of its tokens."""
    decoder = reader.decoder(sequence.prompt)
    tokens: list[Token] = []
    for token, row in zip(sequence.tokens[sequence.prompt_length :], logits, strict=True):
        log_probs = log_softmax(row)  # (vocab,)
        others = alternatives(log_probs, decoder)
        tokens.append(replace(token, log_prob=float(log_probs[token.id]), alternatives=others))
        decoder.push(token.id)
    return sequence.prompt.extended(tokens)


def log_softmax(logits: FloatArray) -> FloatArray:
    """Log-probabilities over the last axis, of the same shape, float64."""
    shifted = np.asarray(logits, dtype=np.float64) - logits.max(axis=-1, keepdims=True)
    log_probs: FloatArray = shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))
    return log_probs


def log_softmax_at(logits: FloatArray, ids: Sequence[int]) -> FloatArray:
    """Log-probabilities `(n,)` of ids `(n,)`, each in its row of `(n, vocab)`."""
    rows = np.asarray(logits, dtype=np.float64)
    top = rows.max(axis=-1)  # (n,)
    totals = top + np.log(np.exp(rows - top[:, None]).sum(axis=-1))
    log_probs: FloatArray = rows[np.arange(len(ids)), list(ids)] - totals
    return log_probs


def alternatives(log_probs: FloatArray, decoder: StreamDecoder) -> tuple[Alternative, ...]:
    """The most likely tokens of `(vocab,)`, the likeliest first; equals in the order of ids."""
    count = min(ALTERNATIVES, len(log_probs))
    least = np.partition(log_probs, -count)[-count]  # which several ids may share
    likely = np.flatnonzero(log_probs >= least)
    best = likely[np.argsort(-log_probs[likely], kind="stable")][:count].tolist()
    return tuple(Alternative(i, decoder.peek(i), float(log_probs[i])) for i in best)


def choose(log_probs: FloatArray, options: GenerationOptions, random: np.random.Generator) -> int:
    """The next id from `(vocab,)` log-probabilities."""
    if options.heat < MIN_TEMPERATURE:
        return int(log_probs.argmax())
    probs = np.exp(log_softmax(log_probs / options.heat))  # (vocab,)
    ranked = np.argsort(-probs, kind="stable")
    before = np.cumsum(probs[ranked]) - probs[ranked]
    kept = ranked[before < options.top_p]  # the first always stays
    return int(random.choice(kept, p=probs[kept] / probs[kept].sum()))


def _response_tokens(
    reader: TokenReader, pieces: Sequence[tuple[int, str, Span]], pending: list[Likelihood]
) -> list[Token]:
    """Tokens of complete characters, with what is known of them taken from `pending`."""
    known = pending[: len(pieces)]
    del pending[: len(pieces)]
    return [
        reader.response_token(*piece, log_prob=log_prob, alternatives=others)
        for piece, (log_prob, others) in zip(pieces, known, strict=True)
    ]
