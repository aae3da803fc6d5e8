"""From the rows of a file to examples: all of them, or an error that names the bad ones.

A row has `prompt` (text) or `messages` (a list of role and content), and may have `target`,
`source` and `id`. Its other columns are kept as the example's `fields`. In memory a row may also be
an example that was read before.
"""

from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import count
from typing import Any

from backlit.data.base import Example
from backlit.data.row_model import KNOWN_FIELDS, RowError, kind, parse_row, short, to_json
from backlit.errors import DataError

MAX_PROBLEMS_SHOWN = 20


@dataclass(frozen=True, slots=True)
class Row:
    """What stands at one place of a file: a value, or the problem why there is none.

    `place` is what a person looks for, counted from 1: `line 3`, where the row starts, or
    `row 3` in a format without lines.
    """

    place: str
    value: object = None
    problem: str = ""


def examples_from(
    rows: Iterable[Row], name: str, file: str, *, prompts: bool = True
) -> tuple[Example, ...]:
    """Read every row; examples without an id are called `name-1`, `name-2`, and so on.

    Args:
        rows: in the order of the file.
        name: the dataset's, for generated ids.
        file: what to call the file in an error.
        prompts: whether every row must have a prompt; without, those of rows that have none are "".

    Raises:
        DataError: there are no rows, or some are bad: the first 20 are named.
    """
    problems = 0
    shown: list[str] = []
    drafts: list[tuple[str | None, Mapping[str, Any]]] = []
    first_places: dict[str, str] = {}
    for row in rows:
        try:
            id_, draft = _draft(row, prompts=prompts)
            if id_ is not None:
                if id_ in first_places:
                    raise RowError(f"its id {short(id_)} is already that of {first_places[id_]}")
                first_places[id_] = row.place
        except RowError as problem:
            problems += 1
            if len(shown) < MAX_PROBLEMS_SHOWN:
                shown.append(f"{file}, {row.place}: {problem}.")
        else:
            drafts.append((id_, draft))
    if problems:
        raise _error(problems, shown, file)
    if not drafts:
        raise DataError(f"{file} holds no examples.", "Give it at least one row with a prompt.")
    unused = _unused_ids(name, first_places)
    return tuple(Example(id=id_ or next(unused), **draft) for id_, draft in drafts)


def _error(problems: int, shown: list[str], file: str) -> DataError:
    rows = "a bad row" if problems == 1 else f"{problems:,} bad rows"
    lines = [f"{file} has {rows}, so nothing was loaded.", *shown]
    if problems > len(shown):
        lines.append(f"… and {problems - len(shown):,} more.")
    return DataError("\n".join(lines), "Fix what is named and load it again.")


def _unused_ids(name: str, used: Container[str]) -> Iterator[str]:
    return (id_ for id_ in (f"{name}-{n}" for n in count(1)) if id_ not in used)


def _draft(row: Row, *, prompts: bool) -> tuple[str | None, Mapping[str, Any]]:
    """The row's own id, if it has one, and the rest of its example."""
    if row.problem:
        raise RowError(row.problem)
    if isinstance(row.value, Example):
        one = row.value
        draft = {"prompt": one.prompt, "target": one.target, "source": one.source}
        return one.id, {**draft, "fields": one.fields}
    if not isinstance(row.value, Mapping):
        raise RowError(f"it is {kind(row.value)}, not an object with a `prompt`")
    value = {
        to_json(str(key), "the name of a field"): to_json(content, short(key))
        for key, content in row.value.items()
    }
    parsed = parse_row(value, prompts=prompts)
    return None if parsed.id in (None, "") else str(parsed.id), {
        "prompt": parsed.to_prompt(),
        "target": parsed.target or None,
        "source": parsed.source or None,
        "fields": {key: content for key, content in value.items() if key not in KNOWN_FIELDS},
    }
