"""What stands before a target, and the same written anew."""

from collections.abc import Iterator

import pytest

from backlit.engines.base import Engine
from backlit.engines.function import from_function
from backlit.engines.toy import ToyEngine
from backlit.explaining import reasoning
from backlit.explaining.reasoning import Reasoning, is_usual, reasoning_before, written_anew
from backlit.explaining.responses import respond
from backlit.explaining.targets import select_target
from backlit.segments import token_spans
from backlit.types import GenerationOptions, Granularity, Span, TokenSequence


def writing(*parts: str, asked: list[tuple[str, GenerationOptions]] | None = None) -> Engine:
    """A model that writes these parts after whatever it reads."""

    def write(context: str, options: GenerationOptions) -> Iterator[str]:
        if asked is not None:
            asked.append((context, options))
        yield from parts

    return from_function(
        score=lambda prompts, answer: [-1.0] * len(prompts), generate=write, name="known"
    )


def read(engine: Engine, response: str, target: str) -> tuple[TokenSequence, Reasoning | None]:
    sequence = respond(engine, "Is it sweet?\n", response).sequence
    return sequence, reasoning_before(sequence, select_target(sequence, target))


def words(sequence: TokenSequence, span: tuple[int, int]) -> str:
    return "".join(token.text for token in sequence.tokens[span[0] : span[1]])


@pytest.mark.parametrize(
    ("response", "target", "reasoning", "lead_in", "unit"),
    [
        (
            "Analysis: it is bitter.\nRecommendation: Avoid.",
            "Avoid",
            "Analysis: it is bitter.\n",
            "Recommendation: ",
            "line",
        ),
        ("It is bitter.\n\nAvoid it.", "Avoid it", "It is bitter.\n\n", "", "line"),
        ("It is bitter. So you avoid it.", "avoid", "It is bitter. ", "So you ", "sentence"),
        ("One.\nIt is. So avoid it.", "avoid", "One.\n", "It is. So ", "line"),
    ],
)
def test_what_stands_before_a_target(
    response: str, target: str, reasoning: str, lead_in: str, unit: str
) -> None:
    sequence, found = read(writing(), response, target)
    assert found is not None
    assert found.unit == unit
    assert found.span[0] == sequence.prompt_length
    assert words(sequence, found.span).strip() == reasoning.strip()
    assert words(sequence, found.lead_in).strip() == lead_in.strip()
    assert words(sequence, (found.span[0], found.lead_in[1])) in response
    assert found.lead_in[1] == select_target(sequence, target).start


@pytest.mark.parametrize("target", ["It is", "bitter"])
def test_in_the_first_sentence_nothing_does(target: str) -> None:
    assert read(writing(), "It is bitter. Avoid it.", target)[1] is None


