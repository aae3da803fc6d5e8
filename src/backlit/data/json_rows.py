"""Rows of JSON Lines, by their line, and of JSON documents, by their number."""

import io
import json
from collections.abc import Iterator

from backlit.data.rows import Row
from backlit.errors import DataError


def jsonl_rows(text: str) -> Iterator[Row]:
    """One value a line; blank lines are skipped."""
    for number, line in enumerate(io.StringIO(text, newline=None), start=1):
        if line.strip(" \t\r\n"):
            try:
                yield Row(f"line {number}", json.loads(line.removesuffix("\n")))
            except json.JSONDecodeError as error:
                problem = f"it is not valid JSON ({error.msg.lower()} at column {error.colno})"
                yield Row(f"line {number}", problem=problem)
            except (ValueError, RecursionError) as error:
                yield Row(f"line {number}", problem=f"it can't be read as JSON ({_reason(error)})")


def json_rows(text: str, file: str) -> Iterator[Row]:
    """The elements of a list, or of the list under `examples` in an object.

    Args:
        file: what to call the file in an error.

    Raises:
        DataError: there is no such list.
    """
    try:
        document = json.loads(text)
    except json.JSONDecodeError as error:
        raise DataError(
            f"{file} is not valid JSON: {error.msg.lower()} at line {error.lineno}, "
            f"column {error.colno}.",
            "Fix it and load it again.",
        ) from error
    except (ValueError, RecursionError) as error:
        raise DataError(
            f"{file} can't be read as JSON: {_reason(error)}.", "Fix it and load it again."
        ) from error
    values = document.get("examples") if isinstance(document, dict) else document
    if not isinstance(values, list):
        raise DataError(
            f"{file} holds neither a list of rows nor an object with such a list.",
            'Write [...] or {"examples": [...]}.',
        )
    for number, value in enumerate(values, start=1):
        yield Row(f"row {number}", value)


def _reason(error: ValueError | RecursionError) -> str:
    """Why Python gave up on what may be valid JSON."""
    deep = isinstance(error, RecursionError)
    return "it is nested too deeply" if deep else "a number has too many digits"
