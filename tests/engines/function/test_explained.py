"""Functions explained: closed forms, through all that is between a function and its map."""

from typing import Any

import numpy as np
import pytest

import backlit
from backlit.engines import from_function
from backlit.errors import DataError, OptionsError
from backlit.methods import BUILT_IN, make_method
from backlit.testing import check_method
from tests.engines.function.examples import PROMPT, WEIGHTS, clues, echo, summands, sums


@pytest.mark.parametrize("method", [m for m in BUILT_IN if m.facts.needs == ("score",)])
@pytest.mark.parametrize("score", [sums, summands])
def test_perturbation_methods_work(method: Any, score: Any) -> None:
    check_method(make_method(method.facts.name), from_function(score=score), PROMPT, tolerance=1e-6)


@pytest.mark.parametrize("score", [sums, summands])
def test_occlusion_is_the_weight_of_a_word(score: Any) -> None:
    model = backlit.load_model(from_function(score=score))
    found = backlit.explain(model, PROMPT, response=" Yes, so.", granularity="word")[0]
    expected = [WEIGHTS.get(segment.text.strip(), 0.0) for segment in found.segments]
    np.testing.assert_allclose(found.scores, expected, atol=1e-12)
    assert found.target_log_prob == pytest.approx(clues(PROMPT) - 10 - 9)
    assert [segment.text for segment in found.segments][4:7] == [" cold", ".\n", "The"]


def test_lines_are_told_apart() -> None:
    model = backlit.load_model(from_function(score=sums))
    found = backlit.explain(model, PROMPT, response=" Yes.", granularity="line")[0]
    assert [s.text for s in found.segments] == PROMPT.splitlines(keepends=True)
    np.testing.assert_allclose(found.scores, [3.75, -0.25], atol=1e-12)


def test_shapley_values_of_a_product_are_shared() -> None:
    """Two words that count only together get half each; the sum is exact."""

    def both(prompts: list[str], response: str) -> list[float]:
        return [-9 + clues(p) + 3 * ("dog" in p and "cat" in p) for p in prompts]

    found = backlit.explain(
        backlit.load_model(from_function(score=both)),
        "dog cold cat likes it",
        response=" Yes",
        method="shapley",
        granularity="word",
    )[0]
    np.testing.assert_allclose(found.scores, [2.5, 2.5, 1.0, 0.25, 0.0], atol=1e-9)
    assert found.convergence_delta == pytest.approx(0, abs=1e-9)


def test_a_foil_is_scored_too() -> None:
    def score(prompts: list[str], response: str) -> list[float]:
        return [-5 + clues(prompt) * (response == " warm") for prompt in prompts]

    model = backlit.load_model(from_function(score=score))
    found = backlit.explain(model, "dog cold it", response=" warm", foil="wet", granularity="word")[
        0
    ]
    np.testing.assert_allclose(found.scores, [1.0, 2.5, 0.0], atol=1e-12)
    assert found.foil_log_prob == -5


def test_an_answer_is_cut_into_tokens_behind_the_prompt() -> None:
    model = backlit.load_model(from_function(generate=lambda prompt, options: " warm milk.\n"))
    generation = model.generate("The cat likes")
    tokens = generation.sequence.tokens[generation.sequence.prompt_length :]
    assert [token.text for token in tokens] == [" warm", " milk", ".", "\n"]
    assert [(t.log_prob, t.alternatives) for t in tokens] == [(None, ())] * 4
    assert (generation.response, generation.finish_reason) == (" warm milk.\n", "stop")


def test_load_model_takes_an_engine() -> None:
    engine = from_function(score=sums, name="mine")
    model = backlit.load_model(engine)
    assert (model.engine, model.name) == (engine, "mine")
    with pytest.raises(OptionsError, match="mine is loaded already: device, dtype can't"):
        backlit.load_model(engine, device="cpu", dtype="float32")


def test_a_map_is_checked_and_kept() -> None:
    model = backlit.load_model(from_function(score=sums, generate=echo))
    explanation = backlit.explain(model, PROMPT, granularity="word")
    assert explanation.metadata["source"] == "function"
    checked = backlit.check(explanation, model)
    assert checked[0].faithfulness is not None
    assert checked[0].faithfulness.verdict == "holds"
    assert backlit.Explanation.from_json(checked.to_json()) == checked
    with pytest.raises(DataError, match="was a Python function") as raised:
        backlit.check(explanation)
    assert "pass the model" in raised.value.hint
