"""A model behind a URL whose server is given messages, and tells nothing of what is likely.

Its tokens are our own words. A message begins with a token that names who speaks, and ends with
one: from the ids of an altered prompt its messages are made again.
"""

from collections.abc import Mapping
from typing import Any

from backlit.engines.base import Capability
from backlit.engines.endpoint.answers import Stream
from backlit.engines.endpoint.chat import Chat, thoughts_of
from backlit.engines.endpoint.client import Client
from backlit.engines.endpoint.echo import Piece
from backlit.engines.endpoint.told import ToldText
from backlit.engines.function.pieces import id_of, pieces_of
from backlit.engines.metering import Meter
from backlit.engines.text import check_length, check_prompt
from backlit.errors import CapabilityError
from backlit.types import (
    WRITTEN,
    GenerationOptions,
    Message,
    Prompt,
    Token,
    TokenSequence,
)

END = "\n\n"
NOTHING = "…"  # said by a user of whom nothing is left
END_ID = id_of("\x00end")


class ChatEndpointEngine(ToldText):
    """Writes, several answers at once; it scores nothing.

    Args:
        name: what people call it.
        client: asks the server.
        chat: in what way.
        metadata: what an explanation should record.
        asking: the fields that have the server tell how likely what it writes is; none where it
            does not.
        tempered: whether what it tells is so after the temperature.
    """

    chat = True

    def __init__(
        self,
        name: str,
        client: Client,
        chat: Chat,
        metadata: Mapping[str, str],
        asking: Mapping[str, Any] | None = None,
        tempered: bool = True,
    ) -> None:
        super().__init__(None, name, None, pieces_of)
        self.capabilities: frozenset[Capability] = frozenset({"generate", "batch"})
        self.metadata = metadata
        self.client = client
        self.meter = Meter(f"{client.url.scheme}://{client.place}", client, "word")
        self.asking, self.tempered = asking or {}, tempered
        self._chat = chat
        untaken = () if chat.tempered else ("temperature", "top_p")
        self.untaken = frozenset((*untaken, *(() if chat.seeded else ("seed",))))

    def tokenize(self, prompt: Prompt) -> TokenSequence:
        if isinstance(prompt, str):
            return super().tokenize(prompt)
        check_prompt(prompt)
        tokens: list[Token] = []
        end = 0
        for message in prompt:
            named = _id_of_speaker(message.role)
            for token_id, text in ((named, f"[{message.role}]\n"), (None, ""), (END_ID, END)):
                if token_id is None:
                    new = self._tokens(self._cut(message.content), end, message.role)
                else:
                    new = (Token(token_id, text, end, end + len(text), role="template"),)
                tokens += new
                end = tokens[-1].stop
        text = "".join(token.text for token in tokens)
        check_length(len(tokens), self.context_length, self.name)
        return TokenSequence(text, tuple(tokens), len(tokens))

    def messages_of(self, prompt: TokenSequence) -> tuple[Message, ...]:
        """The messages that a prompt's tokens are; text outside of any is the user's. Most servers
        want turns, and the user's last: messages of one speaker are joined, and one is added.

        Raises:
            CapabilityError: the prompt goes on into an answer.
        """
        if any(token.role in WRITTEN for token in prompt.tokens):
            raise CapabilityError(
                f"{self.name} can't go on from the middle of an answer.",
                "Pick a model whose server tells log-probabilities, or one that runs here.",
            )
        told: list[Message] = []
        role = "user"
        for token in prompt.tokens:
            speaker = _speaker(token)
            if speaker is not None or token.id == END_ID:
                role = speaker or "user"
                told.append(Message(role, ""))
            else:
                before = told.pop().content if told else ""
                told.append(Message(role, before + token.text))
        messages: list[Message] = []
        for message in told:
            if not message.content.strip():
                continue
            if messages and messages[-1].role == message.role:  # servers want turns
                message = Message(message.role, f"{messages.pop().content}{END}{message.content}")
            messages.append(message)
        if not messages or messages[-1].role != "user":
            messages.append(Message("user", NOTHING))
        return tuple(messages)

    def _stream(self, prompt: TokenSequence, options: GenerationOptions) -> Stream[Piece]:
        return self._noted(self._chat.write(self.messages_of(prompt), options))

    def _apart(self, text: str) -> int:
        return thoughts_of(text)


def _id_of_speaker(role: str) -> int:
    return id_of(f"\x00{role}")


def _speaker(token: Token) -> str | None:
    """Whose message begins with a token."""
    role = token.text[1:-2]  # [role] and the end of a line
    return role if token.role == "template" and token.id == _id_of_speaker(role) else None
