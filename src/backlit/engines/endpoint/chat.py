"""`/v1/chat/completions`: a server that is given messages, and only writes.

What it thinks before its answer, if it tells that apart, stands in a block of its own before it.
"""

from collections.abc import Callable, Mapping, Sequence
from itertools import product
from typing import Any

from backlit.engines.endpoint.answers import Ask, Stream, at, reason_of
from backlit.engines.endpoint.client import Client
from backlit.engines.endpoint.echo import Piece, choice_in
from backlit.errors import BudgetError, EndpointError, PromptError
from backlit.types import FinishReason, GenerationOptions, Message

PATH = "/v1/chat/completions"
LIMITS = ("max_tokens", "max_completion_tokens")  # newer models of OpenAI know only the second
HELLO = (Message("user", "Say yes."),)
FEW = 16  # tokens; some refuse a limit of 1
OPEN, CLOSE = "<think>\n", "\n</think>\n\n"
THOUGHTS = ("reasoning_content", "reasoning")  # as vLLM, SGLang, llama.cpp and gateways call them
# An answer that a filter cut is one, in which the rest was not said.
REASONS: dict[str, FinishReason] = {
    "stop": "stop",
    "length": "length",
    "content_filter": "stop",
    "tool_calls": "stop",
}


class Chat:
    """A way to have answers written.

    Args:
        model: which of the server's models.
        limit: what the field is called that bounds an answer.
        tempered: whether it takes a temperature; models that reason often have one of their own.
        seeded: whether it takes a seed.
    """

    name = "/v1/chat/completions"

    def __init__(
        self, model: str | None, limit: str, tempered: bool = True, seeded: bool = True
    ) -> None:
        self._named = {} if model is None else {"model": model}
        self._limit = limit
        self.tempered = tempered
        self.seeded = seeded

    def hello(self) -> Ask[str]:
        """Any answer, asked for as answers are."""
        settings = self._settings(GenerationOptions(max_new_tokens=FEW, seed=0))
        body = self._body(HELLO, settings)
        return Ask(PATH, body, lambda told: str(at(told, "choices", 0, "message", "role")))

    def write(self, messages: Sequence[Message], options: GenerationOptions) -> Stream[Piece]:
        """Text as it comes, and why it ends."""
        settings = {**self._settings(options), "stream": True}
        return Stream(PATH, self._body(messages, settings), _reader)

    def _settings(self, options: GenerationOptions) -> dict[str, Any]:
        settings: dict[str, Any] = {self._limit: options.max_new_tokens}
        if self.tempered:
            settings["temperature"] = options.heat
        if self.tempered and options.top_p < 1:
            settings["top_p"] = options.top_p
        if self.seeded and options.seed is not None:
            settings["seed"] = options.seed % 2**31
        return settings

    def _body(self, messages: Sequence[Message], settings: Mapping[str, Any]) -> dict[str, Any]:
        told = [{"role": message.role, "content": message.content} for message in messages]
        return {**self._named, "messages": told, **settings}


def chat_of(client: Client, model: str | None) -> tuple[Chat | None, str]:
    """How a server is asked to write; or None, and why it can't be.

    Raises:
        OfflineError: it can't be reached.
        GatedError: it wants a key, or refuses the one it got.
        BudgetError: there may be no more calls.
    """
    problem = ""
    for limit, tempered, seeded in product(LIMITS, (True, False), (True, False)):
        chat = Chat(model, limit, tempered, seeded)
        try:
            client.ask(chat.hello())
        except BudgetError:
            raise
        except (EndpointError, PromptError) as error:
            problem = problem or error.message
            continue
        return chat, ""
    return None, problem


def thoughts_of(text: str) -> int:
    """How many characters of an answer are the block of thoughts that we put before it."""
    if not text.startswith(OPEN):
        return 0
    end = text.find(CLOSE)
    return len(text) if end < 0 else end + len(CLOSE)


def _reader() -> Callable[[Any], Piece]:
    thinking = False

    def read(event: Any) -> Piece:
        nonlocal thinking
        choice = choice_in(event)
        delta = choice.get("delta") or {}
        thought = next((str(delta[name]) for name in THOUGHTS if delta.get(name)), "")
        said = str(delta.get("content") or "")
        end = choice.get("finish_reason")
        text = ""
        if thought:
            text += thought if thinking else OPEN + thought
            thinking = True
        if thinking and said:
            text, thinking = text + CLOSE, False
        return text + said, reason_of(end, REASONS) if end else None

    return read
