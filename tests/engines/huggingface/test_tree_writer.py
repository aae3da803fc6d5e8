"""Writing side by side: which prompts go together, and that each is run once."""

from typing import Any

import pytest
import torch

from backlit.engines.huggingface import tree_writer
from backlit.engines.huggingface.tree_writer import groups
from backlit.errors import Cancelled
from backlit.progress import following
from backlit.types import GenerationOptions
from tests.support import tiny

SHARED = "The cat likes warm milk. The dog likes cold water, and so on and on. "


def test_groups_are_of_bounded_size(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tree_writer, "MAX_DRAFTS", 3)
    monkeypatch.setattr(tree_writer, "MAX_NODES", 10)
    alike = [(1, 2, 3, 4, 5, 6, 7, i) for i in range(4)]
    assert list(groups(alike, [0] * 4)) == [[0, 1, 2], [3]]
    other = [(i,) * 6 for i in range(3)]
    assert list(groups(other, [0] * 3)) == [[0], [1], [2]]
    assert list(groups([(1,) * 20, (1,) * 20, (2,) * 20], [0] * 3)) == [[0], [1], [2]]
    assert list(groups([], [])) == []
    assert list(groups([(1,), (1,), (1,)], [4, 4, 4])) == [[0, 1], [2]]


def test_what_is_alike_is_run_once(monkeypatch: pytest.MonkeyPatch) -> None:
    engine = tiny.engine()
    prompts = [engine.tokenize(SHARED + end) for end in ("The", "The dog", "I", "I")]
    lengths: list[int] = []
    logits = engine._causal.logits

    def counted(positions: Any, **inputs: Any) -> torch.Tensor:
        lengths.append(inputs["input_ids"].shape[1])
        return logits(positions, **inputs)

    monkeypatch.setattr(engine._causal, "logits", counted)
    options = [GenerationOptions(max_new_tokens=3)] * 4
    list(engine.generate_batch(prompts, options))
    whole = sum(len(one.tokens) for one in prompts)
    assert lengths[0] < whole / 2
    assert max(lengths[1:]) <= 4
    assert len(lengths) <= 3


def test_writing_can_be_cancelled() -> None:
    """Also behind the prompts, between two steps."""
    engine = tiny.engine()
    prompts = [engine.tokenize(SHARED)] * 2
    layers = len(engine._causal.layers)
    options = [GenerationOptions(max_new_tokens=5, temperature=1.0, seed=1)] * 2
    for checks in (1, 2 * layers):  # in the prompts, and in the second step
        with pytest.raises(Cancelled), following(tiny.CancelledAfter(checks)):
            list(engine.generate_batch(prompts, options))
