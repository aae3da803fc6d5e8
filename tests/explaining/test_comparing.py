"""Answers after each other's prompts, on the toy."""

from dataclasses import replace

import pytest

from backlit.engines.toy import ToyEngine
from backlit.errors import InputError, OptionsError, PromptError
from backlit.explanation import Explanation
from backlit.model import Model
from backlit.types import Prompt, TokenSequence
from tests.support.bounding import BoundingEngine

PROMPT = "The dog likes cold water.\nThe cat likes warm milk.\nThe dog likes"


@pytest.fixture
def model(toy: ToyEngine) -> Model:
    return Model(toy)


def explained(model: Model, prompt: str, response: str, target: str | None = None) -> Explanation:
    return model.explain(
        prompt, response=response, target=target, method="occlusion", progress=False
    )


def test_every_figure_is_what_explain_says(model: Model) -> None:
    prompts = [PROMPT, PROMPT.replace("cold water", "warm milk"), "The dog likes"]
    answers = [" cold water.", " warm milk.", " cold soup."]
    each = [explained(model, *pair) for pair in zip(prompts, answers, strict=True)]
    found = model.compare(each, progress=False)
    for i, prompt in enumerate(prompts):
        for j, answer in enumerate(answers):
            alone = explained(model, prompt, answer)[0].target_log_prob
            assert found.log_probs[i][j] == pytest.approx(alone, abs=1e-9)


def test_what_stands_before_a_target_stays(model: Model) -> None:
    one = explained(model, PROMPT, " cold water.", "water")
    other = explained(model, PROMPT.replace("cold", "warm"), " warm milk.")
    found = model.compare([one, other], progress=False)
    alone = explained(model, PROMPT.replace("cold", "warm"), " cold water.", "water")
    assert found.log_probs[1][0] == pytest.approx(alone[0].target_log_prob, abs=1e-9)
    assert found.log_probs[0][0] == pytest.approx(one[0].target_log_prob, abs=1e-9)


def test_an_answer_without_a_map_is_compared_whole(model: Model) -> None:
    whole = model.generate(PROMPT, max_new_tokens=3, progress=False)
    found = model.compare([Explanation(whole, ()), explained(model, PROMPT, " warm milk.")])
    alone = model.explain(whole, method="occlusion", progress=False)[0].target_log_prob
    assert found.log_probs[0][0] == pytest.approx(alone, abs=1e-9)


def test_two_models_each_say_what_they_can(toy: ToyEngine) -> None:
    one, other = Model(ToyEngine("one")), Model(ToyEngine("other"))
    both = [explained(one, PROMPT, " cold water."), explained(other, PROMPT, " warm milk.")]
    first, second = one.compare(both, progress=False), other.compare(both, progress=False)
    assert first.log_probs[1] == second.log_probs[0] == (None, None)
    joined = first.joined(second)
    assert None not in [cell for row in joined.log_probs for cell in row]
    # They are the same toy: each finds an answer as likely as the other does.
    assert joined.log_probs[0] == pytest.approx(joined.log_probs[1])
    assert "Given the same prompt, other says “warm milk.”" in joined.sentence()


def test_an_answer_that_this_model_can_not_write_is_left_open(toy: ToyEngine) -> None:
    class Mute(ToyEngine):
        """Can't read the prompts of others."""

        def tokenize(self, prompt: Prompt) -> TokenSequence:
            raise PromptError("No chat template.")

    one, other = Model(ToyEngine("one")), Model(ToyEngine("other"))
    both = [explained(one, PROMPT, " cold water."), explained(other, PROMPT, " warm milk.")]
    found = Model(Mute("one")).compare(both, progress=False)
    assert found.log_probs[0][0] is not None
    assert found.log_probs[0][1] is None


@pytest.mark.parametrize("number", [0, 1, 21])
def test_too_few_or_too_many(model: Model, number: int) -> None:
    one = explained(model, PROMPT, " cold water.")
    with pytest.raises(OptionsError, match="can't be compared"):
        model.compare([one] * number)


def test_what_is_no_explanation(model: Model) -> None:
    with pytest.raises(OptionsError, match="Only explanations"):
        model.compare(["a", "b"])  # type: ignore[list-item]


def test_a_model_that_can_not_have_said_it(model: Model) -> None:
    one = explained(model, PROMPT, " cold water.")
    tokens = one.generation.sequence.tokens
    changed = tuple(replace(token, id=token.id + 1) for token in tokens)
    other = replace(
        one,
        generation=replace(
            one.generation, sequence=replace(one.generation.sequence, tokens=changed)
        ),
    )
    with pytest.raises(InputError, match="has other tokens"):
        model.compare([one, other])


def test_what_is_at_most_so_likely_is_said_as_that() -> None:
    model = Model(BoundingEngine(top=3))
    one = explained(model, "The dog likes", " cold")
    other = explained(model, "Two and two make", " four")
    found = model.compare([one, other], progress=False)
    assert found.at_most == ((1, 0), (0, 1))
    assert "its old answer is at least " in found.sentence()
    assert str(found).count("≤") == 2
    assert found.report().at_most == found.at_most
    assert found.report().to_markdown().count("≤ ") == 2
