"""Engines that know of some tokens only that they are less likely than others.

A server that tells the likeliest tokens alone says nothing of one that is not among them, but that
it is at most as likely as the last of these.
"""

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt

from backlit.engines.base import Engine

BoolArray = npt.NDArray[np.bool_]


@runtime_checkable
class Bounding(Protocol):
    """A `Scorer` of which some log-probabilities are upper bounds."""

    def bounded(self, context: Sequence[int], *answers: Sequence[int]) -> BoolArray:
        """Which of the log-probabilities `(answers,)` that `score` told of these answers after this
        context are upper bounds; all False of what was not asked for.
        """
        ...


def bounding(engine: Engine) -> Bounding | None:
    """The engine, if some of what it tells may be a bound; None if all that it tells is exact."""
    return engine if isinstance(engine, Bounding) else None
