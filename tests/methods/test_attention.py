"""Gates of attention: the gradient against finite differences, knockout against a plain mask."""

from collections.abc import Callable

import numpy as np
import pytest
import torch
from transformers import masking_utils

from backlit.data import load_dataset
from backlit.engines.huggingface.engine import HuggingFaceEngine
from backlit.explaining.targets import select_target
from backlit.methods.base import FloatArray
from backlit.methods.objective import Objective
from backlit.pipeline import Model, respond
from backlit.segments import segment
from backlit.types import Target
from tests.support import tiny
from tests.support.linear import run

MASKED = [f for f in tiny.FAMILIES if not f.startswith(("bloom", "mamba"))]


def with_gates(engine: HuggingFaceEngine, ids: tuple[int, ...], gates: FloatArray) -> FloatArray:
    """Log-probabilities of `ids[1:]`, each attention weight multiplied by its gate.

    Written apart from the engine: every layer's mask is what transformers itself makes of the
    whole sequence, plus the log of the gates.
    """
    model = engine._model
    added = torch.from_numpy(np.log(np.maximum(gates, 1e-38))).float()[None, None]
    originals: dict[str, Callable[..., torch.Tensor]] = {}

    def gated(name: str) -> Callable[..., torch.Tensor]:
        def make(*args: object, **kwargs: object) -> torch.Tensor:
            kwargs["allow_is_causal_skip"] = False
            mask = originals[name](*args, **kwargs)
            floats = torch.zeros(mask.shape).masked_fill(~mask, torch.finfo(torch.float32).min)
            return floats + added

        return make

    registry = masking_utils.ALL_MASK_ATTENTION_FUNCTIONS
    originals["sdpa"] = registry["sdpa"]
    registry["sdpa"] = gated("sdpa")
    try:
        with torch.no_grad():
            logits = model(input_ids=torch.tensor([ids]), use_cache=False).logits[0]
    finally:
        registry["sdpa"] = originals["sdpa"]
    picked = logits.log_softmax(-1)[range(len(ids) - 1), list(ids[1:])]
    array: FloatArray = picked.double().numpy()
    return array


@pytest.mark.parametrize("family", MASKED)
def test_the_gradient_is_what_gates_do(family: str) -> None:
    engine = tiny.engine(family)
    ids = engine.tokenize("The cat likes warm milk. The dog likes cold water.").input_ids[:14]
    target = Target(8, 11)
    found = engine.gate_gradient(ids, target)
    random = np.random.default_rng(0)
    for _ in range(3):
        direction = np.tril(random.normal(size=(len(ids), len(ids))))
        values = [
            with_gates(engine, ids, 1 + step * direction)[target.start - 1 : target.stop - 1].sum()
            for step in (2e-3, -2e-3)
        ]
        slope = (values[0] - values[1]) / 4e-3
        size = target.stop - 1
        expected = (found.edges * direction[:size, :size]).sum()
        assert slope == pytest.approx(expected, rel=2e-2, abs=2e-3)


@pytest.mark.parametrize("family", MASKED)
def test_knockout_closes_the_gates_of_a_segment(family: str) -> None:
    engine = tiny.engine(family)
    sequence = engine.append(engine.tokenize("The cat likes warm milk. The dog"), " likes cold")
    start = sequence.prompt_length
    objective = Objective(engine, sequence, Target(start, len(sequence.tokens)))
    segments = segment(sequence, "word", stop=start)
    found = run("knockout", objective, segments).values
    ids = sequence.input_ids
    whole = with_gates(engine, ids, np.ones((len(ids), len(ids))))[start - 1 :].sum()
    assert objective.value == pytest.approx(whole, abs=1e-3)
    for part, score in zip(segments, found, strict=True):
        gates = np.ones((len(ids), len(ids)))
        gates[part.stop :, part.start : part.stop] = 0
        assert score == pytest.approx(
            whole - with_gates(engine, ids, gates)[start - 1 :].sum(), abs=1e-3
        )


def test_gates_leave_the_model_as_it_was() -> None:
    engine = tiny.engine("gemma3, sliding")
    ids = engine.tokenize("The cat likes warm milk.").input_ids
    before = dict(engine.score([ids[:4]], ids[4:]))[0]
    engine.gate_gradient(ids, Target(4, len(ids)))
    list(engine.knock_out(ids[:4], [(0, 2)], ids[4:]))
    np.testing.assert_array_equal(dict(engine.score([ids[:4]], ids[4:]))[0], before)
    assert all(w.grad is None for w in engine._model.parameters())


@pytest.mark.model
def test_the_mistake_is_found_on_the_default_model(smollm2: Model) -> None:
    """Among the prompt's lines the mistaken one is first."""
    example = next(e for e in load_dataset("sample_prompts").examples if e.id == "fewshot-mistake")
    assert example.target is not None
    sequence = respond(smollm2.engine, example.prompt, example.target).sequence
    target = select_target(sequence, "Recommendation: You have to try it.")
    objective = Objective(smollm2.engine, sequence, target)
    segments = segment(sequence, "line", stop=target.start)
    copies = [i for i, s in enumerate(segments) if "You have to try it." in s.text]
    assert len(copies) == 2
    for name in ("occlusion", "knockout", "shapley", "sparse_ablation", "gate_gradient"):
        scores = run(name, objective, segments).values
        if name == "gate_gradient":
            scores = np.array([scores[s.start : s.stop].sum() for s in segments])
        prompt = [i for i, s in enumerate(segments) if s.role == "prompt"]
        first = max(prompt, key=lambda i: scores[i])
        assert first in (copies if name == "gate_gradient" else copies[-1:]), name
