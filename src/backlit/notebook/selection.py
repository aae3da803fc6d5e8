"""What a person sees, as Python objects: the answer, what of it is the target, and its map."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from pydantic import ValidationError

from backlit.errors import InputError, TargetError
from backlit.explaining.targets import select_target
from backlit.explanation import Attribution, Explanation, Generation
from backlit.serving import wire
from backlit.serving.handlers import segmentations
from backlit.types import Span, Target


@dataclass(frozen=True, slots=True)
class Selection:
    """An answer, and what of it a person asks about.

    Attributes:
        generation: the prompt and the answer that is shown.
        target: the tokens that are explained, or None while nothing is selected.
    """

    generation: Generation
    target: Target | None = None

    @property
    def text(self) -> str:
        """The words of the target, without blanks around them; empty if there is none."""
        if self.target is None:
            return ""
        tokens = self.generation.sequence.tokens[self.target.start : self.target.stop]
        return self.generation.sequence.text[tokens[0].start : tokens[-1].stop].strip()


Selected = Selection | Generation | Target | str | Span | None
"""What may be set: an answer, or a part of the answer that is shown, by its words or tokens."""


def as_selection(value: Selected, before: Selection | None) -> Selection | None:
    """What a value that a person set means.

    Args:
        value: words (their last occurrence in the answer), a token span of the sequence, a
            target, a generation with nothing selected, or a whole selection; None selects
            nothing of the answer that is shown.
        before: what is selected now.

    Raises:
        TargetError: there is no answer yet, or the words or tokens are not in it.
        InputError: a value of some other kind.
    """
    if isinstance(value, Generation):
        return Selection(value)
    if isinstance(value, Selection):
        if value.target is not None:
            select_target(value.generation.sequence, (value.target.start, value.target.stop))
        return value
    if value is None:
        return before and replace(before, target=None)
    if before is None:
        raise TargetError(
            "There is no answer yet to select from.",
            "Press Generate first, or set a Generation.",
        )
    sequence = before.generation.sequence
    if isinstance(value, Target):
        target = replace(select_target(sequence, (value.start, value.stop)), foil=value.foil)
    elif isinstance(value, str) or (isinstance(value, tuple) and len(value) == 2):
        target = select_target(sequence, value)
    else:
        raise InputError(
            f"{type(value).__name__} can't be a selection.",
            "Set words of the answer, a token span, a Target, a Generation or None.",
        )
    return replace(before, target=target)


def seen(selection: Selection | None, explanation: Explanation | None = None) -> wire.Seen:
    """As it travels; of an explanation, its first map."""
    if selection is None:
        return wire.Seen()
    return wire.Seen(
        generation=selection.generation,
        segmentations=segmentations(selection.generation.sequence),
        target=selection.target,
        attribution=explanation.attributions[0] if explanation else None,
    )


def read(value: Mapping[str, Any]) -> wire.Seen | None:
    """What a page told, or None if it can't be read."""
    try:
        return wire.Seen.model_validate(value)
    except ValidationError:
        return None


def selection_of(told: wire.Seen) -> Selection | None:
    return Selection(told.generation, told.target) if told.generation else None


def explanation_of(
    told: wire.Seen, before: Explanation | None, metadata: Mapping[str, str | float]
) -> Explanation | None:
    """The explanation that a page shows: the one before, if it is the same.

    Args:
        told: by the page.
        before: what was known, perhaps with more than the page shows.
        metadata: of the model, for a new one.
    """
    if told.generation is None or told.attribution is None:
        return None
    if before and before.attributions and _same(before, told.generation, told.attribution):
        return before
    return Explanation(told.generation, (told.attribution,), metadata=metadata)


def _same(known: Explanation, generation: Generation, attribution: Attribution) -> bool:
    """Whether a page tells of a map that is known, give or take how it adds up scores."""
    old, new = known.attributions[0], attribution
    same_answer = (
        known.generation.model == generation.model
        and known.generation.sequence.input_ids == generation.sequence.input_ids
    )
    return (
        same_answer
        and (old.method, old.granularity, old.target) == (new.method, new.granularity, new.target)
        and (dict(old.params), _spans(old)) == (dict(new.params), _spans(new))
        and np.allclose(old.scores, new.scores, rtol=1e-6)
    )


def _spans(attribution: Attribution) -> list[Span]:
    return [(segment.start, segment.stop) for segment in attribution.segments]
