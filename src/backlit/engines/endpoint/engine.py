"""A model behind a URL whose server takes and tells token ids: as exact as one that is here."""

from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from hashlib import blake2b

import numpy as np
from cachetools import LRUCache

from backlit.engines.base import Capability, FloatArray, GenerationStep
from backlit.engines.endpoint.answers import Api, Ids, Stream, Written, read_by
from backlit.engines.endpoint.client import Client
from backlit.engines.endpoint.vocabulary import ServerTokenizer
from backlit.engines.metering import Meter
from backlit.engines.text import REPLACEMENT, StreamDecoder, check_length
from backlit.engines.tokens import Tokenizer, TokenReader
from backlit.engines.writing import ALTERNATIVES, Limits
from backlit.errors import EndpointError
from backlit.types import (
    Alternative,
    FinishReason,
    GenerationOptions,
    Prompt,
    Token,
    TokenSequence,
)

ROOM = 2  # tokens
REMEMBERED = 100_000  # values of answers after contexts
REMEMBERED_ANSWERS = 2_000

Pair = tuple[Ids, Ids]


class EndpointEngine:
    """A `Batched` engine, but that it runs nothing itself.

    Args:
        name: what people call it.
        client: asks the server.
        api: in what way.
        tokenizer: the server's, or one that is here.
        model: which of the server's models; None where it has one.
        context_length: the most tokens it reads, or None if it does not say.
        vocabulary_size: how many ids it knows.
        metadata: what an explanation should record.
    """

    capabilities: frozenset[Capability] = frozenset({"generate", "score", "batch"})

    def __init__(
        self,
        name: str,
        client: Client,
        api: Api,
        tokenizer: Tokenizer,
        *,
        model: str | None,
        context_length: int | None,
        vocabulary_size: int,
        metadata: Mapping[str, str],
    ) -> None:
        self.name = name
        # Servers want room to write, also where they are only to read.
        self.context_length = None if context_length is None else context_length - ROOM
        self.chat = tokenizer.chat
        self.metadata = metadata
        self.client = client
        self.meter = Meter(f"{client.url.scheme}://{client.place}", client)
        self._api = api
        self._model = model
        self._tokenizer = tokenizer
        self._reader = TokenReader(tokenizer, name, vocabulary_size, self.context_length)
        self._known: LRUCache[bytes, FloatArray] = LRUCache(REMEMBERED)
        self._answers: LRUCache[object, tuple[GenerationStep, ...]] = LRUCache(REMEMBERED_ANSWERS)

    # ---- reading and writing -----------------------------------------------------------

    def tokenize(self, prompt: Prompt) -> TokenSequence:
        return self._reader.tokenize(prompt)

    def append(self, prompt: TokenSequence, response: str | Sequence[int]) -> TokenSequence:
        return self._reader.append(prompt, response)

    def generate(
        self, prompt: TokenSequence, options: GenerationOptions
    ) -> Iterator[GenerationStep]:
        check_length(len(prompt.tokens) + 1, self.context_length, self.name)
        return self._steps(prompt, options)

    def _steps(self, prompt: TokenSequence, options: GenerationOptions) -> Iterator[GenerationStep]:
        with closing(self.generate_batch([prompt], [options])) as written:
            for _, step in written:
                yield step

    def generate_batch(
        self, prompts: Sequence[TokenSequence], options: Sequence[GenerationOptions]
    ) -> Generator[tuple[int, GenerationStep], None, None]:
        """See `Batched.generate_batch`; what would be written the same again is remembered."""
        keys = [
            (_key(prompt.input_ids, (len(prompt.text),)), chosen)  # tokens know their places
            for prompt, chosen in zip(prompts, options, strict=True)
        ]
        missing: list[int] = []
        for index, key in enumerate(keys):
            if key in self._answers:
                for step in self._answers[key]:
                    yield index, step
            else:
                missing.append(index)
        if not missing:
            return
        drafts = [
            _Draft(self._reader, self._tokenizer, prompts[index], options[index])
            for index in missing
        ]
        asks = [self._writing(prompts[index], options[index]) for index in missing]
        reads = [ask.reader() for ask in asks]
        steps: list[list[GenerationStep]] = [[] for _ in missing]
        over: set[int] = set()
        sent = self.client.streams([(ask.path, ask.body) for ask in asks], over)
        with closing(sent) as events:
            for place, event in events:
                if place in over:
                    continue
                if event is None:
                    raise EndpointError(
                        f"{self.name} ended its answer without a reason.", "Generate it again."
                    )
                step = drafts[place].step(*read_by(reads[place], event))
                steps[place].append(step)
                if step.finish_reason:
                    over.add(place)
                    key = keys[missing[place]]
                    if key[1].temperature == 0 or key[1].seed is not None:
                        self._answers[key] = tuple(steps[place])
                if step.tokens or step.finish_reason:
                    yield missing[place], step

    def _writing(self, prompt: TokenSequence, options: GenerationOptions) -> Stream:
        room = options.max_new_tokens
        if self.context_length is not None:  # some servers refuse to write beyond it
            room = min(room, self.context_length - len(prompt.tokens))
        asked = replace(options, max_new_tokens=room)
        return self._api.write(self._model, prompt.input_ids, asked, ALTERNATIVES)

    # ---- scoring -----------------------------------------------------------------------

    def score(
        self, contexts: Sequence[Sequence[int]], *answers: Sequence[int]
    ) -> Iterator[tuple[int, FloatArray]]:
        """See `Scorer.score`; what was asked before is not asked again."""
        count = len(answers)
        pairs = [(context, answer) for context in contexts for answer in answers]
        found: dict[int, dict[int, FloatArray]] = {}
        held: list[tuple[int, FloatArray]] = []  # what came before the first
        first_is_told = False
        for number, log_probs in self._log_probs(pairs, first=count):
            index, place = divmod(number, count)
            parts = found.setdefault(index, {})
            parts[place] = log_probs
            if len(parts) < count:
                continue
            whole = np.concatenate([parts[i] for i in range(count)])  # (answers,)
            if index and not first_is_told:
                held.append((index, whole))
                continue
            yield index, whole
            if not index:
                first_is_told = True
                yield from held

    def score_batch(
        self, contexts: Sequence[Sequence[int]], answers: Sequence[Sequence[int]]
    ) -> Iterator[tuple[int, FloatArray]]:
        yield from self._log_probs(list(zip(contexts, answers, strict=True)), first=0)

    def annotate(self, sequence: TokenSequence) -> TokenSequence:
        start = sequence.prompt_length
        context, answer = sequence.input_ids[:start], sequence.input_ids[start:]
        if self._in_pieces(answer):  # of all tokens or none; a target that holds these says so
            return sequence
        ask = self._api.annotate(self._model, context, answer, ALTERNATIVES)
        written = ask.answer(self.client.post(ask.path, ask.body))
        self._keep(_key(context, answer), np.array([one.log_prob for one in written]))
        learn(self._tokenizer, written)
        decoder = self._reader.decoder(sequence.prompt)
        tokens: list[Token] = []
        for token, one in zip(sequence.tokens[start:], written, strict=True):
            others = _alternatives(one, decoder)
            tokens.append(replace(token, log_prob=one.log_prob, alternatives=others))
            decoder.push(token.id)
        return sequence.prompt.extended(tokens)

    def _log_probs(self, pairs: Sequence[Pair], first: int) -> Iterator[tuple[int, FloatArray]]:
        """Of answers after contexts: those that are known, then the others, of which those go out
        one behind the other that begin alike; the `first` few of all before them.
        """
        for answer in dict.fromkeys(tuple(answer) for _, answer in pairs):
            if self._in_pieces(answer):
                raise EndpointError(
                    f"{self._api.name} does not tell how likely tokens are that are a part of a "
                    "character, such as those of some emoji.",
                    "Choose a target without such characters.",
                )
        keys = [_key(*pair) for pair in pairs]
        missing: dict[bytes, list[int]] = {}
        for number, key in enumerate(keys):
            if key in self._known:
                yield number, self._known[key]
            else:
                missing.setdefault(key, []).append(number)
        if not missing:
            return
        numbers = sorted(
            (several[0] for several in missing.values()),
            key=lambda number: (number >= first, tuple(pairs[number][0])),
        )
        asks = [self._api.score(self._model, *pairs[number]) for number in numbers]
        for place, told in self.client.posts([(ask.path, ask.body) for ask in asks]):
            key = keys[numbers[place]]
            log_probs = self._keep(key, asks[place].answer(told))
            for number in missing[key]:
                yield number, log_probs

    def _in_pieces(self, answer: Ids) -> bool:
        """Whether an answer holds a part of a character, and that can't be scored."""
        if self._api.scores_pieces:
            return False
        return any(REPLACEMENT in self._tokenizer.decode([token_id]) for token_id in answer)

    def _keep(self, key: bytes, log_probs: FloatArray) -> FloatArray:
        log_probs.flags.writeable = False  # it is handed out again
        self._known[key] = log_probs
        return log_probs


