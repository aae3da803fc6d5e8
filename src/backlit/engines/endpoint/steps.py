"""Ways to have a server go on from the beginning of an answer, and tell what is likely there.

`/v1/completions` goes on from any text. `/v1/chat/completions` does where a server takes a message
of the assistant that is only begun, for which there are several ways to ask.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Protocol

from backlit.engines.endpoint.answers import Ask, Stream, at
from backlit.engines.endpoint.chat import Chat
from backlit.engines.endpoint.echo import PATH, Piece, piece_of
from backlit.engines.endpoint.listing import Listed, next_in
from backlit.types import GenerationOptions, Message

NAME = "likeliest tokens on"
ONE = GenerationOptions(max_new_tokens=1)
BEGUN: Mapping[str, Mapping[str, Any]] = {  # how servers are asked to go on
    "": {},
    "continue_final_message": {"continue_final_message": True, "add_generation_prompt": False},
    "prefix": {},
}


@dataclass(frozen=True, slots=True)
class Begun:
    """What a server is to go on from.

    Attributes:
        messages: before the answer; none where all is text.
        text: that the answer begins with, or all there is.
    """

    messages: tuple[Message, ...]
    text: str

    def __add__(self, more: str) -> "Begun":
        return replace(self, text=self.text + more)


def asking_as_chats(top: int) -> Mapping[str, Any]:
    """The fields that have a chat tell so many of the likeliest tokens."""
    return {"logprobs": True, "top_logprobs": top}


class Steps(Protocol):
    """A way to go on from what is begun."""

    @property
    def name(self) -> str:
        """What people know it by."""
        ...

    @property
    def top(self) -> int:
        """How many of the likeliest tokens are told."""
        ...

    @property
    def asking(self) -> Mapping[str, Any]:
        """The fields that have a server tell what is likely."""
        ...

    def write(self, begun: Begun, options: GenerationOptions) -> Stream[Piece]:
        """Text as it comes."""
        ...


class TextSteps:
    """On `/v1/completions`.

    Args:
        model: which of the server's.
        top: how many of the likeliest tokens are asked for.
        settings: that leave what is likely as it is, where the server takes them.
        as_chats: whether it is asked for them as chats are.
    """

    name = f"{NAME} /v1/completions"

    def __init__(
        self, model: str | None, top: int, settings: Mapping[str, Any], as_chats: bool = False
    ) -> None:
        self.top = top
        self.asking: Mapping[str, Any] = asking_as_chats(top) if as_chats else {"logprobs": top}
        self._named = {} if model is None else {"model": model}
        self._settings = settings

    def write(self, begun: Begun, options: GenerationOptions) -> Stream[Piece]:
        body: dict[str, Any] = {
            **self._named,
            "prompt": begun.text,
            "stream": True,
            "max_tokens": options.max_new_tokens,
            "temperature": options.heat,
            **self._settings,
        }
        if options.top_p < 1:
            body["top_p"] = options.top_p
        if options.seed is not None:
            body["seed"] = options.seed % 2**31
        return Stream(PATH, body, lambda: piece_of)


class ChatSteps:
    """On `/v1/chat/completions`.

    Args:
        chat: how the server is asked to write.
        top: how many of the likeliest tokens are asked for.
        settings: as for `TextSteps`.
        style: how it is asked to go on, of `BEGUN`.
    """

    def __init__(self, chat: Chat, top: int, settings: Mapping[str, Any], style: str = "") -> None:
        self.name = f"{NAME} {chat.name}" + (f", {style}" if style else "")
        self.top = top
        self.asking: Mapping[str, Any] = {**settings, **asking_as_chats(top)}
        self._chat = chat
        self._settings = settings
        self._style = style

    def styled(self, style: str) -> "ChatSteps":
        """The same, asked to go on in another way."""
        return ChatSteps(self._chat, self.top, self._settings, style)

    def write(self, begun: Begun, options: GenerationOptions) -> Stream[Piece]:
        stream = self._chat.write(begun.messages, options)
        if not begun.text:
            return stream
        message = {"role": "assistant", "content": begun.text}
        if self._style == "prefix":
            message = {**message, "prefix": True}  # type: ignore[dict-item]
        messages = [*stream.body["messages"], message]
        body = {**stream.body, **BEGUN[self._style], "messages": messages}
        return Stream(stream.path, body, stream.reader)


def choice_of(steps: Steps, begun: Begun, options: GenerationOptions) -> Ask[Any]:
    """What is written there, and how likely that was, told at once."""
    stream = steps.write(begun, options)
    body = {name: value for name, value in stream.body.items() if name != "stream"}
    return Ask(stream.path, {**steps.asking, **body}, lambda told: at(told, "choices", 0))


def next_of(steps: Steps, begun: Begun) -> Ask[Listed]:
    """The next token, and the likeliest ones."""
    ask = choice_of(steps, begun, ONE)
    return Ask(ask.path, ask.body, lambda told: next_in(ask.read(told)))
