"""The flow as a Python user drives it, and the facts the sample prompts promise."""

import re
from dataclasses import replace

import numpy as np
import pytest

import backlit
from backlit.engines.base import EmbeddingGradient
from backlit.engines.function import from_function
from backlit.engines.toy import ToyEngine
from backlit.errors import (
    CapabilityError,
    InputError,
    OptionsError,
    PatternError,
    PromptError,
    TargetError,
    UnknownNameError,
)
from backlit.explanation import Generation
from backlit.methods.gradient import GradL2
from backlit.model import Model, load_model
from backlit.pipeline import explain
from backlit.types import Aggregate, GenerationOptions, Granularity, Message, Target, TokenSequence

MISTAKE = "Recommendation: You have to try it."
PROMPT = "Question: what does the dog like? Answer:"


@pytest.fixture
def model(toy: ToyEngine) -> Model:
    return Model(toy)


def test_explain_generates_what_is_not_given(model: Model) -> None:
    explanation = explain(model, PROMPT, options=GenerationOptions(max_new_tokens=9))
    assert explanation.generation.response.startswith(" the dog likes")
    (found,) = explanation.attributions
    assert found.target == Target(found.target.start, len(explanation.generation.sequence.tokens))
    assert found.scores.shape == (len(found.segments),)
    assert found.scores.dtype == np.float64
    assert explanation.metadata["engine"] == "toy"
    assert float(explanation.metadata["seconds"]) >= 0


def test_explain_explains_exactly_the_generated_ids(model: Model) -> None:
    generation = model.generate(PROMPT, max_new_tokens=9)
    explanation = explain(model, generation, method="grad_l2", granularity="word")
    assert explanation.generation is generation
    assert explanation.attributions[0].segments[-1].stop == generation.sequence.prompt_length


def test_earlier_words_of_the_response_are_scored_too(model: Model) -> None:
    explanation = explain(
        model, PROMPT, response=" the dog likes cold water.", target="water", granularity="word"
    )
    found = explanation.attributions[0]
    roles = [s.role for s in found.segments]
    assert roles[-1] == "response"
    assert found.segments[int(found.scores.argmax())].text == " cold"


def test_granularity_and_aggregate_join_the_same_token_scores(model: Model) -> None:
    def found(granularity: Granularity, how: Aggregate) -> backlit.Attribution:
        explanation = explain(
            model,
            PROMPT,
            response=" cold water",
            method="grad_x_input",
            granularity=granularity,
            aggregate=how,
        )
        return explanation.attributions[0]

    words, lines = found("word", "sum"), found("line", "sum")
    assert words.token_scores == lines.token_scores
    assert lines.scores.sum() == pytest.approx(words.scores.sum())
    largest = found("line", "max")
    assert abs(largest.scores).max() == max(abs(s) for s in largest.token_scores or ())
    assert found("line", "mean").scores[0] == pytest.approx(np.mean(lines.token_scores or ()))


def test_custom_segments(model: Model) -> None:
    found = explain(
        model, "a, b, c", response=" d", granularity="custom", pattern=", "
    ).attributions[0]
    assert [s.text for s in found.segments] == ["a, ", "b, ", "c"]
    assert found.pattern == ", "


def test_chats_go_through_the_template(model: Model) -> None:
    generation = model.generate([Message("user", "The dog likes")], max_new_tokens=3)
    assert generation.sequence.prompt.text == "[user]\nThe dog likes\nAnswer:"


@pytest.mark.parametrize(
    ("error", "arguments"),
    [
        (PromptError, {"prompt": ""}),
        (PromptError, {"prompt": "half \ud800"}),
        (PromptError, {"prompt": "long " * 9_000}),
        (PromptError, {"prompt": ["one", "two"]}),
        (TargetError, {"response": ""}),
        (PromptError, {"response": "half \ud800"}),
        (TargetError, {"response": b" cold water"}),
        (TargetError, {"response": [" cold", " water"]}),
        (TargetError, {"foil": 3}),
        (TargetError, {"foil": b"warm"}),
        (TargetError, {"target": "not there"}),
        (TargetError, {"target": 3}),
        (TargetError, {"target": b"cold"}),
        (TargetError, {"response": " cold water, cold", "target": "cold"}),
        (OptionsError, {"select": "cold"}),
        (OptionsError, {"report": print}),
        (OptionsError, {"progress": 1}),
        (PatternError, {"granularity": "custom", "pattern": re.compile(",")}),
        (UnknownNameError, {"method": "nope"}),
        (UnknownNameError, {"granularity": "phrase"}),
        (UnknownNameError, {"aggregate": "median"}),
        (OptionsError, {"n_samples": 5}),
        (OptionsError, {"method": GradL2(), "n_samples": 5}),
    ],
)
def test_bad_input(model: Model, error: type[InputError], arguments: dict[str, object]) -> None:
    with pytest.raises(error) as raised:
        explain(model, **({"prompt": PROMPT, "response": " cold water"} | arguments))  # type: ignore[arg-type]
    assert raised.value.message
    assert raised.value.hint


def test_a_generation_brings_its_response(model: Model) -> None:
    generation = model.generate(PROMPT, max_new_tokens=2)
    with pytest.raises(TargetError, match="has its response"):
        explain(model, generation, response="other")
    with pytest.raises(OptionsError, match="no generation option"):
        model.generate(PROMPT, tokens=3)


