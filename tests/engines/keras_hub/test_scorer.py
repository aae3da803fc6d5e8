"""Scoring over a cache that neighbours share is scoring each context whole."""

import numpy as np
import pytest

from backlit.engines.keras_hub.runtime import framework_module
from backlit.engines.keras_hub.scorer import common_prefix_length, logits_close
from tests.support import tiny_keras

TEXT = "The cat likes warm milk. The dog likes cold water, and so on."
framework = framework_module()


@pytest.mark.parametrize("family", tiny_keras.FAMILIES)
def test_reused_beginnings_score_as_whole_contexts_do(family: str) -> None:
    engine = tiny_keras.engine(family)
    ids = engine.tokenize(TEXT).input_ids
    contexts = [ids, *(ids[:i] + ids[i + 3 :] for i in range(0, len(ids) - 3, 4)), ids[:1]]
    answers = ids[2:6], ids[3:5]
    reused = dict(engine.score(contexts, *answers))
    assert engine._scorer.reuse is (not framework.PADS and "wrong" not in family)
    engine._scorer.reuse = False
    whole = dict(engine.score(contexts, *answers))
    assert sorted(reused) == sorted(whole) == list(range(len(contexts)))
    for index, log_probs in whole.items():
        np.testing.assert_allclose(reused[index], log_probs, atol=1e-4)


def test_how_far_two_sequences_are_the_same() -> None:
    assert common_prefix_length([1, 2, 3], [1, 2, 4]) == 2
    assert common_prefix_length([1, 2], [1, 2, 4]) == 2
    assert common_prefix_length([], [1]) == 0


def test_logits_are_close_where_the_likeliest_ids_are() -> None:
    logits = np.array([[0.0, 5.0, 1.0]])
    assert logits_close(logits + 3, logits, "float32")  # a shift changes no probability
    far = np.array([[0.0, 5.0, 4.0]])
    assert not logits_close(far, logits, "float32")
    assert logits_close(far, logits, "bfloat16")
