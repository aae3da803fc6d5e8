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
from importlib.metadata import version
from itertools import pairwise

import numpy as np
from scipy.sparse import csr_array

from backlit.engines.base import (
    Capability,
    EdgeGradient,
    EmbeddingGradient,
    FloatArray,
    GenerationStep,
)
from backlit.engines.tokens import Encoding, TokenReader
from backlit.engines.writing import Draft, annotated, log_softmax, write
from backlit.progress import stoppable
from backlit.types import GenerationOptions, Message, Prompt, Span, Target, TokenSequence

DECAY = 0.25
COPY = 0.05
FOLLOW = 6.0  # nats for a token that always follows
CONTEXT_LENGTH = 8_192

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


class ToyTokenizer:
    """The bytes, the words of the sentences with and without the space before them, and an end.

    Characters that are in no word are written as their UTF-8 bytes.
    """

    chat = True
    special_ids: frozenset[int] = frozenset()
    unknown_id: int | None = None

    def __init__(self) -> None:
        words = {p for p in _PIECE.findall(SENTENCES) if len(p) > 1}
        words |= {w.lstrip() for w in words} | {" " + w.lstrip() for w in words}
        self.vocabulary: tuple[bytes, ...] = (
            *(bytes([b]) for b in range(256)),
            *(w.encode() for w in sorted(words)),
            END.encode(),
        )
        self._ids = {piece: i for i, piece in enumerate(self.vocabulary)}
        self._longest = max(map(len, words))

    def encode(self, text: str, *, whole: bool) -> Encoding:
        """The longest known end of each word, else a character's bytes."""
        ids: list[int] = []
        offsets: list[Span] = []
        for word in stoppable(_PIECE.finditer(text)):
            at, stop = word.span()
            while at < stop:
                known = None
                if 1 < stop - at <= self._longest:
                    known = self._ids.get(text[at:stop].encode())
                if known is not None:
                    ids.append(known)
                    offsets.append((at, stop))
                    break
                pieces = text[at].encode()
                ids += pieces
                offsets += [(at, at + 1)] * len(pieces)
                at += 1
        return Encoding(ids, offsets, [False] * len(ids))

    def decode(self, ids: list[int]) -> str:
        return b"".join(self.vocabulary[i] for i in ids).decode(errors="replace")

    def piece(self, token_id: int) -> str:
        return self.decode([token_id])

    def render(self, messages: Sequence[Message]) -> str:
        turns = "".join(f"[{m.role}]\n{m.content}\n" for m in messages)
        return f"{turns}Answer:"


