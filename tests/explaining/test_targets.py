"""Targets and foils: what is asked, in ids that the model would write."""

import re
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backlit.engines.toy import ToyEngine
from backlit.errors import TargetError
from backlit.explaining.attribution import Segmenting, attribute
from backlit.explaining.targets import MAX_NAMED, TargetLike, select_target, with_foil
from backlit.methods import make_method, methods
from backlit.methods.objective import Objective
from backlit.progress import SILENT
from backlit.types import Foil, ParameterValue, Span, Target, TokenSequence
from tests.support import tiny


def responding(response: str, prompt: str = "The dog likes") -> TokenSequence:
    engine = ToyEngine()
    return engine.append(engine.tokenize(prompt), response)


def text_of(sequence: TokenSequence, target: Target) -> str:
    tokens = sequence.tokens[target.start : target.stop]
    return sequence.text[tokens[0].start : max(t.stop for t in tokens)]


@pytest.fixture
def sequence() -> TokenSequence:
    return responding(" cold water")


# ---- the part of the response that is meant ----------------------------------------------------


@pytest.mark.parametrize(
    ("target", "span"),
    [
        (None, (3, 5)),
        ("cold", (3, 4)),
        (" cold", (3, 4)),
        ("water", (4, 5)),
        ("cold water", (3, 5)),
        ("ld wa", (3, 5)),  # tokens that hold some of it
        ((4, 5), (4, 5)),
        ([4, 5], (4, 5)),
        ((np.int64(4), np.int64(5)), (4, 5)),
        (Target(4, 5), (4, 5)),
        (re.compile("w.t"), (4, 5)),
        (re.compile("COLD", re.IGNORECASE), (3, 4)),
        (re.compile(r"\w+$"), (4, 5)),
        (re.compile("x*|water"), (4, 5)),  # empty matches are none
        (re.compile("[lo]"), (3, 4)),  # twice, in one token
    ],
)
def test_what_can_be_meant(sequence: TokenSequence, target: Any, span: Span) -> None:
    found = select_target(sequence, target)
    assert found == Target(*span)
    assert type(found.start) is type(found.stop) is int  # as it goes into a file


def test_a_target_keeps_its_foil(sequence: TokenSequence) -> None:
    target = Target(3, 5, Foil((7,), "x"))
    assert select_target(sequence, target) == target


def test_words_of_the_prompt_are_not_of_the_response() -> None:
    sequence = responding(" the dog", prompt="The dog likes")
    assert select_target(sequence, "dog") == Target(4, 5)
    with pytest.raises(TargetError, match="does not contain 'likes'"):
        select_target(sequence, "likes")


@pytest.mark.parametrize(
    ("target", "message", "hint"),
    [
        ("", "The target is empty", "leave it out"),
        ("milk", "does not contain 'milk'", "given as the response"),
        ("Cold", "does not contain 'Cold'", "as they stand in the response"),
        ("likes cold", "does not contain 'likes cold'", "as they stand"),
        (re.compile("m.lk"), "does not contain a match of 'm.lk'", "as they stand"),
        (re.compile("x*"), "does not contain a match of", "as they stand"),
        ((0, 2), "token span 0:2 is not in the response", "tokens 3:5"),
        ((2, 4), "2:4 is not in the response", "tokens 3:5"),
        ((3, 6), "3:6 is not in the response", "tokens 3:5"),
        ((4, 4), "4:4 is not in the response", "tokens 3:5"),
        ((5, 3), "5:3 is not in the response", "tokens 3:5"),
        ((-2, -1), "-2:-1 is not in the response", "tokens 3:5"),
        (Target(0, 2), "0:2 is not in the response", "tokens 3:5"),
        ((3, 4, 5), "is no target", "token span (start, stop)"),
        ((3.0, 4.0), "is no target", "token span (start, stop)"),
        (3, "3 is no target", "token span (start, stop)"),
    ],
)
def test_what_can_not_be_meant(
    sequence: TokenSequence, target: Any, message: str, hint: str
) -> None:
    with pytest.raises(TargetError) as raised:
        select_target(sequence, target)
    assert message in raised.value.message
    assert hint in raised.value.hint


def test_without_a_response_or_a_prompt_there_is_nothing_to_explain(toy: ToyEngine) -> None:
    prompt = toy.tokenize("The dog")
    with pytest.raises(TargetError, match="no response to explain"):
        select_target(prompt, "dog")
    alone = TokenSequence(prompt.text, prompt.tokens, 0)
    with pytest.raises(TargetError, match="nothing before the response"):
        select_target(alone)


@pytest.mark.parametrize(
    ("response", "target", "spans"),
    [
        (" cold water, cold", "cold", "3:4 or 6:7"),
        (" cold water, cold", re.compile("c..d"), "3:4 or 6:7"),
        ("banana", "ana", "4:7 or 6:9"),  # words may overlap themselves
        ("👩🚀👩", "👩", "3:7 or 11:15"),
        (" cold" * 3, "cold", "3:4 or 4:5 or 5:6"),
        (" cold" * 9, "cold", "3:4 or 4:5 or 5:6 …"),
    ],
)
def test_words_that_stand_twice_are_refused_with_their_places(
    response: str, target: TargetLike, spans: str
) -> None:
    with pytest.raises(TargetError, match=r"has the target \d times") as raised:
        select_target(responding(response), target)
    assert raised.value.hint.endswith(f"or its tokens: {spans}")
    assert raised.value.hint.count(":") - 1 <= MAX_NAMED
    for start, stop in re.findall(r"(\d+):(\d+)", raised.value.hint):
        select_target(responding(response), (int(start), int(stop)))  # each can be given


