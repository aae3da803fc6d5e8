"""The toy engine against its formula."""

import math

import numpy as np
import pytest

from backlit.engines.toy import COPY, DECAY, END, ToyEngine
from backlit.errors import PromptError, TargetError
from backlit.testing import check_engine
from backlit.types import GenerationOptions, Message, Target


def test_keeps_the_promises_of_engines(toy: ToyEngine) -> None:
    check_engine(toy, "Question: what does the dog like? Answer:", tolerance=1e-9)


def test_log_probabilities_follow_the_formula(toy: ToyEngine) -> None:
    ids = toy.tokenize("The cat likes").input_ids
    logits = toy.bias.copy()
    for distance, token_id in enumerate(reversed(ids)):
        logits += DECAY**distance * toy.follows[token_id]
        logits[token_id] += COPY
    log_probs = logits - math.log(np.exp(logits).sum())
    milk = toy.tokenize(" warm").input_ids
    ((_, found),) = toy.score([ids], milk)
    assert found[0] == pytest.approx(log_probs[milk[0]], rel=1e-12)


def test_gradient_is_the_slope_of_the_formula(toy: ToyEngine) -> None:
    sequence = toy.append(toy.tokenize("The dog likes"), " cold water.")
    ids, target = sequence.input_ids, Target(3, 6)
    found = toy.gradient(ids, target)
    random = np.random.default_rng(0)

    def objective(embeddings: np.ndarray) -> float:
        total = 0.0
        for t in range(target.start - 1, target.stop - 1):
            logits = toy.bias.copy()
            for i in range(t + 1):
                logits += DECAY ** (t - i) * embeddings[i] @ toy.follows + COPY * embeddings[i]
            total += logits[ids[t + 1]] - math.log(np.exp(logits).sum())
        return total

    assert objective(found.embeddings) == pytest.approx(found.log_probs.sum(), rel=1e-12)
    for _ in range(5):
        direction = random.normal(size=found.gradient.shape)
        step = 1e-5 * direction
        slope = (objective(found.embeddings + step) - objective(found.embeddings - step)) / 2e-5
        assert slope == pytest.approx((found.gradient * direction).sum(), rel=1e-6)


def test_answers_from_its_sentences(toy: ToyEngine) -> None:
    prompt = toy.tokenize("Question: what does the dog like? Answer:")
    text = "".join(
        t.text
        for step in toy.generate(prompt, GenerationOptions(max_new_tokens=40))
        for t in step.tokens
    )
    assert "cold water" in text


def test_ends_with_the_line(toy: ToyEngine) -> None:
    steps = list(toy.generate(toy.tokenize("x\n"), GenerationOptions(max_new_tokens=9)))
    assert [step.finish_reason for step in steps] == ["stop"]
    assert toy.vocabulary[-1].decode() == END


def test_reads_chats(toy: ToyEngine) -> None:
    sequence = toy.tokenize((Message("user", "The cat"),))
    assert sequence.text == "[user]\nThe cat\nAnswer:"
    assert [t.text for t in sequence.tokens if t.role == "user"] == ["The", " cat"]


def test_unknown_characters_are_bytes(toy: ToyEngine) -> None:
    tokens = toy.tokenize("cat 🚀").tokens
    assert [t.text for t in tokens] == ["cat", " ", "🚀", "🚀", "🚀", "🚀"]
    assert [t.id for t in tokens[2:]] == list("🚀".encode())


def test_stop_strings_and_context_end_a_response(toy: ToyEngine) -> None:
    prompt = toy.tokenize("The dog likes")
    steps = list(toy.generate(prompt, GenerationOptions(stop=("water",))))
    assert steps[-1].finish_reason == "stop"
    assert steps[-1].tokens[-1].text == " water"
    small = ToyEngine()
    small.context_length = 5
    steps = list(small.generate(prompt, GenerationOptions()))
    assert steps[-1].finish_reason == "context"
    with pytest.raises(PromptError, match="reads at most 5"):
        small.tokenize("The cat likes warm milk.")


def test_refuses_ids_it_does_not_know(toy: ToyEngine) -> None:
    with pytest.raises(TargetError, match="does not know"):
        toy.append(toy.tokenize("a"), [10_000])
