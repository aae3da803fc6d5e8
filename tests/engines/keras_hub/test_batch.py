"""Batches of a model that Keras runs: as single calls, and of that model alone."""

from pathlib import Path
from typing import Any

import pytest

from backlit import load_model
from backlit.batch import explain_dataset
from backlit.errors import OptionsError
from tests.support import tiny_keras

ROWS = [
    {"id": animal, "prompt": f"The cat likes warm milk.\nThe dog likes cold water.\nThe {animal}"}
    for animal in ("cat", "dog", "bird")
]
OPTIONS = {"max_new_tokens": 3}
ASKED: dict[str, Any] = {"method": ["occlusion", "grad_l2"], "granularity": "line"}


def test_it_says_what_single_calls_say(tmp_path: Path) -> None:
    model = load_model(tiny_keras.engine("llama"))
    batch = explain_dataset(model, ROWS, tmp_path / "runs", options=OPTIONS, **ASKED)
    assert batch.runs["status"].to_pylist() == ["done"] * len(ROWS)
    for number, row in enumerate(ROWS):
        alone = model.explain(row["prompt"], options=OPTIONS, **ASKED)
        assert batch[number].generation.response == alone.generation.response
        for one, other in zip(batch[number], alone, strict=True):
            assert one.scores == pytest.approx(other.scores, abs=1e-5)


def test_other_weights_are_another_model(tmp_path: Path) -> None:
    first, other = tiny_keras.engine("llama"), tiny_keras.engine("llama")
    asked: dict[str, Any] = {"options": OPTIONS, **ASKED}
    explain_dataset(load_model(first), ROWS[:1], tmp_path / "runs", **asked)
    assert len(explain_dataset(load_model(other), ROWS[:2], tmp_path / "runs", **asked)) == 2
    for weight in other._model.model.backbone.weights:
        weight.assign(weight + 0.1)
    with pytest.raises(OptionsError, match="another batch: weights was"):
        explain_dataset(load_model(other), ROWS, tmp_path / "runs", **asked)
