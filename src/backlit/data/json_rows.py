"""Rows of JSON Lines and of JSON documents, each with the line on which it starts."""

import io
import json
from collections.abc import Iterator
from typing import NoReturn

from backlit.data.rows import Row


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


_DECODER = json.JSONDecoder(parse_constant=_refuse_constant)
_SPACES = " \t\r\n"


def jsonl_rows(text: str) -> Iterator[Row]:
    """One value a line; blank lines are skipped."""
    for number, line in enumerate(io.StringIO(text, newline=None), start=1):
        if line.strip(_SPACES):
            try:
                yield Row(number, _DECODER.decode(line))
            except (ValueError, RecursionError) as error:
                yield Row(number, problem=_reason(error))


def json_rows(text: str) -> Iterator[Row]:
    """The elements of a list, or of the list under `examples` in an object.

    The document is walked rather than parsed whole, because only a walk knows the line of
    each element. A malformed one ends it.
    """
    walk = _Walk(text)
    try:
        walk.skip_spaces()
        if walk.take("["):
            yield from _elements(walk)
        elif walk.take("{"):
            yield from _examples_in_object(walk)
        else:
            yield Row(walk.line, problem='it is neither a list nor {"examples": [...]}')
            return
        if walk.at < len(text):
            raise json.JSONDecodeError("Extra data", text, walk.at)
    except json.JSONDecodeError as error:
        yield Row(error.lineno, problem=_reason(error))
    except (ValueError, RecursionError) as error:
        yield Row(walk.line, problem=_reason(error))


class _Walk:
    """A place in a text and its line."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.line = 1

    def skip_spaces(self) -> None:
        start = self.at
        while self.at < len(self.text) and self.text[self.at] in _SPACES:
            self.at += 1
        self.line += self.text.count("\n", start, self.at)

    def take(self, mark: str) -> bool:
        """Step over `mark` and the spaces behind it, if it stands here."""
        if not self.text.startswith(mark, self.at):
            return False
        self.at += 1
        self.skip_spaces()
        return True

    def expect(self, mark: str) -> None:
        if not self.take(mark):
            raise json.JSONDecodeError(f"Expecting '{mark}'", self.text, self.at)

    def key(self) -> object:
        if not self.text.startswith('"', self.at):
            raise json.JSONDecodeError("Expecting a name in quotes", self.text, self.at)
        return self.value()

    def value(self) -> object:
        start = self.at
        value, self.at = _DECODER.raw_decode(self.text, start)
        self.line += self.text.count("\n", start, self.at)
        self.skip_spaces()
        return value


def _elements(walk: _Walk) -> Iterator[Row]:
    """The rest of a list whose bracket is open."""
    if walk.take("]"):
        return
    while True:
        line = walk.line
        yield Row(line, walk.value())
        if walk.take("]"):
            return
        walk.expect(",")


def _examples_in_object(walk: _Walk) -> Iterator[Row]:
    """The `examples` of an object whose brace is open; what else it holds is skipped."""
    found = False
    more = not walk.take("}")
    while more:
        key = walk.key()
        walk.expect(":")
        if key == "examples" and walk.take("["):
            found = True
            yield from _elements(walk)
        else:
            walk.value()
        more = not walk.take("}")
        if more:
            walk.expect(",")
    if not found:
        yield Row(1, problem="the object has no list called `examples`")


def _reason(error: ValueError | RecursionError) -> str:
    if isinstance(error, RecursionError):
        return "it is nested too deeply"
    if isinstance(error, json.JSONDecodeError):
        return f"it is not valid JSON ({error.msg.lower()} at column {error.colno})"
    return f"it is not valid JSON ({error})"
