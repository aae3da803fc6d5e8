"""What a person sees, to Python objects and back."""

from dataclasses import replace

import pytest

import backlit
from backlit.errors import InputError, TargetError
from backlit.explanation import Explanation, Generation
from backlit.model import Model
from backlit.notebook.selection import (
    Selection,
    as_selection,
    explanation_of,
    read,
    seen,
    selection_of,
)
from backlit.serving import wire
from backlit.types import Foil, Target

PROMPT = "The cat likes warm milk. The dog likes cold water. The dog likes"


@pytest.fixture(scope="module")
def model() -> Model:
    return backlit.load_model("toy")


@pytest.fixture(scope="module")
def generation(model: Model) -> Generation:
    return model.generate(PROMPT)


@pytest.fixture(scope="module")
def explanation(model: Model, generation: Generation) -> Explanation:
    return backlit.explain(model, generation, select="water", granularity="word")


def test_words_and_spans_are_of_the_answer_that_is_shown(generation: Generation) -> None:
    whole = Selection(generation)
    assert whole.text == ""
    by_words = as_selection("water", whole)
    assert by_words is not None
    assert by_words.text == "water"
    assert by_words.target is not None
    span = (by_words.target.start, by_words.target.stop)
    assert as_selection(span, whole) == by_words
    assert as_selection(by_words.target, whole) == by_words
    assert as_selection(by_words, None) == by_words
    assert as_selection(generation, by_words) == whole
    assert as_selection(None, by_words) == whole
    assert as_selection(None, None) is None


def test_a_target_keeps_its_foil(generation: Generation) -> None:
    target = Target(*generation_span(generation), Foil((3, 4), " warm milk"))
    selection = as_selection(target, Selection(generation))
    assert selection is not None
    assert selection.target == target


def generation_span(generation: Generation) -> tuple[int, int]:
    length = generation.sequence.prompt_length
    return length, length + 1


@pytest.mark.parametrize("value", ["no such words", (0, 1), (5, 5), Target(0, 2)])
def test_what_is_not_in_the_answer(value: object, generation: Generation) -> None:
    with pytest.raises(TargetError):
        as_selection(value, Selection(generation))  # type: ignore[arg-type]


def test_a_selection_must_fit_its_own_answer(generation: Generation) -> None:
    with pytest.raises(TargetError):
        as_selection(Selection(generation, Target(0, 1)), None)


def test_nothing_to_select_from() -> None:
    with pytest.raises(TargetError, match="no answer yet"):
        as_selection("water", None)


def test_another_kind_of_value(generation: Generation) -> None:
    with pytest.raises(InputError, match="int can't be a selection"):
        as_selection(7, Selection(generation))  # type: ignore[arg-type]


def test_there_and_back(explanation: Explanation) -> None:
    attribution = explanation.attributions[0]
    selection = Selection(explanation.generation, attribution.target)
    told = read(seen(selection, explanation).model_dump(mode="json"))
    assert told is not None
    assert selection_of(told) == selection
    found = explanation_of(told, None, {"engine": "toy"})
    assert found is not None
    assert found.generation == explanation.generation
    assert found.attributions == (attribution,)
    assert found.metadata == {"engine": "toy"}
    assert set(told.segmentations) == {"token", "word", "sentence", "line", "paragraph"}


def test_the_same_map_is_the_same_explanation(explanation: Explanation) -> None:
    """The page tells a map back with what it can show, which may be less than what was set."""
    attribution = explanation.attributions[0]
    rich = replace(explanation, attributions=(attribution, attribution), metadata={"by": "hand"})
    told = seen(Selection(explanation.generation, attribution.target), rich)
    assert explanation_of(told, rich, {}) is rich
    other = replace(attribution, granularity="line")
    changed = told.model_copy(update={"attribution": other})
    found = explanation_of(changed, rich, {})
    assert found is not None
    assert found.attributions == (other,)
    doubled = tuple(replace(one, score=2 * one.score) for one in attribution.segments)
    scored = replace(attribution, segments=doubled)
    assert explanation_of(told.model_copy(update={"attribution": scored}), rich, {}) is not rich
    elsewhere = replace(explanation.generation, model="other")
    moved = told.model_copy(update={"generation": elsewhere})
    assert explanation_of(moved, rich, {}) is not rich
    longer = replace(attribution, target=replace(attribution.target, foil=Foil((1,), "x")))
    assert explanation_of(told.model_copy(update={"attribution": longer}), rich, {}) is not rich


def test_nothing_seen() -> None:
    nothing = seen(None)
    assert nothing == wire.View()
    assert selection_of(nothing) is None
    assert explanation_of(nothing, None, {}) is None


def test_what_cannot_be_read_is_nothing() -> None:
    assert read({"generation": 7}) is None
    assert read({"unheard": "of"}) is None
