"""Every method keeps its promises on every engine, and `check_method` tells who does not."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import count
from typing import Any, ClassVar

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backlit.engines.base import EmbeddingGradient, Engine
from backlit.engines.toy import ToyEngine
from backlit.errors import Cancelled
from backlit.methods import BUILT_IN, make_method
from backlit.methods.base import Facts, Method, Scores, parameter
from backlit.methods.gradient import GradL2
from backlit.methods.objective import Objective
from backlit.methods.occlusion import Occlusion
from backlit.progress import Progress
from backlit.testing import check_method
from backlit.types import Segment, Target
from tests.support import tiny
from tests.support.linear import WORDS, Linear, linear

PROMPT = "The cat likes warm milk. The dog likes cold water."


@pytest.mark.parametrize("method", BUILT_IN, ids=lambda m: m.facts.name)
@pytest.mark.parametrize("family", ["toy", "llama", "gemma3, sliding", "gpt2"])
def test_keeps_its_promises(method: type[Method], family: str) -> None:
    engine: Engine = ToyEngine() if family == "toy" else tiny.engine(family)
    check_method(make_method(method.facts.name), engine, PROMPT)


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


# ---- methods that break a promise ----------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Kept:
    """A method that keeps every promise; what is below breaks one each."""

    facts: ClassVar[Facts] = replace(Occlusion.facts, name="kept", signed=False)

    def forward_passes(self, segments: int) -> float:
        return 1

    def attribute(
        self, objective: Objective, segments: Sequence[Segment], progress: Progress
    ) -> Scores:
        size = len(segments)
        progress("explain", size, size, [(segments[0].start, segments[0].stop, 1.0)])
        return self.scores(size, objective)

    def scores(self, size: int, objective: Objective) -> Scores:
        return Scores(np.ones(size))


def returning(**changes: Any) -> Kept:
    """A method whose scores of so many segments are altered: each change a function of them."""

    class Altered(Kept):
        def scores(self, size: int, objective: Objective) -> Scores:
            made = {name: change(size) for name, change in changes.items()}
            return replace(Scores(np.ones(size)), **made)

    return Altered()


def declaring(**changes: Any) -> Kept:
    """A method of which other facts are declared."""

    class Altered(Kept):
        facts = replace(Kept.facts, **changes)

    return Altered()


def telling(*call: Any) -> Kept:
    """A method that tells something else of how far it is."""

    class Altered(Kept):
        def attribute(
            self, objective: Objective, segments: Sequence[Segment], progress: Progress
        ) -> Scores:
            progress(*call)
            return self.scores(len(segments), objective)

    return Altered()


class Free(Kept):
    def forward_passes(self, segments: int) -> float:
        return 0


class Moody(Kept):
    """Other scores each time."""

    times = count()

    def scores(self, size: int, objective: Objective) -> Scores:
        return Scores(np.full(size, float(next(self.times))))


class Deaf(Kept):
    """Goes on when it should stop."""

    def attribute(
        self, objective: Objective, segments: Sequence[Segment], progress: Progress
    ) -> Scores:
        with suppress(Cancelled):
            progress("explain", 0, 1)
        return self.scores(len(segments), objective)


class Silent(Kept):
    """Tells nobody how far it is."""

    def attribute(
        self, objective: Objective, segments: Sequence[Segment], progress: Progress
    ) -> Scores:
        return self.scores(len(segments), objective)


class Liar(Kept):
    """Leaves another log-probability behind than the engine's."""

    def scores(self, size: int, objective: Objective) -> Scores:
        objective._learn(np.full(len(objective.answers[0]), -99.0))
        return Scores(np.ones(size))


@dataclass(frozen=True, slots=True)
class Unlabelled(Kept):
    depth: int = parameter(1, "", "How deep.")


@dataclass(frozen=True, slots=True)
class Undescribed(Kept):
    depth: int = parameter(1, "Depth", "")


def test_a_method_that_keeps_its_promises_passes() -> None:
    check_method(Kept(), ToyEngine(), PROMPT)
    check_method(declaring(signed=True), ToyEngine(), PROMPT)
    check_method(returning(standard_errors=np.zeros), ToyEngine(), PROMPT)


BROKEN: dict[str, tuple[Method, str]] = {
    "a parameter without a label": (Unlabelled(), "depth has no label"),
    "a parameter without a description": (Undescribed(), "depth has no description"),
    "too few scores": (
        returning(values=lambda n: np.ones(n - 1)),
        r"scores have shape \(11,\), not \(12,\)",
    ),
    "a matrix of scores": (
        returning(values=lambda n: np.ones((n, 1))),
        r"scores have shape \(12, 1\), not \(12,\)",
    ),
    "scores that are not finite": (
        returning(values=lambda n: np.full(n, np.nan)),
        "scores are not finite",
    ),
    "unsigned, yet negative": (
        returning(values=lambda n: np.arange(n) - 1.0),
        "declared unsigned, but some are negative",
    ),
    "too few standard errors": (
        returning(standard_errors=lambda n: np.ones(n - 1)),
        "not one standard error for each score",
    ),
    "negative standard errors": (
        returning(standard_errors=lambda n: np.full(n, -1.0)),
        "a negative standard error",
    ),
    "standard errors that are no numbers": (
        returning(standard_errors=lambda n: np.full(n, np.nan)),
        "a standard error is not finite",
    ),
    "no cost": (Free(), "it costs nothing"),
    "complete without a delta": (declaring(complete=True), "complete, but no delta"),
    "another log-probability": (Liar(), "log-prob is off"),
    "other scores the second time": (Moody(), "the second time differs"),
    "another phase": (telling("generate", 0, 1), "told of the phase 'generate'"),
    "more done than there is": (telling("explain", 3, 2), "reported more done than there is"),
    "a score of what is no segment": (
        telling("explain", 1, 2, [(0, 2, 1.0)]),
        "a partial score of what is no segment",
    ),
    "less than nothing done": (telling("explain", -1, 2), "reported less than nothing"),
    "altered prompts in silence": (Silent(), "no progress is told"),
    "a stop that is swallowed": (Deaf(), "did not end the method"),
}


@pytest.mark.parametrize(("method", "sentence"), BROKEN.values(), ids=BROKEN)
def test_a_broken_promise_is_told(method: Method, sentence: str) -> None:
    with pytest.raises(AssertionError, match=sentence):
        check_method(method, ToyEngine(), PROMPT)


def test_scores_of_segments_that_should_be_of_tokens_are_told() -> None:
    """A word of two characters that are three tokens each."""
    with pytest.raises(AssertionError, match=r"scores have shape \(5,\), not \(10,\)"):
        check_method(declaring(scores_tokens=True), ToyEngine(), "The cat likes 東京")


def test_an_engine_that_can_not_serve_the_method_is_told() -> None:
    class Poor(ToyEngine):
        capabilities = frozenset({"generate", "score"})

    with pytest.raises(AssertionError, match="the engine can't serve this method"):
        check_method(GradL2(), Poor(), PROMPT)


def test_an_engine_whose_gradient_has_another_log_probability_is_told() -> None:
    class Off(ToyEngine):
        def gradient(
            self, input_ids: Sequence[int], target: Target, **how: Any
        ) -> EmbeddingGradient:
            right = super().gradient(input_ids, target)
            return replace(right, log_probs=right.log_probs - 1)

    with pytest.raises(AssertionError, match="log-prob is off"):
        check_method(GradL2(), Off(), PROMPT)
