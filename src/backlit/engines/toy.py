"""A model small enough to work out by hand: for tests, for docs, and to look at the page at once.

It is linear up to the softmax. Each token is a one-hot embedding `e_i`; the logits after
position t are

    b + sum over i <= t of (decay ** (t - i) * A + COPY * I)^T e_i

where `A[x, y]` says how often y followed x in a few built-in sentences and `b` how often each
token stood anywhere. So near words matter most, words seen before come more easily, and every
gradient has a closed form. With a decay of 1 the order of words does not matter, and the
difference of two tokens' log-probabilities is the sum of what each word adds.
"""

import math
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from importlib.metadata import version
from itertools import pairwise

import numpy as np

from backlit.engines.base import (
    Capability,
    EdgeGradient,
    EmbeddingGradient,
    FloatArray,
    GenerationStep,
)
from backlit.engines.text import (
    StreamDecoder,
    check_length,
    check_prompt,
    check_text,
    render_chat,
    roles_of,
)
from backlit.errors import TargetError
from backlit.types import (
    Alternative,
    FinishReason,
    GenerationOptions,
    Message,
    Prompt,
    Span,
    Target,
    Token,
    TokenSequence,
)

DECAY = 0.25
COPY = 0.05
FOLLOW = 6.0  # nats for a token that always follows

SENTENCES = """\
The cat likes warm milk. The dog likes cold water. The bird likes ripe berries.
I like sweet soup and I dislike bitter soup. You like sour bread and dislike sweet bread.
Question: what does the cat like? Answer: the cat likes warm milk.
Question: what does the dog like? Answer: the dog likes cold water.
Analysis: the dish is sweet and you like sweet soup. Recommendation: You have to try it.
Analysis: the dish is bitter and you dislike bitter soup. Recommendation: Avoid.
Two and two make four. Four and four make eight.
"""

_PIECE = re.compile(r" ?[A-Za-z]+|[^A-Za-z]")
END = "<end>"