def test_twice_in_the_same_tokens_is_once() -> None:
    assert select_target(responding(" berries"), "r") == Target(3, 4)


def test_matches_of_a_pattern_do_not_overlap() -> None:
    assert select_target(responding("banana"), re.compile("ana")) == Target(4, 7)


def test_characters_of_many_tokens_come_whole() -> None:
    sequence = responding(" a 👩‍🚀 東京 é")
    for words in ("👩‍🚀", "👩", "東京", "京", "é", "👩‍🚀 東"):
        assert text_of(sequence, select_target(sequence, words)) == words
    rocket = select_target(sequence, "🚀")
    assert rocket.stop - rocket.start == 4  # bytes


pieces = st.lists(st.sampled_from([" cold", " water", "a", "東", "👩‍🚀", ".", "\n"]), min_size=1)


@settings(max_examples=60, deadline=None)
@given(pieces, st.data())
def test_words_that_stand_once_are_found_and_others_are_counted(
    parts: list[str], data: st.DataObject
) -> None:
    response = "".join(parts)
    start = data.draw(st.integers(0, len(response) - 1))
    stop = data.draw(st.integers(start + 1, len(response)))
    words = response[start:stop]
    sequence = responding(response)
    times = sum(response.startswith(words, i) for i in range(len(response)))
    try:
        target = select_target(sequence, words)
    except TargetError as error:
        assert times > 1
        assert "times" in error.message
    else:
        assert words in text_of(sequence, target)
        assert target.start >= sequence.prompt_length


@given(st.integers(-3, 9), st.integers(-3, 9))
def test_spans_inside_the_response_are_taken_and_others_are_not(start: int, stop: int) -> None:
    sequence = responding(" cold water and so")  # tokens 3 to 8
    if 3 <= start < stop <= len(sequence.tokens):
        assert select_target(sequence, (start, stop)) == Target(start, stop)
    else:
        with pytest.raises(TargetError):
            select_target(sequence, (start, stop))


# ---- what might have stood in its place --------------------------------------------------------


def test_a_text_foil_gets_the_spaces_of_the_target(toy: ToyEngine, sequence: TokenSequence) -> None:
    target = select_target(sequence, "cold water")
    foil = with_foil(toy, sequence, target, "warm milk").foil
    assert foil is not None
    assert foil.text == " warm milk"
    assert foil.ids == toy.tokenize(" warm milk").input_ids
    assert with_foil(toy, sequence, target, foil.ids).foil == foil
    assert with_foil(toy, sequence, target, " warm milk").foil == foil


def test_a_foil_replaces_an_earlier_one(toy: ToyEngine, sequence: TokenSequence) -> None:
    first = with_foil(toy, sequence, Target(3, 5), "warm milk")
    second = with_foil(toy, sequence, first, "ripe berries").foil
    assert second is not None
    assert second.text == " ripe berries"


@pytest.mark.parametrize(
    ("foil", "message"),
    [
        ("", "foil is empty"),
        ("  ", "foil is empty"),
        ([], "foil is empty"),
        (" cold water", "target itself"),
        ("cold water ", "target itself"),
        ([99_999], "does not know"),
    ],
)
def test_foils_that_can_not_be(
    toy: ToyEngine, sequence: TokenSequence, foil: str | list[int], message: str
) -> None:
    with pytest.raises(TargetError, match=message) as raised:
        with_foil(toy, sequence, Target(3, 5), foil)
    assert raised.value.hint


def test_a_foil_that_is_the_target_by_its_ids(toy: ToyEngine, sequence: TokenSequence) -> None:
    with pytest.raises(TargetError, match="target itself"):
        with_foil(toy, sequence, Target(3, 5), sequence.input_ids[3:])


def test_a_foil_that_the_tokenizer_can_not_write() -> None:
    engine = tiny.engine(kind="wordpiece")
    sequence = engine.append(engine.tokenize("The cat likes"), " milk")
    target = Target(sequence.prompt_length, len(sequence.tokens))
    with pytest.raises(TargetError, match="no token for"):
        with_foil(engine, sequence, target, "🦄")


# not Grad L2, which has no sign, nor the lasso, whose penalty is chosen by what is explained
@pytest.mark.parametrize("name", sorted(methods().keys() - {"grad_l2", "sparse_ablation"}))
@pytest.mark.parametrize("family", ["toy", "llama"])
def test_a_contrast_is_the_difference_of_two_explanations(name: str, family: str) -> None:
    """Every signed method that is linear in the objective; lengths may differ."""
    engine = ToyEngine() if family == "toy" else tiny.engine(family)
    before = engine.tokenize("The cat likes warm milk. The dog likes")
    target_text, foil_text = " cold water", " milk"
    params: dict[str, dict[str, ParameterValue]] = {
        "integrated_gradients": {"tolerance": 1.0, "max_steps": 9},
        "shapley": {"n_samples": 5_000},  # all of them, as a fit to some is not linear
    }
    method = make_method(name, **params.get(name, {}))

    def scores(answer: str, foil: str | None) -> tuple[np.ndarray, float]:
        sequence = engine.append(before, answer)
        target = Target(sequence.prompt_length, len(sequence.tokens))
        if foil is not None:
            target = with_foil(engine, sequence, target, foil)
        objective = Objective(engine, sequence, target)
        found = attribute(objective, method, Segmenting("word"), SILENT)
        return found.scores, objective.value()

    alone, value = scores(target_text, None)
    other, other_value = scores(foil_text, None)
    contrast, difference = scores(target_text, foil_text)
    scale = 1e-3 * max(np.abs(alone).max(), 1)
    np.testing.assert_allclose(contrast, alone - other, atol=scale)
    assert difference == pytest.approx(value - other_value, abs=1e-3)
