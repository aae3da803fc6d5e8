"""Answers whose tokens are the server's own, where it tells them while it writes.

Text is all that is known of such a token. The ids of an answer's tokens say which of them a server
told, and which are our words; both differ from those of a prompt's words.
"""

from abc import abstractmethod
from codecs import getincrementaldecoder
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from copy import copy
from dataclasses import replace
from typing import Any, Self

from backlit.engines.base import GenerationStep
from backlit.engines.endpoint.answers import Stream, read_by
from backlit.engines.endpoint.echo import Piece, choice_in
from backlit.engines.endpoint.listing import Listed, listed_in
from backlit.engines.endpoint.server_text import ServerText
from backlit.engines.function.pieces import id_of, pieces_of
from backlit.engines.function.returns import Part, parts_of
from backlit.engines.settings import untaken_by
from backlit.engines.writing import ALTERNATIVES
from backlit.errors import EndpointError
from backlit.progress import current
from backlit.types import Alternative, FinishReason, GenerationOptions, Token, TokenSequence


class Told:
    """The tokens of one answer, by the character that they begin at; cuts it into these.

    What a server tells no tokens of, and all behind it, is cut into words.
    """

    def __init__(self) -> None:
        self._known: dict[int, tuple[Listed, bool]] = {}  # and whether it is one token
        self._waiting: list[Listed] = []  # for the rest of a character, or of the text
        self._written = ""
        self._end = 0  # of what is known
        self._lost = False
        self._at = 0  # where the text that is cut next begins

    def reading(self, read: Callable[[Any], Piece]) -> Callable[[Any], Piece]:
        """A reader of events that notes the tokens of what it reads."""

        def noting(event: Any) -> Piece:
            piece = read(event)
            choice = choice_in(event)
            try:
                new = read_by(listed_in, choice) if choice.get("logprobs") else []
            except EndpointError:
                self._lost = True
                new = []
            self._note(piece[0], new)
            return piece

        return noting

    def cut(self, text: str) -> list[str]:
        """What comes next in the answer, with what was the last piece before."""
        pieces: list[str] = []
        place = 0
        while place < len(text) and (known := self._known.get(self._at + place)):
            piece = known[0].text[: len(text) - place]
            if not text.startswith(piece, place):
                break
            pieces.append(piece)
            place += len(piece)
        pieces += pieces_of(text[place:])
        self._at += len(text) - len(pieces[-1])
        return pieces

    def of(self, start: int, text: str) -> tuple[Listed, bool] | None:
        """What is known of a piece, and whether it is one token of the server's."""
        known = self._known.get(start)
        return known if known and known[0].text == text else None

    def _note(self, text: str, new: Sequence[Listed]) -> None:
        self._written += text
        self._waiting += [one for one in new if one.content != b""]
        while not self._lost and self._placed():
            pass
        # Thoughts that are told apart are no tokens of the answer.
        self._lost = self._lost or (not self._waiting and self._end < len(self._written))

    def _placed(self) -> bool:
        """Whether the first of what waits, with the rest of its last character, has its place."""
        try:
            text, count = _spelled(self._waiting)
        except ValueError:
            self._lost = True
            return False
        rest = self._written[self._end :]
        if not count or not rest.startswith(text):
            self._lost = count > 0 and not text.startswith(rest)  # else more of it may come
            return False
        self._know(text, count)
        return True

    def _know(self, text: str, count: int) -> None:
        first, *more = self._waiting[:count]
        if more:
            values = [one.log_prob for one in (first, *more) if one.log_prob is not None]
            whole = sum(values) if len(values) == count else None
            first = replace(first, log_prob=whole, others=())
        self._known[self._end] = (replace(first, text=text), not more)
        self._end += len(text)
        del self._waiting[:count]


def _spelled(tokens: Iterable[Listed]) -> tuple[str, int]:
    """What the first tokens spell that end with a whole character, and how many they are.

    Raises:
        ValueError: they spell nothing.
    """
    decoder = getincrementaldecoder("utf-8")()
    text = ""
    for count, one in enumerate(tokens, start=1):
        if one.content is None:
            raise ValueError
        text += decoder.decode(one.content)
        if not decoder.getstate()[0]:
            return text, count
    return "", 0


