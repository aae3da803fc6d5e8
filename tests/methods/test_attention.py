"""Gates of attention: the gradient against finite differences, knockout against a plain mask."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from transformers import masking_utils

from backlit.data import load_dataset
from backlit.engines.base import EdgeGradient, FloatArray
from backlit.engines.huggingface.engine import HuggingFaceEngine
from backlit.engines.toy import ToyEngine
from backlit.errors import CapabilityError
from backlit.explaining.responses import respond
from backlit.explaining.targets import select_target
from backlit.methods.attention import GateGradient, GateRelevance, Knockout
from backlit.methods.base import unavailable
from backlit.methods.gradient import BACKWARD
from backlit.methods.objective import Objective
from backlit.methods.occlusion import Occlusion
from backlit.model import Model
from backlit.segments import segment
from backlit.types import Target
from tests.support import tiny
from tests.support.linear import Recorder, answer, before, linear, run

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
    edges = engine.gate_gradient(ids, target).edges
    random = np.random.default_rng(0)
    for _ in range(3):
        direction = np.tril(random.normal(size=(len(ids), len(ids))))
        values = [
            with_gates(engine, ids, 1 + step * direction)[target.start - 1 : target.stop - 1].sum()
            for step in (2e-3, -2e-3)
        ]
        slope = (values[0] - values[1]) / 4e-3
        size = target.stop - 1
        expected = (edges * direction[:size, :size]).sum()
        assert slope == pytest.approx(expected, rel=2e-2, abs=2e-3)


@pytest.mark.parametrize("family", MASKED)
def test_knockout_closes_the_gates_of_a_segment(family: str) -> None:
    engine = tiny.engine(family)
    objective = answer(engine, "The cat likes warm milk. The dog", " likes cold")
    start, ids = objective.target.start, objective.sequence.input_ids
    segments = before(objective)
    scores = run("knockout", objective, segments).values
    whole = with_gates(engine, ids, np.ones((len(ids), len(ids))))[start - 1 :].sum()
    assert objective.value() == pytest.approx(whole, abs=1e-3)
    for part, score in zip(segments, scores, strict=True):
        gates = np.ones((len(ids), len(ids)))
        gates[part.stop :, part.start : part.stop] = 0
        assert score == pytest.approx(
            whole - with_gates(engine, ids, gates)[start - 1 :].sum(), abs=1e-3
        )


@pytest.mark.parametrize(
    ("name", "share"), [("knockout", 1), ("gate_gradient", 1), ("gate_relevance", 0.5)]
)
def test_on_a_sum_each_gets_what_it_adds(name: str, share: float) -> None:
    """But for the last token: it sees itself, whatever is hidden from others."""
    case = linear()
    scores = case.scores(name).values
    expected = case.by_segment if name == "knockout" else case.by_token
    np.testing.assert_allclose(scores[:-1], share * expected[:-1], atol=1e-9)
    assert scores[-1] == 0


def test_a_gate_gradient_is_of_all_later_tokens_edges() -> None:
    """Edges from a token to itself are left out, those of the answer's own tokens are not."""
    objective = answer(ToyEngine(), "The dog likes cold", " water and bread")
    edges = objective.edges().edges  # (query, key)
    scores = run("gate_gradient", objective, ()).values
    assert edges.shape == (6, 4)
    for key, score in enumerate(scores):
        assert score == pytest.approx(edges[key + 1 :, key].sum())


def test_a_gate_gradient_is_knockout_to_first_order() -> None:
    """Of a token whose edges are next to nothing, the two say the same."""
    objective = answer(ToyEngine(decay=0.001), "The dog likes cold", " water")
    slopes = run("gate_gradient", objective, ()).values
    losses = run("knockout", objective, before(objective, "token")).values
    np.testing.assert_allclose(slopes[0], losses[0], rtol=0.1)


def test_where_products_are_not_shared_is_told_with_the_scores() -> None:
    class Partly(ToyEngine):
        def gate_gradient(
            self, input_ids: Sequence[int], target: Target, **how: Any
        ) -> EdgeGradient:
            found = super().gate_gradient(input_ids, target, **how)
            return replace(found, notes=("not everywhere",) if how.get("shared") else ())

    objective = answer(Partly(), "The dog likes cold", " water")
    assert run("gate_relevance", objective, ()).notes == ("not everywhere",)
    assert run("gate_gradient", objective, ()).notes == ()


def test_knockout_is_told_segment_by_segment() -> None:
    case = linear()
    recorder = Recorder()
    scores = Knockout().attribute(case.objective, case.segments, recorder).values.tolist()
    told = {span: score for call in recorder.calls for span, score in call.scores.items()}
    assert told == {(s.start, s.stop): v for s, v in zip(case.segments, scores, strict=True)}


def test_what_they_cost() -> None:
    assert Knockout().forward_passes(10) == 6
    for method in (GateGradient(), GateRelevance()):
        assert method.forward_passes(10) == method.forward_passes(1) == BACKWARD


@pytest.mark.parametrize("family", ["bloom, no rotary", "mamba, no cache to cut"])
def test_a_model_that_takes_no_mask_serves_no_attention_method(family: str) -> None:
    engine = tiny.engine(family)
    for method in (GateGradient, GateRelevance, Knockout):
        assert "attention mask" in (unavailable(method, engine) or "")
    assert unavailable(Occlusion, engine) is None
    with pytest.raises(CapabilityError):
        list(engine.knock_out([5, 6, 7], [(0, 1)], [8]))


def test_gates_leave_the_model_as_it_was() -> None:
    engine = tiny.engine("gemma3, sliding")
    ids = engine.tokenize("The cat likes warm milk.").input_ids
    before = dict(engine.score([ids[:4]], ids[4:]))[0]
    engine.gate_gradient(ids, Target(4, len(ids)))
    list(engine.knock_out(ids[:4], [(0, 2)], ids[4:]))
    np.testing.assert_array_equal(dict(engine.score([ids[:4]], ids[4:]))[0], before)
    assert all(w.grad is None for w in engine._model.parameters())


FEWER = {"shapley": {"n_samples": 64}, "sparse_ablation": {"n_samples": 40}}  # quicker, and enough


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
    by_token = ("gate_gradient", "gate_relevance")
    for name in ("occlusion", "knockout", "shapley", "sparse_ablation", *by_token):
        scores = run(name, objective, segments, **FEWER.get(name, {})).values
        if name in by_token:
            scores = np.array([scores[s.start : s.stop].sum() for s in segments])
        prompt = [i for i, s in enumerate(segments) if s.role == "prompt"]
        first = max(prompt, key=lambda i: scores[i])
        assert first in (copies if name in by_token else copies[-1:]), name
