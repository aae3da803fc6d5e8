"""Masks to prompts to values, and what is made of few samples."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backlit.engines.toy import ToyEngine
from backlit.errors import TargetError
from backlit.methods.objective import Objective
from backlit.methods.perturbation import Ablation, bootstrap
from backlit.methods.sparse_ablation import held_out_fit
from backlit.segments import segment
from backlit.types import Target
from tests.support import tiny
from tests.support.linear import Linear, linear, run


@pytest.fixture(scope="module")
def case() -> Linear:
    return linear()


@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_a_mask_leaves_what_it_says_and_the_template(data: st.DataObject) -> None:
    case = linear()
    ablation = Ablation(case.objective, case.segments)
    size = len(ablation.players)
    mask = np.array(data.draw(st.lists(st.booleans(), min_size=size, max_size=size)))
    kept = set(ablation.players[mask].tolist())
    expected: list[int] = []
    for i, part in enumerate(case.segments):
        if part.role == "template" or i in kept:
            expected += case.objective.context[part.start : part.stop]
    assert ablation.context(mask) == tuple(expected)
    added = case.by_segment[ablation.players][mask].sum()
    template = case.by_segment[~case.players].sum()
    nobody = ablation.values(np.zeros((1, size), dtype=bool))[0]
    assert ablation.values(mask[None])[0] == pytest.approx(nobody + added, abs=1e-9)
    assert np.isfinite(template)


def test_nothing_left_is_the_last_token(toy: ToyEngine) -> None:
    sequence = toy.append(toy.tokenize("The dog"), " likes")
    objective = Objective(toy, sequence, Target(2, 3))
    ablation = Ablation(objective, segment(sequence, "word", stop=2))
    assert ablation.context(np.zeros(2, dtype=bool)) == sequence.input_ids[1:2]


def test_a_replacement_is_written_where_something_was(case: Linear) -> None:
    ablation = Ablation(case.objective, case.segments, " soup")
    soup = case.objective.engine.tokenize(" soup").input_ids
    mask = np.ones(len(ablation.players), dtype=bool)
    mask[0] = False
    first = case.segments[ablation.players[0]]
    ids = case.objective.context
    assert ablation.context(mask) == ids[: first.start] + soup + ids[first.stop :]
    engine = tiny.engine(kind="wordpiece")
    sequence = engine.append(engine.tokenize("The cat likes"), " milk")
    objective = Objective(engine, sequence, Target(sequence.prompt_length, len(sequence.tokens)))
    with pytest.raises(TargetError):
        Ablation(objective, (), "🦄")


def test_identical_masks_are_run_once(case: Linear) -> None:
    calls: list[int] = []

    class Counting(ToyEngine):
        def score(self, contexts, *answers):  # type: ignore[no-untyped-def]
            calls.append(len(contexts))
            return super().score(contexts, *answers)

    objective = Objective(Counting(decay=1.0), case.objective.sequence, case.objective.target)
    ablation = Ablation(objective, case.segments)
    masks = np.ones((6, len(ablation.players)), dtype=bool)
    masks[3:, 0] = False
    ablation.values(masks)
    assert sum(calls) == 2


@pytest.mark.parametrize("name", ["lime", "sparse_ablation", "shapley"])
def test_estimates_arrive_while_samples_are_run(case: Linear, name: str) -> None:
    from backlit.methods import make_method

    heard: list[tuple[int, int | None, dict[int, float]]] = []
    make_method(name, n_samples=128).attribute(
        case.objective, case.segments, lambda d, t, s: heard.append((d, t, dict(s)))
    )
    assert heard[-1][:2] == (128, 128)
    early = [scored for done, _, scored in heard if scored and done < 128]
    assert early
    players = [i for i, s in enumerate(case.segments) if s.role != "template"]
    assert sorted(early[0]) == players


@pytest.mark.parametrize("name", ["lime", "sparse_ablation", "shapley"])
def test_one_segment_and_none(name: str, toy: ToyEngine) -> None:
    sequence = toy.append(toy.tokenize("The dog"), " likes")
    objective = Objective(toy, sequence, Target(2, 3))
    found = run(name, objective, segment(sequence, "line", stop=2))
    assert found.values.shape == (1,)
    assert np.isfinite(found.values).all()
    assert found.standard_errors is not None
    assert np.isfinite(found.standard_errors).all()


@pytest.mark.parametrize(("name", "told"), [("lime", "guesses"), ("sparse_ablation", "explains")])
def test_fewer_samples_than_segments_is_a_result_and_a_note(
    name: str, told: str, case: Linear
) -> None:
    found = run(name, case.objective, case.segments, n_samples=10)
    assert np.isfinite(found.values).all()
    assert told in found.notes[0]


def test_adding_samples_shrinks_standard_errors() -> None:
    case = linear()
    rng = np.random.default_rng(0)
    means = []
    for size in (40, 160, 640):
        masks = rng.random((size, 4)) < 0.5
        values = masks @ np.arange(4.0) + rng.normal(size=size)
        means.append(
            bootstrap(
                masks, values, lambda m, v: np.linalg.lstsq(m.astype(float), v, rcond=None)[0], 0
            ).mean()
        )
    assert means[0] > means[1] > means[2]
    few = run("lime", case.objective, case.segments, n_samples=16).standard_errors
    many = run("lime", case.objective, case.segments, n_samples=200).standard_errors
    assert few is not None
    assert many is not None
    assert many.mean() <= few.mean()


def test_held_out_fit_of_noise_is_bad_and_of_a_line_is_good() -> None:
    rng = np.random.default_rng(0)
    masks = rng.random((80, 5)) < 0.5
    assert held_out_fit(masks, rng.normal(size=80), 0.01) < 0.3
    assert held_out_fit(masks, masks @ np.arange(5.0), 0.001) > 0.99
    assert held_out_fit(masks, np.ones(80), 0.1) == 1.0


def test_an_answer_that_is_certain_gives_zeros_not_nan() -> None:
    """Log-probability 0 whatever is taken away, and one under 1e-30."""

    class Certain(ToyEngine):
        value = 0.0

        def score(self, contexts, *answers):  # type: ignore[no-untyped-def]
            for index, _ in enumerate(contexts):
                yield index, np.full(sum(map(len, answers)), self.value)

    for value in (0.0, -80.0):
        engine = Certain()
        engine.value = value
        sequence = engine.append(engine.tokenize("The dog likes cold water and"), " so")
        start = sequence.prompt_length
        objective = Objective(engine, sequence, Target(start, len(sequence.tokens)))
        segments = segment(sequence, "word", stop=start)
        for name in ("occlusion", "shapley", "lime", "sparse_ablation"):
            np.testing.assert_allclose(run(name, objective, segments).values, 0, atol=1e-9)
