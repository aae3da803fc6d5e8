"""A map that is right holds up, one that is wrong does not, and neither is told without chance."""

from collections.abc import Iterator, Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import spearmanr

import backlit
from backlit.engines.base import FloatArray
from backlit.engines.toy import ToyEngine
from backlit.errors import Cancelled, CapabilityError, DataError, InputError
from backlit.explaining.faithfulness import agreement, check_map, deletion_area
from backlit.explanation import Explanation, Faithfulness
from backlit.methods.objective import Objective
from backlit.pipeline import Model, check, explain
from tests.support.linear import Linear, linear


@pytest.fixture(scope="module")
def case() -> Linear:
    return linear("The dog likes warm milk and cold water and sweet soup and bread too")


def checked(case: Linear, scores: FloatArray) -> Faithfulness:
    return check_map(case.objective, case.segments, scores.tolist(), unit="word")


def test_the_true_map_holds_up(case: Linear) -> None:
    found = checked(case, case.by_segment)
    assert found.verdict == "holds"
    assert found.percentile >= 95
    assert found.map == found.leave_one_out
    assert found.sentence.startswith("Taking away the top 3 words makes this answer ")
    assert found.sentence.endswith("this map holds up.")
    assert "against the foil" in found.sentence
    assert len(found.random) == 20


def test_the_map_upside_down_is_no_better_than_chance(case: Linear) -> None:
    found = checked(case, -case.by_segment)
    assert found.verdict == "chance"
    assert found.percentile < 10
    assert "don't rely on it" in found.sentence


def test_curves_are_what_is_lost(case: Linear) -> None:
    """On a sum over parts both curves have a closed form."""
    found = checked(case, case.by_segment)
    adds = np.sort(case.by_segment[case.players])[::-1]
    assert found.steps == (1, 2, 3, 5)
    for step, deleted, kept in zip(
        found.steps, found.map.deletion, found.map.insertion, strict=True
    ):
        assert deleted == pytest.approx(adds[:step].sum(), abs=1e-9)
        assert kept == pytest.approx(adds[step:].sum(), abs=1e-9)
    assert found.comprehensiveness == pytest.approx(np.mean(found.map.deletion))
    assert found.sufficiency == pytest.approx(np.mean(found.map.insertion))
    area = deletion_area(case.objective, case.segments, case.by_segment)
    assert area == pytest.approx(found.comprehensiveness)
    best = [case.segments[i] for i in np.argsort(-case.by_segment, kind="stable")]
    own = [(s.start, s.stop) for s in best if s.role != "template"]
    assert list(found.order)[:3] == own[:3]


def test_altered_prompts_are_shared_by_maps_and_progress_is_told() -> None:
    runs: list[int] = []

    class Counting(ToyEngine):
        def score(
            self, contexts: Sequence[Sequence[int]], *answers: Sequence[int]
        ) -> Iterator[tuple[int, FloatArray]]:
            runs.append(len(contexts))
            return super().score(contexts, *answers)

    made = linear()
    objective = Objective(Counting(decay=1.0), made.objective.sequence, made.objective.target)
    told: list[tuple[int, int | None]] = []
    scores = made.by_segment.tolist()
    check_map(objective, made.segments, scores, report=lambda d, t, s: told.append((d, t)))
    first = sum(runs)
    assert [d for d, _ in told] == sorted(d for d, _ in told)
    assert told[-1][0] == told[-1][1]
    check_map(objective, made.segments, [-score for score in scores])
    assert sum(runs) - first <= 10  # the random orders were known

    def stop(done: int, total: int | None, scored: object) -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        check_map(objective, made.segments, scores, report=stop)


def test_too_few_segments_and_engines_that_cannot_score(case: Linear) -> None:
    two = linear("The dog")
    with pytest.raises(InputError, match="only 2 words") as raised:
        check_map(two.objective, two.segments, two.by_segment.tolist(), unit="word")
    assert "finer" in raised.value.hint

    class Writer:
        name = "writer"

    objective = Objective(Writer(), case.objective.sequence, case.objective.target)
    with pytest.raises(CapabilityError, match="writer can't say"):
        check_map(objective, case.segments, case.by_segment.tolist())


def test_an_explanation_is_checked_with_the_model_it_names() -> None:
    prompt = "I like sweet soup. You like sour bread. The dog likes cold water. The bird likes"
    explanation = explain(
        Model(ToyEngine()),
        prompt,
        target=" ripe berries",
        method=["occlusion", "grad_l2"],
        granularity="word",
    )
    found = backlit.check(explanation)
    assert [one.attribution for one in found.faithfulness] == [0, 1]
    assert found.faithfulness[0].verdict == "holds"
    assert Explanation.from_json(found.to_json()) == found
    again = check(explanation, Model(ToyEngine()))
    assert again == found
    nameless = Explanation(explanation.generation, explanation.attributions)
    with pytest.raises(DataError, match="does not say its model"):
        backlit.check(nameless)


@settings(max_examples=50, deadline=None)
@given(
    st.integers(2, 12).flatmap(
        lambda n: st.lists(
            st.lists(st.integers(0, 5), min_size=n, max_size=n), min_size=2, max_size=4
        )
    )
)
def test_agreement_is_spearmans_rank_correlation(maps: list[list[int]]) -> None:
    found = agreement(maps)
    for i, a in enumerate(maps):
        for j, b in enumerate(maps):
            if len(set(a)) > 1 and len(set(b)) > 1:
                assert found[i, j] == pytest.approx(spearmanr(a, b).statistic, abs=1e-9)
            else:
                assert found[i, j] == 0
