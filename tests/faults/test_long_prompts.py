"""Thousands of segments: every method says what it costs, and runs."""

import numpy as np
import pytest

from backlit.engines.toy import ToyEngine
from backlit.methods import methods
from backlit.model import Model
from backlit.serving import wire
from backlit.serving.models import ServedModel
from backlit.serving.requests.estimate import EstimateRequest
from backlit.serving.service import Service
from tests.support.service import Client

LENGTHS = (1_023, 1_024, 2_048, 8_000)


@pytest.mark.parametrize("words", LENGTHS)
def test_every_cost_is_said(toy: ToyEngine, words: int) -> None:
    reference = wire.SequenceRef(prompt="cat " * words, response_ids=[65])
    length = len(toy.tokenize("cat " * words).tokens)
    request = EstimateRequest(
        model="toy", reference=reference, target=(length, length + 1), granularity="token"
    )
    with Client(Service([ServedModel("toy", "toy")], [])) as client:
        event = client.answered(request)
    assert set(event.costs) == set(methods())
    assert all(np.isfinite(cost.runs) for cost in (*event.costs.values(), event.check))


@pytest.mark.heavy
@pytest.mark.parametrize("words", LENGTHS[1:])
@pytest.mark.parametrize("method", methods())
def test_every_method_runs(toy: ToyEngine, method: str, words: int) -> None:
    found = Model(toy).explain(
        "cat " * (words - 1) + "dog", response=" likes", method=method, granularity="word"
    )[0]
    assert len(found.segments) == words
    assert np.isfinite(found.scores).all()
    assert found.scores.any() or method == "sparse_ablation"  # which may find nothing