class _Draft:
    """A response being written by a server, as tokens with characters."""

    def __init__(
        self,
        reader: TokenReader,
        tokenizer: Tokenizer,
        prompt: TokenSequence,
        options: GenerationOptions,
    ) -> None:
        self._reader = reader
        self._tokenizer = tokenizer
        self._decoder = reader.decoder(prompt)
        self._limits = Limits(prompt, options, reader.context_length)
        self._pending: list[Written] = []  # of which the characters are not complete
        self._others: list[tuple[Alternative, ...]] = []

    def step(self, written: Sequence[Written], reason: FinishReason | None) -> GenerationStep:
        tokens: list[Token] = []
        learn(self._tokenizer, written)
        for one in written:
            self._pending.append(one)
            self._others.append(_alternatives(one, self._decoder))
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
            self._reader.response_token(*piece, log_prob=one.log_prob, alternatives=others)
            for piece, one, others in known
        ]


def learn(tokenizer: Tokenizer, written: Sequence[Written]) -> None:
    """Let a server's tokenizer know what all these stand for, so that none is asked for alone."""
    if isinstance(tokenizer, ServerTokenizer):
        for one in written:
            tokenizer.learn(one.others)
        tokenizer.know([i for one in written for i in (one.id, *(i for i, _, _ in one.others))])


def _alternatives(one: Written, decoder: StreamDecoder) -> tuple[Alternative, ...]:
    return tuple(
        Alternative(token_id, decoder.peek(token_id), log_prob)
        for token_id, _, log_prob in one.others[:ALTERNATIVES]
    )


def _key(context: Ids, answer: Ids) -> bytes:
    whole = np.asarray([len(context), *context, *answer], dtype=np.int64)
    return blake2b(whole.tobytes(), digest_size=16).digest()
