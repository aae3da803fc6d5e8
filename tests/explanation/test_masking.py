"""Blocks for words: whatever the prompt is, none of it is left, and all that is measured stays."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from backlit.explanation.attribution import Attribution, Share
from backlit.explanation.generation import Generation
from backlit.explanation.interval import share_of
from backlit.explanation.masking import BLOCK, without_model, without_options, without_prompt
from backlit.explanation.trace import Trace, TracedSegment
from backlit.types import (
    Foil,
    GenerationOptions,
    Message,
    ScoredSegment,
    Target,
    Token,
    TokenSequence,
)


def generated(prompt: str) -> Generation:
    """A template's token, one token for each character, and an answer."""
    tokens = [Token(9, "<s>", 0, 3, special=True, role="template")]
    tokens += [Token(ord(c), c, 3 + i, 4 + i) for i, c in enumerate(prompt)]
    end = 3 + len(prompt)
    tokens.append(Token(7, " yes", end, end + 4, role="response"))
    sequence = TokenSequence(f"<s>{prompt} yes", tuple(tokens), len(tokens) - 1)
    return Generation(prompt, sequence, "stop", "toy")


def mapped(generation: Generation, role: str = "prompt") -> Attribution:
    sequence = generation.sequence
    stop = sequence.prompt_length
    segments = (
        ScoredSegment(0, 1, "<s>", "template", 0.25),
        ScoredSegment(1, stop, sequence.text[3:-4], role, 0.5),
    )
    target = Target(stop, stop + 1)
    return Attribution("occlusion", {}, target, "custom", segments, True, -1.0, pattern="secret")


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1))
def test_nothing_of_a_prompt_is_left(prompt: str) -> None:
    generation = generated(prompt)
    shown, (one,) = without_prompt(generation, (mapped(generation),))
    text = shown.sequence.text
    assert text.endswith(" yes")
    assert len(text) == len(generation.sequence.text)
    visible = "".join(text.removesuffix(" yes").split())
    assert visible == BLOCK * len(visible)
    assert len(visible) == 3 + len("".join(prompt.split()))
    assert {token.id for token in shown.sequence.tokens[:-1]} == {0}
    assert one.segments[1].text == text[3:-4]
    assert [segment.score for segment in one.segments] == [0.25, 0.5]
    assert one.pattern is None


def test_an_answer_stays() -> None:
    generation = generated("abc")
    shown, _ = without_prompt(generation, (mapped(generation),))
    assert shown.sequence.tokens[-1] == generation.sequence.tokens[-1]


def test_a_model_goes_with_its_ids_and_its_template() -> None:
    generation = generated("abc")
    foil = Foil((5, 6), " no")
    one = replace(mapped(generation), target=Target(4, 5, foil))
    shown, (map_,) = without_model(generation, (one,), "a model")
    assert shown.model == "a model"
    assert shown.sequence.text == "███abc yes"
    assert {token.id for token in shown.sequence.tokens} == {0}
    assert map_.target.foil == Foil((0, 0), " no")
    assert [segment.text for segment in map_.segments] == ["███", "abc"]


def test_a_segment_that_begins_with_a_template_is_masked_too() -> None:
    generation = generated("abc")
    _, (one,) = without_prompt(generation, (mapped(generation, role="template"),))
    assert one.segments[1].text == BLOCK * 3


def test_messages_and_traces_are_masked() -> None:
    generation = generated("abc")
    chat = replace(generation, prompt=(Message("system", "a b"), Message("user", "c")))
    trace = Trace((TracedSegment(1, 4, "abc", "prompt", 1.0, 1.0, 0.0),), (), (), 0, 0.0)
    shown, (one,) = without_prompt(chat, (replace(mapped(chat), trace=trace),))
    assert shown.prompt == (Message("system", "█ █"), Message("user", "█"))
    assert one.trace is not None
    assert [part.text for part in one.trace.segments] == ["███"]


def test_of_a_share_stays_how_many_answers_there_were() -> None:
    generation = generated("abc")
    options = GenerationOptions(temperature=1.0, stop=("abc",))
    share = Share(4, options, share_of(3, 4))
    one = replace(mapped(generation), measure="share", share=share, target_log_prob=None)
    _, (masked,) = without_prompt(generation, (one,))
    assert masked.share == replace(share, options=replace(options, stop=()))
    assert without_options(one).share == replace(share, options=None)
    assert without_options(mapped(generation)).share is None
