"""Examples as the files that a dataset is read from: JSONL, CSV and Parquet."""

import csv
import io
import json
from collections.abc import Sequence
from typing import Any, Literal

from backlit.data.base import Example
from backlit.data.query import text_of

LARGEST = 2**63  # of the whole numbers that Parquet knows
Form = Literal["jsonl", "csv", "parquet"]


def written(examples: Sequence[Example], form: Form) -> bytes:
    """Examples as a file. What is read from it again are the same examples; in a table, what is
    neither text nor a number stands as JSON, and a chat as `messages`.
    """
    if form == "jsonl":
        lines = (json.dumps(_row(one), ensure_ascii=False) + "\n" for one in examples)
        return "".join(lines).encode()
    return _csv(examples) if form == "csv" else _parquet(examples)


def _row(example: Example) -> dict[str, Any]:
    """All that a row has, by the names that it is read by."""
    row: dict[str, Any] = {"id": example.id}
    if isinstance(example.prompt, str):
        row["prompt"] = example.prompt
    else:
        row["messages"] = [{"role": one.role, "content": one.content} for one in example.prompt]
    row |= {"target": example.target, "source": example.source}
    return {name: value for name, value in row.items() if value is not None} | dict(example.fields)


def _csv(examples: Sequence[Example]) -> bytes:
    out = io.StringIO()
    names = list(dict.fromkeys(name for one in examples for name in _row(one)))
    writer = csv.writer(out)  # with lines that end as in no text, so that those in it are quoted
    writer.writerow(names)
    for one in examples:
        row = _row(one)
        writer.writerow([text_of(row.get(name)) for name in names])
    return out.getvalue().encode()


def _parquet(examples: Sequence[Example]) -> bytes:
    import pyarrow
    from pyarrow import parquet

    rows = [_row(one) for one in examples]
    names = list(dict.fromkeys(name for row in rows for name in row))
    columns = {name: _column([row.get(name) for row in rows]) for name in names}
    out = io.BytesIO()
    parquet.write_table(pyarrow.table(columns), out)
    return out.getvalue()


def _column(values: list[Any]) -> list[Any]:
    """Of one type: what is mixed becomes text."""
    kinds = {type(value) for value in values if value is not None}
    if (len(kinds) <= 1 and not kinds & {dict, list}) or kinds == {int, float}:
        whole = [value for value in values if type(value) is int]
        if all(abs(value) < LARGEST for value in whole):
            return values
    if kinds == {list} and all(_is_messages(value) for value in values if value is not None):
        return values
    return [None if value is None else text_of(value) for value in values]


def _is_messages(value: list[Any]) -> bool:
    return all(isinstance(one, dict) and set(one) == {"role", "content"} for one in value)