class ToyEngine:
    """The toy model and its tokenizer; `Differentiable` and `Gated`.

    The vocabulary is 256 bytes, the words of the sentences (with and without the space before
    them), and an end token. Characters that are in no word are written as their UTF-8 bytes.
    """

    chat = True
    capabilities: frozenset[Capability] = frozenset({"generate", "score", "gradient", "gates"})
    context_length: int | None = 8_192

    def __init__(self, name: str = "toy", decay: float = DECAY) -> None:
        self.name = name
        self.decay = decay
        self.metadata: Mapping[str, str] = {
            "source": "toy",
            "engine": "toy",
            "dtype": "float64",
            "device": "cpu",
            "backlit": version("backlit"),
        }
        words = {p for p in _PIECE.findall(SENTENCES) if len(p) > 1}
        words |= {w.lstrip() for w in words} | {" " + w.lstrip() for w in words}
        self.vocabulary: tuple[bytes, ...] = (
            *(bytes([b]) for b in range(256)),
            *(w.encode() for w in sorted(words)),
            END.encode(),
        )
        self._ids = {piece: i for i, piece in enumerate(self.vocabulary)}
        self.vocabulary_size = len(self.vocabulary)
        self._end = len(self.vocabulary) - 1
        self.bias, self.follows = self._learn()  # (vocab,), (vocab, vocab)

    def _learn(self) -> tuple[FloatArray, FloatArray]:
        size = len(self.vocabulary)
        bias = np.full(size, -4.0)  # (vocab,)
        follows = np.zeros((size, size))  # (vocab, vocab)
        ids = [i for line in SENTENCES.splitlines(keepends=True) for i, _ in self._encode(line)]
        for token_id, count in Counter(ids).items():
            bias[token_id] = math.log(count)
        total = Counter(ids[:-1])
        for (x, y), count in Counter(pairwise(ids)).items():
            follows[x, y] = FOLLOW * count / total[x]
        follows[self._ids[b"\n"], self._end] = 2 * FOLLOW
        return bias, follows

    # ---- reading and writing -----------------------------------------------------------

    def tokenize(self, prompt: Prompt) -> TokenSequence:
        check_prompt(prompt)
        if isinstance(prompt, str):
            text, contents = prompt, [((0, len(prompt)), "prompt")]
        else:
            text, contents = render_chat(prompt, _template)
        pieces = self._encode(text)
        roles = roles_of([span for _, span in pieces], contents)
        tokens = tuple(
            Token(i, text[a:b], a, b, role=role)
            for (i, (a, b)), role in zip(pieces, roles, strict=True)
        )
        check_length(len(tokens), self.context_length, self.name)
        return TokenSequence(text, tokens, len(tokens))

    def append(self, prompt: TokenSequence, response: str | Sequence[int]) -> TokenSequence:
        if not response:
            raise TargetError("The response is empty.", "Type what the model should have said.")
        end = len(prompt.text)
        if isinstance(response, str):
            check_text(response)
            tokens = [
                Token(i, response[a:b], end + a, end + b, role="response")
                for i, (a, b) in self._encode(response)
            ]
        else:
            if any(not 0 <= i <= self._end for i in response):
                raise TargetError(
                    "The response has ids that this model does not know.", "Generate it again."
                )
            decoder = StreamDecoder(self._decode, prompt.input_ids, end)
            whole = [piece for i in response for piece in decoder.push(i)] + decoder.flush()
            tokens = [Token(i, text, *span, role="response") for i, text, span in whole]
        check_length(len(prompt.tokens) + len(tokens), self.context_length, self.name)
        return prompt.extended(tokens)

    def generate(
        self, prompt: TokenSequence, options: GenerationOptions
    ) -> Iterator[GenerationStep]:
        random = np.random.default_rng(options.seed)
        decoder = StreamDecoder(self._decode, prompt.input_ids, len(prompt.text))
        ids = list(prompt.input_ids)
        held: list[Token] = []  # facts of ids whose character is not whole yet
        written = ""
        for count in range(1, options.max_new_tokens + 1):
            log_probs = _log_softmax(self._logits(self.embed(ids), len(ids) - 1))[0]  # (vocab,)
            chosen = _choose(log_probs, options, random)
            reason: FinishReason | None = None
            whole: list[tuple[int, str, Span]] = []
            if chosen == self._end:
                reason = "stop"
            else:
                ids.append(chosen)
                held.append(
                    Token(
                        chosen, "", 0, 0, role="response", log_prob=float(log_probs[chosen]),
                        alternatives=self._alternatives(log_probs, decoder),
                    )
                )  # fmt: skip
                whole = decoder.push(chosen)
                written += whole[0][1] if whole else ""
                if any(text in written for text in options.stop):
                    reason = "stop"
                elif count == options.max_new_tokens:
                    reason = "length"
                elif len(ids) == self.context_length:
                    reason = "context"
            if reason is not None:
                whole += decoder.flush()
            tokens = tuple(
                replace(token, text=text, start=a, stop=b)
                for token, (_, text, (a, b)) in zip(held, whole, strict=False)
            )
            del held[: len(whole)]
            if tokens or reason:
                yield GenerationStep(tokens, reason)
            if reason is not None:
                return

    # ---- scoring -----------------------------------------------------------------------

    def score(
        self, contexts: Sequence[Sequence[int]], *answers: Sequence[int]
    ) -> Iterator[tuple[int, FloatArray]]:
        for index, context in enumerate(contexts):
            yield index, np.concatenate([self._answer(context, one) for one in answers])

    def knock_out(
        self, context: Sequence[int], spans: Sequence[Span], *answers: Sequence[int]
    ) -> Iterator[tuple[int, FloatArray]]:
        for index, span in enumerate(spans):
            yield index, np.concatenate([self._answer(context, one, span) for one in answers])

    def _answer(
        self, context: Sequence[int], answer: Sequence[int], hidden: Span | None = None
    ) -> FloatArray:
        """Log-probabilities `(answer,)`; tokens behind the span `hidden` do not see it."""
        gates = np.tri(len(context) + len(answer) - 1)  # (query, key)
        if hidden is not None:
            gates[hidden[1] :, slice(*hidden)] = 0
        embeddings = self.embed([*context, *answer[:-1]])  # (seq, vocab)
        log_probs = _log_softmax(self._logits(embeddings, len(context) - 1, gates))
        return log_probs[np.arange(len(answer)), list(answer)]

    def annotate(self, sequence: TokenSequence) -> TokenSequence:
        first = sequence.prompt_length
        log_probs = _log_softmax(self._logits(self.embed(sequence.input_ids[:-1]), first - 1))
        decoder = StreamDecoder(self._decode, sequence.prompt.input_ids, 0)
        tokens = []
        for token, row in zip(sequence.tokens[first:], log_probs, strict=True):
            others = self._alternatives(row, decoder)
            tokens.append(replace(token, log_prob=float(row[token.id]), alternatives=others))
            decoder.push(token.id)
        return sequence.prompt.extended(tokens)

    # ---- differentiating ---------------------------------------------------------------

    def embed(self, ids: Sequence[int]) -> FloatArray:
        return np.eye(self.vocabulary_size)[list(ids)]

    def gradient(self, input_ids: Sequence[int], target: Target) -> EmbeddingGradient:
        embeddings = self.embed(input_ids[: target.stop - 1])  # (seq, vocab)
        slopes, log_probs = self._slopes(input_ids, target, embeddings)
        return EmbeddingGradient(embeddings, self._back(slopes, target, embeddings), log_probs)

    def score_at(
        self, input_ids: Sequence[int], target: Target, contexts: FloatArray
    ) -> FloatArray:
        return self.gradient_at(input_ids, target, contexts)[0]

    def gradient_at(
        self, input_ids: Sequence[int], target: Target, contexts: FloatArray
    ) -> tuple[FloatArray, FloatArray]:
        rest = self.embed(input_ids[target.start : target.stop - 1])  # (target - 1, vocab)
        sums, gradients = [], []
        for context in contexts:
            embeddings = np.concatenate([context, rest])  # (seq, vocab)
            slopes, log_probs = self._slopes(input_ids, target, embeddings)
            sums.append(log_probs.sum())
            gradients.append(self._back(slopes, target, embeddings)[: target.start])
        return np.array(sums), np.array(gradients)

    def gate_gradient(self, input_ids: Sequence[int], target: Target) -> EdgeGradient:
        embeddings = self.embed(input_ids[: target.stop - 1])  # (seq, vocab)
        slopes, log_probs = self._slopes(input_ids, target, embeddings)
        edges = np.zeros((len(embeddings), len(embeddings)))  # (query, key)
        for query, slope in enumerate(slopes, start=target.start - 1):
            decay = self.decay ** np.arange(query, -1, -1.0)  # (query + 1,)
            seen = embeddings[: query + 1]  # (query + 1, vocab)
            edges[query, : query + 1] = decay * (seen @ (self.follows @ slope))
            edges[query, : query + 1] += COPY * (seen @ slope)
        return EdgeGradient(edges, log_probs)

    def _slopes(
        self, input_ids: Sequence[int], target: Target, embeddings: FloatArray
    ) -> tuple[FloatArray, FloatArray]:
        """D log p(y_t) / d logits_t = onehot(y_t) - p_t, `(target, vocab)`, and log p(y_t)."""
        wanted = list(input_ids[target.start : target.stop])  # (target,)
        log_probs = _log_softmax(self._logits(embeddings, target.start - 1))  # (target, vocab)
        slopes = self.embed(wanted) - np.exp(log_probs)
        return slopes, log_probs[np.arange(len(wanted)), wanted]

    def _back(self, slopes: FloatArray, target: Target, embeddings: FloatArray) -> FloatArray:
        """Slopes at the logits carried back to the embeddings: `(seq, vocab)`."""
        gradient = np.zeros_like(embeddings)
        for t, slope in enumerate(slopes, start=target.start - 1):
            decay = self.decay ** np.arange(t, -1, -1.0)  # (t + 1,)
            gradient[: t + 1] += decay[:, None] * (self.follows @ slope) + COPY * slope
        return gradient

    def _logits(
        self, embeddings: FloatArray, first: int, gates: FloatArray | None = None
    ) -> FloatArray:
        """Logits after each position from `first` on: `(seq - first, vocab)`.

        `gates` `(query, key)` weigh what each position sees; all of what is before it if None.
        """
        place = np.arange(len(embeddings))
        distance = place[first:, None] - place  # (seq - first, seq)
        seen = (distance >= 0) * (1 if gates is None else gates[first:])
        decay = seen * self.decay ** np.maximum(distance, 0.0)
        logits: FloatArray = (
            self.bias + (decay @ embeddings) @ self.follows + COPY * (seen @ embeddings)
        )
        return logits

    # ---- tokens ------------------------------------------------------------------------

    def _encode(self, text: str) -> list[tuple[int, Span]]:
        """`(id, characters)`: the longest known word at each place, else a character's bytes."""
        pieces: list[tuple[int, Span]] = []
        at = 0
        while at < len(text):
            word = _PIECE.match(text, at)
            known = self._ids.get(word[0].encode()) if word else None
            if word and known is not None and len(word[0]) > 1:
                pieces.append((known, (at, word.end())))
                at = word.end()
            else:
                pieces += [(byte, (at, at + 1)) for byte in text[at].encode()]
                at += 1
        return pieces

    def _decode(self, ids: Sequence[int]) -> str:
        return b"".join(self.vocabulary[i] for i in ids).decode(errors="replace")

    def _alternatives(
        self, log_probs: FloatArray, decoder: StreamDecoder
    ) -> tuple[Alternative, ...]:
        best = np.argsort(-log_probs, kind="stable")[:5].tolist()
        return tuple(Alternative(i, decoder.peek(i), float(log_probs[i])) for i in best)


def _template(messages: Sequence[Message]) -> str:
    turns = "".join(f"[{m.role}]\n{m.content}\n" for m in messages)
    return f"{turns}Answer:"


def _log_softmax(logits: FloatArray) -> FloatArray:
    """Row by row: `(rows, vocab)`."""
    shifted = logits - logits.max(axis=-1, keepdims=True)
    normal: FloatArray = shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))
    return normal


def _choose(log_probs: FloatArray, options: GenerationOptions, random: np.random.Generator) -> int:
    if options.temperature == 0:
        return int(log_probs.argmax())
    probs = np.exp(_log_softmax(log_probs / options.temperature))  # (vocab,)
    order = np.argsort(-probs, kind="stable")
    before = probs[order].cumsum() - probs[order]
    kept = np.where(before < options.top_p, probs[order], 0)
    return int(random.choice(order, p=kept / kept.sum()))
