"""The seam between methods and engines: one number, its foil, and what is known already."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from backlit.engines.base import EdgeGradient, EmbeddingGradient, FloatArray
from backlit.engines.toy import ToyEngine
from backlit.errors import CapabilityError, TargetError
from backlit.explaining.targets import with_foil
from backlit.methods.objective import CHUNK, Objective
from backlit.types import Span, Target
from tests.support import tiny
from tests.support.linear import Linear, answer, linear

PROMPT = "The cat likes warm milk. The dog likes"


NOTES = ("something that people should know",)


class Counting(ToyEngine):
    """Counts what is asked of it."""

    def __init__(self) -> None:
        super().__init__()
        self.scored: list[int] = []
        self.knocked: list[int] = []
        self.differentiated = 0
        self.weights: list[list[float] | None] = []

    def score(
        self, contexts: Sequence[Sequence[int]], *answers: Sequence[int]
    ) -> Iterator[tuple[int, FloatArray]]:
        self.scored.append(len(contexts))
        return super().score(contexts, *answers)

    def knock_out(
        self, context: Sequence[int], spans: Sequence[Span], *answers: Sequence[int]
    ) -> Iterator[tuple[int, FloatArray]]:
        self.knocked.append(len(spans))
        return super().knock_out(context, spans, *answers)

    def gradient(self, input_ids: Sequence[int], target: Target, **how: Any) -> EmbeddingGradient:
        self.differentiated += 1
        self.weights.append(how.get("weights"))
        return replace(super().gradient(input_ids, target, **how), notes=NOTES)

    def gate_gradient(self, input_ids: Sequence[int], target: Target, **how: Any) -> EdgeGradient:
        self.differentiated += 1
        self.weights.append(how.get("weights"))
        return replace(super().gate_gradient(input_ids, target, **how), notes=NOTES)


def contrast(engine: ToyEngine, foil: str = " warm milk and") -> Objective:
    """A target of two tokens and a foil of three."""
    plain = answer(engine, PROMPT, " cold water")
    return Objective(engine, plain.sequence, with_foil(engine, plain.sequence, plain.target, foil))


@pytest.fixture(scope="module")
def case() -> Linear:
    return linear()


def test_the_value_has_a_closed_form(case: Linear) -> None:
    target, foil = (ids[0] for ids in case.objective.answers)
    bias = case.engine.bias[target] - case.engine.bias[foil]
    assert case.objective.value() == pytest.approx(bias + case.by_token.sum(), abs=1e-9)
    assert np.ptp(case.by_segment[case.maskable]) > 1  # so the case is not trivial


def test_without_a_foil_it_is_the_targets_log_probability(toy: ToyEngine) -> None:
    objective = answer(toy, PROMPT, " cold water")
    ids, start = objective.sequence.input_ids, objective.target.start
    ((_, log_probs),) = toy.score([ids[:start]], ids[start:])
    assert objective.log_probs()[0] == pytest.approx(log_probs.sum())
    assert objective.log_probs()[1] is None
    assert objective.value() == pytest.approx(log_probs.sum())


def test_with_a_foil_of_another_length_it_is_the_difference(toy: ToyEngine) -> None:
    objective = contrast(toy)
    context = objective.context
    assert [len(ids) for ids in objective.answers] == [2, 3]
    sums = [next(toy.score([context], ids))[1].sum() for ids in objective.answers]
    assert objective.log_probs() == pytest.approx(sums)
    assert objective.value() == pytest.approx(sums[0] - sums[1])
    less = context[1:]
    ((_, value),) = objective.score([less])
    sums = [next(toy.score([less], ids))[1].sum() for ids in objective.answers]
    assert value == pytest.approx(sums[0] - sums[1])


def test_what_comes_after_the_target_is_not_looked_at(toy: ToyEngine) -> None:
    whole = answer(toy, PROMPT, " cold water and the cat")
    start = whole.target.start
    first = Objective(toy, whole.sequence, Target(start, start + 1))
    assert first.value() == pytest.approx(answer(toy, PROMPT, " cold").value())
    assert len(first.context) == start


def test_no_altered_prompt_is_scored_twice() -> None:
    engine = Counting()
    objective = answer(engine, PROMPT, " cold water")
    context = objective.context
    altered = [context, context[1:], context, context[2:], context[1:]]
    first = dict(objective.score(altered))
    assert engine.scored == [3]
    assert sorted(first) == [0, 1, 2, 3, 4]
    assert first[0] == first[2]
    assert first[1] == first[4]
    assert dict(objective.score([context[2:], context])) == {0: first[3], 1: first[0]}
    objective.value()
    objective.log_probs()
    assert engine.scored == [3]  # the whole context was among them


def test_an_engine_gets_no_more_than_a_chunk_at_a_time() -> None:
    engine = Counting()
    sequence = answer(engine, PROMPT, " cold").sequence
    target = Target(sequence.prompt_length, sequence.prompt_length + 1)
    contexts = [(i, *sequence.input_ids[: target.start]) for i in range(70)]
    list(Objective(engine, sequence, target).score(contexts))
    assert engine.scored == [CHUNK, CHUNK, 70 - 2 * CHUNK]
    engine.scored.clear()
    values = dict(Objective(engine, sequence, target, chunk=50).score(contexts))
    assert engine.scored == [50, 20]
    assert sorted(values) == list(range(70))


def test_hiding_nothing_is_the_objective_as_it_is() -> None:
    engine = Counting()
    objective = contrast(engine)
    values = dict(objective.knock_out([(0, 0), (1, 3), (4, 4), (1, 3)]))
    assert engine.knocked == [2]
    assert values[0] == values[2] == pytest.approx(objective.value())
    assert values[1] == values[3] != values[0]
    assert engine.scored == []  # `value` was known
    list(objective.score([objective.context]))
    assert engine.scored == []


def test_a_gradient_tells_the_value_too() -> None:
    engine = Counting()
    objective = contrast(engine)
    point = objective.gradient()
    assert engine.differentiated == 2  # the target and the foil
    assert point.embeddings.shape == (objective.target.start, engine.vocabulary_size)
    assert point.gradient.shape == point.embeddings.shape
    assert objective.value() == point.value
    assert objective.log_probs()[1] is not None
    assert engine.scored == []
    assert point.value == pytest.approx(contrast(ToyEngine()).value())


def test_gradients_of_a_contrast_are_the_difference(case: Linear) -> None:
    """On the linear toy the gradient at a token's own embedding is what it adds."""
    point = case.objective.gradient()
    own = point.gradient[np.arange(len(point.gradient)), case.objective.context]
    np.testing.assert_allclose(own, case.by_token, atol=1e-9)


