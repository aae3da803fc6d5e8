"""What is written stays, whatever was cut off behind it."""

import gzip
import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backlit.batch.folder import Folder
from backlit.batch.parts import (
    PARTS,
    PartWriter,
    members_of,
    packed,
    places_of,
    sizes_of,
    unpacked,
)
from backlit.batch.record import Failure, Record
from backlit.types import RunStatus


def record(name: str, status: RunStatus = "failed", content: str = "c") -> Record:
    return Record(name, name, int(name), content, status, 0.5, failure=Failure("E", f"No {name}."))


def folder_at(path: Path) -> Folder:
    folder = Folder(path)
    folder.make()
    return folder


def test_a_member_names_its_runs_first() -> None:
    head, *lines = unpacked(packed([record("1"), record("2")]))
    assert head == b'[["1", 1, 0, "failed", "c"], ["2", 2, 0, "failed", "c"]]'
    assert [Record.from_json(line) for line in lines] == [record("1"), record("2")]


def test_packing_is_repeatable() -> None:
    assert packed([record("1")]) == packed([record("1")])


def test_every_writer_has_a_part_of_its_own(tmp_path: Path) -> None:
    folder = folder_at(tmp_path)
    for number in range(3):
        PartWriter(folder).write(packed([record(f"{number}")]))
    assert list(sizes_of(folder)) == ["0001.jsonl.gz", "0002.jsonl.gz", "0003.jsonl.gz"]
    assert sorted(places_of(folder)) == ["0", "1", "2"]


def test_a_part_is_a_gzip_file(tmp_path: Path) -> None:
    folder = folder_at(tmp_path)
    writer = PartWriter(folder)
    writer.write(packed([record("1")]))
    writer.write(packed([record("2"), record("3")]))
    lines = gzip.decompress((tmp_path / PARTS / "0001.jsonl.gz").read_bytes()).splitlines()
    assert len(lines) == 5


def test_a_success_wins_over_failures_before_and_after(tmp_path: Path) -> None:
    folder = folder_at(tmp_path)
    states: tuple[RunStatus, ...] = ("failed", "done", "failed")
    for status in states:
        PartWriter(folder).write(packed([record("1", status)]))
    assert places_of(folder)["1"].status == "done"
    assert places_of(folder)["1"].member.part == "0002.jsonl.gz"


def test_the_last_failure_is_told(tmp_path: Path) -> None:
    folder = folder_at(tmp_path)
    for content in ("first", "second"):
        PartWriter(folder).write(packed([record("1", content=content)]))
    assert places_of(folder)["1"].content == "second"


@given(st.data())
def test_wherever_a_part_is_cut_what_is_whole_is_read(data: st.DataObject) -> None:
    sizes = data.draw(st.lists(st.integers(1, 4), min_size=1, max_size=5))
    count = 0
    members = []
    for size in sizes:
        members.append(packed([record(f"{count + n}") for n in range(size)]))
        count += size
    whole = b"".join(members)
    cut = data.draw(st.integers(0, len(whole)))
    behind = data.draw(st.sampled_from([b"", b"\0" * 9, b"\x1f\x8b", b"no gzip at all"]))
    written = whole[:cut] + behind
    while cut < len(whole) and written.startswith(whole[: cut + 1]):
        cut += 1  # what stands behind may happen to be what was there
    behind = written[cut:]
    ends = [len(b"".join(members[: n + 1])) for n in range(len(members))]
    with pytest.MonkeyPatch.context() as patch:
        chunk = data.draw(st.sampled_from([1, 7, 1 << 20]))
        patch.setattr("backlit.batch.parts.CHUNK", chunk)
        with tempfile.TemporaryDirectory() as place:
            folder = folder_at(Path(place))
            (Path(place) / PARTS / "0001.jsonl.gz").write_bytes(written)
            damaged: list[str] = []
            found = list(members_of(folder, "0001.jsonl.gz", damaged.append))
    assert [(one.start, one.stop) for one, _ in found] == [
        (end - len(member), end) for end, member in zip(ends, members, strict=True) if end <= cut
    ]
    assert [data.count(b"\n") for _, data in found] == [
        size + 1 for size, end in zip(sizes, ends, strict=True) if end <= cut
    ]
    if not behind or (cut in (0, *ends) and behind == b"\x1f\x8b"):
        assert damaged == []  # a kill does that
    elif cut in (0, *ends):
        assert damaged == ["0001.jsonl.gz"]


def test_files_of_other_names_are_no_parts(tmp_path: Path) -> None:
    folder = folder_at(tmp_path)
    (tmp_path / PARTS / ".0001.jsonl.gz.swp").write_bytes(b"x")
    (tmp_path / PARTS / "notes.txt").write_bytes(b"x")
    assert sizes_of(folder) == {}
