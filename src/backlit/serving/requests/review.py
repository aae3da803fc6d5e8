"""A colleague's review of a report, read before it is kept."""

from typing import Annotated, Literal

from pydantic import Field

from backlit.serving import wire
from backlit.serving.requests.base import PlainKind, Request
from backlit.workspace.reviews import MAX_CHARACTERS, Opinion, read_reviews


class ReviewRequest(Request):
    """The text of a file that the page of a report saved."""

    text: Annotated[str, Field(max_length=MAX_CHARACTERS)]


class ReadReview(wire.Wire):
    """What somebody thinks of a run, by its number in the report; `at` in milliseconds since 1970.

    `id` is the same whenever the same review is read.
    """

    id: str
    run: int
    opinion: Opinion | None
    note: str
    by: str
    at: int


class ReviewsEvent(wire.Event):
    """What is in the file: of which report, what that was about, and its reviews."""

    type: Literal["reviews"] = "reviews"
    report: str
    title: str
    reviews: list[ReadReview]


def run(request: ReviewRequest) -> wire.Event:
    read = read_reviews(request.text)
    reviews = [
        ReadReview(
            id=one.id_in(read.report),
            run=one.run,
            opinion=one.opinion,
            note=one.note,
            by=one.by,
            at=int(one.at.timestamp() * 1000),
        )
        for one in read.reviews
    ]
    return ReviewsEvent(report=read.report, title=read.title, reviews=reviews)


REVIEW = PlainKind("review", ReviewRequest, run, (ReviewsEvent,))
