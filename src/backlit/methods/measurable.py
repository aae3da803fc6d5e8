"""What is measured after altered prompts, whatever it is: all that perturbation methods ask."""

from collections.abc import Iterator, Sequence
from typing import Protocol

from backlit.engines.base import Engine, FloatArray
from backlit.types import Bound, Quantity, Target, TokenSequence


class Measurable(Protocol):
    """A quantity that a prompt gives rise to, and less of it without what matters.

    `Objective` is log p(target), nats; `backlit.explaining.shares.AnswerShare` the share of
    answers that say the target, percent. They are never mixed: a method is run on one of them.
    """

    @property
    def quantity(self) -> Quantity:
        """Which of them it is."""
        ...

    @property
    def engine(self) -> Engine:
        """The model that is asked."""
        ...

    @property
    def sequence(self) -> TokenSequence:
        """A prompt and its response."""
        ...

    @property
    def target(self) -> Target:
        """What is explained."""
        ...

    @property
    def context(self) -> tuple[int, ...]:
        """The ids that are altered: segments tile them."""
        ...

    def tokenize(self, text: str) -> tuple[int, ...]:
        """The ids of a text that takes the place of some of the context."""
        ...

    def value(self) -> float:
        """With everything there."""
        ...

    def score(self, contexts: Sequence[Sequence[int]]) -> Iterator[tuple[int, float]]:
        """After each context, which is made of slices of `context`: `(index, value)`, in whatever
        order is quickest.
        """
        ...

    def bounds(self, contexts: Sequence[Sequence[int]]) -> Sequence[Bound | None]:
        """What the values tell that `score` gave after these contexts; None if they are exact."""
        ...

    def change(self, lost: float) -> str:
        """What a loss makes of it, in words that follow "is": "163 times less likely"."""
        ...

    def intervals(self, lost: FloatArray) -> FloatArray | None:
        """95% intervals `(n, 2)` of losses `(n,)` from the whole; None if they are exact."""
        ...

    def noise(self, values: FloatArray) -> FloatArray | None:
        """Variances of values, each measured once, `(n,)`; None if they are exact."""
        ...