@pytest.mark.parametrize(
    ("response", "target", "parts", "told"),
    [
        (  # up to the lead-in, and no further
            "Analysis: bad.\nRecommendation: Avoid.",
            "Avoid",
            ("Analysis: it", " is good.\n", "Recommendation: Try it."),
            "Analysis: it is good.\nRecommendation:",
        ),
        (  # that comes the second time
            "Answer: 1\nAnswer: 2",
            "2",
            ("Answer: 7\n", "Answer: 8\n", "Answer: 9"),
            "Answer: 7\nAnswer:",
        ),
        (  # as many lines, where the target begins one
            "Bad.\nVery bad.\nAvoid.",
            "Avoid",
            ("Good.\n", "Very", " good.\n", "Try it."),
            "Good.\nVery good.\n",
        ),
        (  # the model ends before
            "Bad.\n\nRecommendation: Avoid.",
            "Avoid",
            ("It is very", " good."),
            "It is very good.\n\nRecommendation:",
        ),
        ("It is bad. So avoid it.", "avoid", ("It is", " good."), "It is good. So"),
        (  # the target brings its label along, and comes sooner
            "Bad.\nVery bad.\nRecommendation: Avoid.",
            "Recommendation: Avoid",
            ("Good.\n", "Recommendation: Try it.\n", "Next.\n"),
            "Good.\n",
        ),
        (  # nor does a paragraph after it belong to it
            "Bad.\nVery bad.\nRecommendation: Avoid.",
            "Avoid",
            ("Good.\n", "\n", "Next one.\n", "Bad.\nRecommendation: Avoid."),
            "Good.\nRecommendation:",
        ),
        (  # no label comes: as many lines
            "Bad.\nRecommendation: Avoid.",
            "Avoid",
            ("Good.\n", "Try it.\n", "Next.\n"),
            "Good.\nRecommendation:",
        ),
        (  # nor does one before a new paragraph
            "Bad.\nRecommendation: Avoid.",
            "Avoid",
            ("Good.\n", "Very.\n", "\n", "Next.\n"),
            "Good.\nRecommendation:",
        ),
        ("It is bad. So avoid it.", "avoid", (), " So"),  # nothing at all
    ],
)
def test_it_is_written_anew_as_far_as_the_target(
    response: str, target: str, parts: tuple[str, ...], told: str
) -> None:
    engine = writing(*parts)
    sequence, reasoning = read(engine, response, target)
    assert reasoning is not None
    prompt = engine.tokenize("Is it?\n")
    new = written_anew(engine, prompt, sequence, reasoning)
    assert new.prompt_length == len(prompt.tokens)
    assert new.tokens[: new.prompt_length] == prompt.tokens
    assert new.text.removeprefix(prompt.text).strip() == told.strip()
    assert "".join(token.text for token in new.tokens) == new.text
    lead_in = sequence.input_ids[slice(*reasoning.lead_in)]
    assert new.input_ids[len(new.tokens) - len(lead_in) :] == lead_in


def test_it_may_be_sampled() -> None:
    asked: list[tuple[str, GenerationOptions]] = []
    engine = writing("Good.\n", asked=asked)
    sequence, reasoning = read(engine, "Bad.\nAvoid.", "Avoid")
    assert reasoning is not None
    for seed in (None, 7):
        written_anew(engine, sequence.prompt, sequence, reasoning, seed)
    (_, greedy), (context, sampled) = asked
    assert context == sequence.prompt.text
    assert (greedy.temperature, greedy.seed) == (0, None)
    assert (sampled.temperature, sampled.seed) == (1, 7)
    assert sampled.max_new_tokens > reasoning.span[1] - reasoning.span[0]


def test_whether_it_is_what_the_model_writes() -> None:
    toy = ToyEngine()
    prompt = toy.tokenize("The dog likes")
    steps = toy.generate(prompt, GenerationOptions(max_new_tokens=3))
    own = prompt.extended(token for step in steps for token in step.tokens)
    given = toy.annotate(toy.append(prompt, " sour sweet bread"))
    assert is_usual(own, (own.prompt_length, len(own.tokens)))
    assert not is_usual(given, (given.prompt_length, len(given.tokens)))
    assert not is_usual(toy.append(prompt, " cold"), (own.prompt_length, own.prompt_length + 1))


def test_lines_and_sentences_are_those_of_the_response_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """They are asked for at every new token, and a prompt may be long."""
    looked: list[int] = []

    def spans(sequence: TokenSequence, unit: Granularity) -> list[Span]:
        looked.append(len(sequence.tokens))
        return token_spans(sequence, unit)

    sequence, found = read(writing("It is", " good. So"), "It is bitter. So avoid it.", "avoid")
    assert found is not None
    monkeypatch.setattr(reasoning, "token_spans", spans)
    prompt = sequence.prompt
    new = written_anew(writing("It is", " good. So"), prompt, sequence, found)
    assert new.text.endswith("It is good. So")
    assert looked
    assert max(looked) <= len(sequence.tokens) - sequence.prompt_length


THOUGHT = "<think>\nIt is bitter. So\n\nanswer: avoid it.\n</think>\n\n"


