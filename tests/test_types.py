"""The values: sequences, options, and explanations as JSON."""

from pathlib import Path

import numpy as np
import pytest

import backlit
from backlit.engines.toy import ToyEngine
from backlit.errors import DataError, DiskError, OptionsError
from backlit.explanation import Explanation, load_explanation
from backlit.pipeline import Model, explain
from backlit.types import GenerationOptions, Message


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


@pytest.fixture
def explanation(toy: ToyEngine) -> Explanation:
    prompt = (Message("user", "What does the dog like? 🚀"),)
    return explain(Model(toy), prompt, target=" cold water", method="grad_x_input")


def test_an_explanation_survives_its_file(explanation: Explanation, tmp_path: Path) -> None:
    path = tmp_path / "why.json"
    explanation.save(path)
    again = backlit.load_explanation(path)
    assert again == explanation
    assert np.array_equal(again.attributions[0].scores, explanation.attributions[0].scores)
    assert [p.name for p in tmp_path.iterdir()] == ["why.json"]


def test_a_newer_schema_is_refused(explanation: Explanation) -> None:
    newer = explanation.to_json().replace('"schema_version": 2', '"schema_version": 99')
    with pytest.raises(DataError, match="schema 99"):
        Explanation.from_json(newer)


@pytest.mark.parametrize("text", ["", "{}", "[1]", "not json", '{"generation": 1}'])
def test_what_is_no_explanation_is_refused(text: str, tmp_path: Path) -> None:
    path = tmp_path / "odd.json"
    path.write_text(text)
    with pytest.raises(DataError, match="not an explanation"):
        load_explanation(path)


def test_missing_files_and_folders_are_named(explanation: Explanation, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"none\.json"):
        load_explanation(tmp_path / "none.json")
    with pytest.raises(DiskError, match="could not be written"):
        explanation.save(tmp_path / "no" / "folder.json")
