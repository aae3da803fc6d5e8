"""A review, as a page asks for it to be read."""

from backlit.serving import wire
from backlit.serving.requests.review import ReviewRequest
from tests.support.service import Client
from tests.workspace.test_reviews import ADA, written


def test_it_is_read(client: Client) -> None:
    event = client.answered(ReviewRequest(text=written(ADA)))
    (review,) = event.reviews
    assert (review.report, review.number, review.about) == ("abc", 1, "What led to “it”")
    assert (review.opinion, review.by, review.note) == ("agree", "Ada", "<b>Line 18</b>")
    again = client.answered(ReviewRequest(text=written(ADA, {**ADA, "by": "Ben"})))
    assert again.reviews[0] == review
    assert again.reviews[1].id != review.id


def test_what_is_none_is_told(client: Client) -> None:
    event = client.answer(ReviewRequest(text="{}"))
    assert isinstance(event, wire.ErrorEvent)
    assert "no review" in event.error.message
