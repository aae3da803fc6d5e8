"""Scoring over a shared cache is scoring each context whole."""

import logging
from typing import Any

import numpy as np
import pytest
import torch
from transformers import DynamicCache

from backlit.engines.huggingface import prefix_tree
from backlit.engines.huggingface.engine import HuggingFaceEngine
from backlit.engines.huggingface.model import CausalModel
from backlit.engines.huggingface.scorer import gather_cache
from backlit.errors import CapabilityError
from tests.support import tiny


@pytest.mark.parametrize("family", tiny.FAMILIES)
def test_reused_prefixes_score_as_whole_contexts_do(family: str) -> None:
    engine = tiny.engine(family)
    ids = engine.tokenize("The cat likes warm milk. The dog likes cold water, and so on.").input_ids
    contexts = [ids, *(ids[:i] + ids[i + 3 :] for i in range(0, len(ids) - 3, 2)), ids[:1]]
    target = ids[2:6]
    reused = dict(engine.score(contexts, target))
    expected_reuse = not family.startswith(("mamba", "bloom"))
    assert engine._scorer.reuse is expected_reuse
    engine._scorer.reuse = False
    whole = dict(engine.score(contexts, target))
    assert sorted(reused) == sorted(whole) == list(range(len(contexts)))
    for index, log_probs in whole.items():
        np.testing.assert_allclose(reused[index], log_probs, atol=1e-4)


@pytest.mark.parametrize("size", [1, 7, 16])
def test_small_batches_score_the_same(size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    engine = tiny.engine()
    ids = engine.tokenize("The cat likes warm milk. The dog likes cold water.").input_ids
    contexts = [ids, ids[:3] + ids[5:], ids[:2] + ids[3:], ids[:9]]
    expected = dict(engine.score(contexts, ids[4:7], ids[:1]))
    monkeypatch.setattr(prefix_tree, "BATCH_TOKENS", size)
    for index, log_probs in engine.score(contexts, ids[4:7], ids[:1]):
        np.testing.assert_allclose(log_probs, expected[index], atol=1e-4)


def test_a_context_is_told_as_soon_as_it_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    engine = tiny.engine()
    monkeypatch.setattr(prefix_tree, "BATCH_TOKENS", 4)
    ids = engine.tokenize("The cat likes warm milk. The dog likes cold water.").input_ids
    runs: list[int] = []
    run_batch = engine._scorer._run_batch

    def counted(*args: Any) -> None:
        runs.append(1)
        run_batch(*args)

    monkeypatch.setattr(engine._scorer, "_run_batch", counted)
    told = [(index, len(runs)) for index, _ in engine.score([ids, ids[4:], ids[6:]], ids[:1])]
    assert [index for index, _ in told] == [0, 1, 2]
    assert told[0][1] < told[1][1] < told[2][1]


def test_a_cache_is_gathered_along_a_path() -> None:
    keys = torch.arange(4.0).reshape(1, 1, 4, 1)  # (batch, heads, nodes, head_dim)
    cache: Any = DynamicCache([(keys, 10 * keys)])
    (layer,) = gather_cache(cache, [5, 6, 7, 9], [5, 9]).layers
    assert layer.keys.flatten().tolist() == [0, 3]
    assert layer.values.flatten().tolist() == [0, 30]
    assert gather_cache(cache, [5, 6, 7, 9], []).get_seq_length() == 0


def test_what_can_not_mask_attention_says_so() -> None:
    engine = tiny.engine("mamba, no cache to cut")
    assert "gates" not in engine.capabilities
    with pytest.raises(CapabilityError, match="attention mask") as raised:
        list(engine.knock_out([5, 6, 7], [(0, 1)], [8]))
    assert "occlusion" in raised.value.hint


def test_a_cache_that_gives_other_numbers_is_not_trusted(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    masks = CausalModel.additive_masks

    def blind(model: CausalModel, seen: torch.Tensor, distance: torch.Tensor) -> Any:
        return masks(model, torch.ones_like(seen), distance)

    good = tiny.engine()
    monkeypatch.setattr(CausalModel, "additive_masks", blind)
    with caplog.at_level(logging.INFO, "backlit"):
        engine = HuggingFaceEngine(good._model, good._tokenizer, "blind", "tiny")
    assert not engine._scorer.reuse
    assert "gates" not in engine.capabilities
    assert "reuse misses by" in caplog.text
