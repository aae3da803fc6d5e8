"""What is done with every row, and which part of an answer is explained."""

import re

import pytest

from backlit.batch.job import Job, NamedMethod, Selection
from backlit.engines.base import Engine
from backlit.errors import InputError, OptionsError, PatternError, UnknownNameError
from backlit.explaining.responses import respond
from backlit.explanation import Generation
from backlit.explanation.cell import Variant

ANSWER = " You like it.\nRecommendation: Try.\nRecommendation: Avoid.\n\n"


@pytest.fixture
def generation(toy: Engine) -> Generation:
    return respond(toy, "The soup is sweet.", ANSWER)


def said(selection: Selection, generation: Generation) -> str | None:
    target = selection.of(generation)
    return None if target is None else generation.text_of(target)


def test_nothing_selected_is_all_of_it(generation: Generation) -> None:
    assert said(Selection(), generation) == ANSWER


def test_words_and_patterns_are_the_first_of_several(generation: Generation) -> None:
    target = Selection(words="Recommendation").of(generation)
    assert target is not None
    assert generation.characters(target)[1] < generation.sequence.text.index("Try")
    assert said(Selection(pattern=r"Recommendation: .*"), generation) == "Recommendation: Try."


def test_the_last_line_holds_something(generation: Generation) -> None:
    assert said(Selection(last_line=True), generation) == "Recommendation: Avoid."


@pytest.mark.parametrize(
    "selection", [Selection(words="Perhaps"), Selection(pattern="[0-9]+"), Selection(pattern="^$")]
)
def test_what_is_not_in_the_answer_is_none(selection: Selection, generation: Generation) -> None:
    assert selection.of(generation) is None


def test_an_answer_of_blank_lines_has_no_last_line(toy: Engine) -> None:
    assert Selection(last_line=True).of(respond(toy, "The soup", "\n\n")) is None


def test_an_empty_answer_has_no_part(generation: Generation) -> None:
    empty = Generation("a", generation.sequence.prompt, "stop", "toy")
    assert Selection().of(empty) is None
    assert Selection(last_line=True).of(empty) is None


def test_a_pattern_that_takes_too_long_is_stopped(toy: Engine) -> None:
    answer = respond(toy, "The soup", "a" * 5_000 + "b")
    with pytest.raises(PatternError, match="took longer"):
        Selection(pattern="(a|aa)+$").of(answer)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"words": "a", "pattern": "b"}, "Several parts"),
        ({"words": "a", "last_line": True}, "Several parts"),
        ({"words": ""}, "is empty"),
        ({"pattern": ""}, "is empty"),
        ({"pattern": "("}, "missing )"),
    ],
)
def test_a_selection_that_says_nothing(fields: dict[str, str], message: str) -> None:
    with pytest.raises(InputError, match=re.escape(message)):
        Selection(**fields)  # type: ignore[arg-type]  # what people may type


@pytest.mark.parametrize(
    ("fields", "error", "message"),
    [
        ({"granularities": ()}, OptionsError, "no granularity"),
        ({"granularities": ("verse",)}, UnknownNameError, "no granularity 'verse'"),
        ({"granularities": ("custom",)}, OptionsError, "go together"),
        ({"pattern": ","}, OptionsError, "go together"),
        ({"granularities": ("custom",), "pattern": "("}, PatternError, "missing"),
        ({"aggregate": "median"}, OptionsError, "no aggregate 'median'"),
        ({"measure": "luck"}, UnknownNameError, "no measure 'luck'"),
        ({"samples": 3}, OptionsError, "only where their share"),
        ({"answer": "nobody"}, OptionsError, "can't be answered by 'nobody'"),
        ({"variants": (Variant("a", "b"), Variant("a", "c"))}, OptionsError, "are called 'a'"),
    ],
)
def test_a_job_that_does_not_fit_together(
    fields: dict[str, object], error: type[InputError], message: str
) -> None:
    with pytest.raises(error, match=message):
        Job(**fields)  # type: ignore[arg-type]  # what people may type


def test_a_job_is_a_value() -> None:
    assert Job(methods=(NamedMethod("occlusion"),)) == Job(methods=(NamedMethod("occlusion"),))
    assert Job() != Job(check=True)
