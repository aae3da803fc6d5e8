"""A model behind a URL whose server tells of the likeliest tokens alone: it is stepped through.

A prompt's tokens are our words, and those of an answer that it wrote the server's. How likely a
given answer is takes a call for each of its tokens; of one that is not among the likeliest a bound
is known.
"""

from collections.abc import Mapping, Sequence

from backlit.engines.endpoint.answers import Stream
from backlit.engines.endpoint.chat import CLOSE, OPEN, Chat
from backlit.engines.endpoint.chat_engine import END_ID, ChatEndpointEngine
from backlit.engines.endpoint.client import Client
from backlit.engines.endpoint.echo import Piece
from backlit.engines.endpoint.stepped import SteppedText
from backlit.engines.endpoint.steps import Begun, ChatSteps, TextSteps
from backlit.engines.function.pieces import pieces_of
from backlit.errors import TargetError
from backlit.types import WRITTEN, GenerationOptions, Message, Prompt, Token, TokenSequence

Ids = Sequence[int]


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
        self.capabilities |= {"generate", "batch"}
        self._step_by(client, steps, tempered)

    def begun(self, context: Ids, answer: Ids = ()) -> Begun:
        return Begun((), self._text(context))

    def _stream(self, prompt: TokenSequence, options: GenerationOptions) -> Stream[Piece]:
        return self._noted(self.steps.write(Begun((), prompt.text), options))


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
        return self._of(prompt).messages

    def begun(self, context: Ids, answer: Ids = ()) -> Begun:
        pairs = zip(context, self._pieces_of_ids(context), strict=True)
        tokens = [Token(one, text, 0, 0, role="template") for one, text in pairs]
        return self._begun(tokens, self._start(context, answer))

    def _start(self, context: Ids, answer: Ids) -> int:
        """At which id the answer begins that goes on after some."""
        start = len(context)
        while start and self.is_of_answer(context[start - 1]):
            start -= 1
        if start and context[start - 1] == END_ID:
            return start
        # The prompt's end is away. What stands in its place looks like a part of an answer, too.
        given = self._given.get(answer[0]) if answer else None
        for place in range(start, len(context)):
            one = self._given.get(context[place])
            whole = one and (one.behind, one.whole)
            same = whole == (given.behind, given.whole) if given else whole is None
            if same:
                return place
        return len(context)

    def _begun(self, tokens: Sequence[Token], start: int) -> Begun:
        before = TokenSequence("", tuple(tokens[:start]), start)
        messages = super().messages_of(before)
        return Begun(messages, "".join(token.text for token in tokens[start:]))

    def _of(self, prompt: TokenSequence) -> Begun:
        tokens = prompt.tokens
        start = len(tokens)
        while start and tokens[start - 1].role in WRITTEN:
            start -= 1
        return self._begun(tokens, start)

    def _stream(self, prompt: TokenSequence, options: GenerationOptions) -> Stream[Piece]:
        begun = self._of(prompt)
        if self._is_thought(begun.text):
            raise TargetError(
                "The server can't be given what the model thought, so it can't go on from there.",
                "Have it answer anew.",
            )
        return self._noted(self.steps.write(begun, options))

    def _is_thought(self, text: str) -> bool:
        return any(mark.strip() in text for mark in (OPEN, CLOSE))

    def _check(self, begun: Begun, answer: str) -> None:
        if self._is_thought(begun.text + answer):
            raise TargetError(
                "The server can't be given what the model thought, so nothing in it or behind it "
                "can be scored.",
                "Count answers instead: --measure share, or the share of answers on the page.",
            )
