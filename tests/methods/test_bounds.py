"""What is told of values that are but bounds, against those that are exact."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backlit.engines.toy import ToyEngine
from backlit.errors import TargetError
from backlit.explaining.targets import with_foil
from backlit.methods.objective import Objective
from backlit.types import Target
from tests.support.bounding import BoundingEngine
from tests.support.linear import answer, before, run

PROMPT = "The cat likes warm milk. The dog likes"


def test_a_target_is_at_most_so_likely() -> None:
    engine = BoundingEngine(top=3)
    objective = answer(engine, PROMPT, " cold water")
    ids = objective.context
    contexts = [ids, ids[:-1]]
    values = dict(objective.score(contexts))
    assert objective.bounds(contexts) == [None, "at_most"]
    exact = answer(ToyEngine(), PROMPT, " cold water")
    known = dict(exact.score(contexts))
    assert values[0] == pytest.approx(known[0])
    assert values[1] > known[1] + 0.1  # by the third likeliest token in its place
    assert exact.bounds(contexts) == [None, None]


@pytest.mark.parametrize(
    ("top", "foil", "bound"),
    [(12, " sweet", "at_most"), (20, " ripe", "at_least"), (8, " warm", "about")],
)
def test_with_a_foil_it_depends_on_which_of_them_is_not_told(
    top: int, foil: str, bound: str
) -> None:
    engine = BoundingEngine(top)
    plain = answer(engine, PROMPT, " cold")
    objective = plain.of(with_foil(engine, plain.sequence, plain.target, foil))
    context = engine.tokenize("I like").input_ids
    ((_, value),) = objective.score([context])
    assert objective.bounds([context]) == [bound]
    exact = Objective(ToyEngine(), objective.sequence, objective.target)
    ((_, known),) = exact.score([context])
    if bound == "at_most":
        assert value > known
    if bound == "at_least":
        assert value < known
    scores = run("occlusion", objective, before(objective)) if bound == "about" else None
    if scores:
        assert scores.bounds == [*[None] * 8, "about"]
        assert "which the sign before a score tells" in scores.notes[0]


@pytest.mark.parametrize(
    ("response", "foil", "what"), [(" sour", None, "target"), (" cold", " sour", "foil")]
)
def test_a_bound_of_everything_is_refused_before_anything_else_is_asked(
    response: str, foil: str | None, what: str
) -> None:
    engine = BoundingEngine(top=3)
    objective = answer(engine, PROMPT, response)
    if foil is not None:
        target = with_foil(engine, objective.sequence, objective.target, foil)
        objective = objective.of(target)
    with pytest.raises(TargetError, match="does not say how likely 'sour' is") as caught:
        run("occlusion", objective, before(objective))
    assert caught.value.hint == f"Choose another {what}."
    assert set(engine.scored) == {objective.context}
    with pytest.raises(TargetError):
        objective.value()


def test_occlusion_says_which_scores_are_at_least_that() -> None:
    objective = answer(BoundingEngine(top=3), PROMPT, " cold water")
    scores = run("occlusion", objective, before(objective))
    assert scores.bounds == [*[None] * 8, "at_least"]
    assert len(scores.notes) == 1
    assert scores.notes[0].startswith("After 1 of 9 altered prompts, the target was not among")
    exact = run("occlusion", answer(ToyEngine(), PROMPT, " cold water"), before(objective))
    assert exact.bounds is None
    assert exact.notes == ()
    assert scores.values[:8] == pytest.approx(exact.values[:8])
    assert scores.values[8] < exact.values[8]


@pytest.mark.parametrize("name", ["sparse_ablation", "lime", "shapley"])
def test_scores_that_are_fitted_to_bounds_are_rough(name: str) -> None:
    objective = answer(BoundingEngine(top=3), PROMPT, " cold water")
    segments = before(objective)
    scores = run(name, objective, segments)
    assert scores.bounds == ["about"] * len(segments)
    assert sum("so the scores are rough" in note for note in scores.notes) == 1
    exact = run(name, answer(ToyEngine(), PROMPT, " cold water"), segments)
    assert exact.bounds is None
    assert not any("bound" in note for note in exact.notes)


WORDS = ("the", "cat", "dog", "bird", "likes", "warm", "cold", "milk", "water", "ripe", "soup")


@settings(max_examples=40, deadline=None)
@given(
    words=st.lists(st.sampled_from(WORDS), min_size=2, max_size=8),
    top=st.integers(min_value=1, max_value=30),
)
def test_a_score_that_is_at_least_that_is_never_more_than_the_exact_one(
    words: list[str], top: int
) -> None:
    objective = answer(BoundingEngine(top=top), " ".join(words), " milk")
    segments = before(objective)
    try:
        scores = run("occlusion", objective, segments)
    except TargetError:
        return  # it is not among the likeliest with everything there
    exact = run("occlusion", answer(ToyEngine(), " ".join(words), " milk"), segments).values
    for bound, value, known in zip(
        scores.bounds or [None] * len(segments), scores.values, exact, strict=True
    ):
        if bound is None:
            assert value == pytest.approx(known, abs=1e-9)
        else:
            assert bound == "at_least"
            assert value <= known + 1e-9


def test_another_target_has_bounds_of_its_own() -> None:
    objective = answer(BoundingEngine(top=3), PROMPT, " cold water")
    start = objective.target.start
    dict(objective.score([objective.context[:-1]]))
    other = objective.of(Target(start, start + 1))
    assert other.bounds([objective.context[:-1]]) == [None]
