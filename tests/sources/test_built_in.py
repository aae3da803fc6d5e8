"""The built-in models as they are written down, and really fetched, from PyPI or a cache."""

import re
from typing import Any

import pytest

from backlit.progress import SILENT
from backlit.sources import BUILT_IN, BuiltIn, Wheel, fetch, parse

each = pytest.mark.parametrize("model", BUILT_IN.values(), ids=list(BUILT_IN))


@each
def test_every_byte_is_pinned(model: BuiltIn) -> None:
    digests = [model.gguf_sha256, *(wheel.sha256 for wheel in model.wheels)]
    assert all(re.fullmatch("[0-9a-f]{64}", digest) for digest in digests)
    assert len(set(digests)) == len(digests)
    assert all(wheel.size > 0 for wheel in model.wheels)


@each
def test_its_licence_comes_along(model: BuiltIn) -> None:
    assert model.licence
    assert any(wheel.documents for wheel in model.wheels)


@each
def test_its_sizes_fit_together(model: BuiltIn) -> None:
    parts = [wheel for wheel in model.wheels if wheel.part]
    assert parts
    assert model.download_size == sum(wheel.size for wheel in model.wheels)
    assert model.gguf_size < model.folder_size, "four bits a weight become 32"
    assert 0.9 < sum(wheel.size for wheel in parts) / model.gguf_size < 1, "packed a little"


@each
def test_its_parts_are_numbered_in_order(model: BuiltIn) -> None:
    parts = [wheel.part for wheel in model.wheels if wheel.part]
    assert parts == sorted(parts)


@each
def test_its_name_is_its_source(model: BuiltIn) -> None:
    assert parse(model.name).source == model.name


def test_a_wheel_is_called_as_pip_calls_it() -> None:
    assert Wheel("a-b-c", "1.0", "0", 1).filename == "a_b_c-1.0-py3-none-any.whl"


@pytest.mark.model
def test_smollm2(monkeypatch: pytest.MonkeyPatch, log: Any) -> None:
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    monkeypatch.delenv("BACKLIT_CACHE")  # the person's own, so that it is fetched once
    folder = fetch(parse("smollm2"), log)
    assert fetch(parse("again:smollm2"), SILENT) == folder
    assert (folder / "LICENSE").read_text().lstrip().startswith("Apache License")
    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = AutoModelForCausalLM.from_pretrained(folder)
    assert model.dtype == torch.float32
    ids = tokenizer("The capital of France is", return_tensors="pt").input_ids
    with torch.no_grad():
        best = model(ids, logits_to_keep=1).logits[0, -1].argmax()
    assert tokenizer.decode(best) == " Paris"
    assert tokenizer.chat_template


@pytest.mark.gemma
def test_gemma3(monkeypatch: pytest.MonkeyPatch, log: Any) -> None:
    from transformers import AutoModelForCausalLM, AutoTokenizer

    monkeypatch.delenv("BACKLIT_CACHE")
    folder = fetch(parse("gemma3"), log)
    assert "Gemma" in (folder / "GEMMA_TERMS.html").read_text("utf-8")
    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = AutoModelForCausalLM.from_pretrained(folder)
    ids = tokenizer("Roses are red, violets are", return_tensors="pt").input_ids
    best = model(ids, logits_to_keep=1).logits[0, -1].argmax()
    assert tokenizer.decode(best) == " blue"
