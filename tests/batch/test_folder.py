"""The folder of a batch, on this machine and in a store; and whole batches in stores."""

import errno
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import fsspec
import pytest

from backlit.batch import explain_dataset, load_batch
from backlit.batch.folder import Folder
from backlit.batch.running import Tally
from backlit.errors import Cancelled, DiskError, MissingPackageError, OptionsError
from tests.batch.deadly import rows
from tests.soak import disk


@pytest.fixture
def memory() -> Iterator[Any]:
    """The file system of `memory://`, empty."""
    files = fsspec.filesystem("memory")
    files.store.clear()
    files.pseudo_dirs[:] = [""]
    yield files
    files.store.clear()


@pytest.fixture(params=["here", "memory"])
def folder(request: pytest.FixtureRequest, memory: Any, tmp_path: Path) -> Folder:
    return Folder(tmp_path / "batch" if request.param == "here" else "memory://bucket/batch")


def test_what_is_not_there(folder: Folder) -> None:
    assert folder.names() == []
    assert folder.size("job.json") is None
    assert folder.read("job.json") == b""
    assert not folder.is_file()


def test_what_was_written_is_read(folder: Folder) -> None:
    folder.make()
    folder.make()
    folder.write("job.json", b"first")
    folder.write("job.json", b"second")
    folder.write("parts/0001.gz", b"part")
    assert [name for name in folder.names() if name != "parts"] == ["job.json"]
    assert folder.names("parts") == ["0001.gz"]
    assert folder.size("job.json") == 6
    assert folder.read("job.json") == b"second"
    assert folder.read("job.json", 1, 3) == b"ec"
    with folder.opened("job.json") as file:
        assert file.read() == b"second"


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_a_file_is_whole_or_as_it_was(folder: Folder, error: type[BaseException]) -> None:
    folder.make()

    def fail(name: str) -> None:
        def half() -> None:
            with folder.writing(name) as file:
                file.write(b"half of")
                raise error

        with pytest.raises(error):
            half()

    fail("runs.parquet")
    assert folder.size("runs.parquet") is None
    folder.write("runs.parquet", b"whole")
    fail("runs.parquet")
    assert folder.read("runs.parquet") == b"whole"
    assert [name for name in folder.names() if name != "parts"] == ["runs.parquet"]


def test_append(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    folder.append("part", b"one")
    folder.append("part", b"two")
    assert folder.read("part") == b"onetwo"


def test_an_append_that_fails_leaves_the_file_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = Folder(tmp_path)
    folder.append("part", b"one")

    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(DiskError, match="could not be written to: No space left on device"):
            folder.append("part", b"two")
        with pytest.raises(DiskError, match="run the same again"):
            folder.write("job.json", b"{}")
    assert folder.read("part") == b"one"
    assert folder.names() == ["part"]
    folder.append("part", b"two")
    assert folder.read("part") == b"onetwo"


@pytest.mark.process
def test_a_disk_that_is_full(tmp_path: Path) -> None:
    """A real one, where file systems may be mounted."""
    with disk.small_disk(tmp_path / "disk") as small:
        if small is None:
            pytest.skip("no file system may be mounted here")
        folder = Folder(small)
        folder.append("part", b"one")
        filler = disk.fill(small)
        for _ in range(2):
            with pytest.raises(DiskError, match="No space left"):
                folder.append("part", b"x" * 100_000)
            with pytest.raises(DiskError, match="No space left"):
                folder.write("runs.parquet", b"x" * 100_000)
        assert folder.read("part") == b"one"
        filler.unlink()
        assert folder.names() == ["part"]
        folder.append("part", b"two")
        assert folder.read("part") == b"onetwo"


def test_a_folder_that_may_not_be_written(tmp_path: Path) -> None:
    with pytest.raises(DiskError, match="/sys/backlit could not be made"):
        Folder("/sys/backlit").make()
    (tmp_path / "file").touch()
    with pytest.raises(DiskError, match="could not be made"):
        Folder(tmp_path / "file").make()
    assert Folder(tmp_path / "file").is_file()


def test_a_store_that_refuses(memory: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Libraries of stores have errors that are not Python's."""

    def refuse(*_: object, **__: object) -> None:
        raise RuntimeError("No credentials")

    folder = Folder("memory://bucket/batch")
    for name in ("_open", "ls", "info", "cat_file", "isfile"):
        monkeypatch.setattr(type(memory), name, refuse)
    with pytest.raises(DiskError, match="could not be written to: No credentials"):
        folder.write("job.json", b"{}")
    for ask in (folder.names, folder.is_file, lambda: folder.size("a"), lambda: folder.read("a")):
        with pytest.raises(DiskError, match="can't be read: No credentials"):
            ask()


def test_schemes() -> None:
    with pytest.raises(OptionsError, match="no folder that can be reached"):
        Folder("nosuch://bucket/batch")
    fsspec.register_implementation(
        "afar", "no_such_package.Files", clobber=True, errtxt="Install no-such-package"
    )
    with pytest.raises(MissingPackageError, match="Install no-such-package"):
        Folder("afar://bucket/batch")


def test_a_batch_in_a_store(memory: Any, tmp_path: Path) -> None:
    """Stopped and gone on with, it says what one on this machine does."""
    address = "memory://bucket/batch"

    def stop(tally: Tally) -> None:
        if tally.new:
            raise Cancelled

    def explained(output: str | Path, **more: Any) -> None:
        explain_dataset("toy", rows(20), output, method="occlusion", **more)

    with pytest.raises(Cancelled):
        explained(address, so_far=stop)
    (part,) = memory.ls("/bucket/batch/parts", detail=False)
    assert re.fullmatch(r"/bucket/batch/parts/0001-[0-9a-f]{8}-000001\.jsonl\.gz", part)
    explained(address)
    assert len(memory.ls("/bucket/batch/parts")) == 3, "one for each group"
    explained(tmp_path / "here")
    there, here = load_batch(address), load_batch(tmp_path / "here")
    assert there.scores.equals(here.scores)
    assert there.runs["answer"].equals(here.runs["answer"])
    assert there[0].generation == here[0].generation
    with pytest.raises(OptionsError, match="granularit"):
        explained(address, granularity="word")
