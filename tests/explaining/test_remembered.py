"""What is remembered of a model is what it would say again."""

from typing import Any

import numpy as np
import pytest

from backlit.engines.batches import score_batch
from backlit.engines.toy import ToyEngine
from backlit.explaining import remembered
from backlit.explaining.remembered import Remembered
from tests.support.bounding import BoundingEngine


def told(known: Remembered, engine: ToyEngine, pairs: list[Any]) -> dict[int, float]:
    """Values by number, none of them a bound."""
    found = {}
    for number, value, is_bound in known.log_probs(engine, pairs):
        assert not is_bound
        found[number] = value
    return found


def test_what_is_but_a_bound_is_remembered_as_one() -> None:
    engine, known = BoundingEngine(top=3), Remembered()
    likely = engine.tokenize("The dog likes").input_ids
    pairs = [
        (likely, engine.tokenize(" cold").input_ids),
        (likely, engine.tokenize(" x").input_ids),
    ]
    for _ in range(2):  # asked, and remembered
        found = {number: is_bound for number, _, is_bound in known.log_probs(engine, pairs)}
        assert found == {0: False, 1: True}
    assert len(engine.scored) == 2


def test_log_probs_are_scored_once(monkeypatch: pytest.MonkeyPatch) -> None:
    engine, known = ToyEngine(), Remembered()
    pairs = [((1, 2, 3), (4, 5)), ((1, 2), (3, 4, 5)), ((1, 2, 3), (4, 5)), ((9,), (4,))]
    found = told(known, engine, pairs)
    assert sorted(found) == [0, 1, 2, 3]
    for number, (context, answer) in enumerate(pairs):
        ((_, alone),) = engine.score([context], answer)
        assert found[number] == pytest.approx(np.sum(alone))
    assert found[0] == found[2]
    monkeypatch.setattr(engine, "score", None)
    assert told(known, engine, pairs) == found
    assert told(known, engine, []) == {}


def test_pairs_that_begin_alike_are_scored_together_and_chunks_are_bounded(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    engine = ToyEngine()
    monkeypatch.setattr(remembered, "MAX_TOKENS", 12)
    chunks: list[list[tuple[int, ...]]] = []

    def counted(engine: Any, contexts: Any, answers: Any) -> Any:
        chunks.append(list(contexts))
        return score_batch(engine, contexts, answers)

    monkeypatch.setattr(remembered, "score_batch", counted)
    shared = tuple(range(10))
    pairs = [((*shared, 1), (5,)), ((7,) * 11, (5,)), ((*shared, 2), (5,)), ((*shared, 1), (6,))]
    found = told(Remembered(), engine, pairs)
    assert chunks == [[(*shared, 1)], [(*shared, 1)], [(*shared, 2)], [(7,) * 11]]
    for number, (context, answer) in enumerate(pairs):
        ((_, alone),) = engine.score([context], answer)
        assert found[number] == pytest.approx(np.sum(alone))
