"""Text as pieces, which are the tokens of a model that has none of its own."""

from collections.abc import Callable, Sequence
from hashlib import blake2b

import regex

Pieces = Callable[[str], Sequence[str]]
"""`pieces(text)`: the text cut up; the pieces join to it, and none is empty. It is called from
any thread, one call at a time."""

_LETTERS = r"\p{L}\p{N}_"
_MARKS = r"\p{M}\u200c\u200d"  # accents, vowel signs, joiners
_UNSPACED = r"\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}"
# More text never changes any piece but the last, so that text can be cut while it is written.
# No piece is endless, so that max_new_tokens bounds text without spaces too.
_PIECE = regex.compile(
    rf"""
    \r\n | [\r\n]
    | [ ]?[{_UNSPACED}][{_MARKS}]{{0,63}}
    | [ ]?[[{_LETTERS}]--[{_UNSPACED}]][[{_LETTERS}{_MARKS}]--[{_UNSPACED}]]{{0,63}}
    | [ ]?[^\s{_LETTERS}]{{1,64}}
    | [^\S\r\n]{{1,64}}
    """,
    regex.VERSION1 | regex.VERBOSE,
)


def pieces_of(text: str) -> list[str]:
    """Text as ends of lines, words and runs of signs with the space before them, and spaces.

    Of scripts that put no spaces between words, each character is a piece.
    """
    return _PIECE.findall(text)


def id_of(piece: str) -> int:
    """52 bits, which JavaScript holds exactly; two of a million pieces meet once in 9,000 runs."""
    return int.from_bytes(blake2b(piece.encode(), digest_size=8).digest()) >> 12
