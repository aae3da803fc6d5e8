"""Writing a response a token at a time, for any engine that tells the next token's logits."""

from collections.abc import Callable, Iterator, Sequence

import numpy as np

from backlit.engines.base import FloatArray, GenerationStep
from backlit.engines.text import StreamDecoder
from backlit.engines.tokens import TokenReader
from backlit.types import Alternative, FinishReason, GenerationOptions, Token, TokenSequence

ALTERNATIVES = 5
COLD = 1e-6  # a temperature below which only the likeliest is left

Facts = tuple[float, tuple[Alternative, ...]]


def write(
    prompt: TokenSequence,
    options: GenerationOptions,
    next_logits: Callable[[Sequence[int]], FloatArray],
    reader: TokenReader,
    ends: frozenset[int],
    context_length: int | None,
) -> Iterator[GenerationStep]:
    """See `Engine.generate`.

    Args:
        next_logits: given the ids that are new since the last call, `(vocab,)` of what follows.
        reader: turns ids into tokens.
        ends: ids that end a response and are no part of it.
        context_length: the most tokens the model reads.
    """
    random = np.random.default_rng(options.seed)
    decoder = reader.decoder(prompt)
    facts: list[Facts] = []  # of ids not yet whole
    written = ""
    new: Sequence[int] = prompt.input_ids
    for count in range(1, options.max_new_tokens + 1):
        log_probs = log_softmax(next_logits(new))  # (vocab,)
        chosen = choose(log_probs, options, random)
        reason: FinishReason | None = None
        tokens: list[Token] = []
        if chosen in ends:
            reason = "stop"
        else:
            facts.append((float(log_probs[chosen]), alternatives(log_probs, decoder)))
            whole = decoder.push(chosen)
            tokens = _with_facts(reader, whole, facts)
            written += whole[0][1] if whole else ""
            if any(text in written for text in options.stop):
                reason = "stop"
            elif count == options.max_new_tokens:
                reason = "length"
            elif len(prompt.tokens) + count == context_length:
                reason = "context"
        if reason is not None:
            tokens += _with_facts(reader, decoder.flush(), facts)
        if tokens or reason:
            yield GenerationStep(tuple(tokens), reason)
        if reason:
            return
        new = [chosen]


def annotated(sequence: TokenSequence, logits: FloatArray, reader: TokenReader) -> TokenSequence:
    """See `Scorer.annotate`; `logits` `(response, vocab)` are of each of its tokens."""
    decoder = reader.decoder(sequence.prompt)
    tokens: list[Token] = []
    for token, row in zip(sequence.tokens[sequence.prompt_length :], logits, strict=True):
        log_probs = log_softmax(row)
        tokens.append(
            Token(
                id=token.id,
                text=token.text,
                start=token.start,
                stop=token.stop,
                special=token.special,
                role=token.role,
                log_prob=float(log_probs[token.id]),
                alternatives=alternatives(log_probs, decoder),
            )
        )
        decoder.push(token.id)
    return sequence.prompt.extended(tokens)


def log_softmax(logits: FloatArray) -> FloatArray:
    """Log-probabilities `(vocab,)`, float64."""
    shifted = np.asarray(logits, dtype=np.float64) - logits.max()
    found: FloatArray = shifted - np.log(np.exp(shifted).sum())
    return found


def log_softmax_at(logits: FloatArray, ids: Sequence[int]) -> FloatArray:
    """Log-probabilities `(n,)` of ids `(n,)`, each in its row of `(n, vocab)`."""
    rows = np.asarray(logits, dtype=np.float64)
    top = rows.max(axis=-1)  # (n,)
    totals = top + np.log(np.exp(rows - top[:, None]).sum(axis=-1))
    found: FloatArray = rows[np.arange(len(ids)), list(ids)] - totals
    return found


def alternatives(log_probs: FloatArray, decoder: StreamDecoder) -> tuple[Alternative, ...]:
    """The most likely tokens, the likeliest first."""
    count = min(ALTERNATIVES, len(log_probs))
    best = np.argpartition(log_probs, -count)[-count:]
    best = best[np.argsort(-log_probs[best], kind="stable")]
    return tuple(Alternative(int(i), decoder.peek(int(i)), float(log_probs[i])) for i in best)


def choose(log_probs: FloatArray, options: GenerationOptions, random: np.random.Generator) -> int:
    """The next id from `(vocab,)` log-probabilities."""
    if options.temperature < COLD:
        return int(log_probs.argmax())
    probs = np.exp(log_softmax(log_probs / options.temperature))
    ranked = np.argsort(-probs, kind="stable")
    before = np.cumsum(probs[ranked]) - probs[ranked]
    kept = ranked[before < options.top_p]  # the first always stays
    return int(random.choice(kept, p=probs[kept] / probs[kept].sum()))


def _with_facts(
    reader: TokenReader, whole: Sequence[tuple[int, str, tuple[int, int]]], facts: list[Facts]
) -> list[Token]:
    known = facts[: len(whole)]
    del facts[: len(whole)]
    return [
        reader.response_token(*piece, log_prob=log_prob, alternatives=others)
        for piece, (log_prob, others) in zip(whole, known, strict=True)
    ]
