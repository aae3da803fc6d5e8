"""The transformers engine, on tiny random models of many families."""

from pathlib import Path

import numpy as np
import pytest

from backlit.engines.huggingface import engine as huggingface
from backlit.errors import OptionsError, UnsupportedModelError
from backlit.testing import check_engine
from backlit.types import GenerationOptions
from tests.support import tiny


@pytest.mark.parametrize("family", tiny.FAMILIES)
def test_keeps_the_promises_of_engines(family: str) -> None:
    check_engine(tiny.engine(family), "The cat likes warm milk and the dog likes water.")


def test_the_context_bounds_the_response() -> None:
    engine = tiny.engine(max_position_embeddings=20)
    engine._ends = frozenset()
    prompt = engine.tokenize("The cat likes warm")
    steps = list(engine.generate(prompt, GenerationOptions(max_new_tokens=100)))
    assert steps[-1].finish_reason == "context"
    assert len(prompt.tokens) + sum(len(s.tokens) for s in steps) == 20


def test_stop_strings_end_a_response() -> None:
    engine = tiny.engine()
    prompt = engine.tokenize("The cat likes warm")

    def write(stop: tuple[str, ...]) -> tuple[str, str | None]:
        sequence, reason = prompt, None
        for step in engine.generate(prompt, GenerationOptions(max_new_tokens=8, stop=stop)):
            sequence, reason = sequence.extended(step.tokens), step.finish_reason
        return sequence.text[len(prompt.text) :], reason

    free, reason = write(())
    assert reason == "length"
    stopped, reason = write((free[2],))
    assert reason == "stop"
    assert free.startswith(stopped)
    assert stopped.index(free[2]) < len(stopped) < len(free)


def test_an_end_token_is_no_part_of_the_response() -> None:
    engine = tiny.engine()
    prompt = engine.tokenize("The cat likes warm")
    first = next(iter(engine.generate(prompt, GenerationOptions(max_new_tokens=1)))).tokens[0]
    engine._ends = frozenset({first.id})
    steps = list(engine.generate(prompt, GenerationOptions(max_new_tokens=5)))
    assert [s.finish_reason for s in steps] == ["stop"]
    assert steps[0].tokens == ()


def test_top_p_of_almost_nothing_is_greedy() -> None:
    engine = tiny.engine()
    prompt = engine.tokenize("The cat likes warm")
    greedy, narrow = (
        [t.id for s in engine.generate(prompt, options) for t in s.tokens]
        for options in (
            GenerationOptions(max_new_tokens=6),
            GenerationOptions(max_new_tokens=6, temperature=5.0, top_p=1e-6, seed=1),
        )
    )
    assert greedy == narrow


def test_loads_a_saved_folder(tmp_path: Path) -> None:
    engine = tiny.engine()
    engine._model.save_pretrained(tmp_path)
    engine._tokenizer.save_pretrained(tmp_path)
    loaded = huggingface.load(tmp_path, "mine", "tiny", device="cpu")
    assert loaded.metadata["dtype"] == "float32"
    assert loaded.metadata["device"] == "cpu"
    ids = engine.tokenize("The cat likes").input_ids
    assert loaded.tokenize("The cat likes").input_ids == ids
    ((_, a),) = engine.score([ids[:2]], ids[2:])
    ((_, b),) = loaded.score([ids[:2]], ids[2:])
    np.testing.assert_allclose(a, b, atol=1e-5)
    half = huggingface.load(tmp_path, "mine", "tiny", device="cpu", dtype="bfloat16")
    assert half.metadata["dtype"] == "bfloat16"
    mapped = huggingface.load(tmp_path, "mine", "tiny", device_map="cpu", dtype="float32")
    ((_, c),) = mapped.score([ids[:2]], ids[2:])
    np.testing.assert_allclose(a, c, atol=1e-5)
    with pytest.raises(OptionsError, match="no dtype"):
        huggingface.load(tmp_path, "mine", "tiny", dtype="float8")
    with pytest.raises(OptionsError, match="can't be used here"):
        huggingface.load(tmp_path, "mine", "tiny", device="tpu")


def test_a_broken_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text('{"model_type": "nothing known"}')
    with pytest.raises(UnsupportedModelError, match="could not be opened"):
        huggingface.load(tmp_path, "mine", "tiny")


def test_loading_shows_no_bar_of_transformers(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    from transformers.utils import logging

    engine = tiny.engine()
    engine._model.save_pretrained(tmp_path)
    engine._tokenizer.save_pretrained(tmp_path)
    capfd.readouterr()
    before = logging.is_progress_bar_enabled()
    huggingface.load(tmp_path, "mine", "tiny", device="cpu")
    assert "Loading" not in capfd.readouterr().err
    assert logging.is_progress_bar_enabled() == before
