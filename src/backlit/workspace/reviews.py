"""What people think of runs that were handed on: a small file that comes back and is merged.

The page of a report (`frontend/src/report`) writes it. It speaks of a run by the report's id and
the run's number there: nothing that was left out of the report is told by it, and which run that
is, is known where the report was made.
"""

import hashlib
from collections.abc import Iterable, Iterator
from typing import Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from backlit.errors import DataError, InputError
from backlit.workspace.record import Record

Opinion = Literal["agree", "disagree", "unsure"]
"""Of a finding: it is what led to the answer; it is not; I can't tell."""

REVIEWS = "reviews"  # the collection
MAX_CHARACTERS = 5_000_000  # of a file
MAX_NOTE = 100_000
MAX_NAME = 200
MAX_REVIEWS = 1_000
MAX_TIME = 8_640_000_000_000_000  # milliseconds from 1970; no browser knows a time beyond
AGAIN = "Save the review again, on the page of the report."


class Review(BaseModel):
    """What somebody thinks of a run.

    Attributes:
        run: its number in the report; the first is 1.
        opinion: of its finding; None if only a note was written.
        note: in their words; may be "".
        by: who they say they are; may be "".
        at: when.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    run: int = Field(ge=1)
    opinion: Opinion | None
    note: str = Field(max_length=MAX_NOTE)
    by: str = Field(max_length=MAX_NAME)
    at: AwareDatetime

    def id_in(self, report: str) -> str:
        """The same whenever the same review is read: nothing is taken in twice."""
        content = f"{report} {self.model_dump_json()}"
        return hashlib.sha256(content.encode()).hexdigest()[:24]


class Kept(BaseModel):
    """A review in a workspace, whose record has this as its head and nothing else.

    Attributes:
        run: the id of the run, if it was written where that is kept.
        report: the id of the report that it was written on, and the run's `number` there.
        about: what that report was about.
        opinion, note, by: as in a `Review`.
        at: when, in milliseconds since 1970.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    run: str = Field(max_length=MAX_NAME)
    report: str = Field(max_length=MAX_NAME)
    number: int = Field(ge=0)
    about: str = Field(max_length=MAX_NOTE)
    opinion: Opinion | None
    note: str = Field(max_length=MAX_NOTE)
    by: str = Field(max_length=MAX_NAME)
    at: int = Field(ge=-MAX_TIME, le=MAX_TIME)


class Reviewed(BaseModel):
    """All that somebody sent back.

    Attributes:
        backlit_review: the version of the file.
        report: the id of the report.
        title: what that was about.
        reviews: of its runs.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    backlit_review: Literal[1]
    report: str = Field(min_length=1, max_length=MAX_NAME)
    title: str = Field(max_length=MAX_NOTE)
    reviews: tuple[Review, ...] = Field(max_length=MAX_REVIEWS)


def read_reviews(text: str) -> Reviewed:
    """What the page of a report saved.

    Raises:
        DataError: it is no such file, or of another version.
    """
    if len(text) > MAX_CHARACTERS:
        raise DataError(f"It is longer than {MAX_CHARACTERS:,} characters: no review is.", AGAIN)
    try:
        return Reviewed.model_validate_json(text)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        if first["type"] == "literal_error" and where == "backlit_review":
            raise DataError(
                f"The review was written by another version of Backlit ({first['input']!r:.20}).",
                "Update Backlit.",
            ) from error
        if where in ("", "backlit_review"):
            raise DataError("It is no review of a report.", AGAIN) from error
        raise DataError(f"The review can't be read: {where}: {first['msg']}.", AGAIN) from error


def records_of(reviewed: Reviewed) -> Iterator[Record]:
    """Reviews as they are kept.

    Each names its report and its number there: which run that is, whoever reads it looks up among
    the reports that were made here, now or later.
    """
    for review in reviewed.reviews:
        head = Kept(
            run="",
            report=reviewed.report,
            number=review.run,
            about=reviewed.title,
            opinion=review.opinion,
            note=review.note,
            by=review.by,
            at=int(review.at.timestamp() * 1000),
        )
        yield Record(REVIEWS, review.id_in(reviewed.report), head.model_dump(), {})


def check_new(records: Iterable[Record]) -> None:
    """Whether records are reviews that were written on a page, and nothing else.

    Raises:
        InputError: one is not.
    """
    for record in records:
        try:
            Kept.model_validate(record.head)
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(str(part) for part in first["loc"])
            raise InputError(f"That is no review: {where}: {first['msg']}.") from error
        if record.collection != REVIEWS or record.body not in (None, {}):
            raise InputError("That is no review.")
