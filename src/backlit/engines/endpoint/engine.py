"""A model behind a URL whose server takes and tells token ids: as exact as one that is here."""

from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import replace

import numpy as np
from cachetools import LRUCache

from backlit.engines.base import Capability, FloatArray, GenerationStep
from backlit.engines.endpoint.answers import Api, Ids, Untold, Writing, Written
from backlit.engines.endpoint.client import Client
from backlit.engines.endpoint.response import Response, alternatives_of, learn
from backlit.engines.endpoint.scoring import REMEMBERED_ANSWERS, Scoring
from backlit.engines.metering import Meter
from backlit.engines.text import check_length
from backlit.engines.tokens import Tokenizer, TokenReader
from backlit.engines.writing import ALTERNATIVES
from backlit.errors import EndpointError
from backlit.types import (
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
        self.meter = Meter(
            place, client, of_answer=self._scoring.calls_for, one_by_one=api.one_by_one
        )
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
        responses = [self._response(prompts[first], options[first]) for first, *_ in missing]
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
                response = responses[place]
                written, reason = news
                step = response.step(self._told(response, written), reason)
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

    def _response(self, prompt: TokenSequence, options: GenerationOptions) -> Response:
        # Of one that drafts nothing is kept, so that an answer has all log-probabilities or none.
        plain = not self._api.one_by_one and (not self._tempered or options.heat in (0, 1))
        return Response(self._reader, self._tokenizer, prompt, options, plain)

    def _told(self, response: Response, written: Sequence[Written | Untold]) -> list[Written]:
        """What was written, with the tokens that were not told, looked up where that is wanted."""
        told: list[Written] = []
        for one in written:
            if isinstance(one, Untold):
                wanted = response.plain and one.last.log_prob is not None
                for token_id in self._spelled(one):
                    context = [*response.ids, *(one.id for one in told)]
                    told.append(
                        self._scoring.look_up(context, token_id)
                        if wanted
                        else Written(token_id, None, None)
                    )
                one = one.last
            told.append(one)
        return told

    def _spelled(self, untold: Untold) -> Ids:
        """The ids that came before the last of a character's.

        Raises:
            EndpointError: the tokenizer spells it otherwise.
        """
        text, count, last = untold.text, untold.count, untold.last.id
        if count is None and self._tokenizer.decode([last]) == text:
            return ()
        ids = self._tokenizer.encode(text, whole=False).ids
        if count is not None:
            ids = ids[-count - 1 :]
        spelled = ids and ids[-1] == last and self._tokenizer.decode(list(ids)) == text
        if not spelled or (count is not None and len(ids) <= count):
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
            others = alternatives_of(one, decoder)
            tokens.append(replace(token, log_prob=one.log_prob, alternatives=others))
            decoder.push(token.id)
        return sequence.prompt.extended(tokens)


def _repeats(options: GenerationOptions) -> bool:
    """Whether the same is written again."""
    return options.heat == 0 or options.seed is not None
