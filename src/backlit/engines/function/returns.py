"""What a person's functions return, read with care: what is wrong with it is told as theirs."""

import math
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from traceback import extract_tb
from typing import Any

import numpy as np

from backlit.engines.base import FloatArray
from backlit.engines.text import check_text
from backlit.errors import BacklitError, CapabilityError, PromptError
from backlit.types import GenerationOptions

Generate = Callable[[str, GenerationOptions], str | Iterable[str]]
"""`generate(prompt, options)`: the answer, whole or in parts as they come."""

SLACK = 1e-6  # nats by which rounding may lift a log-probability over 0
HERE = Path(__file__).parent  # a fault of a function is not in here


@contextmanager
def blaming(function: str) -> Iterator[None]:
    """Tell an error of a person's function as that; those of ours pass."""
    try:
        yield
    except BacklitError:
        raise
    except Exception as error:
        frames = [
            one for one in extract_tb(error.__traceback__) if Path(one.filename).parent != HERE
        ]
        where = f"{frames[0].filename}, line {frames[0].lineno}" if frames else "how it is called"
        raise CapabilityError(
            f"Your {function} function failed: {type(error).__name__}: {error}",
            f"Look at {where}.",
        ) from error


def parts_of(
    generate: Generate, prompt: str, options: GenerationOptions
) -> Generator[str | None, None, None]:
    """What the function writes, part by part, and None at its end."""
    with blaming("generate"):
        written: Any = generate(prompt, options)
        if not isinstance(written, Iterable):
            raise _no_text(written)
        parts = iter([written] if isinstance(written, str) else written)
        try:
            for part in parts:
                if not isinstance(part, str):
                    raise _no_text(part)
                try:
                    check_text(part)
                except PromptError as error:
                    raise CapabilityError(
                        "Your generate function gave half a character (a lone surrogate).",
                        "It should wait until a character is whole.",
                    ) from error
                yield part
        finally:
            if hasattr(parts, "close"):
                parts.close()
    yield None


def log_probs_of(row: Any, pieces: int) -> FloatArray:
    """What was returned for one prompt: a sum, `()`, or one number for each piece, `(pieces,)`."""
    try:
        several = None if isinstance(row, str) else list(row)
    except TypeError:  # a number, or an array of no dimension
        several = None
    values: list[float] = []
    for one in [row] if several is None else several:
        try:
            value = math.nan if isinstance(one, str) else float(one)
        except (TypeError, ValueError, RuntimeError):  # the last by torch, of larger tensors
            value = math.nan
        if math.isnan(value):
            raise no_score(f"{one!r:.60}, which is no number")
        if value == -math.inf:
            raise CapabilityError(
                "Your score function returned -inf, of which no difference can be taken.",
                "It should clip what it returns, for instance at -1e4.",
            )
        if value > SLACK:
            raise no_score(f"{value:g}, but log-probabilities are 0 or less")
        values.append(value)
    if several is not None and len(values) != pieces:
        raise no_score(f"{len(values)} values for one prompt and a response of {pieces} pieces")
    return np.array(values if several is not None else values[0])


def no_score(what: str) -> CapabilityError:
    """What the score function returned, and what it should."""
    return CapabilityError(
        f"Your score function returned {what}.",
        "It should return, for each prompt, log p(response | prompt) in nats, or one "
        "log-probability for each piece of the response.",
    )


def _no_text(what: object) -> CapabilityError:
    return CapabilityError(
        f"Your generate function gave {what!r:.60}, which is no text.",
        "It should return the answer as text, or yield it in parts.",
    )
