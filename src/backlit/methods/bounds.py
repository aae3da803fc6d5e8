"""Values of an objective that are not exact: what they tell, and what to say of it."""

from collections.abc import Sequence

from backlit.display.speech import say
from backlit.engines.base import Engine
from backlit.engines.bounding import bounding
from backlit.errors import TargetError
from backlit.methods.measurable import Measurable
from backlit.types import Bound, Target, TokenSequence, shortened


class Bounds:
    """Which values of an objective are bounds, by context.

    A target that is at most so likely is worth at most that; a foil, at least.

    Args:
        engine: that scores.
        target: what is explained.
        answers: the ids of the target, and of its foil if there is one.

    Attributes:
        possible: whether any may be; else all are exact.
    """

    def __init__(self, engine: Engine, target: Target, answers: Sequence[Sequence[int]]) -> None:
        self._bounding = bounding(engine)
        self._target = target
        self._answers = answers
        self._known: dict[tuple[int, ...], Bound] = {}
        self.possible = self._bounding is not None

    def learn(self, context: Sequence[int]) -> None:
        """Keep what the value tells that was scored after a context."""
        target, foil = self._which(context)
        if target or foil:
            one: Bound = "at_most" if target else "at_least"
            self._known[tuple(context)] = "about" if target and foil else one

    def of(self, context: Sequence[int]) -> Bound | None:
        """What the value after a context tells; None if it is exact."""
        return self._known.get(tuple(context)) if self._known else None

    def refuse(self, context: Sequence[int], sequence: TokenSequence) -> None:
        """What is explained is how likely the target is: from a bound nothing is lost.

        Raises:
            TargetError: the value after the whole context, which was scored, is a bound.
        """
        target, foil = self._which(context)
        if not target and not foil:
            return
        tokens = sequence.tokens[self._target.start : self._target.stop]
        words = sequence.text[tokens[0].start : tokens[-1].stop]
        if not target and self._target.foil is not None:
            words = self._target.foil.text
        raise TargetError(
            f"The server does not say how likely {shortened(words.strip())} is after this prompt, "
            "only that it is less likely than the tokens that it tells of.",
            f"Choose another {'target' if target else 'foil'}.",
        )

    def _which(self, context: Sequence[int]) -> tuple[bool, bool]:
        """Whether some of the target, and of the foil, is known as a bound alone."""
        if self._bounding is None:
            return False, False
        known = self._bounding.bounded(context, *self._answers)  # (answers,)
        size = len(self._answers[0])
        return bool(known[:size].any()), bool(known[size:].any())


def bound_notes(
    objective: Measurable, bounded: int, altered: int, *, measured: bool
) -> tuple[str, ...]:
    """What to say of scores for which bounds were taken, if any were.

    Args:
        objective: of which the values are.
        bounded: how many of the values are bounds.
        altered: of how many altered prompts.
        measured: each score is of one such prompt, rather than fitted to all.
    """
    if not bounded:
        return ()
    foil = objective.target.foil is not None
    who = say("the target or the foil") if foil else say("the target")
    if not measured:
        means = say("A bound was taken, so the scores are rough.")
    elif foil:
        means = say("A bound was taken, which the sign before a score tells.")
    else:
        means = say("Its bound was taken, so those parts may support it more than is shown.")
    told = say(
        "After {bounded} of {altered} altered prompts, {who} was not among the likeliest tokens "
        "that the server tells.",
        bounded=bounded,
        altered=altered,
        who=who,
    )
    return (f"{told} {means}",)
