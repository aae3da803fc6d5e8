"""Checks what a person's functions return, and says which function was wrong, and how."""

import math
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from traceback import extract_tb
from typing import Any, get_args

import numpy as np

from backlit.engines.base import FloatArray
from backlit.engines.text import check_text
from backlit.errors import BacklitError, CapabilityError, PromptError
from backlit.types import FinishReason, GenerationOptions

Part = tuple[str, FinishReason | None]
"""Some of an answer, and why the answer ends there, if it does."""

Generate = Callable[[str, GenerationOptions], str | Iterable[str | Part]]
"""`generate(prompt, options)`: the answer, whole or in parts as they come. A part may be
`(text, reason)`, which says why the answer ends there, or None if it goes on."""

MAX_LOG_PROB = 1e-6  # nats: rounding may lift a log-probability over 0
OUR_FOLDER = Path(__file__).parent  # the line to look at is not in here


@contextmanager
def user_errors(function: str) -> Iterator[None]:
    """Turn an error in a person's function into one that names the function and the line.

    Errors of ours that pass through it, such as `Cancelled`, stay as they are.

    Raises:
        CapabilityError: the function failed.
    """
    try:
        yield
    except BacklitError:
        raise
    except Exception as error:
        frames = [
            frame
            for frame in extract_tb(error.__traceback__)
            if Path(frame.filename).parent != OUR_FOLDER
        ]
        where = f"{frames[0].filename}, line {frames[0].lineno}" if frames else "how it is called"
        raise CapabilityError(
            f"Your {function} function failed: {type(error).__name__}: {error}",
            f"Look at {where}.",
        ) from error


def parts_of(
    generate: Generate, prompt: str, options: GenerationOptions
) -> Generator[Part, None, None]:
    """What the function writes, part by part; the last says why the answer ends, by itself if the
    function does not tell.
    """
    with user_errors("generate"):
        written: Any = generate(prompt, options)
        if not isinstance(written, Iterable):
            raise _invalid_text(written)
        parts = iter([written] if isinstance(written, str) else written)
        try:
            for part in parts:
                text, reason = _part(part)
                try:
                    check_text(text)
                except PromptError as error:
                    raise CapabilityError(
                        "Your generate function gave half a character (a lone surrogate).",
                        "It should wait until a character is whole.",
                    ) from error
                yield text, reason
                if reason is not None:
                    return
        finally:
            if hasattr(parts, "close"):
                parts.close()
    yield "", "stop"


def _part(part: Any) -> Part:
    """A part as it is handed on; of one that is text alone the answer goes on."""
    text, reason = part if isinstance(part, tuple) and len(part) == 2 else (part, None)
    if not isinstance(text, str) or reason not in (None, *get_args(FinishReason)):
        raise _invalid_text(part)
    return text, reason


def log_probs_of(row: Any, pieces: int) -> FloatArray:
    """What was returned for one prompt: a sum, `()`, or one number for each piece, `(pieces,)`."""
    try:
        summands = None if isinstance(row, str) else list(row)
    except TypeError:  # a number, or an array of no dimension
        summands = None
    log_probs = [_log_prob_of(value) for value in ([row] if summands is None else summands)]
    if summands is None:
        return np.array(log_probs[0])
    if len(log_probs) != pieces:
        raise invalid_score(
            f"{len(log_probs)} values for one prompt and a response of {pieces} pieces"
        )
    return np.array(log_probs)


def _log_prob_of(value: Any) -> float:
    try:
        log_prob = math.nan if isinstance(value, str) else float(value)
    except (TypeError, ValueError, RuntimeError):  # the last by torch, of larger tensors
        log_prob = math.nan
    if math.isnan(log_prob):
        raise invalid_score(f"{value!r:.60}, which is no number")
    if log_prob == -math.inf:
        raise CapabilityError(
            "Your score function returned -inf, of which no difference can be taken.",
            "It should clip what it returns, for instance at -1e4.",
        )
    if log_prob > MAX_LOG_PROB:
        raise invalid_score(f"{log_prob:g}, but log-probabilities are 0 or less")
    return log_prob


def invalid_score(what: str) -> CapabilityError:
    """The error that says what the score function returned, and what it should return."""
    return CapabilityError(
        f"Your score function returned {what}.",
        "It should return, for each prompt, log p(response | prompt) in nats, or one "
        "log-probability for each piece of the response.",
    )


def _invalid_text(what: object) -> CapabilityError:
    return CapabilityError(
        f"Your generate function gave {what!r:.60}, which is no text.",
        "It should return the answer as text, or yield it in parts.",
    )
