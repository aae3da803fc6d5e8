"""Reviews of a report: read, given their runs, taken in once."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from backlit.errors import DataError
from backlit.workspace import Workspace
from backlit.workspace.reviews import (
    MAX_CHARACTERS,
    Review,
    Reviewed,
    check_new,
    read_reviews,
    records_of,
)
from backlit.workspace.transfer import Taken, records_in, take_in

ADA = {
    "run": 1,
    "opinion": "agree",
    "note": "<b>Line 18</b>",
    "by": "Ada",
    "at": "2026-11-29T10:00:00.000Z",
}
BEN = {"run": 2, "opinion": None, "note": "?", "by": "", "at": "2026-11-29T12:30:00+02:00"}


def written(*reviews: dict[str, Any], **change: Any) -> str:
    return json.dumps(
        {"backlit_review": 1, "report": "abc", "title": "What led to “it”"}
        | {"reviews": list(reviews)}
        | change
    )


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    with Workspace(tmp_path / "workspace.sqlite3") as opened:
        yield opened


def test_a_review_says_what_it_is_of() -> None:
    first, second = records_of(read_reviews(written(ADA, BEN)))
    at = datetime(2026, 11, 29, 10, tzinfo=UTC).timestamp() * 1000
    assert first.head == {
        "run": "",
        "report": "abc",
        "number": 1,
        "about": "What led to “it”",
        "opinion": "agree",
        "note": "<b>Line 18</b>",
        "by": "Ada",
        "at": at,
    }
    assert (second.head["number"], second.head["opinion"]) == (2, None)
    assert second.head["at"] == at + 30 * 60 * 1000


def test_one_of_long_ago_or_to_come_is_kept(workspace: Workspace) -> None:
    """Whatever a clock said, whoever lists it can."""
    for at in ("0001-01-01T00:00:00+00:00", "9999-12-31T23:59:59+00:00"):
        records = list(records_of(read_reviews(written({**ADA, "at": at}))))
        check_new(records)
        workspace.keep(records)
    assert len(workspace.heads("reviews")) == 2


def test_nothing_is_taken_in_twice_nor_lost(workspace: Workspace, tmp_path: Path) -> None:
    file = tmp_path / "review.json"
    file.write_text(written(ADA), encoding="utf-8-sig")  # as some editors leave it
    assert take_in(workspace, records_in(file)) == Taken(added=1)
    assert take_in(workspace, records_in(file)) == Taken(known=1)
    changed = {**ADA, "opinion": "unsure", "at": "2026-11-29T11:00:00Z"}
    file.write_text(written(ADA, changed, {**ADA, "by": "Ben"}), encoding="utf-8")
    assert take_in(workspace, records_in(file)) == Taken(added=2, known=1)
    opinions = sorted(head.head["opinion"] for head in workspace.heads("reviews"))
    assert opinions == ["agree", "agree", "unsure"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "no review"),
        ("[]", "no review"),
        ("{}", "no review"),
        ('{"backlit_workspace": 1}', "no review"),
        (written(ADA, backlit_review=2), "another version"),
        (written({**ADA, "opinion": "maybe"}), "opinion"),
        (written({**ADA, "run": 0}), "run"),
        (written({**ADA, "at": "yesterday"}), "at"),
        (written({**ADA, "at": "2026-11-29T10:00:00"}), "at"),
        (written({**ADA, "more": 1}), "more"),
        (written(report=""), "report"),
        (" " * (MAX_CHARACTERS + 1), "longer than"),
        (written(ADA)[:-1], "no review"),
    ],
)
def test_what_is_no_review_is_told(text: str, words: str) -> None:
    with pytest.raises(DataError, match=words):
        read_reviews(text)


@settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.builds(
            Review,
            run=st.integers(1, 3),
            opinion=st.sampled_from(["agree", "disagree", "unsure", None]),
            note=st.text(st.characters(codec="utf-8"), max_size=20),
            by=st.text(st.characters(codec="utf-8"), max_size=5),
            at=st.datetimes(datetime(2020, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC)),
        ),
        max_size=5,
    )
)
def test_what_was_written_is_read(reviews: list[Review]) -> None:
    reviewed = Reviewed(backlit_review=1, report="r", title="t", reviews=tuple(reviews))
    read = read_reviews(reviewed.model_dump_json())
    assert read == reviewed
    ids = [record.id for record in records_of(read)]
    assert ids == [record.id for record in records_of(reviewed)]
    others = [record.id for record in records_of(read.model_copy(update={"report": "other"}))]
    assert not set(ids) & set(others)
