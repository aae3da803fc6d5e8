"""Methods ranked on planted prompts: what is counted, what is measured, and where."""

import numpy as np
import pytest

from backlit.engines.toy import ToyEngine
from backlit.evaluation import ranking
from backlit.evaluation.drafts import KINDS
from backlit.evaluation.planted import PlantedPrompt, planted_prompts
from backlit.evaluation.ranking import CHANCE, DRAWS, MethodRanking, Score, evaluate
from backlit.methods import methods
from backlit.model import Model
from tests.support.planted import REST, Reader, planted

PROMPTS = [planted(REST * k + "The code is warm.\n" + REST + "The code is") for k in range(1, 4)]
ODD = PlantedPrompt("y", "canary", "en", "I like soup.\nNo", "xyz", ((0, 13),), "all")


def test_every_method_is_ranked_beside_chance() -> None:
    told: list[tuple[int, int]] = []
    found = evaluate(
        Model(Reader()), [*PROMPTS, ODD], list(methods()), ["line"],
        lambda phase, done, total, scores: told.append((done, total)),
    )  # fmt: skip
    assert told[-1] == (4, 4)
    assert found.counted == {"needle": 3}
    assert found.dropped == {"canary": 1}
    assert found.measured == 3
    rows = {row.method: row for row in found.rankings}
    assert set(rows) == {*methods(), CHANCE}
    for name, row in rows.items():
        assert len(row.scores) == (3 * DRAWS if name == CHANCE else 3), name
        assert 0 <= row.first <= 1
        assert 0 < row.reciprocal_rank <= 1
        if name != CHANCE:
            for score in row.scores:
                assert score.percentile is not None
                assert score.lost_per_token is not None
                assert score.passes > 0
    assert rows[CHANCE].first < 0.5


def test_few_cases_are_taken_and_what_is_slow_is_measured_on_fewer() -> None:
    names = ["grad_l2", "shapley"]
    found = evaluate(Model(Reader()), PROMPTS, names, cases=2, measured=1)
    assert found.counted == {"needle": 2}
    assert found.measured == 1
    quick, slow, _ = found.rankings
    assert [score.percentile is None for score in quick.scores] == [False, True]
    assert len(slow.scores) == 1


def test_of_notes_twice_as_many_are_taken_and_traced(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ranking, "TRACED", "needle")
    found = evaluate(Model(Reader()), PROMPTS, ["grad_l2"], cases=1, measured=0)
    assert found.counted == {"needle": 2}
    assert [score.rank >= 1 for score in found.traced.scores] == [True, True]


def test_long_cases_are_left_out_of_what_is_slow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ranking, "MAX_SEGMENTS", 5)
    found = evaluate(Model(Reader()), PROMPTS[:1], ["grad_l2", "shapley"])
    assert found.measured == 0
    quick, slow, _ = found.rankings
    assert len(quick.scores) == 1
    assert slow.scores == []


def test_the_figures_of_deletion_are_those_of_a_check() -> None:
    model = Model(Reader())
    found = evaluate(model, PROMPTS[:1], ["occlusion"])
    (score,) = found.rankings[0].scores
    generation = model.generate(PROMPTS[0].prompt)
    explanation = model.explain(generation, method="occlusion", target=" warm")
    checked = model.check(explanation)[0].faithfulness
    assert checked is not None
    per_token = sum(checked.map_order.deletion) / sum(checked.map_order.tokens)
    assert score.lost_per_token == pytest.approx(per_token)
    assert score.percentile == pytest.approx(checked.percentile, abs=5)  # of 19 orders or of 20


def test_what_can_not_run_is_told_in_its_row(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(
        ranking.SAMPLES, "integrated_gradients", {"baseline": "token", "token": " a b c"}
    )
    found = evaluate(Model(Reader()), PROMPTS[:1], ["integrated_gradients"], ["line"])
    (why,) = found.rankings[0].refused
    assert "tokens for this model" in why
    assert np.isnan(found.rankings[0].first)
    assert np.isnan(found.rankings[0].reciprocal_rank)


def test_both_of_a_pair_are_the_first_two() -> None:
    plants = [frozenset({0}), frozenset(), None, frozenset({1}), frozenset()]
    assert ranking.ranks(np.array([3.0, 0, 9, 2, 1]), plants) == (1, True)
    assert ranking.ranks(np.array([3.0, 0, 9, 1, 2]), plants) == (1, False)
    assert ranking.ranks(np.array([1.0, 0, 9, 2, 3]), plants) == (2, False)


def test_ties_share_the_middle_of_their_places() -> None:
    one: list[frozenset[int] | None] = [frozenset({0}), *[frozenset()] * 4]
    assert ranking.ranks(np.zeros(5), one) == (3, None)


def test_shares_are_of_the_kinds_that_are_named_and_never_of_those_to_be_traced() -> None:
    row = MethodRanking("occlusion", "line")
    row.scores += [Score("needle", 1, None), Score("canary", 2, None), Score("two_hop", 1, None)]
    assert row.firsts() == (1, 2)
    assert row.firsts("two_hop") == (1, 1)
    assert row.first == 0.5
    assert row.reciprocal_rank == 0.75


@pytest.mark.model
def test_the_default_model_finds_plants_better_than_chance(smollm2: Model) -> None:
    """A small run of what `backlit evaluate` does, with the methods that are quick."""
    kinds = [kind for kind in KINDS if kind not in ("long", "flipped_label")]
    prompts = planted_prompts(seed=3, each=1, languages=("en",), kinds=kinds)
    names = ["gate_relevance", "occlusion"]
    found = evaluate(smollm2, prompts, names, cases=1)
    assert found.counted.total() >= 4
    rows = {row.method: row for row in found.rankings}
    for name in names:
        assert rows[name].reciprocal_rank > rows[CHANCE].reciprocal_rank + 0.2, name


def test_the_toy_is_never_sure() -> None:
    assert evaluate(Model(ToyEngine()), PROMPTS, ["grad_l2"]).counted.total() == 0
