"""A prompt in any of the forms that people have it in."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from backlit.errors import PromptError
from backlit.segments import token_spans
from backlit.types import Message, Prompt, Span, TokenSequence

ROLES = ("system", "developer", "user", "assistant", "tool")

PromptLike = str | Sequence[Message | Mapping[str, Any]]
"""Raw text, or messages: `Message` objects, or dicts with `role` and `content`."""


def as_prompt(value: PromptLike) -> Prompt:
    """The prompt that is meant.

    Args:
        value: raw text, or messages; a message's content is text, or parts of which those of
            type `text` are read.

    Raises:
        PromptError: something else, several prompts, or messages that can't be read.
    """
    if isinstance(value, str):
        return value
    if isinstance(value, Message | Mapping):
        return (_message(value, 1),)
    if not isinstance(value, Iterable):
        raise PromptError(
            f"A prompt can't be of type {type(value).__name__}.",
            "Give text, or a list of messages.",
        )
    entries = list(value)
    if entries and all(isinstance(entry, str) for entry in entries):
        raise PromptError(
            "This is a list of texts, and one prompt is explained at a time.",
            "Call it for each of them: [model.explain(text) for text in texts].",
        )
    return tuple(_message(entry, number) for number, entry in enumerate(entries, start=1))


def _message(entry: object, number: int) -> Message:
    if isinstance(entry, Message):
        role, content = entry.role, _content(entry.content, number)
    elif isinstance(entry, Mapping) and {"role", "content"} <= entry.keys():
        role, content = entry["role"], _content(entry["content"], number)
    else:
        raise PromptError(
            f"Message {number} is not one with a role and a content.",
            'Write {"role": "user", "content": "…"}, or backlit.Message("user", "…").',
        )
    if role not in ROLES:
        raise PromptError(
            f"Message {number} has the role {role!r}.", f"Use one of {', '.join(ROLES)}."
        )
    return Message(role, content)


def _content(content: object, number: int) -> str:
    if isinstance(content, str):
        return content
    if isinstance(content, bytes) or not isinstance(content, Sequence):
        raise PromptError(f"Message {number} has no text.", "Give its content as text.")
    return "".join(_part(part, number) for part in content)


def _part(part: object, number: int) -> str:
    if isinstance(part, str):
        return part
    kind = part.get("type") if isinstance(part, Mapping) else type(part).__name__
    text = part.get("text") if isinstance(part, Mapping) else None
    if kind == "text" and not isinstance(text, str):
        raise PromptError(
            f"Message {number} holds a text part without text.",
            'Write {"type": "text", "text": "…"}.',
        )
    if kind != "text" or not isinstance(text, str):
        raise PromptError(
            f"Message {number} holds a part of type {kind!r}; only text can be explained.",
            "Leave the part out, or say in words what it shows.",
        )
    return text


def question_of(sequence: TokenSequence) -> Span:
    """Where a prompt asks: its last paragraph, or its last line if it is a single paragraph.

    Returns:
        A token span. What a chat template added is no part of it.
    """
    prompt = sequence.prompt
    for granularity in ("paragraph", "line"):
        spans = token_spans(prompt, granularity)
        own = [(a, b) for a, b in spans if prompt.tokens[a].role != "template"]
        if len(own) > 1:
            break
    return own[-1] if own else (0, 0)
