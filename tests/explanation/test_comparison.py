"""Comparisons in words: every case of what may be other."""

from dataclasses import replace

import pytest

from backlit.explanation import Attribution, Comparison, Explanation, Generation
from backlit.explanation.comparison import target_of
from backlit.types import Message, Prompt, ScoredSegment, Target, Token, TokenSequence

PROMPT = "Dogs: water\nCats: milk\nDogs:"


def explained(
    prompt: Prompt = PROMPT,
    answer: str = " water",
    *,
    model: str = "toy",
    method: str = "occlusion",
    top: int | None = 0,
) -> Explanation:
    """An answer to a prompt; its map has one line on top, or there is none."""
    text = prompt if isinstance(prompt, str) else "".join(one.content for one in prompt)
    tokens: list[Token] = []
    at = 0
    lines = text.splitlines(keepends=True)
    for line in lines:
        tokens.append(Token(len(tokens), line, at, at + len(line)))
        at += len(line)
    tokens.append(Token(len(tokens), answer, at, at + len(answer), role="response"))
    sequence = TokenSequence(text + answer, tuple(tokens), len(lines))
    generation = Generation(prompt, sequence, "stop", model)
    segments = tuple(
        ScoredSegment(i, i + 1, line, "prompt", 2.0 if i == top else 1.0)
        for i, line in enumerate(lines)
    )
    map_ = Attribution(method, {}, Target(len(lines), len(tokens)), "line", segments, True, -1.0)
    return Explanation(generation, () if top is None else (map_,))


def told(before: Explanation, after: Explanation, old: float | None = -8.0) -> str:
    return Comparison((before, after), ((-1.0, -9.0), (old, -0.5))).sentence()


def test_a_line_changed_and_all_that_came_of_it() -> None:
    after = explained(PROMPT.replace("Dogs: water", "Dogs: tea"), " tea", top=1)
    assert told(explained(), after) == (
        "With line 1 changed to “Dogs: tea”, the model says “tea”; its old answer is 1,097 times "
        "less likely; line 2, “Cats: milk”, now matters most."
    )


@pytest.mark.parametrize(
    ("prompt", "words"),
    [
        ("Birds: seed\n" + PROMPT, "With “Birds: seed” added as line 1, "),
        ("A\nB\n" + PROMPT, "With 2 lines added, "),
        ("Dogs: water\nDogs:", "Without line 2, “Cats: milk”, "),
        ("Dogs:", "Without 2 lines, "),
        ("Dogs: tea\nCats: tea\nDogs:", "With lines 1 to 2 changed, "),
        ("Dogs: a\nDogs: b\nCats: milk\nDogs:", "With line 1 changed, "),
        ("Dogs: tea\nCats: milk\nCats:", "With 2 changes to the prompt, "),
        (PROMPT.replace("Cats: milk", ""), "With line 2 changed to a blank line, "),
        (PROMPT + "\n", "With other blanks at the ends of lines, "),
        ((Message("user", PROMPT),), "With the prompt as a chat, "),
    ],
)
def test_how_the_prompt_changed(prompt: Prompt, words: str) -> None:
    assert told(explained(), explained(prompt)).startswith(words)


CHAT = (Message("system", "Be brief."), Message("user", "Hello?"))


@pytest.mark.parametrize(
    ("chat", "words"),
    [
        ((CHAT[0], Message("user", "Hi?")), "With message 2 changed to “Hi?”, "),
        ((Message("user", "a"), Message("user", "b")), "With 2 messages changed, "),
        ((*CHAT, Message("user", "More?")), "With 1 message added, "),
        (CHAT[1:], "With 1 message removed, "),
        ("Hello?", "With the chat as text, "),
    ],
)
def test_how_a_chat_changed(chat: Prompt, words: str) -> None:
    assert told(explained(CHAT), explained(chat)).startswith(words)


def test_what_is_other_where_the_prompt_is_not() -> None:
    one = explained()
    assert told(one, explained(answer=" tea", model="other")).startswith(
        "Given the same prompt, other says “tea”; its old answer"
    )
    assert told(one, explained(method="lime", top=1)).startswith("By lime rather than occlusion, ")
    assert told(one, explained()).startswith("Given the same prompt again, the model still says")
    muted = replace(one.generation, muted=((0, 1),))
    without = replace(one, generation=muted)
    assert told(one, without).startswith("Without 1 part, ")
    assert told(without, one).startswith("With all its parts, ")


def test_an_answer_that_stayed() -> None:
    assert told(explained(), explained(PROMPT + " the")) == (
        "With line 3 changed to “Dogs: the”, the model still says “water”; that is 1,097 times "
        "less likely; line 1, “Dogs: water”, still matters most."
    )


def test_a_line_like_it_is_another_one() -> None:
    twice = "Dogs: water\nCats: milk\nDogs: water\nDogs:"
    first = explained(twice)
    second = explained(twice, top=2)
    fixed = twice.replace("milk\nDogs: water", "milk\nDogs: tea")
    assert "line 1, “Dogs: water”, now matters most" in told(second, explained(fixed))
    assert "line 1, “Dogs: water”, still matters most" in told(first, explained(fixed))
    assert "line 4, “Dogs: water”, still" in told(second, explained("Birds: seed\n" + twice, top=3))
    assert "line 2, “Dogs: water”, now" in told(second, explained("Birds: seed\n" + twice, top=1))


def test_what_is_not_known_is_not_told() -> None:
    after = explained(answer="", top=None)
    assert told(explained(), after, None) == "Given the same prompt again, the model says nothing."


def test_a_very_long_prompt_is_not_compared_line_by_line() -> None:
    long = "\n".join(map(str, range(30_000)))
    assert told(explained(), explained(long, top=None)).startswith("With another prompt, ")


def test_each_is_compared_with_the_first() -> None:
    rows = ((-1.0, None, None), (-2.0, None, None), (-3.0, None, None))
    three = Comparison((explained(), explained("a"), explained("b")), rows)
    assert three.sentence(1).startswith("With lines 1 to 3 changed")
    assert "7.4 times less likely" in three.sentence(2)
    assert len(three) == 3
    assert three.answer(2) == " water"


def test_what_another_model_said_fills_the_gaps() -> None:
    pair = (explained(), explained(model="other"))
    one = Comparison(pair, ((-1.0, -2.0), (None, None)))
    other = Comparison(pair, ((None, None), (-3.0, -4.0)))
    assert one.joined(other).log_probs == ((-1.0, -2.0), (-3.0, -4.0))


def test_as_text() -> None:
    one = Comparison((explained(), explained(answer=" tea")), ((-1.0, None), (-2.5, -0.25)))
    assert str(one).splitlines()[-5:] == [
        "answer 2: “tea”",
        "",
        "log p(answer), nats, of answer 1, 2 and so on:",
        "after prompt 1:   -1.000        -",
        "after prompt 2:   -2.500   -0.250",
    ]


def test_without_a_map_the_answer_is_all_of_the_response() -> None:
    assert target_of(explained(top=None)) == Target(3, 4)