class ToldText(ServerText):
    """A `ServerText` whose answers have the tokens that the server tells.

    Attributes:
        asking: the fields that have a server tell them; none where it does not.
        tempered: whether what it tells is so after the temperature.
    """

    asking: Mapping[str, Any] = {}
    tempered = True
    _told: Told | None = None

    def append(self, prompt: TokenSequence, response: str | Sequence[int]) -> TokenSequence:
        new = super().append(prompt, response).tokens[len(prompt.tokens) :]
        if isinstance(response, str):
            return prompt.extended(self._of_answer(token, single=False) for token in new)
        pairs = zip(new, response, strict=True)
        return prompt.extended(replace(token, id=token_id) for token, token_id in pairs)

    def _of_answer(self, token: Token, *, single: bool) -> Token:
        return replace(token, id=self.answer_id(token.text, single=single))

    def answer_id(self, text: str, *, single: bool) -> int:
        """The id of a token of an answer, whether or not it is a single one of the server's."""
        token_id = id_of(f"\x01{text}" if single else f"\x02{text}")
        self._known[token_id] = text
        return token_id

    def is_of_answer(self, token_id: int) -> bool:
        """Whether a token stands in an answer."""
        text = self._known.get(token_id, "")
        return token_id in (id_of(f"\x01{text}"), id_of(f"\x02{text}"))

    def is_single(self, token_id: int) -> bool:
        """Whether it is a single token of the server's."""
        return token_id == id_of(f"\x01{self._known.get(token_id, '')}")

    def generate(
        self, prompt: TokenSequence, options: GenerationOptions
    ) -> Iterator[GenerationStep]:
        writer = self._writer()
        stream = writer._stream(prompt, options)
        parts = parts_of(lambda text, chosen: writer._parts_of(stream), prompt.text, options)
        return writer._steps(prompt, parts, options)

    def generate_batch(
        self, prompts: Sequence[TokenSequence], options: Sequence[GenerationOptions]
    ) -> Generator[tuple[int, GenerationStep], None, None]:
        """See `Batched.generate_batch`: each answer is told once it is whole."""
        pairs = list(zip(prompts, options, strict=True))
        writers = [self._writer() for _ in pairs]
        streams = [one._stream(*pair) for one, pair in zip(writers, pairs, strict=True)]
        texts = ["" for _ in pairs]
        over: set[int] = set()
        with closing(self.client.streams(streams, over)) as told:
            for index, news in told:
                if index in over:
                    continue
                if news is None:
                    raise EndpointError(
                        f"{self.name} ended its answer without a reason.", "Generate it again."
                    )
                prompt, chosen = pairs[index]
                texts[index] += news[0]
                apart = self._apart(texts[index])
                stopped = any(stop in texts[index][apart:] for stop in chosen.stop)
                if news[1] is None and not stopped:
                    continue
                over.add(index)
                for step in writers[index]._whole(prompt, chosen, texts[index], news[1]):
                    yield index, step

    @abstractmethod
    def _stream(self, prompt: TokenSequence, options: GenerationOptions) -> Stream[Piece]:
        """The request that has the answer to a prompt written."""

    def _whole(
        self,
        prompt: TokenSequence,
        options: GenerationOptions,
        text: str,
        ended: FinishReason | None,
    ) -> Iterator[GenerationStep]:
        current().check()
        parts = parts_of(lambda *_: [(text, None), ("", ended)], prompt.text, options)
        yield from self._steps(prompt, parts, options)

    def _writer(self) -> Self:
        """This engine for one answer, which it cuts into the tokens that it is told."""
        writer = copy(self)
        writer._told = Told()
        writer._pieces = writer._told.cut
        return writer

    def _noted(self, stream: Stream[Piece]) -> Stream[Piece]:
        """A request whose answer's tokens are noted."""
        told = self._told
        if told is None or not self.asking:
            return stream
        body = {**self.asking, **stream.body}
        return Stream(stream.path, body, lambda: told.reading(stream.reader()))

    def _steps(
        self,
        prompt: TokenSequence,
        parts: Generator[Part, None, None],
        options: GenerationOptions,
    ) -> Iterator[GenerationStep]:
        known = "temperature" not in untaken_by(self) and options.heat in (0, 1)
        plain = known or not self.tempered
        start = len(prompt.text)
        for step in super()._steps(prompt, parts, options):
            tokens = tuple(self._as_told(token, start, plain) for token in step.tokens)
            yield replace(step, tokens=tokens)

    def _as_told(self, token: Token, start: int, plain: bool) -> Token:
        known = self._told.of(token.start - start, token.text) if self._told else None
        if known is None:
            return self._of_answer(token, single=False)
        one, single = known
        token = self._of_answer(token, single=single)
        if not plain or one.log_prob is None:
            return token
        return replace(token, log_prob=one.log_prob, alternatives=self._alternatives(one.others))

    def _alternatives(self, others: Sequence[tuple[str, float]]) -> tuple[Alternative, ...]:
        best = others[:ALTERNATIVES]
        return tuple(Alternative(self.answer_id(t, single=True), t, value) for t, value in best)
