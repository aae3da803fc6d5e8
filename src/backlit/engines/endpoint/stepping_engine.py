"""A model behind a URL whose server tells of the likeliest tokens alone: it is stepped through.

A prompt's tokens are our words, and those of an answer that it wrote the server's. How likely a
given answer is takes a call for each of its tokens; of one that is not among the likeliest a bound
is known.
"""

from abc import abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np

from backlit.engines.base import FloatArray, GenerationStep
from backlit.engines.bounding import BoolArray
from backlit.engines.endpoint.answers import Stream
from backlit.engines.endpoint.chat import CLOSE, OPEN, Chat
from backlit.engines.endpoint.chat_engine import END_ID, ChatEndpointEngine
from backlit.engines.endpoint.client import Client
from backlit.engines.endpoint.echo import Echoed, Piece
from backlit.engines.endpoint.stepping import Stepping, Tokens
from backlit.engines.endpoint.steps import Begun, ChatSteps, Steps, TextSteps
from backlit.engines.endpoint.told import ToldText
from backlit.engines.function.pieces import pieces_of
from backlit.engines.function.returns import parts_of
from backlit.engines.metering import Meter
from backlit.errors import TargetError
from backlit.types import GenerationOptions, Message, Prompt, Token, TokenSequence

Ids = Sequence[int]


class SteppedText(ToldText):
    """A `Scorer` and `Bounding`, by steps."""

    steps: Steps
    stepping: Stepping

    def _step_by(self, client: Client, steps: Steps, tempered: bool) -> None:
        self.client = client
        self.steps = steps
        self.stepping = Stepping(client, steps)
        self.asking, self.tempered = steps.asking, tempered
        self.capabilities |= {"score"}
        place = f"{client.url.scheme}://{client.place}"
        self.meter = Meter(place, client, "word", self._calls_for)

    @abstractmethod
    def begun(self, context: Ids) -> Begun:
        """What the server is to go on from, which some ids are."""

    def score(self, contexts: Sequence[Ids], *answers: Ids) -> Iterator[tuple[int, FloatArray]]:
        """See `Scorer.score`."""
        count = len(answers)
        pairs = [(context, answer) for context in contexts for answer in answers]
        parts: dict[int, dict[int, FloatArray]] = {}
        held: list[tuple[int, FloatArray]] = []  # what came before the first
        for number, log_probs in self._log_probs(pairs, first=count):
            index, place = divmod(number, count)
            parts.setdefault(index, {})[place] = log_probs
            if len(parts[index]) < count:
                continue
            held.append((index, np.concatenate([parts[index][n] for n in range(count)])))
            if len(parts.get(0, ())) == count:
                yield from sorted(held, key=lambda one: one[0])
                held = []

    def score_batch(
        self, contexts: Sequence[Ids], answers: Sequence[Ids]
    ) -> Iterator[tuple[int, FloatArray]]:
        """See `Batched.score_batch`."""
        yield from self._log_probs(list(zip(contexts, answers, strict=True)), first=0)

    def bounded(self, context: Ids, *answers: Ids) -> BoolArray:
        """See `Bounding.bounded`."""
        masks = [self._bounded(self.begun(context), answer) for answer in answers]
        return np.concatenate(masks)

    def annotate(self, sequence: TokenSequence) -> TokenSequence:
        """See `Scorer.annotate`; the sequence as it is where not all is known of each token."""
        start = sequence.prompt_length
        context, answer = sequence.input_ids[:start], sequence.input_ids[start:]
        try:
            ((_, log_probs),) = self.score([context], answer)
        except TargetError:  # what is asked about may be a part of it that can be scored
            return sequence
        tokens = self._tokens_of(answer)
        if self._of_pieces(answer, np.zeros(len(tokens))) is None:
            return sequence
        if self.bounded(context, answer).any():
            return sequence
        begun = self.begun(context)
        known: list[Token] = []
        for token, log_prob in zip(sequence.tokens[start:], log_probs.tolist(), strict=True):
            others = self.stepping.listed(begun).others if self._own(answer) else ()
            alternatives = self._alternatives(others)
            known.append(replace(token, log_prob=log_prob, alternatives=alternatives))
            begun += token.text
        return sequence.prompt.extended(known)

    def _log_probs(
        self, pairs: Sequence[tuple[Ids, Ids]], first: int
    ) -> Iterator[tuple[int, FloatArray]]:
        begun = [self.begun(context) for context, _ in pairs]
        for place, (_, answer) in zip(begun, pairs, strict=True):
            self._check(place, self._text(answer))
            if not self._own(answer):
                self.stepping.settle(place, self._text(answer))
            else:
                self.stepping.remember(tuple(self._pieces_of_ids(answer)))
        tokens = [self._tokens_of(answer) for _, answer in pairs]
        for number, (values, _) in self.stepping.scores(
            list(zip(begun, tokens, strict=True)), first
        ):
            answer = pairs[number][1]
            pieces = self._of_pieces(answer, values)
            if pieces is None:
                pieces = np.full(len(answer), values.sum() / len(answer))
            yield number, pieces

    def _bounded(self, begun: Begun, answer: Ids) -> BoolArray:
        tokens = self.stepping.known(self._text(answer)) if not self._own(answer) else ()
        if tokens is None:
            return np.zeros(len(answer), dtype=np.bool_)
        mask = self.stepping.bounded(begun, tokens or self._tokens_of(answer))
        pieces = self._of_pieces(answer, mask.astype(np.float64))
        return np.full(len(answer), mask.any()) if pieces is None else pieces > 0

    def _of_pieces(self, answer: Ids, values: FloatArray) -> FloatArray | None:
        """Sums over the pieces of an answer; None where tokens are parts of two."""
        pieces = self._pieces_of_ids(answer)
        return Echoed(self._tokens_of(answer), values).of_pieces(pieces)

    def _tokens_of(self, answer: Ids) -> Tokens:
        """The server's tokens of an answer; settled before where it did not tell them."""
        pieces = tuple(self._pieces_of_ids(answer))
        if self._own(answer):
            return pieces
        settled = self.stepping.known("".join(pieces))
        return pieces if settled is None else settled

    def _own(self, answer: Ids) -> bool:
        """Whether an answer's ids are tokens of the server's."""
        return all(map(self.is_single, answer))

    def _text(self, ids: Ids) -> str:
        return "".join(self._pieces_of_ids(ids))

    def _calls_for(self, answer: Ids) -> int:
        if self._own(answer):
            return len(answer)
        text = self._text(answer)
        known = self.stepping.known(text)
        return len(text.encode()) if known is None else len(known)  # no token has less than a byte

    def _check(self, begun: Begun, answer: str) -> None:
        """Refuse what the server can't be sent."""


