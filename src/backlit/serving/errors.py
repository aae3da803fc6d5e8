"""From errors to what a person is told of them."""

from collections.abc import Mapping
from typing import Any

from backlit.errors import BacklitError
from backlit.serving import wire

BUG = "InternalError"


def error_info(error: BaseException) -> wire.ErrorInfo:
    """What a person should be told of an error; nothing internal of one that is a bug."""
    if isinstance(error, BacklitError):
        return wire.ErrorInfo(code=error.code, message=error.message, hint=error.hint)
    if _out_of_memory(error):
        return wire.ErrorInfo(
            code="CapabilityError",
            message="There was not enough memory for this.",
            hint="Shorten the prompt, close other programs, or pick a smaller model.",
        )
    return wire.ErrorInfo(
        code=BUG,
        message="Something went wrong inside Backlit.",
        hint="The log has the details. Your text is safe; try again.",
    )


def _out_of_memory(error: BaseException) -> bool:
    """Python's own, or as torch says it on a GPU and on a CPU."""
    return (
        isinstance(error, MemoryError)
        or type(error).__name__ == "OutOfMemoryError"
        or (isinstance(error, RuntimeError) and "can't allocate memory" in str(error))
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
