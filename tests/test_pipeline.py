"""The flow as a Python user drives it, and the facts the sample prompts promise."""

import numpy as np
import pytest

import backlit
from backlit.engines.base import EmbeddingGradient
from backlit.engines.toy import ToyEngine
from backlit.errors import (
    CapabilityError,
    InputError,
    OptionsError,
    PromptError,
    TargetError,
    UnknownNameError,
)
from backlit.explaining.targets import select_target
from backlit.explanation import Generation
from backlit.methods.gradient import GradL2
from backlit.pipeline import Model, explain, generate, respond
from backlit.types import Aggregate, GenerationOptions, Granularity, Message, Target

MISTAKE = "Recommendation: You have to try it."
PROMPT = "Question: what does the dog like? Answer:"


@pytest.fixture
def model(toy: ToyEngine) -> Model:
    return Model(toy)


def test_load_model_knows_the_toy() -> None:
    assert backlit.load_model("toy").name == "toy"
    assert backlit.load_model("mine:toy").name == "mine"


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


def test_select_finds_the_last_occurrence(model: Model) -> None:
    generation = respond(model.engine, PROMPT, " cold water, cold water")
    sequence = generation.sequence
    target = select_target(sequence, "cold")
    assert [t.text for t in sequence.tokens[target.start : target.stop]] == [" cold"]
    assert target.start > sequence.prompt_length + 1
    assert select_target(sequence, (target.start, target.stop)) == target
    whole = select_target(sequence, None)
    assert whole == Target(sequence.prompt_length, len(sequence.tokens))


@pytest.mark.parametrize("select", ["Question", "not there", "", (0, 3), (12, 12), (12, 99)])
def test_what_can_not_be_selected(model: Model, select: str | tuple[int, int]) -> None:
    sequence = respond(model.engine, PROMPT, " cold water").sequence
    with pytest.raises(TargetError) as raised:
        select_target(sequence, select)
    assert raised.value.hint


def test_earlier_words_of_the_response_are_scored_too(model: Model) -> None:
    explanation = explain(
        model, PROMPT, target=" the dog likes cold water.", select="water", granularity="word"
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
            target=" cold water",
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
    found = explain(model, "a, b, c", target=" d", granularity="custom", pattern=", ").attributions[
        0
    ]
    assert [s.text for s in found.segments] == ["a, ", "b, ", "c"]
    assert found.pattern == ", "


def test_muted_spans_are_taken_away_before_generating(toy: ToyEngine) -> None:
    prompt = "The cat likes warm milk. The dog likes"
    generation = generate(toy, prompt, GenerationOptions(max_new_tokens=2), muted=[(0, 6)])
    assert generation.sequence.prompt.text == " The dog likes"
    assert generation.prompt == prompt
    assert generation.muted == ((0, 6),)
    with pytest.raises(TargetError, match="Everything is muted"):
        generate(toy, "The cat", GenerationOptions(), muted=[(0, 2)])


def test_a_given_response_is_annotated(toy: ToyEngine) -> None:
    generation = respond(toy, PROMPT, " the cat")
    assert generation.finish_reason == "given"
    assert all(t.log_prob is not None for t in generation.sequence.tokens[-2:])
    assert all(len(t.alternatives) == 5 for t in generation.sequence.tokens[-2:])
    by_ids = respond(toy, PROMPT, [t.id for t in generation.sequence.tokens[-2:]])
    assert by_ids.finish_reason == "cancelled"
    assert by_ids.sequence == generation.sequence


def test_chats_go_through_the_template(model: Model) -> None:
    generation = model.generate([Message("user", "The dog likes")], max_new_tokens=3)
    assert generation.sequence.prompt.text == "[user]\nThe dog likes\nAnswer:"


@pytest.mark.parametrize(
    ("error", "arguments"),
    [
        (PromptError, {"prompt": ""}),
        (PromptError, {"prompt": "half \ud800"}),
        (PromptError, {"prompt": "long " * 9_000}),
        (TargetError, {"target": ""}),
        (PromptError, {"target": "half \ud800"}),
        (TargetError, {"select": "not there"}),
        (UnknownNameError, {"method": "nope"}),
        (UnknownNameError, {"granularity": "phrase"}),
        (UnknownNameError, {"aggregate": "median"}),
        (OptionsError, {"n_samples": 5}),
        (OptionsError, {"method": GradL2(), "n_samples": 5}),
    ],
)
def test_bad_input(model: Model, error: type[InputError], arguments: dict[str, object]) -> None:
    with pytest.raises(error) as raised:
        explain(model, **({"prompt": PROMPT, "target": " cold water"} | arguments))  # type: ignore[arg-type]
    assert raised.value.message
    assert raised.value.hint


def test_a_generation_brings_its_response(model: Model) -> None:
    generation = model.generate(PROMPT, max_new_tokens=2)
    with pytest.raises(TargetError, match="has its response"):
        explain(model, generation, target="other")
    with pytest.raises(OptionsError, match="no such generation option"):
        model.generate(PROMPT, tokens=3)


def test_numbers_that_overflow_are_an_error() -> None:
    class Broken(ToyEngine):
        def gradient(self, *args: object) -> EmbeddingGradient:
            nothing = np.full((3, 2), np.nan)
            return EmbeddingGradient(nothing, nothing, np.zeros(1))

    with pytest.raises(CapabilityError, match="overflowed"):
        explain(Model(Broken()), "The dog likes", target=" cold", method="grad_l2")


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
def test_the_mended_prompt_does_not(written: dict[str, Generation]) -> None:
    assert "You have to try it." not in written["fewshot-fixed"].response
    assert "Avoid." in written["fewshot-fixed"].response


@pytest.mark.model
def test_occlusion_finds_the_mistaken_line(smollm2: Model, written: dict[str, Generation]) -> None:
    generation = written["fewshot-mistake"]
    found = explain(smollm2, generation, select=MISTAKE).attributions[0]
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
    assert found.scores.max() > runner_up + 1  # nats
