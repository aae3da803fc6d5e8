"""What of a prompt was changed, in words: `With line 18 changed to “…”`."""

import difflib
from collections.abc import Sequence

from backlit.display.figure import one_line
from backlit.display.speech import counted, say
from backlit.explanation.proof import MAX_WORDS
from backlit.types import Message, Prompt

MAX_LINES = 20_000  # of prompts whose lines are told apart


def prompt_changed(before: Prompt, after: Prompt) -> str:
    """How one prompt came from another, the beginning of a sentence."""
    if isinstance(before, str) and isinstance(after, str):
        return _lines_changed(before.splitlines(), after.splitlines())
    if isinstance(before, str) or isinstance(after, str):
        if isinstance(before, str):
            return say("With the prompt as a chat")
        return say("With the chat as text")
    return _messages_changed(before, after)


def _messages_changed(before: Sequence[Message], after: Sequence[Message]) -> str:
    if len(before) != len(after):
        messages = counted(abs(len(after) - len(before)), "message")
        if len(after) > len(before):
            return say("With {messages} added", messages=messages)
        return say("With {messages} removed", messages=messages)
    changed = [i for i, (a, b) in enumerate(zip(before, after, strict=True)) if a != b]
    if len(changed) == 1:
        new = after[changed[0]]
        return say(
            "With message {number} changed to {words}",
            number=changed[0] + 1,
            words=_quoted(new.content),
        )
    return say("With {messages} changed", messages=counted(len(changed), "message"))


def _lines_changed(before: Sequence[str], after: Sequence[str]) -> str:
    if max(len(before), len(after)) > MAX_LINES:
        return say("With another prompt")
    matcher = difflib.SequenceMatcher(None, before, after, autojunk=False)
    blocks = [block for block in matcher.get_opcodes() if block[0] != "equal"]
    if not blocks:  # ends of lines only
        return say("With other blanks at the ends of lines")
    if len(blocks) > 1:
        return say("With {count} changes to the prompt", count=len(blocks))
    kind, old, old_end, new, new_end = blocks[0]
    if kind == "delete":
        gone, words = old_end - old, _quoted(before[old])
        if gone == 1:
            return say("Without line {number}, {words}", number=old + 1, words=words)
        return say("Without {lines}", lines=counted(gone, "line"))
    if kind == "insert":
        come, words = new_end - new, _quoted(after[new])
        if come == 1:
            return say("With {words} added as line {number}", words=words, number=new + 1)
        return say("With {lines} added", lines=counted(come, "line"))
    if old_end - old == new_end - new == 1:
        words = _quoted(after[new])
        return say("With line {number} changed to {words}", number=new + 1, words=words)
    if old_end - old == 1:
        return say("With line {number} changed", number=old + 1)
    return say("With lines {first} to {last} changed", first=old + 1, last=old_end)


def _quoted(text: str) -> str:
    words = one_line(text, MAX_WORDS)
    return f"“{words}”" if words else say("a blank line")
