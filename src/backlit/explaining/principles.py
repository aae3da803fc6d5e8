"""Drafting a principle from what a person says of an answer.

Feedback in words becomes one general rule, which goes on top of a prompt: the idea of a
constitution (Bai et al. 2022, arXiv:2212.08073), of principles that come from critique as in
Petridis et al. 2024 (arXiv:2310.15428). A model writes it; whether it is any good is looked at,
and told.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from backlit.display.figure import one_line
from backlit.display.speech import say
from backlit.engines.base import Engine
from backlit.errors import OptionsError
from backlit.explanation import Generation
from backlit.types import GenerationOptions, Message, Prompt

Feedback = Literal["praise", "critique", "rewrite"]
"""What feedback is: what is good about an answer, what is wrong with it, or a better answer."""

MAX_FEEDBACK = 4_000  # characters
SHOWN = 600  # characters of a prompt and of an answer that the model is shown
OPTIONS = GenerationOptions(max_new_tokens=60, stop=("\n",))
MAX_WORDS = 40
MIN_WORDS = 3
SAME = 0.55  # share of its words that stand in another text: then it only repeats that

TASK = (
    "You turn feedback on an answer into one general principle that future answers should follow. "
    "It is one short sentence that tells what to do, and fits other questions of this kind too."
)
ASKED: dict[Feedback, str] = {
    "praise": "What is good about the answer",
    "critique": "What is wrong with the answer",
    "rewrite": "A better answer would have been",
}
EXAMPLES: tuple[tuple[Feedback, str, str, str, str], ...] = (
    (
        "critique",
        "When does the museum open?",
        "It was built in 1901 by a famous architect, and opens at nine.",
        "I only wanted to know the time.",
        "Answer the question first, and leave out what was not asked.",
    ),
    (
        "praise",
        "My tomato plant has yellow leaves.",
        "That may be too much water. How often do you water it?",
        "It asks before it advises.",
        "Ask for what is missing before giving advice.",
    ),
    (
        "rewrite",
        "Thank the team for the launch.",
        "We thank the team.",
        "Ada found the last bug, and Ben stayed all night: thank you both!",
        "Name people and what each of them did.",
    ),
)


@dataclass(frozen=True, slots=True)
class Principle:
    """A draft.

    Attributes:
        text: one sentence.
        problem: why it is likely no good principle, for a person to read; "" if nothing speaks
            against it.
        generation: how the model wrote it.
    """

    text: str
    problem: str
    generation: Generation


def check_feedback(feedback: str, kind: Feedback) -> None:
    """Raises an `OptionsError` for feedback that nothing can be made of."""
    if kind not in ASKED:
        raise OptionsError(f"There is no feedback {kind!r}.", f"Use one of {', '.join(ASKED)}.")
    if not feedback.strip() or len(feedback) > MAX_FEEDBACK:
        raise OptionsError(
            "There is no feedback." if not feedback.strip() else "The feedback is too long.",
            f"Say in words what the answer should be like, in at most {MAX_FEEDBACK:,} characters.",
        )


def drafted(written: Generation, prompt: Prompt, response: str, feedback: str) -> Principle:
    """What a model wrote to `question`, as a principle, and whether it looks like one."""
    text = tidied(written.response)
    others = {"the prompt": asked_in(prompt), "the answer": response, "the feedback": feedback}
    return Principle(text, problem_of(text, others), written)


def question(
    engine: Engine, prompt: Prompt, response: str, feedback: str, kind: Feedback
) -> Prompt:
    """What a model is asked to complete: a chat if it has a template, else text with examples."""
    case = _case(asked_in(prompt), response, feedback, kind)
    shown = [
        (_case(asked, answer, said, way), principle)
        for way, asked, answer, said, principle in EXAMPLES
    ]
    if not engine.chat:
        told = "\n\n".join(f"{one}\nPrinciple: {principle}" for one, principle in shown)
        return f"{TASK}\n\n{told}\n\n{case}\nPrinciple:"
    turns = [
        Message(role, text)
        for one, principle in shown
        for role, text in (("user", one), ("assistant", principle))
    ]
    turns[0] = Message("user", f"{TASK}\n\n{turns[0].content}")
    return (*turns, Message("user", case))


def tidied(response: str) -> str:
    """The first sentence that was written, without what models like to put around one."""
    lines = [line.strip() for line in response.strip().splitlines() if line.strip()]
    text = lines[0] if lines else ""
    text = re.sub(
        r"^(?:(?:the )?principle(?: \d+)?\s*[:.-]|\d+[.)]|[-*•])\s*", "", text, flags=re.I
    )
    text = text.strip("\"'“”‘’*` ")
    sentence = re.match(r".+?[.!?](?=\s+[^\W\d_a-z]|$)", text)
    text = sentence[0] if sentence else text
    return text[:1].upper() + text[1:]


def problem_of(text: str, others: Mapping[str, str]) -> str:
    """Why a text is likely no good principle; "" if nothing speaks against it.

    Args:
        text: the draft.
        others: what it should not merely repeat, by what that is called.
    """
    words = _words(text)
    if len(words) < MIN_WORDS:
        return say("The model wrote next to nothing.")
    if len(words) > MAX_WORDS or text[-1] not in ".!?":
        return say("It is no single short sentence.")
    if len(set(words)) < len(words) / 2:
        return say("It says the same over and over.")
    if text.endswith("?"):
        return say("It is a question.")
    for name, other in others.items():
        if _repeats(words, other):
            return say(
                "It repeats {what}, where a rule for other questions is wanted.", what=say(name)
            )
    if any(_repeats(words, one[-1]) for one in EXAMPLES):
        return say("It repeats an example that the model was shown.")
    return ""


def _case(asked: str, response: str, feedback: str, kind: Feedback) -> str:
    shown = [one_line(text, SHOWN) for text in (asked, response, feedback)]
    return f"Question: {shown[0]}\nAnswer: {shown[1]}\n{ASKED[kind]}: {shown[2]}"


def asked_in(prompt: Prompt) -> str:
    """What was asked, of a long prompt its end."""
    text = prompt if isinstance(prompt, str) else "".join(one.content for one in prompt[-1:])
    return text[-SHOWN:]


def _repeats(words: list[str], other: str) -> bool:
    return len(set(words) & set(_words(other))) / len(set(words)) > SAME


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", text.casefold())
