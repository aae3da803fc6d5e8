"""Targets and foils: what is asked, in ids that the model would write."""

import numpy as np
import pytest

from backlit.engines.toy import ToyEngine
from backlit.errors import TargetError
from backlit.explaining.attribution import attribute
from backlit.explaining.targets import select_target, with_foil
from backlit.explanation import Explanation
from backlit.methods import make_method, methods
from backlit.methods.objective import Objective
from backlit.pipeline import Model, explain
from backlit.types import ParameterValue, Target, TokenSequence
from tests.support import tiny


@pytest.fixture
def sequence(toy: ToyEngine) -> TokenSequence:
    return toy.append(toy.tokenize("The dog likes"), " cold water")


def test_a_text_foil_gets_the_spaces_of_the_target(toy: ToyEngine, sequence: TokenSequence) -> None:
    target = select_target(sequence, "cold water")
    found = with_foil(toy, sequence, target, "warm milk").foil
    assert found is not None
    assert found.text == " warm milk"
    assert found.ids == toy.tokenize(" warm milk").input_ids
    ids = with_foil(toy, sequence, target, found.ids)
    assert ids.foil == found


@pytest.mark.parametrize(
    ("foil", "message"),
    [
        ("", "foil is empty"),
        ("  ", "foil is empty"),
        ([], "foil is empty"),
        (" cold water", "target itself"),
        ("cold water ", "target itself"),
        ([99_999], "does not know"),
    ],
)
def test_foils_that_can_not_be(
    toy: ToyEngine, sequence: TokenSequence, foil: str | list[int], message: str
) -> None:
    with pytest.raises(TargetError, match=message) as raised:
        with_foil(toy, sequence, Target(3, 5), foil)
    assert raised.value.hint


def test_a_foil_that_the_tokenizer_can_not_write() -> None:
    engine = tiny.engine(kind="wordpiece")
    sequence = engine.append(engine.tokenize("The cat likes"), " milk")
    target = Target(sequence.prompt_length, len(sequence.tokens))
    with pytest.raises(TargetError, match="no token for"):
        with_foil(engine, sequence, target, "🦄")


# not Grad L2, which has no sign, nor the lasso, whose penalty is chosen by what is explained
@pytest.mark.parametrize("name", sorted(methods().keys() - {"grad_l2", "sparse_ablation"}))
@pytest.mark.parametrize("family", ["toy", "llama"])
def test_a_contrast_is_the_difference_of_two_explanations(name: str, family: str) -> None:
    """Every signed method that is linear in the objective; lengths may differ."""
    engine = ToyEngine() if family == "toy" else tiny.engine(family)
    before = engine.tokenize("The cat likes warm milk. The dog likes")
    target_text, foil_text = " cold water", " milk"
    given: dict[str, dict[str, ParameterValue]] = {
        "integrated_gradients": {"tolerance": 1.0, "max_steps": 9},
        "shapley": {"n_samples": 5_000},  # all of them, as a fit to some is not linear
    }
    method = make_method(name, **given.get(name, {}))

    def scores(answer: str, foil: str | None) -> tuple[np.ndarray, float]:
        sequence = engine.append(before, answer)
        target = Target(sequence.prompt_length, len(sequence.tokens))
        if foil is not None:
            target = with_foil(engine, sequence, target, foil)
        objective = Objective(engine, sequence, target)
        return attribute(objective, method, "word").scores, objective.value

    alone, value = scores(target_text, None)
    other, other_value = scores(foil_text, None)
    contrast, difference = scores(target_text, foil_text)
    scale = 1e-3 * max(np.abs(alone).max(), 1)
    np.testing.assert_allclose(contrast, alone - other, atol=scale)
    assert difference == pytest.approx(value - other_value, abs=1e-3)


def test_a_foil_travels_with_the_explanation() -> None:
    found = explain(
        Model(ToyEngine()), "The dog likes", target=" cold water", foil="warm milk",
        method=["grad_l2", "knockout"], granularity="word",
    )  # fmt: skip
    for one in found.attributions:
        assert one.target.foil is not None
        assert one.target.foil.text == " warm milk"
        assert one.foil_log_prob is not None
        assert one.foil_log_prob < 0
    assert Explanation.from_json(found.to_json()) == found
