"""What a row may hold, and a sentence about what is wrong with one."""

import datetime
import decimal
import json
import uuid
from collections.abc import Mapping
from dataclasses import asdict
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Discriminator,
    Field,
    Tag,
    ValidationError,
    ValidationInfo,
    model_validator,
)
from pydantic_core import ErrorDetails

from backlit.types import Message, Prompt

# What each field has to be, to complete "`role` of message 1 is a number, not …".
_EXPECTED = {
    "prompt": "text (chat messages go into `messages`)",
    "messages": "a list of messages",
    "message": "an object with `role` and `content`",
    "role": "text",
    "content": "text",
    "part": "an object with `type` and `text`",
    "type": "text",
    "text": "text",
    "target": "text",
    "source": "text",
    "id": "text or a whole number",
}
_KINDS = {
    type(None): "null",
    bool: "true or false",
    int: "a number",
    float: "a number",
    str: "text",
    list: "a list",
    dict: "an object",
}
_WRITTEN_AS_TEXT = (
    datetime.date,
    datetime.time,
    datetime.timedelta,
    decimal.Decimal,
    uuid.UUID,
)


class RowError(ValueError):
    """Why a row can't become an example: the end of a sentence."""


class _Object(BaseModel):
    # Dropping, say, a tool call in silence would show the model another prompt.
    model_config = ConfigDict(strict=True, frozen=True, extra="forbid")

    @model_validator(mode="before")
    @classmethod
    def _drop_nulls(cls, value: Any) -> Any:
        """A field that is null is one that is missing: columns of Parquet have both in one."""
        if not isinstance(value, dict):
            return value
        return {key: content for key, content in value.items() if content is not None}


def _not_blank(text: str) -> str:
    if not text.strip():
        raise ValueError("is empty")
    return text


class TextPart(_Object):
    """A part of a message's content. Pictures and sound have parts of other types."""

    type: Literal["text"]
    text: str


class ChatMessage(_Object):
    """One turn of a chat; its content is text, or parts of text."""

    role: Annotated[str, AfterValidator(_not_blank)]
    content: Annotated[
        Annotated[str, Tag("one string")] | Annotated[list[TextPart], Tag("parts")],
        Discriminator(lambda content: "parts" if isinstance(content, list) else "one string"),
    ]

    def to_message(self) -> Message:
        """The message with its parts joined."""
        if isinstance(self.content, str):
            return Message(self.role, self.content)
        return Message(self.role, "".join(part.text for part in self.content))


class RowModel(_Object):
    """The fields of a row that have a meaning here; others are let pass."""

    model_config = ConfigDict(extra="ignore")

    prompt: str | None = None
    messages: list[ChatMessage] | None = None
    target: str | None = None
    source: str | None = None
    id: Annotated[str | int | None, Field(union_mode="left_to_right")] = None

    @model_validator(mode="after")
    def _has_one_prompt(self, info: ValidationInfo) -> Self:
        if self.prompt is not None and self.messages is not None:
            raise ValueError("it has both `prompt` and `messages`; keep one of them")
        if self.prompt is None and self.messages is None:
            if info.context == WITHOUT_PROMPTS:
                return self
            raise ValueError("it has no `prompt` and no `messages`")
        prompt = self.to_prompt()
        texts = [prompt] if isinstance(prompt, str) else [message.content for message in prompt]
        if not any(text.strip() for text in texts):
            raise ValueError("the prompt is empty")
        return self

    def to_prompt(self) -> Prompt:
        """Its text or its messages."""
        if self.messages is None:
            return self.prompt or ""
        return tuple(message.to_message() for message in self.messages)


WITHOUT_PROMPTS = "without prompts"
KNOWN_FIELDS = frozenset(RowModel.model_fields)


def parse_row(row: Mapping[str, Any], *, prompts: bool = True) -> RowModel:
    """Check the fields of a row that have a meaning.

    Args:
        row: its fields.
        prompts: whether it must have a prompt.

    Raises:
        RowError: the first that is wrong, and how.
    """
    try:
        context = None if prompts else WITHOUT_PROMPTS
        return RowModel.model_validate(dict(row), context=context)
    except ValidationError as error:
        raise RowError(_sentence(error.errors(include_url=False)[0])) from None


def to_json(value: object, where: str) -> Any:
    """A value in the types that JSON has; dates, decimals and UUIDs are written as text.

    Args:
        where: what holds the value, to say so if JSON has no way to write it.

    Raises:
        RowError: JSON has none.
    """
    try:
        text = _ENCODER.encode(value)
        text.encode()
        return json.loads(text)
    except UnicodeEncodeError:
        raise RowError(f"{where} holds half of a surrogate pair, which is not text") from None
    except RecursionError:
        raise RowError("it is nested too deeply") from None
    except ValueError:
        raise RowError(
            f"{where} holds a number that JSON can't (NaN, infinity, or one of too many digits)"
        ) from None
    except TypeError as error:
        raise RowError(f"{where} holds what JSON can't: {error}") from None


def kind(value: object) -> str:
    """What a person calls the type of a value."""
    return _KINDS.get(type(value), type(value).__name__)


def short(value: object) -> str:
    """A name quoted, safely printable and not too long."""
    text = ascii(value) if not str(value).isprintable() else f"`{value}`"
    return text if len(text) <= 60 else text[:59] + "…"


def _as_json(value: object) -> object:
    if isinstance(value, Message):
        return asdict(value)
    if isinstance(value, _WRITTEN_AS_TEXT):
        return str(value)
    raise TypeError(kind(value))


# Without a check of its own, what holds itself is nested too deeply like all else that is.
_ENCODER = json.JSONEncoder(
    ensure_ascii=False, allow_nan=False, check_circular=False, default=_as_json
)


def _sentence(error: ErrorDetails) -> str:
    field, item, owner = "", "", ""
    for step in error["loc"]:
        if isinstance(step, int):
            field, item = "", "part" if item else "message"
            owner = f"{item} {step + 1} of {owner}" if owner else f"{item} {step + 1}"
        elif step in _EXPECTED:  # others are pydantic's, for the members of a union
            field = step
    place = f"`{field}` of {owner}" if field and owner else owner or f"`{field}`"
    match error["type"]:
        case "missing":
            return f"{place} is missing"
        case "extra_forbidden":
            known = "`type` and `text`" if item == "part" else "`role` and `content`"
            return f"{owner} has {short(error['loc'][-1])} beside {known}"
        case "literal_error":
            return f"{owner} is of the type {short(error['input'])}; only text can be explained"
        case "value_error":
            problem = str(error["ctx"]["error"])
            return f"{place} {problem}" if error["loc"] else problem
        case _:
            return f"{place} is {kind(error['input'])}, not {_EXPECTED[field or item]}"
