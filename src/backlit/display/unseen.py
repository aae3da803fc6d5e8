"""Characters that a model reads and a person does not see, as signs in the text.

Joiners, direction overrides, controls, and tags, which spell ASCII that nothing draws: a hidden
instruction is made of them. Those stay as they are that text needs: within emoji, after Han
characters, and between letters of scripts that join. `frontend/src/model/unseen.ts` has the same
rule for the page, and both are tested on the same cases.
"""

from collections.abc import Sequence
from functools import cache
from typing import Any

from backlit.types import ScoredSegment

TOLD = 5  # segments whose hidden characters are told in a sentence
MAX_READ = 200  # characters of what they spell

_UNSEEN = (
    r"[\p{Default_Ignorable_Code_Point}\p{Zl}\p{Zp}\p{Cs}"
    r"\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufff9-\ufffb\ufffe\uffff\u2800]"
)
_JOINING = (
    r"[\p{Arabic}\p{Syriac}\p{Devanagari}\p{Bengali}\p{Gurmukhi}\p{Gujarati}\p{Oriya}\p{Tamil}"
    r"\p{Telugu}\p{Kannada}\p{Malayalam}\p{Sinhala}\p{Khmer}\p{Myanmar}\p{Mongolian}]"
)
_NEEDED = "|".join(
    (
        r"(?<=\p{Extended_Pictographic}|[0-9#*])[\ufe0e\ufe0f]",
        r"(?<=[\p{Extended_Pictographic}\p{Emoji_Modifier}]\ufe0f?)\u200d"
        r"(?=\p{Extended_Pictographic})",
        r"(?<=\U0001F3F4)[\U000E0030-\U000E0039\U000E0061-\U000E007A]{3,6}\U000E007F",
        r"(?<=\p{Han})[\U000E0100-\U000E01EF]",
        rf"(?<={_JOINING})[\u200c\u200d\u180b-\u180f](?={_JOINING})",
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


def unseen(text: str) -> str:
    """The characters of a text that can't be seen, in order."""
    some, runs = _patterns()
    if not some.search(text):
        return ""
    return "".join(match[0] for match in runs.finditer(text) if match["needed"] is None)


def spelled(hidden: str) -> str:
    """The ASCII that tags spell."""
    return "".join(chr(ord(one) - 0xE0000) for one in hidden if "\U000e0020" <= one <= "\U000e007e")


def remarks(ranked: Sequence[ScoredSegment]) -> list[str]:
    """What to say of the segments that mattered most, if they hold such characters."""
    told = []
    for rank, segment in enumerate(ranked[:TOLD], start=1):
        hidden = unseen(segment.text)
        if not hidden:
            continue
        what = "a character" if len(hidden) == 1 else f"{len(hidden):,} characters"
        reads = spelled(hidden)
        cut = reads if len(reads) <= MAX_READ else f"{reads[:MAX_READ]}…"
        spell = f" They spell {cut!r}." if reads else ""
        told.append(f"Segment {rank} of the list holds {what} that can't be seen.{spell}")
    return told
