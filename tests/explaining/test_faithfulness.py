"""A map that is right holds up, one that is wrong does not, and neither is told without chance."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import spearmanr

import backlit
from backlit.engines.base import FloatArray
from backlit.engines.toy import ToyEngine
from backlit.errors import Cancelled, CapabilityError, DataError, InputError
from backlit.explaining.faithfulness import (
    LOOKS,
    agreement,
    altered_prompts,
    check_map,
    forward_passes,
)
from backlit.explanation import Curve, Explanation, Faithfulness, Provisional
from backlit.methods.objective import Objective
from backlit.model import Model
from backlit.progress import Callback
from tests.support.bounding import BoundingEngine
from tests.support.linear import Linear, Recorder, answer, before, linear


@pytest.fixture(scope="module")
def case() -> Linear:
    return linear("The dog likes warm milk and cold water and sweet soup and bread too")


def checked(case: Linear, scores: FloatArray) -> Faithfulness:
    return check_map(case.objective, case.segments, scores.tolist(), unit="word")


def test_the_true_map_holds_up(case: Linear) -> None:
    found = checked(case, case.by_segment)
    assert found.verdict == "holds"
    assert found.percentile >= 95
    assert found.map_order.deletion == pytest.approx(found.leave_one_out.deletion)
    assert found.sentence.startswith("Taking away the top 3 words makes this answer ")
    assert found.sentence.endswith("this map holds up.")
    assert "against the foil" in found.sentence
    assert len(found.random_orders) in (19, 20)  # one that beats 19 needs no more


def test_it_is_said_that_the_answers_own_words_are_taken_away_too(case: Linear) -> None:
    """Or the sentence would seem to contradict what is found of the prompt alone."""
    scores = case.by_segment.tolist()
    most = scores.index(max(scores))
    for at, said in ((most, True), (scores.index(min(scores)), False)):
        segments = list(case.segments)
        segments[at] = replace(segments[at], role="response")
        found = check_map(case.objective, segments, scores, unit="word")
        assert ("3 words, some of them the answer's own, makes" in found.sentence) is said


def test_the_map_upside_down_is_no_better_than_chance(case: Linear) -> None:
    found = checked(case, -case.by_segment)
    assert found.verdict == "chance"
    assert found.percentile < 10
    assert "don't rely on it" in found.sentence


def test_curves_are_what_is_lost(case: Linear) -> None:
    """On a sum over parts both curves have a closed form."""
    found = checked(case, case.by_segment)
    adds = np.sort(case.by_segment[case.maskable])[::-1]
    assert found.steps == (1, 3)
    for step, deleted, kept in zip(
        found.steps, found.map_order.deletion, found.map_order.insertion, strict=True
    ):
        assert deleted == pytest.approx(adds[:step].sum(), abs=1e-9)
        assert kept == pytest.approx(adds[step:].sum(), abs=1e-9)
    assert found.comprehensiveness == pytest.approx(np.mean(found.map_order.deletion))
    assert found.sufficiency == pytest.approx(np.mean(found.map_order.insertion))
    lengths = {(s.start, s.stop): s.stop - s.start for s in case.segments}
    gone = np.cumsum([lengths[span] for span in found.order])
    assert found.map_order.tokens == tuple(gone[step - 1] for step in found.steps)
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

    usual = linear()
    objective = Objective(Counting(decay=1.0), usual.objective.sequence, usual.objective.target)
    scores = usual.by_segment.tolist()
    recorder = Recorder()
    check_map(objective, usual.segments, scores, progress=recorder)
    first = sum(runs)
    done = [call.done for call in recorder.calls]
    assert done == sorted(done)
    assert done[0] == 0
    assert {call.total for call in recorder.calls} == {done[-1]}
    assert {call.phase for call in recorder.calls} == {"check map"}
    check_map(objective, usual.segments, [-score for score in scores])
    assert sum(runs) - first <= 10  # the random orders were known

    def stop(*call: object) -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        check_map(objective, usual.segments, scores, progress=Callback(stop))


def test_too_few_segments_and_engines_that_cannot_score(case: Linear) -> None:
    two = linear("The dog")
    with pytest.raises(InputError, match="only 2 words") as raised:
        check_map(two.objective, two.segments, two.by_segment.tolist(), unit="word")
    assert "finer" in raised.value.hint

    class Writer(ToyEngine):
        capabilities = frozenset({"generate"})

    objective = Objective(Writer("writer"), case.objective.sequence, case.objective.target)
    with pytest.raises(CapabilityError, match="writer can't say"):
        check_map(objective, case.segments, case.by_segment.tolist())


def test_an_explanation_is_checked_with_the_model_it_names() -> None:
    prompt = "I like sweet soup. You like sour bread. The dog likes cold water. The bird likes"
    model = Model(ToyEngine())
    explanation = model.explain(
        prompt, response=" ripe berries", method=["occlusion", "grad_l2"], granularity="word"
    )
    assert all(one.faithfulness is None for one in explanation)
    checked = backlit.check(explanation)
    verdicts = [one.faithfulness.verdict for one in checked if one.faithfulness]
    assert len(verdicts) == 2
    assert verdicts[0] == "holds"
    assert Explanation.from_json(checked.to_json()) == checked
    assert model.check(explanation) == checked
    nameless = Explanation(explanation.generation, explanation.attributions)
    with pytest.raises(DataError, match="does not say its model"):
        backlit.check(nameless)


def test_a_seed_and_a_number_of_orders(case: Linear) -> None:
    scores = case.by_segment.tolist()

    def drawn(seed: int) -> tuple[Curve, ...]:
        found = check_map(case.objective, case.segments, scores, orders=7, seed=seed)
        return found.random_orders

    assert len(drawn(0)) == 7
    assert drawn(0) == drawn(0) != drawn(1)


def test_percentile_is_the_share_of_orders_that_lose_less(case: Linear) -> None:
    scores = np.arange(len(case.segments), dtype=float)
    found = checked(case, scores)
    areas = [np.mean(curve.deletion) for curve in found.random_orders]
    below = sum(area < found.comprehensiveness for area in areas)
    same = sum(area == found.comprehensiveness for area in areas)
    assert found.percentile == pytest.approx(100 * (below + same / 2) / len(areas))


def test_orders_that_all_lose_alike_are_at_half(case: Linear) -> None:
    """Ties count half, so a model that nothing changes makes no map look good or bad."""

    class Certain(ToyEngine):
        def score(
            self, contexts: Sequence[Sequence[int]], *answers: Sequence[int]
        ) -> Iterator[tuple[int, FloatArray]]:
            for index, _ in enumerate(contexts):
                yield index, np.zeros(sum(map(len, answers)))

    objective = Objective(Certain(), case.objective.sequence, case.objective.target)
    found = check_map(objective, case.segments, case.by_segment.tolist())
    assert found.percentile == 50
    assert found.verdict == "chance"
    assert "about as likely as before" in found.sentence


def test_the_verdict_is_told_as_it_becomes_known(case: Linear) -> None:
    told: list[Provisional] = []
    scores = case.by_segment.tolist()
    found = check_map(case.objective, case.segments, scores, unit="word", so_far=told.append)
    assert [one.orders for one in told] == [5, 5, 12, 19]
    assert told[0].sentence.startswith("Taking away the top 3 words costs more than by chance in ")
    assert told[-1].sentence.startswith("Taking away words in this order costs more")
    assert [one.decided for one in told] == [False, False, False, True]
    assert told[-1].verdict == found.verdict
    assert told[-1].percentile == found.percentile
    assert ": so far" in told[0].sentence
    assert ": so far" not in told[-1].sentence
    for one in told:
        assert one.low <= one.percentile <= one.high
    assert told[-1].high - told[-1].low < told[0].high - told[0].low


@settings(max_examples=20, deadline=None)
@given(st.lists(st.integers(-3, 3), min_size=17, max_size=17))
def test_orders_that_are_not_run_could_not_have_changed_the_verdict(drawn: list[int]) -> None:
    whole = linear("The dog likes warm milk and cold water and sweet soup and bread too")
    scores = [float(score) for score in (drawn * 2)[: len(whole.segments)]]
    found = check_map(whole.objective, whole.segments, scores)
    assert len(found.random_orders) in (*LOOKS, 20)
    every = check_map(whole.objective, whole.segments, scores, orders=20)
    assert every.verdict == found.verdict
    areas = [np.mean(curve.deletion) for curve in found.random_orders]
    beaten = sum(a < found.comprehensiveness for a in areas)
    beaten += sum(a == found.comprehensiveness for a in areas) / 2
    left = 20 - len(areas)
    for share in (beaten / 20, (beaten + left) / 20):
        verdict = "holds" if share >= 0.95 else "weak" if share >= 0.75 else "chance"
        assert verdict == found.verdict


def test_a_map_that_is_plainly_wrong_is_known_early(case: Linear) -> None:
    found = checked(case, -case.by_segment)
    assert len(found.random_orders) < 20


def test_by_token_a_long_segment_gains_nothing_by_its_length() -> None:
    """Two parts cost the same, one of them is three tokens long: by token it comes behind."""
    case = linear("The dog likes warm milk and cold water and sweet soup and bread too")
    scores = np.array([s.stop - s.start for s in case.segments], dtype=float)
    longest = checked(case, scores)
    assert longest.percentile_per_token is not None
    lost = sum(longest.map_order.deletion) / sum(longest.map_order.tokens)
    others = [sum(one.deletion) / sum(one.tokens) for one in longest.random_orders]
    below = sum(other < lost for other in others) + sum(other == lost for other in others) / 2
    assert longest.percentile_per_token == pytest.approx(100 * below / len(others))


def test_what_is_kept_is_never_taken_away(case: Linear) -> None:
    kept = case.segments[4]
    found = check_map(
        case.objective, case.segments, case.by_segment.tolist(), keep=[(kept.start, kept.stop)]
    )
    assert (kept.start, kept.stop) not in found.order
    assert found.kept == ((kept.start, kept.stop),)
    assert len(found.order) == int(case.maskable.sum()) - 1
    with pytest.raises(InputError, match="leave fewer parts out"):
        check_map(
            case.objective,
            case.segments,
            case.by_segment.tolist(),
            keep=[(0, case.segments[-3].stop)],
        )


def test_the_question_can_be_kept() -> None:
    prompt = (
        "I like soup.\n\nThe dog likes water.\nThe bird sings.\nYou like bread.\n\nThe dog likes"
    )
    model = Model(ToyEngine())
    explanation = model.explain(prompt, response=" water", granularity="sentence")
    last = explanation[0].segments[-1]
    for keep in (False, True):
        found = backlit.check(explanation, model, keep_question=keep)[0].faithfulness
        assert found is not None
        assert ((last.start, last.stop) in found.order) is not keep


def test_what_a_check_costs() -> None:
    for size, steps in ((4, 2), (11, 2), (23, 3), (100, 4)):
        assert altered_prompts(size) == size + 22 * (2 * steps - 1)
        assert forward_passes(size) == (1 + altered_prompts(size)) / 2


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


def test_bounds_are_said_with_the_verdict() -> None:
    prompt = "The cat likes warm milk. The dog likes"
    objective = answer(BoundingEngine(top=3), prompt, " cold water")
    scores = [*[0.0] * 8, 1.0]
    found = check_map(objective, before(objective), scores, unit="word")
    exact = check_map(
        answer(ToyEngine(), prompt, " cold water"), before(objective), scores, unit="word"
    )
    assert "this answer at least " in found.sentence
    assert "the server tells only a bound, so another verdict could be right." in found.sentence
    assert "bound" not in exact.sentence
    assert "at least" not in exact.sentence
