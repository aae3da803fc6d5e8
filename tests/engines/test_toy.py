"""The toy engine against its formula."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from backlit.engines.toy import _PIECE, COPY, DECAY, END, ToyEngine, ToyTokenizer
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
    small = ToyEngine(context_length=5)
    steps = list(small.generate(prompt, GenerationOptions()))
    assert steps[-1].finish_reason == "context"
    with pytest.raises(PromptError, match="reads at most 5"):
        small.tokenize("The cat likes warm milk.")


def test_refuses_ids_it_does_not_know(toy: ToyEngine) -> None:
    with pytest.raises(TargetError, match="does not know"):
        toy.append(toy.tokenize("a"), [10_000])


def test_a_sampled_answer_is_repeated_by_its_seed(toy: ToyEngine) -> None:
    prompt = toy.tokenize("The dog likes")

    def written(seed: int) -> str:
        options = GenerationOptions(max_new_tokens=12, temperature=1.5, seed=seed)
        return "".join(t.text for step in toy.generate(prompt, options) for t in step.tokens)

    assert written(1) == written(1) != written(2)


def test_a_gate_is_the_weight_of_an_edge(toy: ToyEngine) -> None:
    """Closing the gate of one edge changes the logits by what the key added to them."""
    ids = toy.tokenize("The dog likes cold").input_ids
    target = Target(len(ids) - 1, len(ids))
    start = target.start
    edges = toy.gate_gradient(ids, target).edges
    logits = toy.bias + sum(
        (DECAY**distance) * toy.follows[i] + COPY * np.eye(toy.vocabulary_size)[i]
        for distance, i in enumerate(reversed(ids[:start]))
    )
    slope = np.eye(toy.vocabulary_size)[ids[start]] - np.exp(logits) / np.exp(logits).sum()
    for key in range(start):
        adds = DECAY ** (start - 1 - key) * toy.follows[ids[key]]
        adds = adds + COPY * np.eye(toy.vocabulary_size)[ids[key]]
        assert edges[start - 1, key] == pytest.approx(adds @ slope, rel=1e-9)
    assert not edges[: start - 1].any()


WORDS = [
    "cat",
    " cat",
    "likes",
    "xlikes",
    " ",
    "  ",
    "\n",
    "é",
    "🦄",
    "A",
    "recommendationx",
    ".",
    "4",
]


@given(st.lists(st.sampled_from(WORDS), max_size=12).map("".join))
def test_reading_looks_for_the_longest_known_word_at_each_place(text: str) -> None:
    tokenizer = ToyTokenizer()
    ids, offsets, at = [], [], 0
    while at < len(text):
        word = _PIECE.match(text, at)
        assert word is not None
        if len(word[0]) > 1 and word[0].encode() in tokenizer.vocabulary:
            ids.append(tokenizer.vocabulary.index(word[0].encode()))
            offsets.append(word.span())
            at = word.end()
        else:
            pieces = text[at].encode()
            ids += list(pieces)
            offsets += [(at, at + 1)] * len(pieces)
            at += 1
    encoding = tokenizer.encode(text, whole=True)
    assert (list(encoding.ids), list(encoding.offsets)) == (ids, offsets)
