"""Loading a dataset by its address, whatever its format.

sample_prompts              the prompts that come with Backlit
my/prompts.jsonl            a file: .jsonl, .json, .csv, .parquet or .txt
https://example.org/a.csv   the same over https
s3://bucket/a.parquet       the same wherever fsspec reaches, if its package is installed
mine:my/prompts.jsonl       any of them under a name of your choice
"""

import codecs
import io
import re
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import chain, count
from pathlib import Path
from typing import TYPE_CHECKING, Any

from backlit.data.base import MAX_BYTES, Dataset, Example, ExampleList, too_large
from backlit.data.csv_rows import csv_rows
from backlit.data.json_rows import json_rows, jsonl_rows
from backlit.data.rows import Row, examples_from
from backlit.data.samples import SAMPLE_PROMPTS, sample_bytes
from backlit.data.stores import read_stored
from backlit.errors import DataError, NotFoundError
from backlit.sources.address import is_url, path_of_url

if TYPE_CHECKING:
    import httpx2

# One letter is a Windows drive, and `https:` is followed by `//`.
_NAMED = re.compile(r"(?P<name>[\w.-]{2,}):(?!//)(?P<path>.*)", re.DOTALL)
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://")


def load_dataset(
    address: str, client: "httpx2.Client | None" = None, *, prompts: bool = True
) -> Dataset:
    """Read a whole dataset.

    Args:
        address: `name:path` or `path`; the path is `sample_prompts`, a file, an https URL or one
            that fsspec knows. Without a name, the file's own name without its ending.
        client: for URLs; by default one made for this call.
        prompts: whether every row must have a prompt; those for the variables of a template need
            none.

    Raises:
        DataError: nothing there, nothing in it, an unknown format, or bad rows.
        MissingPackageError: what reaches a URL is not installed.
    """
    match = _NAMED.fullmatch(address.strip())
    name, path = (match["name"], match["path"].strip()) if match else ("", address.strip())
    if not path:
        raise DataError("The dataset has no path.", "Write name:path, or sample_prompts.")
    if path == SAMPLE_PROMPTS:
        name = name or SAMPLE_PROMPTS
        return ExampleList(name, examples_from(jsonl_rows(_text(sample_bytes(), path)), name, path))
    scheme = _SCHEME.match(path)
    file = _path_of_url(path) if is_url(path) else Path(path[scheme.end() :] if scheme else path)
    _ending(file)  # an unknown format is told before anything is fetched
    if is_url(path):
        from backlit.data.web import fetch  # slow to import, and seldom needed

        data = fetch(path, client)
    elif scheme:
        data = read_stored(path)
    else:
        data = _bytes(file)
    read = read_dataset(data, file.name, name or file.stem, prompts=prompts)
    return replace(read, address=path if scheme else str(file.absolute()))


def read_dataset(data: bytes, file: str, name: str, *, prompts: bool = True) -> ExampleList:
    """Read a dataset from what a file holds.

    Args:
        data: its bytes.
        file: its name, whose ending says its format.
        name: the dataset's.
        prompts: whether every row must have one.

    Raises:
        DataError: nothing in it, an unknown format, or bad rows.
    """
    ending = _ending(Path(file))
    if not data.strip():
        raise DataError(f"{file} is empty.", "Give it at least one row with a prompt.")
    rows = _READERS[ending](data, file, prompts)
    return ExampleList(name, examples_from(rows, name, file, prompts=prompts))