def test_other_embeddings(case: Linear) -> None:
    objective = case.objective
    embeddings = objective.embed(objective.context)  # (context, dim)
    contexts = np.stack([embeddings, 0 * embeddings, 0.5 * embeddings])
    values, gradients = objective.gradient_at(contexts)
    none = objective.value() - case.by_token.sum()
    np.testing.assert_allclose(
        values, [objective.value(), none, none + case.by_token.sum() / 2], atol=1e-9
    )
    np.testing.assert_allclose(objective.score_at(contexts), values, atol=1e-12)
    np.testing.assert_allclose(gradients[0], objective.gradient().gradient, atol=1e-9)


def test_edges_cover_the_context_and_the_longer_answer(toy: ToyEngine) -> None:
    objective = contrast(toy)
    start = objective.target.start
    edges = objective.edges().edges
    assert edges.shape == (start + 2, start)  # queries up to the foil's last token but one
    for row, ids in ((1, objective.answers[0]), (-1, objective.answers[1])):
        alone = toy.gate_gradient(objective.context + ids, Target(start, start + len(ids))).edges
        edges[: len(alone)] -= row * alone[:, :start]
    np.testing.assert_allclose(edges, 0, atol=1e-12)


def test_shares_are_asked_for_and_what_the_engine_says_is_passed_on(toy: ToyEngine) -> None:
    objective = contrast(Counting())
    for plain, shared in (
        (objective.edges(), objective.edges(shared=True)),
        (objective.gradient(), objective.gradient(shared=True)),
    ):
        assert plain.notes == shared.notes == NOTES
    np.testing.assert_allclose(
        objective.edges(shared=True).edges, contrast(toy).edges().edges / 2, atol=1e-12
    )


def test_text_is_read_as_it_stands_behind_the_prompt(toy: ToyEngine) -> None:
    objective = answer(toy, PROMPT, " cold")
    assert objective.tokenize(" soup") == toy.tokenize(" soup").input_ids
    assert objective.vocabulary_size == toy.vocabulary_size
    np.testing.assert_array_equal(objective.embed([3, 5]), np.eye(toy.vocabulary_size)[[3, 5]])
    unwritable = answer(tiny.engine(kind="wordpiece"), "The cat likes", " milk")
    with pytest.raises(TargetError):
        unwritable.tokenize("🦄")


@pytest.mark.parametrize(
    ("ask", "message"),
    [
        (lambda o: o.value(), "can't say how likely"),
        (lambda o: list(o.score([o.context])), "can't say how likely"),
        (lambda o: o.gradient(), "has no gradients"),
        (lambda o: o.embed([1]), "has no gradients"),
        (lambda o: o.vocabulary_size, "has no gradients"),
        (lambda o: o.score_at(np.zeros((1, 3, 3))), "has no gradients"),
        (lambda o: o.edges(), "can't be changed"),
        (lambda o: list(o.knock_out([(0, 1)])), "can't be changed"),
    ],
)
def test_what_the_engine_can_not_do_is_said(ask: Any, message: str) -> None:
    class Writer(ToyEngine):
        capabilities = frozenset({"generate"})

    with pytest.raises(CapabilityError, match=message) as raised:
        ask(answer(Writer(), PROMPT, " cold"))
    assert raised.value.hint


@pytest.mark.parametrize(
    ("response", "weights"),
    [
        (" cold water.", [1, 1, 0]),
        (" cold: water", [1, 0, 1]),
        (" cold water", None),
        (".", None),  # that is all there is to ask about
        (" .\n:", None),
    ],
)
def test_shared_products_ask_about_words(response: str, weights: list[float] | None) -> None:
    engine = Counting()
    objective = answer(engine, PROMPT, response)
    ways: list[Callable[..., Any]] = [objective.gradient, objective.edges]
    for ask in ways:
        engine.weights.clear()
        ask(shared=True)
        ask()
        assert engine.weights == [weights, None]


def test_with_a_foil_everything_is_asked_about() -> None:
    engine = Counting()
    contrast(engine, " warm milk.").edges(shared=True)
    assert engine.weights == [None, None]


def test_what_words_get_is_what_each_gets_alone(toy: ToyEngine) -> None:
    objective = answer(toy, PROMPT, " cold: water")
    ids, start = objective.sequence.input_ids, objective.target.start
    found = objective.edges(shared=True).edges
    words = [toy.gate_gradient(ids, Target(at, at + 1), shared=True) for at in (start, start + 2)]
    expected = np.zeros_like(found)
    for one in words:
        expected[: len(one.edges)] += one.edges[:, :start]
    np.testing.assert_allclose(found, expected, atol=1e-12)
    assert objective.value() == pytest.approx(
        sum(toy.gate_gradient(ids, objective.target).log_probs)
    )
