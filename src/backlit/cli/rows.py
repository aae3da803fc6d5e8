"""Rows of a dataset and templates that they fill in, as the command line names them."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from backlit.data import Example
    from backlit.explanation import Variant


def only(span: str | None, examples: "Sequence[Example]") -> "Sequence[Example]":
    """The rows `FIRST:LAST`, counted from 1; all of them if nothing is said."""
    found = span_of(span, len(examples))
    return examples if found is None else examples[found.start : found.stop]


def span_of(span: str | None, count: int) -> range | None:
    """The numbers, from 0, of the rows `FIRST:LAST`, of so many; None if nothing is said."""
    if span is None:
        return None
    found = re.fullmatch(r"(\d+):(\d+)", span)
    if found is None or not 1 <= int(found[1]) <= int(found[2]):
        raise typer.BadParameter("--only is FIRST:LAST, such as 1:20.")
    chosen = range(int(found[1]) - 1, min(int(found[2]), count))
    if not chosen:
        raise typer.BadParameter(f"--only {span}: there are {count} rows.")
    return chosen


def template_of(path: Path, name: str) -> "Variant":
    """A file's text, without the end of its last line."""
    from backlit.errors import PromptError
    from backlit.explanation import Variant

    try:
        text = path.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise PromptError(f"{path} can't be read: {error}.", "Give a file with text.") from error
    return Variant(name, text.removesuffix("\n"))
