"""From the rows of a file to examples: all of them, or an error that names the bad ones.

A row has `prompt` (text) or `messages` (a list of role and content), and may have `target`,
`source` and `id`. Its other columns are kept as the example's `fields`.
"""

import datetime
import decimal
import math
import uuid
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import count
from typing import Any

from backlit.data.base import Example
from backlit.errors import DataError
from backlit.types import Message, Prompt

PROBLEMS_SHOWN = 20

_OWN_COLUMNS = frozenset({"prompt", "messages", "target", "source", "id"})
_WRITTEN_AS_TEXT = (
    datetime.date,
    datetime.time,
    datetime.timedelta,
    decimal.Decimal,
    uuid.UUID,
)


@dataclass(frozen=True, slots=True)
class Row:
    """What stands at one place of a file: a value, or why there is none.

    `number` counts from 1: the line on which the row starts, or the row where a format has
    no lines.
    """

    number: int
    value: object = None
    problem: str = ""


class _BadRowError(ValueError):
    """Why a row can't become an example."""


def examples_from(
    rows: Iterable[Row], name: str, file: str, unit: str = "line"
) -> tuple[Example, ...]:
    """Read every row; examples without an id are called `name-1`, `name-2`, and so on.

    Args:
        rows: in the order of the file.
        name: the dataset's, for generated ids.
        file: what to call the file in an error.
        unit: what `Row.number` counts.

    Raises:
        DataError: there are no rows, or some are bad: the first 20 are named.
    """
    problems = 0
    shown: list[str] = []
    drafts: list[tuple[str | None, Mapping[str, Any]]] = []
    first_seen: dict[str, int] = {}
    for row in rows:
        try:
            id_, draft = _draft(row)
            if id_ is not None:
                if id_ in first_seen:
                    where = f"{unit} {first_seen[id_]}"
                    raise _BadRowError(f"its id {_short(id_)} is already that of {where}")
                first_seen[id_] = row.number
        except _BadRowError as problem:
            problems += 1
            if len(shown) < PROBLEMS_SHOWN:
                shown.append(f"{file}, {unit} {row.number}: {problem}.")
        else:
            drafts.append((id_, draft))
    if problems:
        raise _error(problems, shown, file)
    if not drafts:
        raise DataError(f"{file} holds no examples.", "Give it at least one row with a prompt.")
    fresh = _fresh_ids(name, first_seen)
    return tuple(Example(id=id_ or next(fresh), **draft) for id_, draft in drafts)


def _error(problems: int, shown: list[str], file: str) -> DataError:
    rows = "a bad row" if problems == 1 else f"{problems:,} bad rows"
    lines = [f"{file} has {rows}, so nothing was loaded.", *shown]
    if problems > len(shown):
        lines.append(f"… and {problems - len(shown):,} more.")
    return DataError("\n".join(lines), "Mend what is named and load it again.")


def _fresh_ids(name: str, taken: Mapping[str, int]) -> Iterator[str]:
    return (id_ for id_ in (f"{name}-{n}" for n in count(1)) if id_ not in taken)


def _draft(row: Row) -> tuple[str | None, Mapping[str, Any]]:
    """The row's own id, if it has one, and the rest of its example."""
    if row.problem:
        raise _BadRowError(row.problem)
    if not isinstance(row.value, Mapping):
        raise _BadRowError(f"it is {_kind(row.value)}, not an object with a `prompt`")
    try:
        value = {key: _plain(part, key) for key, part in row.value.items()}
    except RecursionError:
        raise _BadRowError("it is nested too deeply") from None
    for key in value:
        _check_text(key, "the name of a field")
    return _id(value.get("id")), {
        "prompt": _prompt(value),
        "target": _optional_text(value, "target"),
        "source": _optional_text(value, "source"),
        "fields": {key: part for key, part in value.items() if key not in _OWN_COLUMNS},
    }


def _prompt(row: Mapping[str, Any]) -> Prompt:
    text, messages = row.get("prompt"), row.get("messages")
    if text is not None and messages is not None:
        raise _BadRowError("it has both `prompt` and `messages`; keep one of them")
    if messages is not None:
        return _messages(messages)
    if text is None:
        raise _BadRowError("it has no `prompt` and no `messages`")
    if isinstance(text, list):
        raise _BadRowError("`prompt` is a list; chat messages go into `messages`")
    if not isinstance(text, str):
        raise _BadRowError(f"`prompt` is {_kind(text)}, not text")
    if not text.strip():
        raise _BadRowError("the prompt is empty")
    return text


def _messages(value: object) -> tuple[Message, ...]:
    if not isinstance(value, list):
        raise _BadRowError(f"`messages` is {_kind(value)}, not a list of messages")
    messages = tuple(_message(part, n) for n, part in enumerate(value, start=1))
    if not any(message.content.strip() for message in messages):
        raise _BadRowError("the prompt is empty")
    return messages


def _message(value: object, number: int) -> Message:
    if not isinstance(value, dict):
        raise _BadRowError(f"message {number} is {_kind(value)}, not an object")
    for key in ("role", "content"):
        if not isinstance(value.get(key), str):
            raise _BadRowError(
                f"the `{key}` of message {number} is {_kind(value.get(key))}, not text"
            )
    if not value["role"].strip():
        raise _BadRowError(f"the `role` of message {number} is empty")
    # Dropping, say, a tool call in silence would show the model another prompt.
    unknown = [k for k, v in value.items() if k not in ("role", "content") and v is not None]
    if unknown:
        raise _BadRowError(f"message {number} has {_short(unknown[0])} beside `role` and `content`")
    return Message(value["role"], value["content"])


def _id(value: object) -> str | None:
    if value is None or value == "":
        return None
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise _BadRowError(f"`id` is {_kind(value)}, not text or a whole number")
    return str(value)


def _optional_text(row: Mapping[str, Any], key: str) -> str | None:
    value = row.get(key)
    if value is not None and not isinstance(value, str):
        raise _BadRowError(f"`{key}` is {_kind(value)}, not text")
    return value or None


def _plain(value: object, key: object) -> Any:
    """`value` in the types that JSON has."""
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, str):
        _check_text(value, f"{_short(key)}")
        return value
    if isinstance(value, float):
        if not math.isfinite(value):
            raise _BadRowError(f"{_short(key)} holds {value}, which JSON can't")
        return value
    if isinstance(value, Mapping):
        for inner in value:
            _check_text(inner, f"{_short(key)}")
        return {inner: _plain(part, key) for inner, part in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(part, key) for part in value]
    if isinstance(value, _WRITTEN_AS_TEXT):
        return str(value)
    raise _BadRowError(f"{_short(key)} holds {_kind(value)}, which JSON can't")


def _check_text(text: str, where: str) -> None:
    try:
        text.encode()
    except UnicodeEncodeError:
        raise _BadRowError(f"{where} holds half of a surrogate pair, which is not text") from None


def _kind(value: object) -> str:
    """What a person calls the type of a value."""
    names = {
        type(None): "missing",
        bool: "true or false",
        int: "a number",
        float: "a number",
        str: "text",
        list: "a list",
        dict: "an object",
        bytes: "bytes",
    }
    return names.get(type(value), type(value).__name__)


def _short(value: object) -> str:
    """A name quoted, safely printable and not too long."""
    text = ascii(value) if not str(value).isprintable() else f"`{value}`"
    return text if len(text) <= 60 else text[:59] + "…"
