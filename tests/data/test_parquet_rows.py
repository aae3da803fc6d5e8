"""Records of Parquet, and files that only look like it."""

import io

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from backlit.data.parquet_rows import parquet_rows
from backlit.data.rows import Row, examples_from
from backlit.errors import DataError


def parquet(table: pa.Table) -> bytes:
    out = io.BytesIO()
    pq.write_table(table, out)
    return out.getvalue()


def test_rows_are_numbered_over_batches() -> None:
    rows = list(parquet_rows(parquet(pa.table({"prompt": ["a"] * 3000})), "a.parquet"))
    assert rows[0] == Row("row 1", {"prompt": "a"})
    assert rows[-1].place == "row 3000"


def test_a_bad_row_is_named_by_its_row() -> None:
    data = parquet(pa.table({"prompt": ["a", None]}))
    with pytest.raises(DataError, match=r"a\.parquet, row 2: it has no `prompt`"):
        examples_from(parquet_rows(data, "a.parquet"), "a", "a.parquet")


@pytest.mark.parametrize("data", [b"PAR1", b"not parquet at all", b"PAR1" * 10])
def test_what_is_not_parquet(data: bytes) -> None:
    with pytest.raises(DataError, match="can't be read as Parquet"):
        list(parquet_rows(data, "a.parquet"))


def test_a_damaged_file() -> None:
    data = bytearray(parquet(pa.table({"prompt": ["a" * 50, "b" * 50]})))
    data[4:60] = bytes(56)
    with pytest.raises(DataError, match="can't be read as Parquet"):
        list(parquet_rows(bytes(data), "a.parquet"))


def test_a_column_named_twice() -> None:
    table = pa.Table.from_arrays([pa.array(["a"]), pa.array(["b"])], names=["prompt", "prompt"])
    with pytest.raises(DataError, match="names a column twice"):
        list(parquet_rows(parquet(table), "a.parquet"))
