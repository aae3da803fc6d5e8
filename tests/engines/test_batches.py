"""Many prompts at once give what each gives alone, whether an engine runs them together or not."""

import numpy as np
import pytest

from backlit.engines.base import Engine, Scorer
from backlit.engines.batches import generate_batch, score_batch
from backlit.engines.toy import ToyEngine
from backlit.errors import CapabilityError
from backlit.types import GenerationOptions
from tests.support import tiny

PROMPTS = [
    "The cat likes warm milk. The dog likes",
    "The cat likes warm milk. The",
    "The cat likes warm milk. The cat",
    "The cat likes warm milk. The",
    "I like",
]
OPTIONS = [
    GenerationOptions(max_new_tokens=3 + i, temperature=float(i % 2), seed=i)
    for i in range(len(PROMPTS))
]
ENGINES = ["toy", *tiny.FAMILIES]


def engine_of(name: str) -> Scorer:
    return ToyEngine() if name == "toy" else tiny.engine(name)


@pytest.mark.parametrize("name", ENGINES)
def test_written_together_is_written_alone(name: str) -> None:
    engine = engine_of(name)
    prompts = [engine.tokenize(text) for text in PROMPTS]
    together: dict[int, list[tuple[int, float]]] = {i: [] for i in range(len(prompts))}
    reasons = {}
    for index, step in generate_batch(engine, prompts, OPTIONS):
        assert index not in reasons, "it went on behind its end"
        together[index] += [(token.id, token.log_prob or 0.0) for token in step.tokens]
        if step.finish_reason:
            reasons[index] = step.finish_reason
    for index, (prompt, options) in enumerate(zip(prompts, OPTIONS, strict=True)):
        steps = list(engine.generate(prompt, options))
        alone = [(token.id, token.log_prob or 0.0) for step in steps for token in step.tokens]
        assert [one for one, _ in together[index]] == [one for one, _ in alone]
        np.testing.assert_allclose(
            [value for _, value in together[index]], [value for _, value in alone], atol=1e-4
        )
        assert reasons[index] == steps[-1].finish_reason


@pytest.mark.parametrize("name", ENGINES)
def test_scored_together_is_scored_alone(name: str) -> None:
    engine = engine_of(name)
    contexts = [engine.tokenize(text).input_ids for text in PROMPTS]
    answers = [contexts[0][: 1 + index // 2] for index in range(len(contexts))]
    together = dict(score_batch(engine, contexts, answers))
    assert sorted(together) == list(range(len(contexts)))
    for index, (context, answer) in enumerate(zip(contexts, answers, strict=True)):
        ((_, alone),) = engine.score([context], answer)
        np.testing.assert_allclose(together[index], alone, atol=1e-4)


def test_what_can_not_score_says_so() -> None:
    class Mute(ToyEngine):
        capabilities = frozenset({"generate"})

    engine: Engine = Mute()
    with pytest.raises(CapabilityError, match="how likely"):
        list(score_batch(engine, [(1,)], [(2,)]))
