"""Variants from a file: whole templates by their names, or what each changes of another one."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from backlit.data.base import MAX_BYTES, too_large
from backlit.data.json_rows import jsonl_rows
from backlit.errors import DataError
from backlit.explaining.prompts import as_prompt
from backlit.explaining.variants import on_top, with_line, with_other_words, without_lines
from backlit.explanation.cell import Variant
from backlit.types import Prompt

CHANGES = ("lines", "without_lines", "words", "principles")
FORM = (
    'Write {"name": "…", "template": "…"}, or what it changes: lines, without_lines, words, '
    "principles."
)


def read_variants(path: str | Path, template: Prompt | None = None) -> tuple[Variant, ...]:
    """The variants of a JSON Lines file.

    Each row has a `name`, and a `template` (text) or `messages`; or it says what it changes of
    `template`, or else of the first row's: `lines`, other lines by their numbers from 1;
    `without_lines`, numbers; `words`, others by the words in whose place they stand; `principles`
    to go on top. Several of them are made in this order.

    Args:
        path: of the file.
        template: what rows without one change; also the first variant, called by the file's name.

    Raises:
        DataError: the file can't be read, or a row of it is no variant.
        OptionsError: what a row changes is not in the template.
    """
    path = Path(path)
    try:
        data = path.read_bytes()
        text = data.decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{path} can't be read: {error}.", "Give a .jsonl file.") from error
    if len(data) > MAX_BYTES:
        raise too_large(str(path), MAX_BYTES)
    found: list[Variant] = []
    for row in jsonl_rows(text):
        where = f"{path.name}, {row.place}"
        if row.problem:
            raise DataError(f"{where}: {row.problem}.", FORM)
        one = _variant(row.value, template, where)
        template = one.template if template is None else template
        found.append(one)
    if not found:
        raise DataError(f"{path} holds no variants.", FORM)
    return tuple(found)


def _variant(row: object, template: Prompt | None, where: str) -> Variant:
    if not isinstance(row, Mapping) or not isinstance(row.get("name"), str) or not row["name"]:
        raise DataError(f"{where}: it has no name.", FORM)
    given: Any = row.get("template", row.get("messages"))
    changes = {name: row[name] for name in CHANGES if name in row}
    unknown = sorted(row.keys() - {"name", "template", "messages", *CHANGES})
    if unknown:
        raise DataError(f"{where}: {', '.join(unknown)} is not known.", FORM)
    if given is not None:
        template = as_prompt(given)
    if template is None:
        raise DataError(f"{where}: there is no template that it could change.", FORM)
    try:
        return Variant(row["name"], _changed(template, changes), ", ".join(changes))
    except (TypeError, ValueError, AttributeError) as error:
        raise DataError(f"{where}: {', '.join(changes)} can't be read ({error}).", FORM) from error


def _changed(template: Prompt, changes: Mapping[str, Any]) -> Prompt:
    """A template with all of this changed.

    Raises:
        TypeError: of a chat, lines are not numbered; or what was given is of another form.
    """
    for number, text in dict(changes.get("lines", {})).items():
        template = with_line(_text(template), int(number), str(text)).template
    if "without_lines" in changes:
        template = without_lines(_text(template), [int(one) for one in changes["without_lines"]])
    for word, other in dict(changes.get("words", {})).items():
        (changed,) = with_other_words(template, {word: [str(other)]})
        template = changed.template
    if "principles" in changes:
        template = on_top(template, [str(one) for one in changes["principles"]])
    return template


def _text(template: Prompt) -> str:
    if not isinstance(template, str):
        raise TypeError("a chat has no numbered lines")
    return template
