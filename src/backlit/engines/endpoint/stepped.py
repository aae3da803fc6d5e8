"""Answers that a server is stepped through, for engines whose prompts are our own words.

The tokens of an answer that the server wrote are its own. One that was given is cut into the
likeliest tokens that spell it where it was given, and stays so behind other prompts.
"""

from abc import abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from backlit.engines.base import FloatArray
from backlit.engines.bounding import BoolArray
from backlit.engines.endpoint.client import Client
from backlit.engines.endpoint.echo import Echoed
from backlit.engines.endpoint.stepping import Stepping, Tokens, parts_of
from backlit.engines.endpoint.steps import Begun, Steps
from backlit.engines.endpoint.told import ToldText
from backlit.engines.function.pieces import id_of
from backlit.engines.metering import Meter
from backlit.errors import TargetError
from backlit.types import Token, TokenSequence

Ids = Sequence[int]


@dataclass(frozen=True, slots=True)
class Given:
    """A word of an answer that was given.

    Attributes:
        behind: what the answer was given.
        before: the word, of the answer.
        whole: the answer.
    """

    behind: Begun
    before: str
    whole: str


class SteppedText(ToldText):
    """A `Scorer` and `Bounding`, by steps."""

    steps: Steps
    stepping: Stepping

    def _step_by(self, client: Client, steps: Steps, tempered: bool) -> None:
        self.client = client
        self.steps = steps
        self.stepping = Stepping(client, steps)
        self._given: dict[int, Given] = {}
        self.asking, self.tempered = steps.asking, tempered
        self.capabilities |= {"score"}
        place = f"{client.url.scheme}://{client.place}"
        self.meter = Meter(place, client, "word", self._calls_for, one_by_one=True)

    @abstractmethod
    def begun(self, context: Ids, answer: Ids = ()) -> Begun:
        """What the server is to go on from, which some ids are; the ones of an answer follow."""

    def append(self, prompt: TokenSequence, response: str | Sequence[int]) -> TokenSequence:
        """See `Engine.append`; the tokens of a text that is given know behind what that was."""
        whole = super().append(prompt, response)
        if not isinstance(response, str):
            return whole
        behind = self.begun(prompt.input_ids)
        spelled = "\x03".join(parts_of(behind))
        new: list[Token] = []
        for token in whole.tokens[len(prompt.tokens) :]:
            before = response[: token.start - len(prompt.text)]
            token_id = id_of(f"\x03{spelled} {len(before)} {response}")
            self._known[token_id] = token.text
            self._given[token_id] = Given(behind, before, response)
            new.append(replace(token, id=token_id))
        return prompt.extended(new)

    def is_of_answer(self, token_id: int) -> bool:
        return token_id in self._given or super().is_of_answer(token_id)

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
        return np.concatenate([self._bounded(context, answer) for answer in answers])

    def annotate(self, sequence: TokenSequence) -> TokenSequence:
        """See `Scorer.annotate`; the sequence as it is where not all is known of each token."""
        start = sequence.prompt_length
        context, answer = sequence.input_ids[:start], sequence.input_ids[start:]
        try:
            ((_, log_probs),) = self.score([context], answer)
        except TargetError:  # what is asked about may be a part of it that can be scored
            return sequence
        tokens = self._settled(context, answer)
        if tokens is None or self._of_pieces(answer, tokens, np.zeros(len(tokens))) is None:
            return sequence
        if self.bounded(context, answer).any():
            return sequence
        begun = self.begun(context, answer)
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
        each: list[tuple[Begun, Tokens]] = []
        for context, answer in pairs:
            begun = self.begun(context, answer)
            self._check(begun, self._text(answer))
            tokens = self._settled(context, answer)
            if tokens is None:
                tokens = self.stepping.settle(self._behind(begun, answer), self._text(answer))
            each.append((begun, tokens))
        for number, (values, _) in self.stepping.scores(each, first):
            answer = pairs[number][1]
            pieces = self._of_pieces(answer, each[number][1], values)
            if pieces is None:
                pieces = np.full(len(answer), values.sum() / len(answer))
            yield number, pieces

    def _bounded(self, context: Ids, answer: Ids) -> BoolArray:
        tokens = self._settled(context, answer)
        if tokens is None:
            return np.zeros(len(answer), dtype=np.bool_)
        mask = self.stepping.bounded(self.begun(context, answer), tokens)
        pieces = self._of_pieces(answer, tokens, mask.astype(np.float64))
        return np.full(len(answer), mask.any()) if pieces is None else pieces > 0

    def _of_pieces(self, answer: Ids, tokens: Tokens, values: FloatArray) -> FloatArray | None:
        """Sums over the pieces of an answer; None where tokens are parts of two."""
        return Echoed(tokens.texts, values).of_pieces(self._pieces_of_ids(answer))

    def _settled(self, context: Ids, answer: Ids) -> Tokens | None:
        """The server's tokens of an answer; None if they would have to be asked for."""
        if self._own(answer):
            return Tokens(tuple(self._pieces_of_ids(answer)))
        behind = self._behind(self.begun(context, answer), answer)
        return self.stepping.settled(behind, self._text(answer))

    def _behind(self, begun: Begun, answer: Ids) -> Begun:
        """Where it is settled what an answer is cut into: where it was given, whatever is before it
        now, so that all its log-probabilities are of the same tokens.
        """
        given = self._given.get(answer[0])
        return begun if given is None else given.behind + given.before

    def _own(self, answer: Ids) -> bool:
        """Whether an answer's ids are tokens of the server's."""
        return all(map(self.is_single, answer))

    def _text(self, ids: Ids) -> str:
        return "".join(self._pieces_of_ids(ids))

    def _calls_for(self, answer: Ids) -> int:
        if self._own(answer):
            return len(answer)
        given, text = self._given.get(answer[0]), self._text(answer)
        known = given and self.stepping.settled(given.behind + given.before, text)
        return len(known or text.encode())  # no token has less than a byte

    def _check(self, begun: Begun, answer: str) -> None:
        """Refuse what the server can't be sent."""
