"""What functions may return, and how it is told when they fail."""

import math
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import numpy as np
import pytest

import backlit
from backlit.engines import from_function
from backlit.engines.function.returns import Part, log_probs_of, parts_of, user_errors
from backlit.errors import Cancelled, CapabilityError, OptionsError
from backlit.types import GenerationOptions
from tests.engines.function import examples
from tests.engines.function.examples import PROMPT, echo, failing, scorer, sums, wrote

# ---- what is written -------------------------------------------------------------------------


@pytest.mark.parametrize(
    "bad",
    [None, 3, b"bytes", ["yes", None], "half \ud83d", ["ha", "lf \ud83d"], [("yes", "no")], [()]],
)
def test_answers_that_are_no_text(bad: Any) -> None:
    with pytest.raises(CapabilityError, match="Your generate function gave") as raised:
        wrote(lambda prompt, options: bad)
    assert raised.value.hint


def test_the_last_part_says_why_the_answer_ends_and_parts_are_closed() -> None:
    closed: list[bool] = []

    def generate(prompt: str, options: GenerationOptions) -> Iterator[str]:
        try:
            yield from (prompt, "!")
        finally:
            closed.append(True)

    assert list(parts_of(generate, "hi", GenerationOptions())) == [
        ("hi", None),
        ("!", None),
        ("", "stop"),
    ]
    assert closed == [True]
    parts = parts_of(generate, "hi", GenerationOptions())
    next(parts)
    parts.close()
    assert closed == [True, True]


def test_a_function_may_say_why_its_answer_ends() -> None:
    def generate(prompt: str, options: GenerationOptions) -> Iterator[str | Part]:
        yield from (" one", (" two", None), (" three", "length"), " four")

    engine = from_function(generate=generate)
    steps = list(engine.generate(engine.tokenize("Count:"), GenerationOptions()))
    assert "".join(t.text for step in steps for t in step.tokens) == " one two three"
    assert [step.finish_reason for step in steps if step.finish_reason] == ["length"]
    stopped = list(engine.generate(engine.tokenize("Count:"), GenerationOptions(stop=("three",))))
    assert stopped[-1].finish_reason == "stop", "a stop string says more"


# ---- what is scored --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("returned", "told"),
    [
        ([-1.0], "1 values for 2 prompts"),
        (-1.0, "-1.0, not a list"),
        (None, "None, not a list"),
        ("no", "'n', which is no number"),
        (["-1", "-2"], "'-1', which is no number"),
        ([None, -1.0], "None, which is no number"),
        ([-1.0, [-1.0, None]], "None, which is no number"),
        ([[[-1.0]], [[-1.0]]], "[-1.0], which is no number"),
        ([-1.0, math.nan], "nan, which is no number"),
        ([-1.0, math.inf], "inf, but log-probabilities are 0 or less"),
        ([-1.0, 0.4], "0.4, but log-probabilities are 0 or less"),
        ([-1.0, -math.inf], "-inf, of which no difference can be taken"),
        ([[-1.0, -1.0], [-1.0]], "1 values for one prompt and a response of 2 pieces"),
        ([-1.0, []], "0 values for one prompt"),
    ],
)
def test_scores_that_are_none(returned: Any, told: str) -> None:
    engine = scorer(lambda prompts, response: returned)
    sequence = engine.append(engine.tokenize("a b"), " c d")
    ids = sequence.input_ids
    with pytest.raises(CapabilityError) as raised:
        list(engine.score([ids[:2], ids[:1]], ids[2:]))
    assert raised.value.message.startswith("Your score function returned")
    assert told in raised.value.message
    assert raised.value.hint


@pytest.mark.parametrize(
    "returned",
    [
        (-1, -2),
        [np.float32(-1), Decimal(-2)],
        np.array([-1.0, -2.0]),
        [np.array(-1.0), np.array([-0.5, -1.5])],
        (value for value in [[-1, 0], [-2, 1e-9]]),
    ],
)
def test_numbers_of_many_kinds(returned: Any) -> None:
    engine = scorer(lambda prompts, response: returned)
    ids = engine.append(engine.tokenize("a b"), " c d").input_ids
    found = list(engine.score([ids[:2], ids[:1]], ids[2:]))
    assert [row.sum() for _, row in found] == pytest.approx([-1, -2])
    assert all(row.dtype == np.float64 for _, row in found)


def test_a_sum_and_its_summands_are_told_apart_by_shape() -> None:
    assert log_probs_of(-2, 3).shape == ()
    assert log_probs_of([-1, 0, 1e-7], 3).tolist() == [-1, 0, 1e-7]  # as far as floats round


# ---- functions that fail ---------------------------------------------------------------------


@pytest.mark.parametrize("name", ["score", "generate", "pieces"])
def test_an_error_in_a_function_is_told_as_that(name: str) -> None:
    error = ValueError("no such prompt")
    functions: dict[str, Any] = {"score": sums, "generate": echo, name: failing(error)}
    model = backlit.load_model(from_function(**functions))
    with pytest.raises(CapabilityError) as raised:
        backlit.explain(model, PROMPT)
    assert raised.value.message == f"Your {name} function failed: ValueError: no such prompt"
    assert raised.value.hint.startswith(f"Look at {examples.__file__}, line ")
    assert raised.value.__cause__ is error


def test_errors_of_iterators_are_told_too() -> None:
    def half(prompt: str, options: GenerationOptions) -> Iterator[str]:
        yield "well"
        raise StopAsyncIteration("lost the line")

    def scores(prompts: list[str], response: str) -> Iterator[float]:
        yield 1 / 0

    with pytest.raises(CapabilityError, match="generate function failed: StopAsyncIteration: lost"):
        wrote(half)
    with pytest.raises(CapabilityError, match="score function failed: ZeroDivisionError"):
        list(scorer(scores).score([[]], []))


def test_a_function_that_can_not_be_called() -> None:
    engine = scorer(lambda prompts: [-1.0])
    ids = engine.tokenize("a b").input_ids
    with pytest.raises(CapabilityError, match="takes 1 positional argument") as raised:
        list(engine.score([ids], ids))
    assert raised.value.hint == "Look at how it is called."


@pytest.mark.parametrize("error", [Cancelled(), OptionsError("No.", "Yes."), KeyboardInterrupt()])
def test_what_is_ours_or_the_persons_wish_passes(error: BaseException) -> None:
    engine = scorer(failing(error), generate=failing(error))
    prompt = engine.tokenize("a")
    for work in (
        engine.score([prompt.input_ids], prompt.input_ids),
        engine.generate(prompt, GenerationOptions()),
    ):
        with pytest.raises(type(error)) as raised:
            list(work)
        assert raised.value is error


def test_the_line_to_look_at_is_the_persons() -> None:
    def work() -> None:
        raise KeyError("no such key")

    with pytest.raises(CapabilityError) as raised, user_errors("score"):
        work()
    assert raised.value.message == "Your score function failed: KeyError: 'no such key'"
    assert raised.value.hint.startswith(f"Look at {__file__}, line ")
