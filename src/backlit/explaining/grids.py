"""A grid of variants and rows, in the forms that people give them in."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from backlit.data.base import Dataset, Example
from backlit.engines.base import Engine, as_scorer
from backlit.engines.settings import as_taken
from backlit.errors import DataError, OptionsError
from backlit.explaining.asked import Asked
from backlit.explaining.faithfulness import unheard
from backlit.explaining.filling import Filling, SoFar
from backlit.explaining.prompts import PromptLike, as_prompt
from backlit.explaining.remembered import MAX_ANSWERS, Remembered
from backlit.explaining.templates import lines_of
from backlit.explanation.cell import Variant
from backlit.explanation.grid import Grid
from backlit.progress import SILENT, Progress
from backlit.types import Message

VariantsLike = PromptLike | Variant | Mapping[str, PromptLike] | Iterable[PromptLike | Variant]
"""A template, templates by name, or several of them."""

RowsLike = Dataset | Iterable[Example | Mapping[str, Any]]
"""A dataset, or some of its examples, or rows of fields."""


def fill(
    engine: Engine,
    variants: VariantsLike,
    rows: RowsLike,
    asked: Asked,
    known: Remembered,
    *,
    progress: Progress = SILENT,
    so_far: SoFar = unheard,
) -> Grid:
    """See `Model.grid`.

    Raises:
        OptionsError: no variant or row, two of one name, or more answers than a grid may have.
        CapabilityError: the engine can't say how likely the fixed answer is.
    """
    each, examples = as_variants(variants), as_examples(rows)
    _check(each, examples, asked.samples)
    if asked.answer is not None:
        as_scorer(engine)
    filling = Filling(engine, each, examples, asked, known, progress, so_far)
    filling.write()
    if asked.answer is not None:
        filling.score_answer()
    if asked.effects and "score" in engine.capabilities:
        filling.take_lines_away()
    return Grid(
        engine.name,
        tuple(each),
        tuple(one.id for one in examples),
        tuple(lines_of(one.template) for one in each),
        tuple(filling.cells),
        as_taken(engine, asked.options),
        asked.found,
        asked.answer,
    )


def as_variants(given: VariantsLike) -> list[Variant]:
    """The variants that are meant; those without a name are called `variant 1` and so on.

    Raises:
        PromptError: a template that is no prompt.
    """
    if isinstance(given, Mapping) and not _is_message(given):
        return [Variant(str(name), as_prompt(one)) for name, one in given.items()]
    each: list[Any] = [given] if isinstance(given, str | Variant | Mapping) else list(given)
    if each and all(_is_message(one) for one in each):  # a chat
        each = [each]
    return [
        one if isinstance(one, Variant) else Variant(f"variant {number}", as_prompt(one))
        for number, one in enumerate(each, start=1)
    ]


def as_examples(given: RowsLike) -> list[Example]:
    """The examples that are meant; a row of fields without an id is called `row 1` and so on.

    Raises:
        DataError: a row that is none.
    """
    each: Any = given
    each = getattr(each, "examples", each)
    found = []
    for number, one in enumerate(each, start=1):
        if isinstance(one, Example):
            found.append(one)
        elif isinstance(one, Mapping):
            fields = {str(key): value for key, value in one.items()}
            found.append(Example(str(fields.get("id", f"row {number}")), "", fields=fields))
        else:
            raise DataError(f"Row {number} is of type {type(one).__name__}.", "Give its fields.")
    return found


def _is_message(one: object) -> bool:
    return isinstance(one, Message) or (
        isinstance(one, Mapping) and {"role", "content"} <= one.keys()
    )


def _check(variants: Sequence[Variant], examples: Sequence[Example], samples: int) -> None:
    if not variants or not examples:
        what = "variant" if not variants else "row"
        raise OptionsError(f"There is no {what}.", f"Give at least one {what}.")
    for what, names in (
        ("variants", [one.name for one in variants]),
        ("rows", [one.id for one in examples]),
    ):
        twice = next((name for name, count in Counter(names).items() if count > 1), None)
        if twice is not None:
            raise OptionsError(f"Two {what} are called {twice!r}.", "Give each a name of its own.")
    answers = len(variants) * len(examples) * samples
    if answers > MAX_ANSWERS:
        raise OptionsError(
            f"A grid of {answers:,} answers is too large.",
            f"Use fewer rows, variants or samples: {MAX_ANSWERS:,} answers at most.",
        )
