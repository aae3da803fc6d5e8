"""What a person sees, to Python objects and back."""

from dataclasses import replace

import pytest

import backlit
from backlit.errors import TargetError
from backlit.explanation import Explanation, Generation
from backlit.model import Model
from backlit.notebook.selection import (
    Selection,
    as_selection,
    explanation_of,
    read_view,
    selection_of,
    to_view,
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
    return backlit.explain(model, generation, target="water", granularity="word")


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
    with pytest.raises(TargetError, match="7 is no target"):
        as_selection(7, Selection(generation))  # type: ignore[arg-type]


def test_there_and_back(explanation: Explanation) -> None:
    selection = Selection(explanation.generation, explanation[0].target)
    view = read_view(to_view(selection, explanation).model_dump(mode="json"))
    assert view is not None
    assert selection_of(view) == selection
    back = explanation_of(view, None)
    assert back == explanation
    assert back.metadata["engine"] == "toy"
    assert set(view.segmentations) == {"token", "word", "sentence", "line", "paragraph"}


def test_an_answer_without_a_map(generation: Generation) -> None:
    view = to_view(Selection(generation))
    assert selection_of(view) == Selection(generation)
    assert explanation_of(view, None) is None
    assert view.explanation == Explanation(generation, ())


def test_the_same_map_is_the_same_explanation(explanation: Explanation) -> None:
    """The page tells a map back with what it can show, which may be less than what was set."""
    attribution = explanation[0]
    rich = replace(explanation, attributions=(attribution, attribution), metadata={"by": "hand"})
    view = to_view(Selection(explanation.generation, attribution.target), rich)
    assert view.explanation is not None
    assert view.explanation.attributions == (attribution,)
    assert explanation_of(view, rich) is rich
    assert explanation_of(view.model_copy(update={"segmentations": {}}), rich) is rich
    behind_the_wire = read_view(view.model_dump(mode="json"))
    assert behind_the_wire is not None
    assert explanation_of(behind_the_wire, rich) is rich


def test_another_map_is_another_explanation(explanation: Explanation) -> None:
    attribution = explanation[0]
    view = to_view(Selection(explanation.generation, attribution.target), explanation)
    assert view.explanation is not None
    doubled = tuple(replace(one, score=2 * one.score) for one in attribution.segments)
    contrast = replace(attribution.target, foil=Foil((1,), "x"))
    for other in (
        replace(attribution, granularity="line"),
        replace(attribution, segments=doubled),
        replace(attribution, target=contrast),
        replace(attribution, aggregate="mean"),
    ):
        shown = replace(view.explanation, attributions=(other,))
        changed = explanation_of(view.model_copy(update={"explanation": shown}), explanation)
        assert changed is not explanation
        assert changed is not None
        assert changed.attributions == (other,)
    elsewhere = replace(view.explanation, generation=replace(explanation.generation, model="b"))
    moved = view.model_copy(update={"explanation": elsewhere})
    assert explanation_of(moved, explanation) == elsewhere


def test_a_check_of_the_page_reaches_python_and_one_of_python_stays(model: Model) -> None:
    explanation = model.explain(PROMPT, target="water", granularity="word")
    checked = model.check(explanation)
    view = to_view(Selection(explanation.generation, explanation[0].target), checked)
    assert view.explanation is not None
    assert explanation_of(view, explanation) == checked
    unchecked = to_view(Selection(explanation.generation, explanation[0].target), explanation)
    assert explanation_of(unchecked, checked) is checked
    assert explanation_of(view, checked) is checked
    by_another = replace(checked[0], faithfulness=replace(checked[0].faithfulness, percentile=0.0))  # type: ignore[type-var]
    rechecked = replace(explanation, attributions=(by_another,))
    assert explanation_of(view, rechecked) == checked


def test_nothing_seen() -> None:
    nothing = to_view(None)
    assert nothing == wire.View()
    assert selection_of(nothing) is None
    assert explanation_of(nothing, None) is None


def test_what_cannot_be_read_is_nothing() -> None:
    assert read_view({"explanation": 7}) is None
    assert read_view({"unheard": "of"}) is None
