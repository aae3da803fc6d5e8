"""What the flow asks of a model, and what is measured of the maps of an explanation."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Protocol

from backlit.display.bar import ProgressLike, followed
from backlit.engines.base import Engine
from backlit.errors import OptionsError
from backlit.explaining.draws import Drawing
from backlit.explaining.fitting import check_covers, check_reads
from backlit.explaining.shares import AnswerShare
from backlit.explanation import Attribution, Explanation
from backlit.methods.objective import Objective
from backlit.progress import Progress
from backlit.types import Target, TokenSequence


class Explainable(Protocol):
    """What `Model` is to the flow: an engine, turns at it, and what is known of its targets."""

    @property
    def engine(self) -> Engine: ...

    def turn(self) -> AbstractContextManager[None]:
        """Wait until nobody else uses the engine, and keep others waiting."""
        ...

    def objective(self, sequence: TokenSequence, target: Target) -> Objective:
        """The objective of a target, with the altered prompts that were scored already."""
        ...

    def share(self, sequence: TokenSequence, target: Target, drawing: Drawing) -> AnswerShare:
        """The share of answers that say a target, with those that were drawn already."""
        ...


Measured = Objective | AnswerShare
"""What a map is of."""


def measured(model: Explainable, sequence: TokenSequence, one: Attribution) -> Measured:
    """What a map is of, to measure more of it: a share by draws of its own.

    Raises:
        CapabilityError: the model writes no answers, and their share was measured.
    """
    if one.share is None:
        return model.objective(sequence, one.target)
    return model.share(sequence, one.target, Drawing.of(one.share).afresh())


def of_each_map(
    model: Explainable,
    explanation: Explanation,
    more: Callable[[Measured, Attribution, Progress], Attribution],
    progress: ProgressLike,
) -> Explanation:
    """The explanation, with more that was measured of each of its maps."""
    if not isinstance(explanation, Explanation):
        raise OptionsError(
            f"A {type(explanation).__name__} has no maps.", "Give what explain returned."
        )
    sequence = explanation.generation.sequence
    with followed(progress) as follower, model.turn():
        check_reads(model.engine, explanation.generation)
        each = []
        for one in explanation:
            check_covers(sequence, one)
            if one.target.foil is not None:
                model.engine.append(sequence.prompt, one.target.foil.ids)  # it knows them
            each.append(more(measured(model, sequence, one), one, follower))
    return replace(explanation, attributions=tuple(each))
