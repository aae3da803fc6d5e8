"""On a linear objective all methods say the same: what each part adds."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.linear import WORDS, Linear, linear


@pytest.fixture(scope="module")
def case() -> Linear:
    return linear()


def test_the_case_is_not_trivial(case: Linear) -> None:
    assert np.ptp(case.by_segment[case.players]) > 1
    engine, objective = case.objective.engine, case.objective
    value = engine.bias[objective.answers[0][0]] - engine.bias[objective.answers[1][0]]
    assert objective.value == pytest.approx(value + case.by_token.sum(), abs=1e-9)


def test_gradient_times_input(case: Linear) -> None:
    np.testing.assert_allclose(case.scores("grad_x_input").values, case.by_token, atol=1e-9)


@pytest.mark.parametrize("baseline", ["zero", "faded"])
def test_integrated_gradients(case: Linear, baseline: str) -> None:
    found = case.scores("integrated_gradients", baseline=baseline, fade=0.25)
    way = 1.0 if baseline == "zero" else 0.75
    np.testing.assert_allclose(found.values, way * case.by_token, atol=1e-9)
    assert found.convergence_delta == pytest.approx(0, abs=1e-9)
    assert found.notes == ()


def test_occlusion(case: Linear) -> None:
    np.testing.assert_allclose(case.scores("occlusion").values, case.by_segment, atol=1e-9)


@pytest.mark.parametrize("name", ["knockout", "gate_gradient"])
def test_attention_methods(case: Linear, name: str) -> None:
    """The last token is not taken out: it sees itself, whatever is hidden from others."""
    found = case.scores(name).values
    expected = case.by_segment if name == "knockout" else case.by_token
    np.testing.assert_allclose(found[:-1], expected[:-1], atol=1e-9)
    assert found[-1] == 0


@pytest.mark.parametrize("n_samples", [40, 5_000])
def test_shapley_sampled_and_enumerated(case: Linear, n_samples: int) -> None:
    found = case.scores("shapley", n_samples=n_samples)
    expected = np.where(case.players, case.by_segment, 0)
    np.testing.assert_allclose(found.values, expected, atol=1e-5)
    assert found.convergence_delta == pytest.approx(0, abs=1e-5)
    assert found.standard_errors is not None
    np.testing.assert_allclose(found.standard_errors, 0, atol=1e-3)


def test_lime_and_sparse_ablation_recover_the_weights(case: Linear) -> None:
    expected = np.where(case.players, case.by_segment, 0)
    lime = case.scores("lime", n_samples=400).values
    np.testing.assert_allclose(lime, expected, atol=0.02)
    sparse = case.scores("sparse_ablation", n_samples=400)
    np.testing.assert_allclose(sparse.values, expected, atol=0.05)
    assert "100%" in sparse.notes[0]


@pytest.mark.parametrize("name", ["occlusion", "shapley", "lime", "sparse_ablation"])
def test_a_segment_that_nothing_depends_on_gets_nothing(name: str) -> None:
    case = linear(WORDS + " eight eight eight")
    idle = [i for i, s in enumerate(case.segments) if case.by_segment[i] == 0 and case.players[i]]
    assert idle
    found = case.scores(name, **({} if name == "occlusion" else {"n_samples": 200}))
    np.testing.assert_allclose(found.values[idle], 0, atol=0.02 if name == "lime" else 1e-5)


@settings(max_examples=15, deadline=None)
@given(order=st.permutations(WORDS.split()))
@pytest.mark.parametrize("name", ["occlusion", "shapley", "grad_x_input"])
def test_permuting_segments_permutes_scores(name: str, order: list[str]) -> None:
    """Where order does not matter to the model, it does not matter to a method."""
    usual, other = linear(" " + WORDS.lower()), linear(" " + " ".join(order).lower())

    def by_word(case: Linear) -> list[tuple[str, float]]:
        values = case.scores(name, **({"n_samples": 40} if name == "shapley" else {})).values
        if name == "grad_x_input":
            values = np.array([values[s.start : s.stop].sum() for s in case.segments])
        pairs = zip(case.segments, values.round(6).tolist(), strict=True)
        return sorted((s.text, v + 0.0) for s, v in pairs if s.role != "template")

    for (word, value), (again, permuted) in zip(by_word(usual), by_word(other), strict=True):
        assert word == again
        assert value == pytest.approx(permuted, abs=1e-5)
