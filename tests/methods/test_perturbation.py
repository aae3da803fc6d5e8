"""Masks to prompts to values, and what is made of few samples."""

from collections.abc import Iterator, Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backlit.engines.base import FloatArray
from backlit.engines.toy import ToyEngine
from backlit.errors import TargetError
from backlit.methods import make_method
from backlit.methods.base import parameters
from backlit.methods.lime import Lime
from backlit.methods.objective import Objective
from backlit.methods.occlusion import Occlusion
from backlit.methods.perturbation import (
    MASKS_PER_ESTIMATE,
    Ablation,
    Masks,
    bootstrap,
    leave_one_out,
    replacement_ids,
)
from backlit.methods.shapley import Shapley
from backlit.methods.sparse_ablation import SparseAblation
from backlit.types import Segment
from tests.support import tiny
from tests.support.linear import Linear, Recorder, answer, before, linear, run

SAMPLERS = ["lime", "sparse_ablation", "shapley"]


@pytest.fixture(scope="module")
def case() -> Linear:
    return linear()


# ---- ablations ---------------------------------------------------------------------------------


@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_a_mask_leaves_what_it_says_and_the_template(data: st.DataObject) -> None:
    case = linear()
    ablation = Ablation(case.objective, case.segments)
    size = len(ablation.maskable)
    np.testing.assert_array_equal(ablation.maskable, np.flatnonzero(case.maskable))
    mask = np.array(data.draw(st.lists(st.booleans(), min_size=size, max_size=size)))
    kept = set(ablation.maskable[mask].tolist())
    expected: list[int] = []
    for i, part in enumerate(case.segments):
        if part.role == "template" or i in kept:
            expected += case.objective.context[part.start : part.stop]
    assert ablation.context(mask) == tuple(expected)
    target, foil = (ids[0] for ids in case.objective.answers)
    bias = case.engine.bias[target] - case.engine.bias[foil]
    template = case.by_segment[~case.maskable].sum()
    added = case.by_segment[ablation.maskable][mask].sum()
    assert ablation.values(mask[None])[0] == pytest.approx(bias + template + added, abs=1e-9)


def test_nothing_left_is_the_last_token(toy: ToyEngine) -> None:
    objective = answer(toy, "The dog", " likes")
    ablation = Ablation(objective, before(objective))
    assert ablation.context(np.zeros(2, dtype=np.bool_)) == objective.context[-1:]


def test_a_replacement_is_written_where_something_was(case: Linear) -> None:
    ablation = Ablation(case.objective, case.segments, " soup")
    soup = case.engine.tokenize(" soup").input_ids
    mask = np.ones(len(ablation.maskable), dtype=np.bool_)
    mask[0] = False
    first = case.segments[ablation.maskable[0]]
    ids = case.objective.context
    assert ablation.context(mask) == ids[: first.start] + soup + ids[first.stop :]
    assert replacement_ids(case.objective, " soup") == soup
    assert replacement_ids(case.objective, "") == ()


def test_a_replacement_that_the_tokenizer_can_not_write() -> None:
    objective = answer(tiny.engine(kind="wordpiece"), "The cat likes", " milk")
    with pytest.raises(TargetError):
        Ablation(objective, before(objective), "🦄")


def test_identical_masks_are_run_once_and_counted_each(case: Linear) -> None:
    contexts_scored: list[int] = []

    class Counting(ToyEngine):
        def score(
            self, contexts: Sequence[Sequence[int]], *answers: Sequence[int]
        ) -> Iterator[tuple[int, FloatArray]]:
            contexts_scored.append(len(contexts))
            return super().score(contexts, *answers)

    objective = Objective(Counting(decay=1.0), case.objective.sequence, case.objective.target)
    ablation = Ablation(objective, case.segments)
    masks = np.ones((6, len(ablation.maskable)), dtype=np.bool_)
    masks[3:, case.by_segment[ablation.maskable].argmax()] = False
    done: list[int] = []
    values = ablation.values(masks, done.append)
    assert sum(contexts_scored) == 2
    assert done == [1, 2, 3, 4, 5, 6]
    assert values[0] == values[2] != values[3] == values[5]


def test_scores_of_the_maskable_leave_the_template_at_zero(case: Linear) -> None:
    ablation = Ablation(case.objective, case.segments)
    scores = np.arange(1.0, 1 + len(ablation.maskable))
    whole = ablation.to_segments(scores)
    np.testing.assert_array_equal(whole[case.maskable], scores)
    np.testing.assert_array_equal(whole[~case.maskable], 0)


def test_estimates_are_of_the_values_known_so_far(case: Linear) -> None:
    ablation = Ablation(case.objective, case.segments)
    size = len(ablation.maskable)
    masks = np.random.default_rng(0).random((100, size)) < 0.5
    asked: list[int] = []

    def estimate(some: Masks, values: FloatArray) -> FloatArray:
        np.testing.assert_array_equal(some, masks[: len(some)])
        asked.append(len(values))
        return np.full(size, values.sum())

    recorder = Recorder()
    values = ablation.sampled(masks, estimate, recorder, min_masks=MASKS_PER_ESTIMATE + 1)
    np.testing.assert_array_equal(values, ablation.values(masks))
    assert asked == [64, 96]  # not of the first 32, which are too few, nor of all
    told = [call for call in recorder.calls if call.scores]
    assert [call.done for call in told] == asked
    own = [case.segments[i] for i in ablation.maskable]
    assert told[0].scores == {(s.start, s.stop): pytest.approx(values[:64].sum()) for s in own}
    done = [call.done for call in recorder.calls]
    assert done == sorted(done)
    assert set(done) == set(range(1, 101))
    assert {call.total for call in recorder.calls} == {100}


