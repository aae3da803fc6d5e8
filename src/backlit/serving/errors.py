"""From errors to what a person is told of them."""

from collections.abc import Mapping
from typing import Any

from backlit.errors import BacklitError, out_of_memory
from backlit.serving import wire

BUG = "InternalError"


def error_info(error: BaseException) -> wire.ErrorInfo:
    """What a person should be told of an error; nothing internal of one that is a bug."""
    error = out_of_memory(error) or error
    if isinstance(error, BacklitError):
        return wire.ErrorInfo(code=error.code, message=error.message, hint=error.hint)
    return wire.ErrorInfo(
        code=BUG,
        message="Something went wrong inside Backlit.",
        hint="The log has the details. Your text is safe; try again.",
    )


def refusal(problem: Mapping[str, Any]) -> wire.ErrorInfo:
    """What a person should be told of a request that can't be read.

    Args:
        problem: one of pydantic's `errors()`, `loc` being the place in the request.
    """
    if problem["type"] == "string_unicode":
        return wire.ErrorInfo(
            code="PromptError",
            message="The text holds half a character (a lone surrogate).",
            hint="Delete the odd sign, or paste the text again from its source.",
        )
    if problem["type"] == "string_too_long":
        return wire.ErrorInfo(
            code="PromptError",
            message=f"The text is longer than {problem['ctx']['max_length']:,} characters.",
            hint="Shorten it.",
        )
    where = ".".join(str(part) for part in problem["loc"])
    return wire.ErrorInfo(
        code="InputError",
        message=f"The request can't be read: {where + ': ' if where else ''}{problem['msg']}.",
        hint="If you typed this into the page, please report it.",
    )
