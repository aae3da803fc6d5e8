"""Examples measured: against closed forms, and against other implementations."""

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from backlit.data import Example
from backlit.engines.base import as_scorer
from backlit.engines.toy import ToyEngine
from backlit.explaining import measuring
from backlit.explaining.measuring import MEASURES, Measured, measure
from backlit.progress import SILENT
from backlit.types import GenerationOptions
from tests.support.bounding import BoundingEngine

OPTIONS = GenerationOptions(max_new_tokens=8)
ROWS = (
    Example("1", "The dog likes", " cold water."),
    Example("2", "The cat likes warm milk. The cat likes", " warm milk."),
    Example("3", "I like", None),
)


def test_likelihoods_are_those_of_the_engine() -> None:
    engine = ToyEngine()
    found = measure(engine, ROWS, ["tokens", "log_prob", "perplexity"], OPTIONS, SILENT)
    for one, example in zip(found, ROWS, strict=True):
        prompt = engine.tokenize(example.prompt)
        assert one.values["tokens"] == len(prompt.tokens)
        assert one.response is None
        if example.target is None:
            assert set(one.values) == {"tokens"}
            continue
        whole = engine.append(prompt, example.target)
        answer = whole.input_ids[whole.prompt_length :]
        ((_, log_probs),) = as_scorer(engine).score([prompt.input_ids], answer)
        assert one.values["log_prob"] == pytest.approx(float(np.sum(log_probs)))
        assert one.values["perplexity"] == pytest.approx(math.exp(-np.mean(log_probs)))


def test_answers_are_compared_with_targets() -> None:
    engine = ToyEngine()
    told: list[Measured] = []
    found = measure(engine, ROWS, MEASURES, OPTIONS, SILENT, told.append)
    assert found == told
    for one, example in zip(found, ROWS, strict=True):
        if example.target is None:
            assert (one.response, one.problem) == (None, "It has no target.")
            assert set(one.values) == {"tokens"}
            continue
        assert one.response
        right = one.response.strip() == example.target.strip()
        assert one.values["exact_match"] == float(right)
        assert one.values["rouge_l"] == measuring._comparison("rouge_l")(
            one.response, example.target
        )
        assert 0 <= one.values["bleu"] <= 100.0001


def test_the_target_as_the_answer_has_the_best_of_all() -> None:
    engine = ToyEngine()
    (first,) = measure(engine, [ROWS[0]], ["bleu"], OPTIONS, SILENT)
    (again,) = measure(engine, [replace(ROWS[0], target=first.response)], MEASURES, OPTIONS, SILENT)
    assert (again.values["exact_match"], again.values["rouge_l"]) == (1, 1)
    assert again.values["bleu"] == pytest.approx(100)


def test_a_prompt_that_can_not_be_read_is_told() -> None:
    rows = (Example("long", "dog " * 20_000, " a"), ROWS[0])
    first, second = measure(ToyEngine(), rows, ["tokens", "log_prob"], OPTIONS, SILENT)
    assert "tokens" in first.problem
    assert first.values == {}
    assert second.problem == ""


def test_an_answer_is_matched_exactly_but_for_blanks() -> None:
    exact = measuring._comparison("exact_match")
    assert exact(" Avoid.\n", "Avoid.") == 1
    assert exact("avoid.", "Avoid.") == 0


@pytest.mark.parametrize(
    ("answer", "target", "score"),
    [
        ("the cat sat", "The cat sat.", 1.0),
        ("the cat", "the dog", 0.5),
        ("", "the dog", 0.0),
        ("a b c d", "a c x d", 0.75),
        ("Ağaç", "ağaç", 1.0),
    ],
)
def test_rouge_l_is_a_share_of_words_in_order(answer: str, target: str, score: float) -> None:
    assert measuring._comparison("rouge_l")(answer, target) == pytest.approx(score)


@given(st.lists(st.sampled_from("abcd"), max_size=8), st.lists(st.sampled_from("abcd"), max_size=8))
def test_rouge_l_is_what_the_definition_says(said: list[str], wanted: list[str]) -> None:
    table = np.zeros((len(said) + 1, len(wanted) + 1), int)
    for i, one in enumerate(said, start=1):
        for j, other in enumerate(wanted, start=1):
            longer = max(table[i - 1, j], table[i, j - 1])
            table[i, j] = table[i - 1, j - 1] + 1 if one == other else longer
    common = int(table[-1, -1])
    precision, recall = common / max(1, len(said)), common / max(1, len(wanted))
    score = 2 * precision * recall / (precision + recall) if common else 0.0
    value = measuring._comparison("rouge_l")(" ".join(said), " ".join(wanted))
    assert value == pytest.approx(score)


def test_bleu_is_100_for_the_same_words() -> None:
    bleu = measuring._comparison("bleu")
    assert bleu(" the cat sat on the mat", "the cat sat on the mat") == pytest.approx(100)
    assert bleu("a dog ran off", "the cat sat on the mat") < 10


def test_a_target_that_does_not_fit_is_told() -> None:
    engine = ToyEngine()
    assert engine.context_length
    row = Example("long", "The dog likes", " water" * engine.context_length)
    (one,) = measure(engine, [row], ["tokens", "log_prob"], OPTIONS, SILENT)
    assert one.values == {"tokens": 3}
    assert str(engine.context_length) in one.problem.replace(",", "")


def test_what_was_measured_goes_with_the_prompt_it_was_measured_of() -> None:
    before = measuring.with_measured(
        Example("a", "One.", target="b", fields={"level": 3, "tokens of": 1}),
        measuring.Measured(0, {"tokens": 2, "log_prob": -1.5}, response="c"),
        "toy",
    )
    measured = {"tokens · toy": 2, "log_prob · toy": -1.5, "answer · toy": "c"}
    assert before.fields == {"level": 3, "tokens of": 1, **measured}
    assert measuring.without_outdated(replace(before, source="web"), before).fields == before.fields
    for changed in (replace(before, prompt="Two."), replace(before, target=None)):
        left = measuring.without_outdated(changed, before)
        assert left.fields == {"level": 3, "tokens of": 1}
        assert measuring.without_outdated(before, left) == before  # as it is undone


def test_a_target_of_which_only_a_bound_is_told_is_not_measured() -> None:
    rows = [Example("1", "The dog likes", " cold"), Example("2", "The dog likes", " four")]
    told, untold = measure(BoundingEngine(top=3), rows, ["log_prob"], OPTIONS, SILENT)
    assert "log_prob" in told.values
    assert not told.problem
    assert untold.values == {}
    assert untold.problem == "The server does not tell how likely its target is."