def test_a_response_may_be_ids(model: Model) -> None:
    written = model.generate(PROMPT, max_new_tokens=3)
    ids = np.array(written.sequence.input_ids[written.sequence.prompt_length :])
    found = explain(model, PROMPT, response=ids, granularity="word")
    again = explain(model, written, granularity="word")
    assert found.generation.sequence.input_ids == written.sequence.input_ids
    assert found[0].scores.tolist() == again[0].scores.tolist()


def test_a_check_by_a_model_with_other_tokens_is_told(model: Model) -> None:
    explanation = explain(model, PROMPT, response=" cold water", granularity="word")
    sequence = explanation.generation.sequence
    strange = [replace(token, id=10**6) for token in sequence.tokens]
    other = TokenSequence(sequence.text, tuple(strange), sequence.prompt_length)
    altered = replace(explanation, generation=replace(explanation.generation, sequence=other))
    with pytest.raises(InputError, match="toy has other tokens"):
        model.check(altered)


def test_a_function_that_was_made_anew_checks_what_it_explained() -> None:
    def score(prompts: list[str], response: str) -> list[float]:
        return [-1.0 - 3 * ("cat" not in prompt) for prompt in prompts]

    first, second = (load_model(from_function(score=score)) for _ in range(2))
    explanation = first.explain("the cat sat. my dog", response=" too", granularity="word")
    assert second.check(explanation)[0].faithfulness == first.check(explanation)[0].faithfulness


@pytest.mark.model
def test_a_check_by_a_model_that_knows_the_ids_as_other_words(model: Model, smollm2: Model) -> None:
    explanation = explain(model, PROMPT, response=" cold water", granularity="word")
    with pytest.raises(InputError, match="smollm2 has other tokens than toy"):
        smollm2.check(explanation)


def test_numbers_that_overflow_are_an_error() -> None:
    class Broken(ToyEngine):
        def gradient(self, *args: object, **kwargs: object) -> EmbeddingGradient:
            nothing = np.full((3, 2), np.nan)
            return EmbeddingGradient(nothing, nothing, np.zeros(1))

    with pytest.raises(CapabilityError, match="overflowed"):
        explain(Model(Broken()), "The dog likes", response=" cold", method="grad_l2")


# ---- the promises of the sample prompts, on the default model ------------------------------


@pytest.fixture(scope="module")
def written(smollm2: Model) -> dict[str, Generation]:
    examples = backlit.load_dataset("sample_prompts").examples
    few_shot = [e for e in examples if e.id in ("fewshot-mistake", "fewshot-fixed")]
    return {e.id: smollm2.generate(e.prompt, max_new_tokens=60, stop=("\n\n",)) for e in few_shot}


@pytest.mark.model
def test_the_mistaken_prompt_shows_the_mistake(written: dict[str, Generation]) -> None:
    assert "You have to try it." in written["fewshot-mistake"].response


@pytest.mark.model
def test_the_fixed_prompt_does_not(written: dict[str, Generation]) -> None:
    assert "You have to try it." not in written["fewshot-fixed"].response
    assert "Avoid." in written["fewshot-fixed"].response


@pytest.mark.model
def test_a_misprint_comes_by_way_of_the_analysis(smollm2: Model) -> None:
    examples = backlit.load_dataset("sample_prompts").examples
    sample = next(e for e in examples if e.id == "fewshot-misprint")
    misprint = "- Baked moussaka: 140 euros"
    explanation = smollm2.explain(sample.prompt, response=sample.target, target="140 + 8")
    traced = smollm2.trace(explanation)[0].trace
    assert traced is not None
    text = {(one.start, one.stop): one for one in traced.segments}
    way = [text[span] for span in traced.paths[0].spans]
    assert [one.text.strip() for one in way] == [misprint, "The baked moussaka is 140 euros."]
    assert abs(way[0].direct) < 0.2 * way[0].through

    (proof,) = smollm2.prove(explanation, without=misprint, think_again=1)[0].proofs
    assert proof.again is not None
    assert abs(proof.lost) < 0.5  # nats, with the analysis kept
    assert proof.again.lost > 5
    assert not any("140" in written for written in proof.again.written)


@pytest.mark.model
def test_occlusion_finds_the_mistaken_line(smollm2: Model, written: dict[str, Generation]) -> None:
    generation = written["fewshot-mistake"]
    found = explain(smollm2, generation, target=MISTAKE).attributions[0]
    top = found.segments[int(found.scores.argmax())]
    fixed = next(
        e for e in backlit.load_dataset("sample_prompts").examples if e.id == "fewshot-fixed"
    )
    assert isinstance(fixed.prompt, str)
    # The two prompts differ in one line, and that line, not one that reads alike, is the cause.
    mistaken = generation.sequence.prompt.text
    differs = next(
        i for i, (a, b) in enumerate(zip(mistaken, fixed.prompt, strict=False)) if a != b
    )
    line = mistaken.rindex("\n", 0, differs) + 1
    assert generation.sequence.tokens[top.start].start == line
    runner_up = np.sort(found.scores)[-2]
    assert found.scores.max() > 2 * runner_up
