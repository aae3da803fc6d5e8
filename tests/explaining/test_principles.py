"""Principles from feedback: what a model is asked, and what of its words is a principle."""

from typing import Any

import pytest

from backlit import load_model
from backlit.engines.toy import ToyEngine
from backlit.errors import OptionsError
from backlit.explaining.principles import EXAMPLES, MAX_FEEDBACK, problem_of, question, tidied
from backlit.types import Message

PROMPT = "Dislikes: eggplant\nDish: Baked eggplant\nRecommendation:"
ANSWER = " You have to try it."
FEEDBACK = "It recommends what I dislike."
OTHERS = {"the prompt": PROMPT, "the answer": ANSWER, "the feedback": FEEDBACK}


@pytest.mark.parametrize(
    ("response", "principle"),
    [
        (" Check dislikes first.", "Check dislikes first."),
        ("\n\nPrinciple 1: check dislikes first. And so on.", "Check dislikes first."),
        ("**“Check dislikes first.”**\nQuestion: what", "Check dislikes first."),
        (
            "- Never praise a dish, e.g. soup, that I dislike",
            "Never praise a dish, e.g. soup, that I dislike",
        ),
        ("2. Be brief.", "Be brief."),
        ("  \n ", ""),
    ],
)
def test_one_sentence_is_taken(response: str, principle: str) -> None:
    assert tidied(response) == principle


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "next to nothing"),
        ("Be brief.", "next to nothing"),
        ("Never name dishes and never say", "no single short sentence"),
        ("Never, never, never, never say never.", "over and over"),
        ("Would you like some more soup?", "a question"),
        ("It recommends what you dislike.", "repeats the feedback"),
        ("You have to try it now.", "repeats the answer"),
        (EXAMPLES[1][-1], "repeats an example"),
        ("Check what a person dislikes before praising any dish.", ""),
    ],
)
def test_what_is_likely_no_principle_says_why(text: str, says: str) -> None:
    assert says in problem_of(text, OTHERS)
    assert bool(says) == bool(problem_of(text, OTHERS))


def test_a_chat_model_is_asked_in_turns_and_others_by_example() -> None:
    class Raw(ToyEngine):
        chat = False

    chat = question(ToyEngine(), PROMPT, ANSWER, FEEDBACK, "critique")
    assert not isinstance(chat, str)
    assert [one.role for one in chat] == ["user", "assistant"] * len(EXAMPLES) + ["user"]
    assert chat[-1].content.endswith(f"What is wrong with the answer: {FEEDBACK}")
    text = question(Raw(), (Message("user", PROMPT),), ANSWER, FEEDBACK, "praise")
    assert isinstance(text, str)
    assert text.endswith(f"What is good about the answer: {FEEDBACK}\nPrinciple:")
    assert all(one[-1] in text for one in EXAMPLES)


def test_a_model_drafts_something_and_what_is_wrong_with_it_is_told() -> None:
    """A model as small as this never writes a principle."""
    found = load_model("toy").draft_principle(PROMPT, ANSWER, FEEDBACK)
    assert found.problem
    assert found.generation.response.strip().casefold().find(found.text.casefold()[:5]) >= 0


@pytest.mark.parametrize(
    ("feedback", "kind", "says"),
    [
        (" ", "praise", "no feedback"),
        ("x", "blame", "'blame'"),
        ("x" * (MAX_FEEDBACK + 1), "praise", "long"),
    ],
)
def test_what_can_not_be_drafted(feedback: str, kind: Any, says: str) -> None:
    with pytest.raises(OptionsError, match=says):
        load_model("toy").draft_principle(PROMPT, ANSWER, feedback, kind=kind)


def test_a_chat_without_messages_is_drafted_from_what_else_there_is() -> None:
    drafted = load_model("toy").draft_principle((), "It drinks.", "Be brief.")
    assert drafted.text
