"""From token ids to characters: spans that are right for every kind of tokenizer.

A prompt's spans come from the tokenizer's own offsets; a response's from decoding the
generated ids a step at a time. In both, pieces of one character share its span, and no
character of the text is left without a token.
"""

from bisect import bisect_right
from collections.abc import Callable, Sequence

from backlit.errors import PromptError
from backlit.progress import stoppable
from backlit.types import Message, Prompt, Span

REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
MOST_CHARACTERS = 128  # of a token; tokenizers have some for long runs of blanks
_MAX_PENDING = 8  # ids of one character: four bytes, and room for ids that hold none


def check_prompt(prompt: Prompt) -> None:
    """Refuse what no tokenizer can read.

    Raises:
        PromptError: empty, or holding lone surrogates.
    """
    texts = [prompt] if isinstance(prompt, str) else [message.content for message in prompt]
    if not any(texts):
        raise PromptError("The prompt is empty.", "Type some text, or pick an example.")
    for text in texts:
        check_text(text)


def check_text(text: str) -> None:
    """Refuse text that has no UTF-8 form.

    Raises:
        PromptError: a lone surrogate, which is half of a character.
    """
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise PromptError(
            f"The text holds half a character (a lone surrogate) at position {error.start}.",
            "Delete the odd sign there, or paste the text again from its source.",
        ) from error


def check_characters(characters: int, context_length: int | None, name: str) -> None:
    """Refuse, before it is read, what no model of that name could read.

    Raises:
        PromptError: it would be too long even if every token stood for many characters.
    """
    if context_length is not None and characters > context_length * MOST_CHARACTERS:
        raise PromptError(
            f"This is {characters:,} characters long; {name} reads at most {context_length:,} "
            "tokens.",
            "Shorten it, or pick a model with a longer context.",
        )


def check_length(tokens: int, context_length: int | None, name: str) -> None:
    """Refuse what is longer than the model called `name` can read.

    Raises:
        PromptError: it is.
    """
    if context_length is not None and tokens > context_length:
        raise PromptError(
            f"This is {tokens:,} tokens long; {name} reads at most {context_length:,}.",
            "Shorten it, or pick a model with a longer context.",
        )


def tile(offsets: Sequence[Span], text: str) -> list[Span]:
    """Spans that cover `text`, from a tokenizer's offsets that may leave gaps.

    Tokenizers leave out what they trim or normalize away, mostly spaces: such a gap goes to
    the token behind it, or to the last one. Empty spans (added tokens) stay empty.
    """
    spans: list[Span] = []
    covered = 0
    last = -1  # the last token with characters
    for i, (start, stop) in enumerate(stoppable(offsets)):
        if stop <= start:
            spans.append((covered, covered))
            continue
        spans.append((min(start, covered), stop))
        covered = max(covered, stop)
        last = i
    if last >= 0 and covered < len(text):
        spans[last] = (spans[last][0], len(text))
        spans[last + 1 :] = [(len(text), len(text))] * (len(spans) - last - 1)
    return _share_spans(spans, offsets)


def _share_spans(spans: list[Span], offsets: Sequence[Span]) -> list[Span]:
    """Pieces of one character get one span, also where the first took a gap before it."""
    for i in range(1, len(spans)):
        if offsets[i][1] > offsets[i][0] and offsets[i] == offsets[i - 1]:
            spans[i] = spans[i - 1]
    return spans


class StreamDecoder:
    """Turns ids into characters as they come, holding back incomplete characters.

    Args:
        decode: the tokenizer's ids -> text.
        context: the ids before, whose end decides on spaces and the like.
        start: the length of the text before, in characters.
    """

    def __init__(
        self, decode: Callable[[list[int]], str], context: Sequence[int], start: int
    ) -> None:
        self._decode = decode
        self._before = list(context[-_MAX_PENDING:])
        self._pending: list[int] = []
        self._end = start

    def push(self, token_id: int) -> list[tuple[int, str, Span]]:
        """`(id, text, span)` of the ids whose characters are complete: none, or all pending."""
        self._pending.append(token_id)
        text = self._new_text()
        if text.endswith(REPLACEMENT) and len(self._pending) < _MAX_PENDING:
            return []
        return self._emit(text)

    def flush(self) -> list[tuple[int, str, Span]]:
        """The ids of a character that was never finished, standing for no text."""
        return self._emit("") if self._pending else []

    def peek(self, token_id: int) -> str:
        """The text this id would add; empty for a piece of a character."""
        text = self._new_text(token_id)
        return "" if REPLACEMENT in text else text

    def _new_text(self, *more: int) -> str:
        before = self._decode(self._before) if self._before else ""
        return self._decode([*self._before, *self._pending, *more])[len(before) :]

    def _emit(self, text: str) -> list[tuple[int, str, Span]]:
        span = (self._end, self._end + len(text))
        complete = [(token_id, text, span) for token_id in self._pending]
        self._before = (self._before + self._pending)[-_MAX_PENDING:]
        self._pending = []
        self._end = span[1]
        return complete


def render_chat(
    messages: Sequence[Message], template: Callable[[Sequence[Message]], str]
) -> tuple[str, list[tuple[Span, str]]]:
    """A chat as the model reads it, and which characters are whose.

    The template is run twice, the second time with marks in place of the contents: what
    stands around the marks is the template's own.

    Returns:
        The text, and `(span, role)` of each message's content in it.
    """
    text = template(messages)
    marks = [f"\ue000{i}\ue001" for i in range(len(messages))]
    skeleton = template([Message(m.role, mark) for m, mark in zip(messages, marks, strict=True)])
    contents: list[tuple[Span, str]] = []
    at = 0  # in the text
    seen = 0  # in the skeleton
    for message, mark in stoppable(zip(messages, marks, strict=True)):
        place = skeleton.find(mark, seen)
        content = message.content
        at += max(0, place - seen)
        if place < 0 or not text.startswith(content, at):
            content = content.strip()  # many templates trim
            at = text.find(content, at) if content else at
            if at < 0:
                return text, contents  # a template that rewrites contents: all its own
        contents.append(((at, at + len(content)), message.role))
        at += len(content)
        seen = (place if place >= 0 else seen) + len(mark)
    return text, contents


def roles_of(spans: Sequence[Span], contents: Sequence[tuple[Span, str]]) -> list[str]:
    """The role of each token: that of the message its first character lies in, or template."""
    starts = [first for (first, _), _ in contents]  # in order, as they stand in the text
    roles: list[str] = []
    for start, stop in stoppable(spans):
        index = bisect_right(starts, start) - 1
        inside = index >= 0 and start < contents[index][0][1] and stop > start
        roles.append(contents[index][1] if inside else "template")
    return roles
