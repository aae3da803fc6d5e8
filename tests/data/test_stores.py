"""Datasets wherever fsspec reaches."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import fsspec
import pytest

from backlit.data import load_dataset, stores
from backlit.errors import DataError, MissingPackageError

ROWS = b'{"prompt": "Say hello."}\n{"prompt": "Say goodbye."}\n'


@pytest.fixture
def memory() -> Iterator[Any]:
    """The file system of `memory://`, empty."""
    files = fsspec.filesystem("memory")
    files.store.clear()
    files.pseudo_dirs[:] = [""]
    yield files
    files.store.clear()


@pytest.mark.parametrize("prefix", ["", "mine:"])
def test_a_file_of_a_store(memory: Any, prefix: str) -> None:
    memory.pipe("/bucket/some rows.jsonl", ROWS)
    dataset = load_dataset(f"{prefix}memory://bucket/some rows.jsonl")
    assert dataset.name == ("mine" if prefix else "some rows")
    assert [one.prompt for one in dataset.examples] == ["Say hello.", "Say goodbye."]
    assert getattr(dataset, "address", "") == "memory://bucket/some rows.jsonl"


def test_a_file_of_this_machine_by_its_url(tmp_path: Path) -> None:
    (tmp_path / "rows.json").write_text(json.dumps([{"prompt": "Say hello."}]))
    assert len(load_dataset(f"file://{tmp_path}/rows.json").examples) == 1


@pytest.mark.parametrize(
    ("address", "told"),
    [
        ("memory://bucket/none.jsonl", r"There is no file memory://bucket/none\.jsonl\."),
        ("memory://bucket/rows.html", "not a dataset Backlit knows"),
        ("nosuch://bucket/rows.csv", "can't be read .*nosuch"),
    ],
)
def test_what_can_not_be_read(memory: Any, address: str, told: str) -> None:
    with pytest.raises(DataError, match=told):
        load_dataset(address)


def test_too_large(memory: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    memory.pipe("/rows.jsonl", ROWS)
    monkeypatch.setattr(stores, "MAX_BYTES", len(ROWS))
    assert len(load_dataset("memory://rows.jsonl").examples) == 2
    monkeypatch.setattr(stores, "MAX_BYTES", len(ROWS) - 1)
    with pytest.raises(DataError, match=r"memory://rows\.jsonl is larger than"):
        load_dataset("memory://rows.jsonl")


def test_a_scheme_whose_package_is_missing() -> None:
    fsspec.register_implementation(
        "afar", "no_such_package.Files", clobber=True, errtxt="Install no-such-package"
    )
    with pytest.raises(MissingPackageError, match="Install no-such-package"):
        load_dataset("afar://bucket/rows.jsonl")


def test_a_store_that_fails(memory: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise RuntimeError("No credentials")

    monkeypatch.setattr(type(memory), "_open", refuse)
    with pytest.raises(DataError, match=r"can't be read \(No credentials\)"):
        load_dataset("memory://rows.jsonl")
