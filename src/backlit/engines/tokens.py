"""Prompts and responses to tokens with spans, whichever library the tokenizer is of."""

from collections.abc import Sequence
from dataclasses import dataclass
from threading import Lock
from typing import Any, Protocol

from backlit.engines.deadline import Overdue, within
from backlit.engines.text import (
    StreamDecoder,
    check_characters,
    check_length,
    check_prompt,
    check_text,
    render_chat,
    roles_of,
    tile,
)
from backlit.errors import BacklitError, PromptError, TargetError
from backlit.progress import stoppable
from backlit.types import Message, Prompt, Span, Token, TokenSequence

MAX_TEMPLATE_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Encoding:
    """A text's ids, the characters each stands for, and which ones the tokenizer added."""

    ids: Sequence[int]
    offsets: Sequence[Span]
    added: Sequence[bool]


class Tokenizer(Protocol):
    """What a library's tokenizer must tell; `TokenReader` asks it one thing at a time."""

    chat: bool
    special_ids: frozenset[int]
    unknown_id: int | None

    def encode(self, text: str, *, whole: bool) -> Encoding:
        """Read a text; a `whole` prompt may begin with ids that the model expects there."""
        ...

    def decode(self, ids: list[int]) -> str:
        """The text of ids, special ones included where they have a text."""
        ...

    def piece(self, token_id: int) -> str:
        """What the vocabulary calls an id."""
        ...

    def render(self, messages: Sequence[Message]) -> str:
        """A chat as text, ready for the model's turn; raises whatever the template raises."""
        ...


class LockedTokenizer:
    """A tokenizer that several threads may use: each single call has it to itself.

    Libraries change a tokenizer while it reads: those of transformers fail with "Already
    borrowed" where two threads meet.
    """

    def __init__(self, tokenizer: Tokenizer) -> None:
        self._tokenizer = tokenizer
        self._lock = Lock()
        self.chat = tokenizer.chat
        self.special_ids = tokenizer.special_ids
        self.unknown_id = tokenizer.unknown_id

    def encode(self, text: str, *, whole: bool) -> Encoding:
        with self._lock:
            return self._tokenizer.encode(text, whole=whole)

    def decode(self, ids: list[int]) -> str:
        with self._lock:
            return self._tokenizer.decode(ids)

    def piece(self, token_id: int) -> str:
        with self._lock:
            return self._tokenizer.piece(token_id)

    def render(self, messages: Sequence[Message]) -> str:
        with self._lock:
            return self._tokenizer.render(messages)


