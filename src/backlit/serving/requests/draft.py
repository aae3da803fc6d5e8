"""Draft a principle from what a person says of an answer."""

from typing import Annotated, Literal

from pydantic import Field

from backlit.explaining.principles import MAX_FEEDBACK, Feedback
from backlit.serving import wire
from backlit.serving.requests.base import Kind, ModelRequest, Work


class DraftRequest(ModelRequest):
    """What was answered, how, and what a person says of it: see `Model.draft_principle`."""

    prompt: wire.PromptText
    response: wire.Text
    feedback: Annotated[str, Field(max_length=MAX_FEEDBACK)]
    feedback_is: Feedback = "critique"


class DraftEvent(wire.Event):
    """A sentence, and why it is likely no good principle; "" if nothing speaks against it."""

    type: Literal["draft"] = "draft"
    text: str
    problem: str
    cached: bool = False


def run(request: DraftRequest, work: Work) -> wire.Event:
    drafted = work.model.draft_principle(
        wire.prompt_of(request.prompt),
        request.response,
        request.feedback,
        kind=request.feedback_is,
    )
    return DraftEvent(text=drafted.text, problem=drafted.problem)


DRAFT = Kind("draft", DraftRequest, run, (DraftEvent,), cached=True)
