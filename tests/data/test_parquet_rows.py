"""Records of Parquet, and files that only look like it."""

import io
from itertools import islice

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from backlit.data import parquet_rows as module
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


def repeated(text: str, rows: int, **options: bool) -> bytes:
    """One text many times, which takes the room of one."""
    out = io.BytesIO()
    column = pa.DictionaryArray.from_arrays(pa.array([0] * rows, pa.int32()), [text])
    pq.write_table(pa.table({"prompt": column}), out, **options)
    return out.getvalue()


@pytest.mark.parametrize("store_schema", [True, False])
def test_a_small_file_that_unfolds_is_too_large(
    store_schema: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = repeated("x" * 1000, 300_000, store_schema=store_schema)
    assert len(data) < 100_000
    monkeypatch.setattr(module, "MAX_BYTES", 20_000_000)
    rows = parquet_rows(data, "a.parquet")
    before = pa.total_allocated_bytes()
    assert len(list(islice(rows, 20_000))) == 20_000
    assert pa.total_allocated_bytes() - before < 20_000_000
    with pytest.raises(DataError, match=r"a\.parquet, once it is unpacked, is larger") as caught:
        next(rows)
    assert "Load a part" in caught.value.hint


def test_a_long_text_many_times_is_read_a_few_rows_at_a_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "MAX_BYTES", 20_000_000)
    rows = parquet_rows(repeated("x" * 4_000_000, 1_000), "a.parquet")
    before = pa.total_allocated_bytes()
    next(rows)
    assert pa.total_allocated_bytes() - before < 60_000_000
    with pytest.raises(DataError, match="larger than"):
        list(rows)


def test_what_says_it_is_too_large_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    data = parquet(pa.table({"prompt": ["a" * 500, "b" * 500]}))
    monkeypatch.setattr(module, "MAX_BYTES", 900)
    with pytest.raises(DataError, match="larger than"):
        next(parquet_rows(data, "a.parquet"))


def test_the_number_of_rows_has_a_limit() -> None:
    data = repeated("a", module.MAX_ROWS + 1)
    with pytest.raises(DataError, match="more than 1,000,000 rows") as caught:
        next(parquet_rows(data, "a.parquet"))
    assert "Load a part" in caught.value.hint


def test_nested_values_count_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    data = parquet(pa.table({"messages": [[{"role": "user", "content": "a" * 100}]] * 20}))
    monkeypatch.setattr(module, "MAX_BYTES", 1_900)
    with pytest.raises(DataError, match="larger than"):
        list(parquet_rows(data, "a.parquet"))
