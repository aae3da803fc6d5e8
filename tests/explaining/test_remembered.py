"""What is remembered of a model is what it would say again."""

import numpy as np
import pytest

from backlit.engines.toy import ToyEngine
from backlit.explaining.remembered import Remembered


def test_log_probs_are_scored_once(monkeypatch: pytest.MonkeyPatch) -> None:
    engine, known = ToyEngine(), Remembered()
    pairs = [((1, 2, 3), (4, 5)), ((1, 2), (3, 4, 5)), ((1, 2, 3), (4, 5)), ((9,), (4,))]
    found = dict(known.log_probs(engine, pairs))
    assert sorted(found) == [0, 1, 2, 3]
    for number, (context, answer) in enumerate(pairs):
        ((_, alone),) = engine.score([context], answer)
        assert found[number] == pytest.approx(np.sum(alone))
    assert found[0] == found[2]
    monkeypatch.setattr(engine, "score", None)
    assert dict(known.log_probs(engine, pairs)) == found
    assert dict(known.log_probs(engine, [])) == {}
