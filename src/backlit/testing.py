"""Checks that any engine and any method must pass; for the built-in ones and for yours.

    from backlit.testing import check_engine, check_method
    check_engine(MyEngine(), "Some prompt it can read.")
    check_method(MyMethod(), MyEngine(), "Some prompt it can read.")

Each raises AssertionError, saying which promise was broken.
"""

from collections.abc import Iterator, Sequence

import numpy as np

from backlit.engines.base import Engine, as_scorer
from backlit.engines.conformance import TOLERANCE, check_engine
from backlit.errors import Cancelled
from backlit.methods.base import Altering, Method, parameters, unavailable
from backlit.methods.objective import Objective
from backlit.progress import Callback, Progress, Update
from backlit.segments import segment
from backlit.types import Segment, Target, TokenSequence

__all__ = ["check_engine", "check_method"]


def check_method(
    method: Method, engine: Engine, prompt: str, *, tolerance: float = TOLERANCE
) -> None:
    """Check that a method keeps what its facts and parameters declare.

    It is run twice, on an engine that can serve it, and must give the same scores.
    """
    facts = method.facts
    for declared in parameters(type(method)):
        assert declared.label, f"{declared.name} has no label"
        assert declared.description, f"{declared.name} has no description"
    assert unavailable(type(method), engine) is None, "the engine can't serve this method"
    sequence = engine.append(engine.tokenize(prompt), " and so on")
    target = Target(sequence.prompt_length, len(sequence.tokens))
    segments = segment(sequence, "word", stop=target.start)
    followed = Followed(segments)
    objective = Counted(engine, sequence, target)
    scores = method.attribute(objective, segments, followed)
    if isinstance(method, Altering):
        asked = len(objective.contexts | {objective.context})
        most = method.altered_prompts(segments)
        assert asked <= most, f"{asked} prompts were asked about, and {most} are the most"
    size = target.start if facts.scores_tokens else len(segments)
    assert scores.values.shape == (size,), f"scores have shape {scores.values.shape}, not ({size},)"
    assert np.isfinite(scores.values).all(), "scores are not finite"
    assert facts.signed or (scores.values >= 0).all(), "declared unsigned, but some are negative"
    if scores.standard_errors is not None:
        assert scores.standard_errors.shape == (size,), "not one standard error for each score"
        assert np.isfinite(scores.standard_errors).all(), "a standard error is not finite"
        assert (scores.standard_errors >= 0).all(), "a negative standard error"
    assert method.forward_passes(len(segments)) > 0, "it costs nothing?"
    if facts.complete:
        assert scores.convergence_delta is not None, "complete, but no delta"
    if "score" in engine.capabilities:
        ids = sequence.input_ids
        ((_, log_probs),) = as_scorer(engine).score([ids[: target.start]], ids[target.start :])
        assert abs(objective.log_probs()[0] - log_probs.sum()) < tolerance, "log-prob is off"
    again = method.attribute(Objective(engine, sequence, target), segments, followed)
    assert np.allclose(scores.values, again.values, atol=tolerance), "the second time differs"
    if facts.kind == "perturbation":
        assert followed.calls, "many altered prompts, and no progress is told"
    if followed.calls:
        _check_cancel(method, engine, sequence, target)


class Counted(Objective):
    """Knows which prompts it was asked about."""

    def __init__(self, engine: Engine, sequence: TokenSequence, target: Target) -> None:
        super().__init__(engine, sequence, target)
        self.contexts: set[tuple[int, ...]] = set()

    def score(self, contexts: Sequence[Sequence[int]]) -> Iterator[tuple[int, float]]:
        self.contexts.update(map(tuple, contexts))
        return super().score(contexts)


class Followed(Progress):
    """A `Progress` that checks what it is told."""

    def __init__(self, segments: Sequence[Segment]) -> None:
        self.calls = 0
        self._spans = {(segment.start, segment.stop) for segment in segments}

    def report(self, update: Update) -> None:
        self.calls += 1
        done, total = update.done, update.total
        assert done >= 0, "reported less than nothing"
        assert update.phase == "explain", f"told of the phase {update.phase!r}, not of 'explain'"
        assert total is None or done <= total, "reported more done than there is"
        for start, stop, _ in update.scores:
            assert (start, stop) in self._spans, "a partial score of what is no segment"


def _check_cancel(method: Method, engine: Engine, sequence: TokenSequence, target: Target) -> None:
    def stop(*_: object) -> None:
        raise Cancelled

    segments = segment(sequence, "word", stop=target.start)
    try:
        method.attribute(Objective(engine, sequence, target), segments, Callback(stop))
    except Cancelled:
        return
    raise AssertionError("a progress that raises Cancelled did not end the method")
