"""Rows of Parquet. Slow to import, so import this module only when such a file is asked for."""

from collections.abc import Iterator

import pyarrow as pa
import pyarrow.parquet as pq

from backlit.data.base import MAX_BYTES, too_large
from backlit.data.rows import Row
from backlit.errors import DataError

MAX_ROWS = 1_000_000

_BATCH_SIZE = 1024


def parquet_rows(data: bytes, file: str) -> Iterator[Row]:
    """One row a record, numbered from 1.

    A small file can hold much: what is packed, and what repeats, takes little room. So rows and
    their bytes are counted as they come.

    Raises:
        DataError: it is not Parquet, is damaged, names a column twice, or holds too much.
    """
    number = size = 0
    try:
        table = pq.ParquetFile(pa.BufferReader(data))
        names = table.schema_arrow.names
        if len(set(names)) < len(names):
            raise DataError(f"{file} names a column twice.", "Rename one of them.")
        for batch in table.iter_batches(_rows_at_once(table.metadata, file)):
            for value in batch.to_pylist():
                number += 1
                size += _size(value)
                if size > MAX_BYTES:
                    raise too_large(f"{file}, once it is unpacked,", MAX_BYTES)
                yield Row(f"row {number}", value)
    except (pa.ArrowException, OSError, ValueError, OverflowError) as error:
        raise DataError(
            f"{file} can't be read as Parquet after row {number} ({error}).",
            "Check that the file is whole, or save it as .jsonl.",
        ) from error


def _rows_at_once(known: pq.FileMetaData, file: str) -> int:
    """So few that, even if each of them repeats all that is stored, memory holds them."""
    if known.num_rows > MAX_ROWS:
        raise DataError(
            f"{file} has more than {MAX_ROWS:,} rows.",
            "Load a part of it: keep the rows that you want to look at in a file of their own.",
        )
    groups: list[int] = [known.row_group(i).total_byte_size for i in range(known.num_row_groups)]
    if max(groups, default=0) > MAX_BYTES:
        raise too_large(f"{file}, once it is unpacked,", MAX_BYTES)
    return max(1, min(_BATCH_SIZE, 2 * MAX_BYTES // max([1, *groups])))


def _size(value: object) -> int:
    """About how many bytes a row takes; what Arrow says would count a repeated text once."""
    if isinstance(value, str | bytes):
        return len(value)
    if isinstance(value, dict):
        return sum(map(_size, value.values()))
    return sum(map(_size, value)) if isinstance(value, list | tuple) else 8