def as_datasets(
    sources: Sequence[str | Dataset | Iterable[Mapping[str, Any] | Example]],
    taken: Container[str] = (),
) -> list[Dataset]:
    """Datasets from what a person has: addresses, datasets, or rows in memory.

    Args:
        sources: rows are dicts with `prompt` or `messages`, or examples; their datasets are called
            `data`, `data-2` and so on.
        taken: names that rows get no more.

    Raises:
        DataError: one can't be read, or two have one name.
    """
    datasets: list[Dataset] = []
    names = (name for name in chain(["data"], map("data-{}".format, count(2))) if name not in taken)
    for source in sources:
        if isinstance(source, Mapping):
            raise DataError(
                "A dataset is a list of rows, not one row.", "Put the rows in a list of their own."
            )
        if isinstance(source, str):
            dataset = load_dataset(source)
        elif isinstance(source, Iterable):
            name = next(names)
            rows = [Row(f"row {number}", row) for number, row in enumerate(source, start=1)]
            dataset = ExampleList(name, examples_from(rows, name, name))
        else:
            dataset = source
        if any(dataset.name == other.name for other in datasets):
            raise DataError(
                f"Two datasets are called {dataset.name!r}.", "Name one: name:path, not path."
            )
        datasets.append(dataset)
    return datasets


def txt_rows(text: str) -> Iterator[Row]:
    """A prompt a line; blank lines are skipped."""
    for number, line in enumerate(io.StringIO(text, newline=None), start=1):
        if line.strip():
            yield Row(f"line {number}", {"prompt": line.removesuffix("\n")})


def _ending(file: Path) -> str:
    ending = file.suffix.lower()
    if ending in _READERS:
        return ending
    if file.is_dir():
        raise DataError(f"{file} is a folder.", "Give the path of a file in it.")
    form = f"ending {ending}" if ending else "file without an ending"
    raise DataError(
        f"{file.name or file} is not a dataset Backlit knows ({form}).",
        f"Use {SAMPLE_PROMPTS}, or a file that ends in {', '.join(_READERS)}.",
    )


def _path_of_url(url: str) -> Path:
    try:
        return Path(path_of_url(url))
    except NotFoundError as error:
        raise DataError(error.message, error.hint) from error


def _bytes(file: Path) -> bytes:
    try:
        path = file.expanduser()
        if path.exists() and not path.is_file() and not path.is_dir():
            raise DataError(  # which may have no end, or keep waiting for one
                f"{file} is a device or a pipe, not a file.", "Save what it gives as a file."
            )
        with path.open("rb") as opened:
            content = b""
            if path.stat().st_size <= MAX_BYTES:
                content = opened.read(MAX_BYTES + 1)  # more than it was, if it grows
                if len(content) <= MAX_BYTES:
                    return content
        raise too_large(str(file), MAX_BYTES)
    except FileNotFoundError as error:
        raise DataError(f"There is no file {file}.", "Check the path.") from error
    except IsADirectoryError as error:
        raise DataError(f"{file} is a folder.", "Give the path of a file in it.") from error
    except (OSError, RuntimeError, ValueError) as error:  # no such home; a NUL in the path
        reason = getattr(error, "strerror", None) or error
        raise DataError(f"{file} can't be opened ({reason}).", "Check the path.") from error


def _text(data: bytes, file: str) -> str:
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise DataError(f"{file} is UTF-16, not UTF-8.", "Save it as UTF-8.")
    data = data.removeprefix(codecs.BOM_UTF8)
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise DataError(
            f"{file} is not UTF-8: line {line} has a byte that can't be read"
            f" (0x{data[error.start]:02x}).",
            "Save it as UTF-8.",
        ) from error


def _parquet_rows(data: bytes, file: str) -> Iterator[Row]:
    from backlit.data.parquet_rows import parquet_rows  # slow to import, and seldom needed

    return parquet_rows(data, file)


# By the ending of a file: from its content and its name, for errors, to its rows.
_READERS: dict[str, Callable[[bytes, str, bool], Iterator[Row]]] = {
    ".jsonl": lambda data, file, _: jsonl_rows(_text(data, file)),
    ".json": lambda data, file, _: json_rows(_text(data, file), file),
    ".csv": lambda data, file, prompts: csv_rows(_text(data, file), prompts=prompts),
    ".txt": lambda data, file, _: txt_rows(_text(data, file)),
    ".parquet": lambda data, file, _: _parquet_rows(data, file),
}
