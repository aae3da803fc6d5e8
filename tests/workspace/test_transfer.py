"""From one workspace into another, and nothing is lost on either side."""

import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backlit.errors import DataError
from backlit.workspace import Record, Workspace
from backlit.workspace.transfer import Taken, read_lines, take_in, write_lines

RECORDS = [
    Record("runs", "1", {"words": "one\nline"}, {"all": "ü\u2028x"}, 5.0),
    Record("notes", "1", {"by": "ann"}, None, 6.0),
]


@pytest.fixture
def one(tmp_path: Path) -> Iterator[Workspace]:
    with Workspace(tmp_path / "one.sqlite3") as workspace:
        workspace.keep(RECORDS)
        yield workspace


@pytest.fixture
def other(tmp_path: Path) -> Iterator[Workspace]:
    with Workspace(tmp_path / "other.sqlite3") as workspace:
        yield workspace


def exported(workspace: Workspace, path: Path) -> Path:
    with path.open("w", encoding="utf-8") as file:
        write_lines(workspace, file)
    return path


def held(workspace: Workspace) -> list[Record]:
    return sorted(workspace.records(), key=lambda one: (one.collection, one.id))


def test_all_of_it_goes_over(one: Workspace, other: Workspace, tmp_path: Path) -> None:
    lines = exported(one, tmp_path / "lines")
    assert take_in(other, read_lines(lines)) == Taken(added=2)
    assert held(other) == held(one)
    assert take_in(other, read_lines(lines)) == Taken(known=2)


def test_what_differs_is_kept_beside(one: Workspace, other: Workspace, tmp_path: Path) -> None:
    other.keep([Record("runs", "1", {"words": "mine"}, "my own"), RECORDS[1]])
    lines = exported(one, tmp_path / "lines")
    assert take_in(other, read_lines(lines)) == Taken(known=1, beside=1)
    assert take_in(other, read_lines(lines)) == Taken(known=2)
    mine, theirs = sorted(other.heads("runs"), key=lambda head: head.id)
    assert mine.head == {"words": "mine"}
    assert theirs.id.startswith("1~")
    assert other.read("runs", theirs.id) == Record(
        "runs", theirs.id, RECORDS[0].head, RECORDS[0].body, 5.0
    )


heads = st.dictionaries(st.sampled_from("ab"), st.integers(0, 2), max_size=2)
records = st.lists(
    st.builds(Record, st.sampled_from(["runs", "notes"]), st.sampled_from("123"), heads), max_size=6
)


@given(mine=records, theirs=records)
def test_nothing_of_either_side_is_lost(
    tmp_path_factory: pytest.TempPathFactory, mine: list[Record], theirs: list[Record]
) -> None:
    folder = tmp_path_factory.mktemp("any")
    with Workspace(folder / "one") as one, Workspace(folder / "other") as other:
        one.keep(mine)
        other.keep(theirs)
        before = held(other)
        sent = held(one)
        take_in(other, read_lines(exported(one, folder / "lines")))
        assert all(record in held(other) for record in before)
        for record in sent:
            alike = [it for it in other.heads(record.collection) if it.head == record.head]
            assert any(it.id.partition("~")[0] == record.id for it in alike)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "no exported workspace"),
        (b"[1]\n", "no exported workspace"),
        (b'{"backlit_workspace": 7}\n', "another version"),
        (b'{"backlit_workspace": 1}\n{"collection": 1}\n', r"line 2: collection: .*string"),
        (b'{"backlit_workspace": 1}\n\n{"nonsense\n', r"line 3: Invalid JSON"),
        (b"\xff\xfe\x00", "no text"),
    ],
)
def test_what_is_no_export_is_refused(tmp_path: Path, content: bytes, words: str) -> None:
    file = tmp_path / "lines"
    file.write_bytes(content)
    with pytest.raises(DataError, match=words):
        list(read_lines(file))


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="can't be read"):
        list(read_lines(tmp_path / "nowhere"))


def test_the_first_line_says_what_it_is(one: Workspace) -> None:
    file = io.StringIO()
    assert write_lines(one, file) == 2
    first, *rest = file.getvalue().split("\n")
    assert first == f'{{"backlit_workspace": 1, "id": "{one.id}"}}'
    assert len(rest) == 3  # a line each, whatever signs they hold, and the end of the last