@pytest.mark.parametrize("name", SAMPLERS)
def test_estimates_arrive_while_samples_are_run(case: Linear, name: str) -> None:
    recorder = Recorder()
    make_method(name, n_samples=128).attribute(case.objective, case.segments, recorder)
    assert (recorder.calls[-1].done, recorder.calls[-1].total) == (128, 128)
    early = [call.scores for call in recorder.calls if call.scores and call.done < 128]
    assert early
    own = [(s.start, s.stop) for s in case.segments if s.role != "template"]
    assert sorted(early[0]) == own


@pytest.mark.parametrize("name", SAMPLERS)
def test_one_segment(name: str, toy: ToyEngine) -> None:
    objective = answer(toy, "The dog", " likes")
    scores = run(name, objective, before(objective, "line"))
    assert scores.values.shape == (1,)
    assert np.isfinite(scores.values).all()
    assert scores.standard_errors is not None
    assert np.isfinite(scores.standard_errors).all()


@pytest.mark.parametrize("name", SAMPLERS)
def test_no_segment_that_may_be_taken_away(name: str, case: Linear) -> None:
    template = [s for s in case.segments if s.role == "template"]
    scores = run(name, case.objective, template)
    np.testing.assert_array_equal(scores.values, np.zeros(len(template)))
    assert scores.standard_errors is not None
    np.testing.assert_array_equal(scores.standard_errors, np.zeros(len(template)))


@pytest.mark.parametrize("log_prob", [0.0, -80.0])
def test_an_answer_that_is_certain_gives_zeros_not_nan(log_prob: float) -> None:
    """The same log-probability whatever is taken away; also one under 1e-30."""

    class Certain(ToyEngine):
        def score(
            self, contexts: Sequence[Sequence[int]], *answers: Sequence[int]
        ) -> Iterator[tuple[int, FloatArray]]:
            for index, _ in enumerate(contexts):
                yield index, np.full(sum(map(len, answers)), log_prob)

    objective = answer(Certain(), "The dog likes cold water and", " so")
    for name in ("occlusion", *SAMPLERS):
        scores = run(name, objective, before(objective))
        np.testing.assert_allclose(scores.values, 0, atol=1e-9)


# ---- one at a time -----------------------------------------------------------------------------


def test_leave_one_out_is_told_once_the_whole_is_known() -> None:
    segments = [Segment(i, i + 1, "x", "prompt") for i in range(3)]
    recorder = Recorder()
    values = [(2, -3.0), (1, -1.5), (0, -1.0), (3, 0.0)]
    scores = leave_one_out(values, segments, recorder)
    assert scores.tolist() == [0.5, 2.0, -1.0]
    assert [(call.done, call.scores) for call in recorder.calls] == [
        (2, {(1, 2): 2.0, (0, 1): 0.5}),
        (3, {(2, 3): -1.0}),
    ]


# ---- standard errors ---------------------------------------------------------------------------


def mean(masks: Masks, values: FloatArray) -> FloatArray:
    return np.array([values.mean()])


def line(masks: Masks, values: FloatArray) -> FloatArray:
    solution: FloatArray = np.linalg.lstsq(masks.astype(float), values, rcond=None)[0]
    return solution


@pytest.mark.parametrize("size", [40, 640])
def test_bootstrap_tells_the_standard_error_of_a_mean(size: int) -> None:
    values = np.random.default_rng(0).normal(size=size)
    error = bootstrap(np.ones((size, 1), dtype=np.bool_), values, mean, 0)
    assert error.shape == (1,)
    assert error[0] == pytest.approx(values.std(ddof=1) / np.sqrt(size), rel=0.3)


def test_bootstrap_resamples_masks_with_their_values() -> None:
    masks = np.random.default_rng(0).random((30, 3)) < 0.5
    exact = bootstrap(masks, masks @ np.array([1.0, -2.0, 3.0]), line, 0)
    np.testing.assert_allclose(exact, 0, atol=1e-9)
    noise = np.random.default_rng(1).normal(size=30)
    first, again, other = (bootstrap(masks, noise, line, seed) for seed in (3, 3, 4))
    np.testing.assert_array_equal(first, again)
    assert (first != other).any()


# ---- parameters that they share ----------------------------------------------------------------


def test_shared_parameters_are_declared_alike() -> None:
    declared = [{p.name: p for p in parameters(m)} for m in (Lime, SparseAblation, Shapley)]
    for one in declared:
        assert one["seed"] == declared[0]["seed"]
        assert one["replacement"] == parameters(Occlusion)[0]
        assert (one["n_samples"].minimum, one["n_samples"].maximum) == (8, 20_000)
    assert [one["n_samples"].default for one in declared] == [128, 64, 128]
