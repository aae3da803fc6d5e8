"""Rows of CSV: a header, then a prompt a record. A cell may span lines."""

import csv
import io
import json
from collections.abc import Iterator

from backlit.data.rows import Row

# The module's own limit is 128 KiB a cell; a prompt may be longer. The largest that fits
# the C long of every platform.
_CELL_LIMIT = 2**31 - 1


def csv_rows(text: str, *, prompts: bool = True) -> Iterator[Row]:
    """One row a record, named by its first line; blank lines are skipped.

    The delimiter is a comma, or the semicolon or tab under which the header makes sense, as
    spreadsheets write where the comma is the decimal sign. `messages` holds JSON. With `prompts`,
    one of `prompt` and `messages` must be a column.
    """
    records = _records(text)
    header = next(records, None)
    if header is None:
        return
    if header.problem:
        yield header
        return
    columns = header.value
    assert isinstance(columns, list)
    problem = _header_problem(columns, prompts=prompts)
    if problem:
        yield Row(header.place, problem=problem)
        return
    for record in records:
        yield record if record.problem else _row(record, columns)


def _records(text: str) -> Iterator[Row]:
    """Lists of cells. A record that breaks the rules of quoting ends the file."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text), strict=True)
    before = csv.field_size_limit(_CELL_LIMIT)
    try:
        while True:
            line = reader.line_num + 1
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                yield Row(f"line {line}", problem=f"it is not valid CSV ({error})")
                return
            if cells:
                yield Row(f"line {line}", cells)
    finally:
        csv.field_size_limit(before)


def _delimiter(text: str) -> str:
    first_line = text.lstrip("\r\n").partition("\n")[0].rstrip("\r")
    for delimiter in (",", ";", "\t"):
        cells = {cell.strip().strip('"') for cell in first_line.split(delimiter)}
        if cells & {"prompt", "messages"}:
            return delimiter
    return max(",;\t", key=first_line.count)


def _header_problem(columns: list[str], *, prompts: bool) -> str:
    if prompts and not {"prompt", "messages"} & set(columns):
        return "the header names neither `prompt` nor `messages`"
    if len(set(columns)) < len(columns):
        return "the header names a column twice"
    return ""


def _row(record: Row, columns: list[str]) -> Row:
    cells = record.value
    assert isinstance(cells, list)
    if len(cells) != len(columns):
        return Row(record.place, problem=f"it has {len(cells)} cells, not {len(columns)}")
    value: dict[str, object] = dict(zip(columns, cells, strict=True))
    for column in ("prompt", "messages"):
        if value.get(column) == "":  # how CSV says that there is nothing
            del value[column]
    messages = value.get("messages")
    if isinstance(messages, str):
        try:
            value["messages"] = json.loads(messages)
        except (ValueError, RecursionError):
            return Row(record.place, problem="`messages` is not valid JSON")
    return Row(record.place, value)
