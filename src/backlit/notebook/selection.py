"""What a person sees, as Python objects: the answer, what of it is the target, and its map."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from pydantic import ValidationError

from backlit.errors import TargetError
from backlit.explaining.targets import select_target
from backlit.explanation import Attribution, Explanation, Generation
from backlit.serving import wire
from backlit.serving.requests.base import segmentations
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
        return self.generation.text_of(self.target).strip()


Selected = Selection | Generation | Target | str | Span | None
"""What may be set: an answer, or a part of the answer that is shown, by its words or tokens."""


def as_selection(value: Selected, before: Selection | None) -> Selection | None:
    """What a value that a person set means.

    Args:
        value: words of the answer that stand in it once, a token span of the sequence, a
            target, a generation with nothing selected, or a whole selection; None selects
            nothing of the answer that is shown.
        before: what is selected now.

    Raises:
        TargetError: there is no answer yet, the words or tokens are not in it, or a value of
            some other kind.
    """
    if isinstance(value, Generation):
        return Selection(value)
    if isinstance(value, Selection):
        if value.target is not None:
            select_target(value.generation.sequence, value.target)
        return value
    if value is None:
        return before and replace(before, target=None)
    if before is None:
        raise TargetError(
            "There is no answer yet to select from.",
            "Press Generate first, or set a Generation.",
        )
    return replace(before, target=select_target(before.generation.sequence, value))


def to_view(selection: Selection | None, explanation: Explanation | None = None) -> wire.View:
    """As it travels; of an explanation, its first map."""
    if selection is None:
        return wire.View()
    generation = selection.generation
    shown = Explanation(generation, ()) if explanation is None else explanation
    return wire.View(
        explanation=replace(shown, attributions=shown.attributions[:1]),
        segmentations=segmentations(generation.sequence),
        target=selection.target,
    )


def read_view(value: Mapping[str, Any]) -> wire.View | None:
    """What a page sent, or None if it can't be read."""
    try:
        return wire.View.model_validate(value)
    except ValidationError:
        return None


def selection_of(view: wire.View) -> Selection | None:
    """What is selected in a view."""
    shown = view.explanation
    return None if shown is None else Selection(shown.generation, view.target)


def explanation_of(view: wire.View, before: Explanation | None) -> Explanation | None:
    """The explanation of a view, if it has a map: the one before, if that is the same.

    Args:
        view: of a page.
        before: what was known, perhaps with more than the page shows.
    """
    shown = view.explanation
    if shown is None or not shown.attributions:
        return None
    if before is None or _unchecked(before) != _unchecked(shown):
        return shown
    return before if shown[0].faithfulness in (None, before[0].faithfulness) else shown


def _unchecked(explanation: Explanation) -> tuple[Generation, Attribution]:
    """What is told of the first map, whether or not it was checked."""
    return explanation.generation, replace(explanation[0], faithfulness=None)
