"""Rows of Parquet. Needs pyarrow, so import this module only when such a file is asked for."""

from collections.abc import Iterator

import pyarrow as pa
import pyarrow.parquet as pq

from backlit.data.rows import Row
from backlit.errors import DataError

_BATCH_SIZE = 1024


def parquet_rows(data: bytes, file: str) -> Iterator[Row]:
    """One row a record, numbered from 1.

    Raises:
        DataError: it is not Parquet, is damaged, or names a column twice.
    """
    number = 0
    try:
        table = pq.ParquetFile(pa.BufferReader(data))
        names = table.schema_arrow.names
        if len(set(names)) < len(names):
            raise DataError(f"{file} names a column twice.", "Rename one of them.")
        for batch in table.iter_batches(_BATCH_SIZE):
            for value in batch.to_pylist():
                number += 1
                yield Row(f"row {number}", value)
    except (pa.ArrowException, OSError, ValueError, OverflowError) as error:
        raise DataError(
            f"{file} can't be read as Parquet after row {number} ({error}).",
            "Check that the file is whole, or save it as .jsonl.",
        ) from error
