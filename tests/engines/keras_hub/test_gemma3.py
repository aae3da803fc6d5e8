"""Gemma 3 270M in Keras is Gemma 3 270M in transformers: the same weights, answers and scores."""

import math
from typing import Any

import numpy as np
import pytest

import backlit
from backlit.engines.base import as_differentiable, as_scorer
from backlit.explanation import Generation
from backlit.model import Model, model_of
from backlit.testing import check_engine
from backlit.types import Target

pytestmark = pytest.mark.gemma

PROMPT = """Taste: I love strong coffee.
Menu: filter coffee
Verdict: order it.

Taste: I can't stand onions.
Menu: onion soup
Verdict: avoid it.

Taste: I can't stand fish.
Menu: grilled sardines
Verdict:"""


@pytest.fixture(scope="module")
def models() -> tuple[Model, Model]:
    """By Keras, and by transformers."""
    return backlit.load_model("keras:gemma3"), backlit.load_model("gemma3", device="cpu")


@pytest.fixture(scope="module")
def answers(models: tuple[Model, Model]) -> tuple[Generation, Generation]:
    ours, theirs = (model.generate(PROMPT, max_new_tokens=24) for model in models)
    return ours, theirs


def test_the_greedy_answer_is_the_same(answers: tuple[Generation, Generation]) -> None:
    ours, theirs = answers
    assert ours.sequence.input_ids == theirs.sequence.input_ids
    for one, other in zip(ours.sequence.tokens, theirs.sequence.tokens, strict=True):
        assert (one.text, one.start, one.stop, one.special, one.role) == (
            *(other.text, other.start, other.stop, other.special, other.role),
        )
    assert len(ours.sequence.tokens) - ours.sequence.prompt_length == 24


def test_log_probabilities_are_the_same(
    models: tuple[Model, Model], answers: tuple[Generation, Generation]
) -> None:
    ours, theirs = answers
    noted = [as_scorer(model.engine).annotate(theirs.sequence) for model in models]
    for pair in ([ours.sequence, theirs.sequence], noted):
        one, other = ([t.log_prob or 0.0 for t in sequence.tokens] for sequence in pair)
        np.testing.assert_allclose(one, other, atol=1e-3)
    for a, b in zip(noted[0].tokens, noted[1].tokens, strict=True):
        assert [x.id for x in a.alternatives[:3]] == [x.id for x in b.alternatives[:3]]


@pytest.mark.parametrize(
    ("method", "parameters"),
    [
        ("grad_x_input", {}),
        ("grad_l2", {}),
        ("input_relevance", {}),
        ("occlusion", {}),
        ("integrated_gradients", {"max_steps": 9}),
    ],
)
def test_maps_are_the_same(
    models: tuple[Model, Model],
    answers: tuple[Generation, Generation],
    method: str,
    parameters: dict[str, Any],
) -> None:
    start = answers[1].sequence.prompt_length
    ours, theirs = (
        backlit.explain(
            model,
            answers[1],
            target=(start, start + 4),
            method=method,
            granularity="word" if method in ("grad_x_input", "grad_l2") else "line",
            **parameters,
        )[0]
        for model in models
    )
    scores = ours.scores
    if method == "grad_l2":  # KerasHub scales what the layer puts out, transformers within it
        engine = as_differentiable(models[0].engine)
        scores = scores / math.sqrt(engine.embed([1]).shape[1])
    miss = np.abs(scores - theirs.scores).max() / np.abs(theirs.scores).max()
    assert miss < 1e-3
    assert ours.target_log_prob == pytest.approx(theirs.target_log_prob, abs=1e-3)


def test_keeps_the_promises_of_engines(models: tuple[Model, Model]) -> None:
    check_engine(models[0].engine, "The cat sat on the mat. 👩‍🚀")


def test_it_says_what_it_is(models: tuple[Model, Model]) -> None:
    engine = models[0].engine
    assert engine.name == "gemma3"
    assert engine.context_length == 32_768
    assert not engine.chat
    assert engine.metadata["architecture"] == "Gemma3CausalLM"
    assert engine.metadata["dtype"] == "float32"
    found = backlit.explain(models[0], PROMPT, response=" avoid it.", method="grad_l2")
    assert found.metadata["backend"] == engine.metadata["backend"]
    again = model_of(found)
    assert again.engine.metadata == engine.metadata


def test_gradients_of_other_targets(models: tuple[Model, Model]) -> None:
    ids = models[0].engine.tokenize(PROMPT).input_ids
    for place in (8, 9, 10):
        ours, theirs = (
            as_differentiable(model.engine).gradient(ids, Target(place, place + 1))
            for model in models
        )
        a, b = (result.gradient * result.embeddings for result in (ours, theirs))
        assert np.abs(a - b).max() < 1e-3 * np.abs(b).max()