class ToyEngine:
    """The toy model and its tokenizer; `Differentiable` and `Gated`."""

    chat = True
    capabilities: frozenset[Capability] = frozenset(
        {"generate", "score", "gradient", "gates", "relevance"}
    )

    def __init__(
        self, name: str = "toy", decay: float = DECAY, context_length: int = CONTEXT_LENGTH
    ) -> None:
        self.name = name
        self.decay = decay
        self.context_length: int | None = context_length
        self.metadata: Mapping[str, str] = {
            "source": "toy",
            "engine": "toy",
            "dtype": "float64",
            "device": "cpu",
            "backlit": version("backlit"),
        }
        self._tokenizer = ToyTokenizer()
        self.vocabulary = self._tokenizer.vocabulary
        self.vocabulary_size = len(self.vocabulary)
        self._reader = TokenReader(self._tokenizer, name, self.vocabulary_size, context_length)
        self._end = self.vocabulary_size - 1
        self.bias, self.follows = self._learn()  # (vocab,), (vocab, vocab)

    def _learn(self) -> tuple[FloatArray, FloatArray]:
        size = len(self.vocabulary)
        bias = np.full(size, -4.0)  # (vocab,)
        follows = np.zeros((size, size))  # (vocab, vocab)
        lines = SENTENCES.splitlines(keepends=True)
        ids = [i for line in lines for i in self._tokenizer.encode(line, whole=True).ids]
        for token_id, count in Counter(ids).items():
            bias[token_id] = math.log(count)
        total = Counter(ids[:-1])
        for (x, y), count in Counter(pairwise(ids)).items():
            follows[x, y] = FOLLOW * count / total[x]
        follows[ord("\n"), self._end] = 2 * FOLLOW
        return bias, follows

    # ---- reading and writing -----------------------------------------------------------

    def tokenize(self, prompt: Prompt) -> TokenSequence:
        return self._reader.tokenize(prompt)

    def append(self, prompt: TokenSequence, response: str | Sequence[int]) -> TokenSequence:
        return self._reader.append(prompt, response)

    def generate(
        self, prompt: TokenSequence, options: GenerationOptions
    ) -> Iterator[GenerationStep]:
        ids: list[int] = []

        def next_logits(new: Sequence[int]) -> FloatArray:  # (vocab,)
            ids.extend(new)
            last: FloatArray = self._logits(self.embed(ids), len(ids) - 1)[0]
            return last

        draft = Draft(prompt, options, self._reader, frozenset({self._end}))
        return write(draft, next_logits)

    # ---- scoring -----------------------------------------------------------------------

    def score(
        self, contexts: Sequence[Sequence[int]], *answers: Sequence[int]
    ) -> Iterator[tuple[int, FloatArray]]:
        for index, context in enumerate(contexts):
            yield index, np.concatenate([self._answer(context, answer) for answer in answers])

    def knock_out(
        self, context: Sequence[int], spans: Sequence[Span], *answers: Sequence[int]
    ) -> Iterator[tuple[int, FloatArray]]:
        for index, span in enumerate(spans):
            yield index, np.concatenate([self._answer(context, answer, span) for answer in answers])

    def _answer(
        self, context: Sequence[int], answer: Sequence[int], hidden: Span | None = None
    ) -> FloatArray:
        """Log-probabilities `(answer,)`; tokens behind the span `hidden` do not see it."""
        first = len(context) - 1
        gates = np.ones((len(answer), first + len(answer)))  # (query, key)
        if hidden is not None:
            gates[max(hidden[1] - first, 0) :, slice(*hidden)] = 0
        ids = [*context, *answer[:-1]]  # (seq,)
        place = np.arange(len(ids))
        one_hot = csr_array((np.ones(len(ids)), (place, ids)), (len(ids), self.vocabulary_size))
        log_probs = log_softmax(self._logits(one_hot, first, gates))
        return log_probs[np.arange(len(answer)), list(answer)]

    def annotate(self, sequence: TokenSequence) -> TokenSequence:
        embeddings = self.embed(sequence.input_ids[:-1])  # (seq - 1, vocab)
        logits = self._logits(embeddings, sequence.prompt_length - 1)  # (response, vocab)
        return annotated(sequence, logits, self._reader)

    # ---- differentiating ---------------------------------------------------------------

    def embed(self, ids: Sequence[int]) -> FloatArray:
        return np.eye(self.vocabulary_size)[list(ids)]

    def gradient(
        self,
        input_ids: Sequence[int],
        target: Target,
        *,
        shared: bool = False,
        weights: Sequence[float] | None = None,
    ) -> EmbeddingGradient:  # embeddings are in no product with what depends on them
        embeddings = self.embed(input_ids[: target.stop - 1])  # (seq, vocab)
        slopes, log_probs = self._slopes(input_ids, target, embeddings, weights)
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

    def gate_gradient(
        self,
        input_ids: Sequence[int],
        target: Target,
        *,
        shared: bool = False,
        weights: Sequence[float] | None = None,
    ) -> EdgeGradient:
        embeddings = self.embed(input_ids[: target.stop - 1])  # (seq, vocab)
        slopes, log_probs = self._slopes(input_ids, target, embeddings, weights)
        edges = np.zeros((len(embeddings), len(embeddings)))  # (query, key)
        for query, slope in enumerate(slopes, start=target.start - 1):
            decay = self.decay ** np.arange(query, -1, -1.0)  # (query + 1,)
            seen = embeddings[: query + 1]  # (query + 1, vocab)
            edges[query, : query + 1] = decay * (seen @ (self.follows @ slope))
            edges[query, : query + 1] += COPY * (seen @ slope)
        # an edge's weight and its token's value are the only product there is
        return EdgeGradient(edges / 2 if shared else edges, log_probs)

    def _slopes(
        self,
        input_ids: Sequence[int],
        target: Target,
        embeddings: FloatArray,
        weights: Sequence[float] | None = None,
    ) -> tuple[FloatArray, FloatArray]:
        """D log p(y_t) / d logits_t = onehot(y_t) - p_t, `(target, vocab)`, and log p(y_t)."""
        ids = list(input_ids[target.start : target.stop])  # (target,)
        log_probs = log_softmax(self._logits(embeddings, target.start - 1))  # (target, vocab)
        slopes = self.embed(ids) - np.exp(log_probs)
        if weights is not None:
            slopes *= np.array(weights)[:, None]
        return slopes, log_probs[np.arange(len(ids)), ids]

    def _back(self, slopes: FloatArray, target: Target, embeddings: FloatArray) -> FloatArray:
        """Slopes at the logits carried back to the embeddings: `(seq, vocab)`."""
        gradient = np.zeros_like(embeddings)
        for t, slope in enumerate(slopes, start=target.start - 1):
            decay = self.decay ** np.arange(t, -1, -1.0)  # (t + 1,)
            gradient[: t + 1] += decay[:, None] * (self.follows @ slope) + COPY * slope
        return gradient

    def _logits(
        self, embeddings: FloatArray | csr_array, first: int, gates: FloatArray | None = None
    ) -> FloatArray:
        """Logits after each position from `first` on: `(seq - first, vocab)`.

        `gates` `(seq - first, seq)` weigh what each of them sees of what is not behind it.
        """
        place = np.arange(embeddings.shape[0])
        distance = place[first:, None] - place  # (seq - first, seq)
        seen = (distance >= 0) * (1 if gates is None else gates)
        decay = seen * self.decay ** np.maximum(distance, 0.0)
        logits: FloatArray = (
            self.bias + (decay @ embeddings) @ self.follows + COPY * (seen @ embeddings)
        )
        return logits