class SteppingTextEngine(SteppedText):
    """Of a server that goes on from any text.

    Args:
        name: what people call it.
        client: asks the server.
        steps: in what way.
        metadata: what an explanation should record.
        tempered: whether what is told of written tokens is so after the temperature.
    """

    def __init__(
        self,
        name: str,
        client: Client,
        steps: TextSteps,
        metadata: Mapping[str, str],
        tempered: bool,
    ) -> None:
        super().__init__(None, name, None, pieces_of)
        self.metadata = metadata
        self.capabilities |= {"generate"}
        self._step_by(client, steps, tempered)

    def begun(self, context: Ids) -> Begun:
        return Begun((), self._text(context))

    def generate(
        self, prompt: TokenSequence, options: GenerationOptions
    ) -> Iterator[GenerationStep]:
        writer = self._writer()
        stream = writer._noted(self.steps.write(Begun((), prompt.text), options))
        parts = parts_of(lambda text, chosen: writer._parts_of(stream), prompt.text, options)
        return writer._steps(prompt, parts, options)


class SteppingChatEngine(SteppedText, ChatEndpointEngine):
    """Of a server that goes on from a message of the assistant that is begun.

    Args:
        name: what people call it.
        client: asks the server.
        chat: in what way answers are written.
        steps: in what way it goes on.
        metadata: what an explanation should record.
        tempered: whether what is told of written tokens is so after the temperature.
    """

    def __init__(
        self,
        name: str,
        client: Client,
        chat: Chat,
        steps: ChatSteps,
        metadata: Mapping[str, str],
        tempered: bool,
    ) -> None:
        ChatEndpointEngine.__init__(self, name, client, chat, metadata)
        self._step_by(client, steps, tempered)

    def tokenize(self, prompt: Prompt) -> TokenSequence:
        """See `Engine.tokenize`; a token says where raw text ends and an answer may begin."""
        sequence = super().tokenize(prompt)
        if isinstance(prompt, str):
            end = len(prompt)
            tokens = (*sequence.tokens, Token(END_ID, "", end, end))  # it goes with the one before
            sequence = TokenSequence(prompt, tokens, len(tokens))
        for token in sequence.tokens:
            self._known[token.id] = token.text
        return sequence

    def messages_of(self, prompt: TokenSequence) -> tuple[Message, ...]:
        return self._begun(prompt.tokens).messages

    def begun(self, context: Ids) -> Begun:
        pairs = zip(context, self._pieces_of_ids(context), strict=True)
        return self._begun([Token(one, text, 0, 0, role="template") for one, text in pairs])

    def _begun(self, tokens: Sequence[Token]) -> Begun:
        start = len(tokens)
        while start and self.is_of_answer(tokens[start - 1].id):
            start -= 1
        if not any(token.id == END_ID for token in tokens[:start]):
            # The prompt's last words are away, or others stand there, which no server told.
            single = [n for n in range(start, len(tokens)) if self.is_single(tokens[n].id)]
            start = single[0] if single else start
        before = TokenSequence("", tuple(tokens[:start]), start)
        messages = super().messages_of(before)
        return Begun(messages, "".join(token.text for token in tokens[start:]))

    def _stream(self, prompt: TokenSequence, options: GenerationOptions) -> Stream[Piece]:
        begun = self._begun(prompt.tokens)
        self._check(begun, "")
        return self._noted(self.steps.write(begun, options))

    def _check(self, begun: Begun, answer: str) -> None:
        whole = begun.text + answer
        if any(mark.strip() in whole for mark in (OPEN, CLOSE)):
            raise TargetError(
                "The server can't be given what the model thought, so nothing in it or behind it "
                "can be scored.",
                "Count answers instead: --measure share, or the share of answers on the page.",
            )
