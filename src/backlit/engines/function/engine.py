"""A model of your own as an engine: a function that scores, one that writes, or both.

    engine = from_function(score=score, generate=generate, name="mine")
    model = backlit.load_model(engine)

Such a model reads and writes text, so the tokens are ours: text is cut into pieces, and the id
of a piece is its hash, the same in every process. An altered prompt is the pieces that are
left, joined. If one of the functions fails or returns nonsense, the `CapabilityError` names it.
"""

from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from importlib.metadata import version
from threading import Lock
from typing import SupportsFloat

import numpy as np

from backlit.engines.base import Capability, Engine, FloatArray, GenerationStep
from backlit.engines.function.pieces import Pieces, id_of, pieces_of
from backlit.engines.function.returns import (
    Generate,
    Part,
    invalid_score,
    log_probs_of,
    parts_of,
    user_errors,
)
from backlit.engines.text import check_characters, check_length, check_prompt, check_text
from backlit.engines.writing import Limits
from backlit.errors import CapabilityError, OptionsError, PromptError, TargetError
from backlit.progress import current, stoppable
from backlit.types import FinishReason, GenerationOptions, Prompt, Token, TokenSequence

Score = Callable[[list[str], str], Iterable[SupportsFloat | Iterable[SupportsFloat]]]
"""`score(prompts, response)`: for each prompt log p(response | prompt), nats, or its summands,
one for each piece of the response."""


def from_function(
    *,
    generate: Generate | None = None,
    score: Score | None = None,
    name: str = "function",
    context_length: int | None = None,
    pieces: Pieces | None = None,
    batch_size: int = 8,
) -> Engine:
    """An engine that asks your functions; with `score`, all perturbation methods work on it.

    Args:
        generate: `generate(prompt, options)` returns the answer, or yields it in parts; a part
            may be `(text, reason)`, which says why the answer ends there. The engine cuts it after
            `options.max_new_tokens` pieces and behind a stop string, and closes the iterator when
            it has enough. Left out, responses must be given.
        score: `score(prompts, response)` returns, for each prompt, log p(response | prompt) in
            nats, or a log-probability for each of `pieces(response)`, which people can then
            see. Left out, the engine only writes.
        name: what people call the model.
        context_length: the most pieces it can read, or None if there is no bound.
        pieces: cuts text into what can be muted and explained; left out, `pieces_of`. An answer
            in parts is cut as it comes, all but the last piece at a time.
        batch_size: the most prompts that `score` gets at once; between calls it can be stopped.

    Raises:
        OptionsError: neither function is given, or a number is out of range.
    """
    if generate is None and score is None:
        raise OptionsError(
            "There is no function to make an engine of.", "Give score, generate, or both."
        )
    for option, value in (("context_length", context_length), ("batch_size", batch_size)):
        if value is not None and value < 1:
            raise OptionsError(f"{option} is {value}.", "Use 1 or more.")
    cut = pieces or pieces_of
    if score is None:
        return FunctionEngine(generate, name, context_length, cut)
    return ScoringFunctionEngine(generate, name, context_length, cut, score, batch_size)


