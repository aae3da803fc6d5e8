"""Characters that a model reads and a person does not see, as signs in the text.

Joiners, direction overrides, controls, and tags, which spell ASCII that nothing draws: a hidden
instruction is made of them. Those stay as they are that text needs: within emoji, after Han
characters, and between letters of scripts that join or after a virama.
`frontend/src/model/unseen.ts` has the same rule for the page, and both are tested on the same
cases.
"""

from collections.abc import Sequence
from functools import cache
from typing import Any

from backlit.display.speech import counted, say
from backlit.types import ScoredSegment

TOLD = 5  # segments whose hidden characters are told in a sentence
MAX_READ = 200  # characters of what they spell
AROUND = 8  # characters beside a piece that say whether text needs those at its ends

_UNSEEN = (
    r"[\p{Default_Ignorable_Code_Point}\p{Zl}\p{Zp}\p{Cs}"
    r"\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufff9-\ufffc\ufffe\uffff\u2800\U00013430-\U0001343F]"
)
_JOINING = (
    r"[\p{Arabic}\p{Syriac}\p{Devanagari}\p{Bengali}\p{Gurmukhi}\p{Gujarati}\p{Oriya}\p{Tamil}"
    r"\p{Telugu}\p{Kannada}\p{Malayalam}\p{Sinhala}\p{Khmer}\p{Myanmar}\p{Mongolian}]"
)
_VIRAMA = r"[\u094d\u09cd\u0a4d\u0acd\u0b4d\u0bcd\u0c4d\u0ccd\u0d4d\u0dca]"
_FLAGS = "|".join(
    "".join(chr(0xE0000 + ord(letter)) for letter in region)
    for region in ("gbeng", "gbsct", "gbwls")
)
# Each is as narrow as what fonts draw, for whatever it lets pass could carry a hidden message.
_NEEDED = "|".join(
    (
        r"(?<=\p{Extended_Pictographic})[\ufe0e\ufe0f]",
        r"(?<=[0-9#*])\ufe0f(?=\u20e3)",
        r"(?<=[\p{Extended_Pictographic}\p{Emoji_Modifier}]\ufe0f?)\u200d"
        r"(?=\p{Extended_Pictographic})",
        rf"(?<=\U0001F3F4)(?:{_FLAGS})\U000E007F",
        r"(?<=\p{Han})[\U000E0100-\U000E011F]",
        rf"(?<={_JOINING})(?<!{_UNSEEN})[\u200c\u200d](?={_JOINING})(?!{_UNSEEN})",
        rf"(?<={_VIRAMA})[\u200c\u200d]",
        r"(?<=[\u1820-\u18aa])[\u180b-\u180f]",
    )
)


@cache
def _patterns() -> tuple[Any, Any]:
    import regex  # not at the top: `import backlit` stays quick

    runs = rf"(?<needed>{_NEEDED})|(?<tags>[\U000E0000-\U000E007F]+)|(?<same>{_UNSEEN})(?P=same)*"
    return regex.compile(_UNSEEN), regex.compile(runs)


def with_signs(text: str) -> str:
    """A text with a sign, such as `⟦U+202E⟧`, in place of what can't be seen."""
    some, runs = _patterns()
    if not some.search(text):
        return text

    def sign(match: Any) -> str:
        if match["needed"] is not None:
            return str(match[0])
        hidden: str = match[0]
        letters = spelled(hidden)
        if match["tags"] is not None and letters:
            return f"⟦tags: {letters}⟧"
        times = f" ×{len(hidden)}" if len(hidden) > 1 else ""
        return f"⟦U+{ord(hidden[0]):04X}{times}⟧"

    return str(runs.sub(sign, text))


def unseen(text: str, before: str = "", after: str = "") -> str:
    """The characters of a text that can't be seen, in order.

    Args:
        text: any text.
        before: what stands before it: an emoji or a word may be cut into several segments.
        after: what stands after it.
    """
    some, runs = _patterns()
    if not some.search(text):
        return ""
    lead = before[-AROUND:]
    start, stop = len(lead), len(lead) + len(text)
    whole = lead + text + after[:AROUND]
    return "".join(
        whole[max(start, match.start()) : min(stop, match.end())]
        for match in runs.finditer(whole)
        if match["needed"] is None
    )


def spelled(hidden: str) -> str:
    """The ASCII that tags spell."""
    return "".join(chr(ord(one) - 0xE0000) for one in hidden if "\U000e0020" <= one <= "\U000e007e")


def remarks(ranked: Sequence[ScoredSegment], segments: Sequence[ScoredSegment]) -> list[str]:
    """What to say of the segments that mattered most, if they hold such characters.

    Args:
        ranked: those that are listed, in the order of the list.
        segments: all, as they stand in the text.
    """
    told = []
    for rank, segment in enumerate(ranked[:TOLD], start=1):
        hidden = unseen(segment.text) and unseen(segment.text, *_beside(segment, segments))
        if not hidden:
            continue
        what = say("a character") if len(hidden) == 1 else counted(len(hidden), "character")
        reads = spelled(hidden)
        cut = reads if len(reads) <= MAX_READ else f"{reads[:MAX_READ]}…"
        spell = f" {say('They spell {reads}.', reads=repr(cut))}" if reads else ""
        told.append(
            say("Segment {rank} of the list holds {what} that can't be seen.", rank=rank, what=what)
            + spell
        )
    return told


def _beside(segment: ScoredSegment, segments: Sequence[ScoredSegment]) -> tuple[str, str]:
    """The text before and after a segment, as far as it matters."""
    at = next(i for i, one in enumerate(segments) if one.start == segment.start)
    before = "".join(one.text for one in segments[max(0, at - AROUND) : at])
    after = "".join(one.text for one in segments[at + 1 : at + 1 + AROUND])
    return before, after
