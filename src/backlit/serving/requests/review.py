"""A colleague's review of a report, read before it is kept."""

from typing import Annotated, Literal

from pydantic import Field

from backlit.serving import wire
from backlit.serving.requests.base import PlainKind, Request
from backlit.workspace.reviews import MAX_CHARACTERS, Opinion, read_reviews, records_of


class ReviewRequest(Request):
    """The text of a file that the page of a report saved."""

    text: Annotated[str, Field(max_length=MAX_CHARACTERS)]


class ReadReview(wire.Wire):
    """A review as it is kept; `id` is the same whenever the same review is read."""

    id: str
    report: str
    number: int
    about: str
    opinion: Opinion | None
    note: str
    by: str
    at: int


class ReviewsEvent(wire.Event):
    """What is in the file; times in milliseconds since 1970."""

    type: Literal["reviews"] = "reviews"
    reviews: list[ReadReview]


def run(request: ReviewRequest) -> wire.Event:
    records = records_of(read_reviews(request.text))
    read = [{"id": one.id, **{k: v for k, v in one.head.items() if k != "run"}} for one in records]
    return ReviewsEvent(reviews=[ReadReview.model_validate(one) for one in read])


REVIEW = PlainKind("review", ReviewRequest, run, (ReviewsEvent,))