class FunctionEngine:
    """Reads text in pieces, and writes with a function if there is one."""

    chat = False

    def __init__(
        self, generate: Generate | None, name: str, context_length: int | None, pieces: Pieces
    ) -> None:
        self.name = name
        self.context_length = context_length
        self.metadata: Mapping[str, str] = {
            "source": "function",
            "engine": "function",
            "backlit": version("backlit"),
        }
        self.capabilities: frozenset[Capability] = frozenset({"generate"} if generate else ())
        self._generate = generate
        self._pieces = pieces
        self._pieces_lock = Lock()
        self._known: dict[int, str] = {}  # the piece of each id that was given out

    # ---- reading -----------------------------------------------------------------------

    def tokenize(self, prompt: Prompt) -> TokenSequence:
        check_prompt(prompt)
        if not isinstance(prompt, str):
            raise PromptError(
                f"{self.name} has no chat template, so it can't read messages.",
                "Write the prompt as raw text.",
            )
        check_characters(len(prompt), self.context_length, self.name)
        pieces = self._cut(prompt)
        check_length(len(pieces), self.context_length, self.name)
        tokens = self._tokens(pieces, 0, "prompt")
        return TokenSequence(prompt, tokens, len(tokens))

    def append(self, prompt: TokenSequence, response: str | Sequence[int]) -> TokenSequence:
        if not response:
            raise TargetError("The response is empty.", "Type what the model should have said.")
        if isinstance(response, str):
            check_text(response)
            check_characters(len(response), self.context_length, self.name)
            pieces = self._cut(response)
        else:
            pieces = self._pieces_of_ids(response)
        check_length(len(prompt.tokens) + len(pieces), self.context_length, self.name)
        return prompt.extended(self._tokens(pieces, len(prompt.text), "response"))

    def _cut(self, text: str) -> list[str]:
        if not text:
            return []
        with self._pieces_lock, user_errors("pieces"):
            pieces = list(self._pieces(text))
        if not all(isinstance(piece, str) and piece for piece in pieces) or "".join(pieces) != text:
            raise CapabilityError(
                f"Your pieces function returned what does not join to the text: {pieces!r:.60}",
                "It should return texts, none of them empty, that join to what it was given.",
            )
        return pieces

    def _tokens(self, pieces: Iterable[str], start: int, role: str) -> tuple[Token, ...]:
        """Tokens of pieces that stand in the text from `start` on; their ids are remembered."""
        tokens: list[Token] = []
        for piece in stoppable(pieces):
            token_id = id_of(piece)
            self._known[token_id] = piece
            tokens.append(Token(token_id, piece, start, start + len(piece), role=role))
            start += len(piece)
        return tuple(tokens)

    def _pieces_of_ids(self, ids: Sequence[int]) -> list[str]:
        try:
            return [self._known[token_id] for token_id in ids]
        except KeyError as error:  # of an earlier process: from a hash there is no way back
            raise TargetError(
                f"{self.name} does not know this response: it was started anew since.",
                "Generate the answer again.",
            ) from error

    # ---- writing -----------------------------------------------------------------------

    def generate(
        self, prompt: TokenSequence, options: GenerationOptions
    ) -> Iterator[GenerationStep]:
        if self._generate is None:
            raise CapabilityError(
                f"{self.name} can't write: it was made without a generate function.",
                "Give the response yourself.",
            )
        check_length(len(prompt.tokens) + 1, self.context_length, self.name)
        given = replace(options, temperature=options.heat)  # which functions read as a number
        return self._steps(prompt, parts_of(self._generate, prompt.text, given), options)

    def _steps(
        self,
        prompt: TokenSequence,
        parts: Generator[Part, None, None],
        options: GenerationOptions,
    ) -> Iterator[GenerationStep]:
        limits = Limits(prompt, options, self.context_length)
        end = len(prompt.text)
        last: list[str] = []  # the last piece, with which the next part may go on
        whole = ""
        with closing(parts):
            for text, ended in parts:
                current().check()
                whole += text
                apart = self._apart(whole)
                reason: FinishReason | None = ended
                # Not cut again, so that an answer in one part is cut as it is when given.
                pieces = self._cut("".join(last) + text) if text else last
                last = [] if ended else pieces[-1:]
                tokens: list[Token] = []
                for place, piece in enumerate(pieces):
                    if limits.full:
                        reason = limits.full
                        break
                    if place == len(pieces) - len(last):
                        break
                    tokens += self._tokens([piece], end, "response")
                    end += len(piece)
                    if limits.stops_at(piece, apart):
                        reason = "stop"
                        break
                if tokens or reason:
                    yield GenerationStep(tuple(tokens), reason)
                if reason:
                    return

    def _apart(self, text: str) -> int:
        """How many characters of an answer no stop string is looked for in."""
        return 0


class ScoringFunctionEngine(FunctionEngine):
    """A `Scorer` by a function."""

    def __init__(
        self,
        generate: Generate | None,
        name: str,
        context_length: int | None,
        pieces: Pieces,
        score: Score,
        batch_size: int,
    ) -> None:
        super().__init__(generate, name, context_length, pieces)
        self.capabilities |= {"score"}
        self._score = score
        self._batch_size = batch_size

    def score(
        self, contexts: Sequence[Sequence[int]], *answers: Sequence[int]
    ) -> Iterator[tuple[int, FloatArray]]:
        """See `Scorer.score`.

        Where only the sum over an answer is known, its tokens get equal shares of it: methods
        use nothing but the sum.
        """
        answer_pieces = [self._pieces_of_ids(answer) for answer in answers]
        for at in range(0, len(contexts), self._batch_size):
            batch = contexts[at : at + self._batch_size]
            prompts = ["".join(self._pieces_of_ids(context)) for context in batch]
            by_answer = [self._ask(prompts, pieces) for pieces in answer_pieces]
            for index, by_prompt in enumerate(zip(*by_answer, strict=True), start=at):
                shares = [
                    log_probs if log_probs.ndim else np.full(len(pieces), log_probs / len(pieces))
                    for log_probs, pieces in zip(by_prompt, answer_pieces, strict=True)
                ]
                yield index, np.concatenate(shares)

    def annotate(self, sequence: TokenSequence) -> TokenSequence:
        """See `Scorer.annotate`; the sequence as it is where only the sum is known."""
        tokens = sequence.tokens[sequence.prompt_length :]
        (log_probs,) = self._ask([sequence.prompt.text], [token.text for token in tokens])
        if not log_probs.ndim:
            return sequence
        return sequence.prompt.extended(
            replace(token, log_prob=log_prob)
            for token, log_prob in zip(tokens, log_probs.tolist(), strict=True)
        )

    def _ask(self, prompts: list[str], pieces: list[str]) -> list[FloatArray]:
        """For each prompt the log-probabilities of the pieces, `(pieces,)`, or their sum, `()`."""
        current().check()
        response = "".join(pieces)
        pieces_alone = self._cut(response)
        with user_errors("score"):
            returned = self._score(list(prompts), response)
            if not isinstance(returned, Iterable):
                raise invalid_score(f"{returned!r:.60}, not a list")
            rows = list(returned)
            if len(rows) != len(prompts):
                raise invalid_score(f"{len(rows)} values for {len(prompts)} prompts")
            log_probs = [log_probs_of(row, len(pieces_alone)) for row in rows]
        if pieces_alone == pieces:
            return log_probs
        # A function of the person's may cut a part of a response otherwise than the whole.
        return [np.asarray(of_pieces.sum()) for of_pieces in log_probs]
