"""The values: sequences, options, and explanations as JSON."""

import pytest

from backlit.engines.toy import ToyEngine
from backlit.errors import OptionsError
from backlit.types import GenerationOptions, joined, key_of, opposite


def test_keys_of_ids_know_where_a_run_ends() -> None:
    runs = [((1, 2), (3,)), ((1,), (2, 3)), ((1, 2, 3), ()), ((1, 2, 3),), ((2, 1), (3,))]
    assert len({key_of(*each) for each in runs}) == len(runs)
    assert key_of([1, 2], [2**52]) == key_of((1, 2), (2**52,))


def test_a_temperature_of_none_is_the_models_own() -> None:
    assert GenerationOptions().heat == 0
    assert GenerationOptions(temperature=None).heat == 1
    assert GenerationOptions(temperature=0.3).heat == 0.3


def test_a_sequence_grows_by_characters_not_tokens(toy: ToyEngine) -> None:
    prompt = toy.tokenize("The cat")
    response = toy.append(toy.tokenize("The cat"), " likes 🚀 milk").tokens[2:]
    grown = prompt
    for token in response:
        grown = grown.extended([token])
    assert grown.text == "The cat likes 🚀 milk"
    assert grown == prompt.extended(response)
    assert grown.prompt == prompt
    assert grown.prompt_length == 2


def test_without_takes_out_tokens_and_their_characters(toy: ToyEngine) -> None:
    sequence = toy.append(toy.tokenize("The cat likes 🚀 milk"), " and so")
    rocket = [i for i, t in enumerate(sequence.tokens) if t.text == "🚀"]
    less = sequence.without([(1, 2), (rocket[0], rocket[-1] + 1)])
    assert less.text == "The likes  milk and so"
    assert less.prompt_length == sequence.prompt_length - 5
    for token in less.tokens:
        assert token.text == less.text[token.start : token.stop]
    assert sequence.without([]) == sequence
    assert sequence.without([(0, len(sequence.tokens))]).text == ""
    assert sequence.without([(-(10**12), 10**12)]).text == ""
    assert sequence.without([(10**12, 10**13), (-5, 0), (3, 1)]) == sequence


@pytest.mark.parametrize(
    "wrong",
    [
        {"max_new_tokens": 0},
        {"temperature": -1.0},
        {"temperature": float("nan")},
        {"top_p": 0.0},
        {"top_p": 1.5},
        {"seed": -1},
        {"stop": ("",)},
    ],
)
def test_options_out_of_range_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(OptionsError) as raised:
        GenerationOptions(**wrong)  # type: ignore[arg-type]
    assert raised.value.hint


def test_bounds_of_sums_and_differences() -> None:
    assert joined([]) is joined([None, None]) is None
    assert joined(["at_least", None, "at_least"]) == "at_least"
    assert joined(["at_least", "at_most"]) == joined(["about", None]) == "about"
    assert [opposite(one) for one in ("at_least", "at_most", "about", None)] == [
        "at_most",
        "at_least",
        "about",
        None,
    ]