class TokenReader:
    """Reads text for an engine, in any thread, also while the model runs.

    Args:
        tokenizer: the tokenizer.
        name: the model's, for messages to people.
        vocabulary_size: how many ids the model knows.
        context_length: the most tokens it reads, or None.
    """

    def __init__(
        self, tokenizer: Tokenizer, name: str, vocabulary_size: int, context_length: int | None
    ) -> None:
        self.name = name
        self.context_length = context_length
        self.chat = tokenizer.chat
        self._remote = getattr(tokenizer, "remote", False)
        safe = getattr(tokenizer, "thread_safe", False)
        self._tokenizer = tokenizer if safe else LockedTokenizer(tokenizer)
        self._vocabulary_size = vocabulary_size

    def tokenize(self, prompt: Prompt) -> TokenSequence:
        """See `Engine.tokenize`."""
        check_prompt(prompt)
        contents: list[tuple[Span, str]] = []
        if isinstance(prompt, str):
            text = prompt
            check_characters(len(text), self.context_length, self.name)
            encoding = self._tokenizer.encode(text, whole=True)
        else:
            length = sum(len(message.content) for message in prompt)
            check_characters(length, self.context_length, self.name)
            text, contents = self._render(prompt)
            check_characters(len(text), self.context_length, self.name)
            encoding = self._tokenizer.encode(text, whole=False)
        ids, added, offsets = list(encoding.ids), list(encoding.added), list(encoding.offsets)
        while added and added[-1] and offsets[-1][0] == offsets[-1][1]:  # a closing </s>
            added.pop(), ids.pop(), offsets.pop()
        if not ids:
            raise PromptError("The model's tokenizer makes nothing of this prompt.", "Type words.")
        check_length(len(ids), self.context_length, self.name)
        self._check_known(ids)
        spans = tile(offsets, text)
        if isinstance(prompt, str):
            roles = ["template" if flag else "prompt" for flag in added]
        else:
            roles = roles_of(spans, contents)
        tokens = tuple(
            Token(
                id=token_id,
                text=text[a:b] or self._tokenizer.piece(token_id),
                start=a,
                stop=b,
                special=token_id in self._tokenizer.special_ids,
                role=role,
            )
            for token_id, (a, b), role in stoppable(zip(ids, spans, roles, strict=True))
        )
        return TokenSequence(text, tokens, len(tokens))

    def _check_known(self, ids: Sequence[int]) -> None:
        """Refuse tokens that were added to a tokenizer, but not to its model."""
        for token_id in ids:
            if token_id >= self._vocabulary_size:
                piece = self._tokenizer.piece(token_id)
                raise PromptError(
                    f"{self.name} has no embedding for the token {piece!r}.",
                    "Leave it out, or resize the model's embeddings and train them.",
                )

    def append(self, prompt: TokenSequence, response: str | Sequence[int]) -> TokenSequence:
        """See `Engine.append`."""
        if not response:
            raise TargetError("The response is empty.", "Type what the model should have said.")
        if isinstance(response, str):
            check_characters(len(response), self.context_length, self.name)
            tokens = self._tokens_of(prompt.text, response)
        else:
            check_length(len(prompt.tokens) + len(response), self.context_length, self.name)
            tokens = self._tokens_of_ids(prompt, response)
        sequence = prompt.extended(tokens)
        check_length(len(sequence.tokens), self.context_length, self.name)
        return sequence

    def _tokens_of(self, before: str, response: str) -> list[Token]:
        check_text(response)
        # Tokenizers treat the start of a text in their own ways, so the response is read
        # behind something, of which no token may reach into it.
        for context in (before[-200:], "\n", ".", ""):
            encoding = self._tokenizer.encode(context + response, whole=False)
            offsets = encoding.offsets
            first = next((i for i, (a, _) in enumerate(offsets) if a >= len(context)), None)
            if first is not None and all(b <= len(context) for _, b in offsets[:first]):
                break
        else:
            raise TargetError(
                "The model's tokenizer makes nothing of this response.", "Type some words."
            )
        ids = encoding.ids[first:]
        self._check_known(ids)
        spans = tile([(a - len(context), b - len(context)) for a, b in offsets[first:]], response)
        for token_id, (a, b) in zip(ids, spans, strict=True):
            unknown = token_id == self._tokenizer.unknown_id
            if unknown and response[a:b] != self._tokenizer.piece(token_id):
                raise TargetError(
                    f"The model's tokenizer has no token for {response[a:b].strip()!r}, so the "
                    "model could never write it.",
                    "Change or delete that part of the response.",
                )
        return [
            Token(token_id, response[a:b], len(before) + a, len(before) + b, role="response")
            for token_id, (a, b) in zip(ids, spans, strict=True)
        ]

    def _tokens_of_ids(self, prompt: TokenSequence, ids: Sequence[int]) -> list[Token]:
        if any(not 0 <= token_id < self._vocabulary_size for token_id in ids):
            raise TargetError(
                "The response has ids that this model does not know.", "Generate it again."
            )
        decoder = self.decoder(prompt)
        complete = [piece for token_id in stoppable(ids) for piece in decoder.push(token_id)]
        return [self.response_token(*piece) for piece in complete + decoder.flush()]

    def _render(self, messages: Sequence[Message]) -> tuple[str, list[tuple[Span, str]]]:
        if not self.chat:
            raise PromptError(
                f"{self.name} has no chat template, so it can't read messages.",
                "Write the prompt as raw text, or pick a model made for chat.",
            )
        try:
            if self._remote:  # which has limits of its own
                return render_chat(messages, self._tokenizer.render)
            return within(
                MAX_TEMPLATE_SECONDS, lambda: render_chat(messages, self._tokenizer.render)
            )
        except Overdue:
            raise PromptError(
                f"The chat template of {self.name} does not end within "
                f"{MAX_TEMPLATE_SECONDS:g} seconds.",
                "Send fewer messages, write the prompt as raw text, or pick another model.",
            ) from None
        except BacklitError:
            raise
        except Exception as error:  # templates are programs: they raise what they like
            raise PromptError(
                f"The chat template of {self.name} refuses these messages: {error}",
                "Many want user and assistant in turn, beginning with user.",
            ) from error

    def decoder(self, prompt: TokenSequence) -> StreamDecoder:
        """Turns ids that follow this prompt into characters."""
        return StreamDecoder(self._tokenizer.decode, prompt.input_ids, len(prompt.text))

    def response_token(self, token_id: int, text: str, span: Span, **facts: Any) -> Token:
        """A token of a response, with the characters a decoder gave it."""
        special = token_id in self._tokenizer.special_ids
        return Token(token_id, text, *span, special=special, role="response", **facts)