@pytest.mark.parametrize(
    ("response", "target", "reasoning", "lead_in", "block"),
    [
        (f"{THOUGHT}answer: Avoid.", "Avoid", THOUGHT, "answer: ", "think"),
        (f"{THOUGHT}Avoid it.", "Avoid", THOUGHT, "", "think"),
        (f"{THOUGHT}Hm.\nanswer: Avoid.", "Avoid", f"{THOUGHT}Hm.\n", "answer: ", "think"),
        (  # inside, it is one text as any other
            f"{THOUGHT}Avoid.",
            "avoid it",
            "<think>\nIt is bitter. So\n\n",
            "answer: ",
            None,
        ),
    ],
)
def test_a_block_belongs_to_the_reasoning(
    response: str, target: str, reasoning: str, lead_in: str, block: str | None
) -> None:
    sequence, found = read(writing(), response, target)
    assert found is not None
    assert found.block == block
    assert words(sequence, found.span).strip() == reasoning.strip()
    assert words(sequence, found.lead_in).strip() == lead_in.strip()


@pytest.mark.parametrize(
    ("response", "target", "parts", "told"),
    [
        (  # what stands in the new block ends nothing, whatever it says
            f"{THOUGHT}answer: Avoid.",
            "Avoid",
            ("<think>", "\nanswer: a", "\n\nanswer: b\n", "</think>", "\n\n", "answer: Try it."),
            "<think>\nanswer: a\n\nanswer: b\n</think>\n\nanswer:",
        ),
        (
            f"{THOUGHT}Avoid it.",
            "Avoid",
            ("<think>", "Sweet.", "\nVery.", "</think>", "\n\n", "Try it."),
            "<think>Sweet.\nVery.</think>\n\n",
        ),
        (  # blanks that the target has itself are not written for it
            f"{THOUGHT}Avoid it.",
            "\n\nAvoid it.",
            ("<think>Sweet.", "</think>", "\n\n", "Try it."),
            "<think>Sweet.</think>",
        ),
        (  # of another name
            f"{THOUGHT}answer: Avoid.",
            "Avoid",
            ("<reasoning>", "Sweet."),
            "<reasoning>Sweet.\n</reasoning>\n\nanswer:",
        ),
        (  # a line behind it is written anew as well
            f"{THOUGHT}Hm.\nanswer: Avoid.",
            "Avoid",
            ("<think>Sweet.", "</think>\n\n", "Ah.\n", "answer: Try it."),
            "<think>Sweet.</think>\n\nAh.\nanswer:",
        ),
        (  # never closed: it is closed for it
            f"{THOUGHT}answer: Avoid.",
            "Avoid",
            ("<think>", "Sweet."),
            "<think>Sweet.\n</think>\n\nanswer:",
        ),
        (  # it does without
            f"{THOUGHT}answer: Avoid.",
            "Avoid",
            ("Sweet.\n", "answer: Try it."),
            "Sweet.\nanswer:",
        ),
    ],
)
def test_a_block_is_written_anew_whole(
    response: str, target: str, parts: tuple[str, ...], told: str
) -> None:
    engine = writing(*parts)
    sequence, found = read(engine, response, target)
    assert found is not None
    new = written_anew(engine, sequence.prompt, sequence, found)
    assert new.text[len(sequence.prompt.text) :].rstrip(" ") == told


def test_what_is_written_leaves_room_for_what_follows() -> None:
    asked: list[tuple[str, GenerationOptions]] = []
    engine = writing("<think>", "Sweet.", asked=asked)
    sequence, found = read(engine, f"{THOUGHT}answer: Avoid.", "Avoid")
    assert found is not None
    engine.context_length = len(sequence.tokens) + 20  # type: ignore[misc]
    new = written_anew(engine, sequence.prompt, sequence, found)
    rest = len(sequence.tokens) - found.lead_in[1]
    assert len(sequence.prompt.tokens) + asked[0][1].max_new_tokens < engine.context_length - rest
    assert new.text.endswith("</think>\n\nanswer:")
