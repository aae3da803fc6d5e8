"""A model behind a URL whose server takes and tells token ids: as exact as one that is here."""

from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import replace

import numpy as np
from cachetools import LRUCache

from backlit.engines.base import Capability, FloatArray, GenerationStep
from backlit.engines.endpoint.answers import Api, Ids, Untold, Writing, Written
from backlit.engines.endpoint.client import Client
from backlit.engines.endpoint.scoring import REMEMBERED_ANSWERS, Scoring
from backlit.engines.endpoint.vocabulary import ServerTokenizer
from backlit.engines.metering import Meter
from backlit.engines.text import StreamDecoder, check_length
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
    key_of,
)

ROOM = 2  # tokens


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
        tempered: whether what the server tells of sampled tokens is so after the temperature, so
            that it is left out then.
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
        tempered: bool = False,
        metadata: Mapping[str, str],
    ) -> None:
        self.name = name
        # Servers want room to write, also where they are only to read.
        self.context_length = None if context_length is None else context_length - ROOM
        self.chat = tokenizer.chat
        self.metadata = metadata
        self.client = client
        self._api = api
        self._model = model
        self._tokenizer = tokenizer
        self._tempered = tempered
        self._reader = TokenReader(tokenizer, name, vocabulary_size, self.context_length)
        self._scoring = Scoring(client, api, model, tokenizer, vocabulary_size)
        place = f"{client.url.scheme}://{client.place}"
        self.meter = Meter(place, client, of_answer=self._scoring.calls_for)
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
            (key_of(prompt.input_ids, (len(prompt.text),)), chosen)  # tokens know their places
            for prompt, chosen in zip(prompts, options, strict=True)
        ]
        alike: dict[object, list[int]] = {}  # of which one is asked for
        for index, key in enumerate(keys):
            if key in self._answers:
                for step in self._answers[key]:
                    yield index, step
            else:
                alike.setdefault(key if _repeats(key[1]) else index, []).append(index)
        if not alike:
            return
        missing = list(alike.values())
        drafts = [self._draft(prompts[first], options[first]) for first, *_ in missing]
        asks = [self._writing(prompts[first], options[first]) for first, *_ in missing]
        steps: list[list[GenerationStep]] = [[] for _ in missing]
        over: set[int] = set()
        with closing(self.client.streams(asks, over)) as told:
            for place, news in told:
                if place in over:
                    continue
                if news is None:
                    raise EndpointError(
                        f"{self.name} ended its answer without a reason.", "Generate it again."
                    )
                draft = drafts[place]
                written, reason = news
                step = draft.step(self._told(draft.ids, written), reason)
                if step.tokens or step.finish_reason:
                    steps[place].append(step)
                if step.finish_reason:
                    over.add(place)
                    key = keys[missing[place][0]]
                    if _repeats(key[1]):
                        self._answers[key] = tuple(steps[place])
                for index in missing[place]:
                    if step.tokens or step.finish_reason:
                        yield index, step

    def _draft(self, prompt: TokenSequence, options: GenerationOptions) -> "_Draft":
        # Of what was drafted nothing is told.
        plain = not self._api.one_by_one and (not self._tempered or options.heat in (0, 1))
        return _Draft(self._reader, self._tokenizer, prompt, options, plain)

    def _told(self, before: Ids, written: Sequence[Written | Untold]) -> list[Written]:
        """What was written, with the tokens that were not told, looked up."""
        told: list[Written] = []
        for one in written:
            if isinstance(one, Untold):
                for token_id in self._spelled(one):
                    context = [*before, *(one.id for one in told)]
                    told.append(self._scoring.look_up(context, token_id))
                one = one.last
            told.append(one)
        return told

    def _spelled(self, untold: Untold) -> Ids:
        """The ids that came before the last of a character's.

        Raises:
            EndpointError: the tokenizer spells it otherwise.
        """
        ids = self._tokenizer.encode(untold.text, whole=False).ids[-untold.count - 1 :]
        spelled = self._tokenizer.decode(list(ids)) == untold.text
        if not spelled or len(ids) <= untold.count or ids[-1] != untold.last.id:
            raise EndpointError(
                f"{self.name} wrote a character of several tokens, such as some emoji, and does "
                "not tell which tokens these are.",
                "Ask for an answer without such characters, or give the answer yourself.",
            )
        return ids[:-1]

    def _writing(self, prompt: TokenSequence, options: GenerationOptions) -> Writing:
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
        for number, log_probs in self._scoring.log_probs(pairs, first=count):
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
        yield from self._scoring.log_probs(list(zip(contexts, answers, strict=True)), first=0)

    def annotate(self, sequence: TokenSequence) -> TokenSequence:
        start = sequence.prompt_length
        context, answer = sequence.input_ids[:start], sequence.input_ids[start:]
        written = self._scoring.annotated(context, answer)
        learn(self._tokenizer, written)
        decoder = self._reader.decoder(sequence.prompt)
        tokens: list[Token] = []
        for token, one in zip(sequence.tokens[start:], written, strict=True):
            others = _alternatives(one, decoder)
            tokens.append(replace(token, log_prob=one.log_prob, alternatives=others))
            decoder.push(token.id)
        return sequence.prompt.extended(tokens)


class _Draft:
    """A response being written by a server, as tokens with characters; `plain`: with the
    log-probabilities that are told, which are the model's own.
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
        self._plain = plain
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
            self.ids.append(one.id)
            self._pending.append(one)
            self._others.append(_alternatives(one, self._decoder) if self._plain else ())
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
                *piece, log_prob=one.log_prob if self._plain else None, alternatives=others
            )
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


def _repeats(options: GenerationOptions) -> bool:
    """Whether the same is written again."""
    return options.heat == 0 or options.seed is not None
