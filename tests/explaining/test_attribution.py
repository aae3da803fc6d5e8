"""A method run on segments: scores go with their words, and say what they are about."""

from typing import Any

import numpy as np
import pytest

from backlit.engines.base import EmbeddingGradient
from backlit.engines.toy import ToyEngine
from backlit.errors import CapabilityError, OptionsError, PatternError, UnknownNameError
from backlit.explaining.attribution import Segmenting, attribute
from backlit.explaining.targets import with_foil
from backlit.explanation import Attribution, Explanation, Generation
from backlit.methods import make_method
from backlit.methods.objective import Objective
from backlit.progress import SILENT
from backlit.segments import AGGREGATES
from backlit.types import Aggregate, Granularity
from tests.support.bounding import BoundingEngine
from tests.support.linear import Recorder, answer, before, run

PROMPT = "The cat likes warm milk.\nThe dog likes"


def explained(
    objective: Objective,
    method: str = "occlusion",
    granularity: Granularity = "word",
    **segmenting: Any,
) -> Attribution:
    return attribute(objective, make_method(method), Segmenting(granularity, **segmenting), SILENT)


@pytest.fixture
def objective(toy: ToyEngine) -> Objective:
    return answer(toy, PROMPT, " cold water")


def test_scores_are_the_methods_of_the_segments_before_the_target(objective: Objective) -> None:
    found = explained(objective)
    segments = before(objective)
    assert [(s.start, s.stop, s.text, s.role) for s in found.segments] == [
        (s.start, s.stop, s.text, s.role) for s in segments
    ]
    np.testing.assert_array_equal(found.scores, run("occlusion", objective, segments).values)
    assert found.target == objective.target
    assert found.target_log_prob == objective.value()
    assert (found.method, found.params) == ("occlusion", {"replacement": ""})
    assert (found.granularity, found.signed) == ("word", True)
    assert found.foil_log_prob is None
    assert found.aggregate is None
    assert found.token_scores is None
    assert all(s.standard_error is None and s.level is None for s in found.segments)


@pytest.mark.parametrize("how", AGGREGATES)
def test_token_scores_are_kept_and_joined(objective: Objective, how: Aggregate) -> None:
    lines = explained(objective, "grad_x_input", "line", aggregate=how)
    tokens = explained(objective, "grad_x_input", "token").scores
    assert lines.token_scores == tuple(tokens)
    assert lines.aggregate == how
    assert len(lines.segments) == 2
    for part in lines.segments:
        inside = tokens[part.start : part.stop]
        joined = {
            "sum": inside.sum(),
            "mean": inside.mean(),
            "max": inside[np.abs(inside).argmax()],
        }[how]
        assert part.score == pytest.approx(joined)


def test_what_a_method_adds_is_kept(objective: Objective) -> None:
    found = explained(objective, "shapley", "line")
    scores = run("shapley", objective, before(objective, "line"))
    assert found.convergence_delta == scores.convergence_delta
    assert scores.standard_errors is not None
    assert [s.standard_error for s in found.segments] == scores.standard_errors.tolist()
    rough = attribute(objective, make_method("lime", n_samples=8), Segmenting("word"), SILENT)
    assert "guesses" in rough.notes[0]


def test_a_pattern_is_kept_where_it_cut(objective: Objective) -> None:
    custom = explained(objective, "occlusion", "custom", pattern=r"\. ?")
    assert custom.pattern == r"\. ?"
    assert [s.text for s in custom.segments] == ["The cat likes warm milk.", "\nThe dog likes"]
    assert explained(objective, "occlusion", "word", pattern=r"\. ?").pattern is None


def test_both_log_probabilities_of_a_contrast_are_told(
    toy: ToyEngine, objective: Objective
) -> None:
    target = with_foil(toy, objective.sequence, objective.target, "warm milk")
    contrast = Objective(toy, objective.sequence, target)
    found = explained(contrast, "knockout")
    assert found.target.foil == target.foil
    assert found.target_log_prob == pytest.approx(objective.value())
    assert found.foil_log_prob is not None
    assert found.target_log_prob is not None
    assert found.target_log_prob - found.foil_log_prob == pytest.approx(contrast.value())
    generation = Generation(PROMPT, objective.sequence, "given", "toy")
    explanation = Explanation(generation, (found,))
    assert Explanation.from_json(explanation.to_json()) == explanation


def test_work_is_said_to_begin_before_the_model_is_run(toy: ToyEngine) -> None:
    recorder = Recorder()

    class Slow(ToyEngine):
        def score(self, *args: Any) -> Any:
            assert recorder.calls, "nothing was said before the first pass"
            return super().score(*args)

    objective = answer(Slow(), PROMPT, " cold")
    attribute(objective, make_method("occlusion"), Segmenting("word", budget=20), recorder)
    assert (recorder.calls[0].done, recorder.calls[0].total) == (0, None)
    assert {call.phase for call in recorder.calls} == {"explain"}


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"granularity": "phrase"}, UnknownNameError, "phrase"),
        ({"granularity": "custom"}, PatternError, "no pattern"),
        ({"granularity": "custom", "pattern": "("}, PatternError, "can't be read"),
        ({"granularity": "custom", "pattern": "x", "budget": 9}, OptionsError, "coarse to fine"),
    ],
)
def test_what_can_not_be_cut(
    objective: Objective, arguments: dict[str, Any], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        explained(objective, **arguments)


def test_an_unknown_aggregate_is_refused_before_the_model_runs() -> None:
    with pytest.raises(UnknownNameError, match="median") as raised:
        Segmenting(aggregate="median")  # type: ignore[arg-type]
    assert "sum, mean, max" in raised.value.hint


def test_an_engine_that_can_not_serve_the_method_is_said() -> None:
    class Poor(ToyEngine):
        capabilities = frozenset({"generate", "score"})

    with pytest.raises(CapabilityError, match="Grad L2 needs gradients") as raised:
        explained(answer(Poor(), PROMPT, " cold"), "grad_l2")
    assert "another method" in raised.value.hint


def test_numbers_that_overflow_are_an_error() -> None:
    class Broken(ToyEngine):
        def gradient(self, *args: Any, **kwargs: Any) -> EmbeddingGradient:
            nothing = np.full((len(PROMPT), 2), np.nan)
            return EmbeddingGradient(nothing, nothing, np.zeros(1))

    with pytest.raises(CapabilityError, match="overflowed") as raised:
        explained(answer(Broken(), PROMPT, " cold"), "grad_l2")
    assert "float32" in raised.value.hint


@pytest.mark.parametrize("budget", [None, 20])
def test_a_bound_goes_with_its_segment(budget: int | None) -> None:
    engine = BoundingEngine(top=3)
    prompt = "Two and two make four.\n\nThe cat likes warm milk.\n\nI like soup.\n\nThe dog likes"
    objective = answer(engine, prompt, " cold water")
    found = attribute(
        objective, make_method("occlusion"), Segmenting("word", budget=budget), SILENT
    )
    bounded = [one for one in found.segments if one.bound]
    assert [(one.text, one.bound) for one in bounded] == [(" likes", "at_least")]
    assert repr(bounded[0]).startswith("<≥ +")
    assert sum("likeliest tokens" in note for note in found.notes) == 1
    assert found.coarse_to_fine == (budget is not None)
