"""Which characters of a text each of a server's tokens stands for."""

import re
from collections.abc import Callable, Mapping, Sequence
from itertools import accumulate

from backlit.engines.text import StreamDecoder
from backlit.engines.tokens import Encoding
from backlit.errors import PromptError
from backlit.progress import stoppable
from backlit.types import Span

MOST_ADDED = 3  # tokens before a text
_BYTE = re.compile(r"<0x([0-9A-Fa-f]{2})>")


def aligned(
    text: str,
    ids: Sequence[int],
    pieces: Mapping[int, bytes],
    decode: Callable[[list[int]], str],
) -> Encoding:
    """A text's tokens with their characters; what stands around the text was added.

    Args:
        text: that was read.
        ids: which it was read as.
        pieces: the bytes that ids stand for, as far as they are known.
        decode: the text of ids, for the others.

    Raises:
        PromptError: the ids do not spell the text, as where it is normalized first.
    """
    if all(token_id in pieces for token_id in ids):
        spans = _by_bytes(text, [pieces[token_id] for token_id in ids])
    else:
        spans = _by_decoding(text, ids, decode)
    if spans is None:
        raise PromptError(
            "The server's tokens do not spell the text that they were made of.",
            "Name the model's tokenizer, a folder or a Hugging Face id: --tokenizer. Or leave out "
            "signs that the model writes in another way, such as accents of their own.",
        )
    return Encoding(list(ids), [span for span, _ in spans], [added for _, added in spans])


def _by_bytes(text: str, pieces: Sequence[bytes]) -> list[tuple[Span, bool]] | None:
    """Spans of tokens, and which were added; pieces of a character have all of it."""
    content = text.encode()
    begin = begin_of(content, pieces)
    if begin is None:
        return None
    character = [i for i, sign in enumerate(text) for _ in sign.encode()]  # of each byte
    spans: list[tuple[Span, bool]] = []
    at = -begin
    for piece in stoppable(pieces):
        first, stop = (min(max(0, place), len(content)) for place in (at, at + len(piece)))
        at += len(piece)
        if first == stop:
            place = character[first] if first < len(content) else len(text)
            outside = not 0 < first < len(content)
            spans.append(((place, place), bool(piece) or outside))
        else:
            spans.append(((character[first], character[stop - 1] + 1), False))
    return spans


def _by_decoding(
    text: str, ids: Sequence[int], decode: Callable[[list[int]], str]
) -> list[tuple[Span, bool]] | None:
    """As `_by_bytes`, where ids can only be turned into text, and several stand for a character."""
    decoder = StreamDecoder(decode, (), 0)
    told = [piece for token_id in stoppable(ids) for piece in decoder.push(token_id)]
    told += decoder.flush()
    alone: list[bytes] = []
    end = 0
    for _, piece, (_, stop) in told:
        alone.append(piece.encode() if stop > end else b"")  # the others share it
        end = max(end, stop)
    spans = _by_bytes(text, alone)
    if spans is None:
        return None
    for place in range(1, len(told)):
        if not alone[place] and told[place][2] == told[place - 1][2]:
            spans[place] = spans[place - 1]
    return spans


def begin_of(content: bytes, pieces: Sequence[bytes]) -> int | None:
    """At which byte of what tokens spell a text begins: behind a few that were added, and behind a
    space that some vocabularies put before the first word; None if it does nowhere.
    """
    whole = b"".join(pieces)
    begins = list(accumulate((len(piece) for piece in pieces[:MOST_ADDED]), initial=0))
    for behind in (False, True):  # whether more may follow it, as </s> does
        for begin in begins:
            for space in (b"", b" "):
                if whole.startswith(space + content, begin):
                    start = begin + len(space)
                    if behind or start + len(content) == len(whole):
                        return start
    return None


def bytes_of_names(names: Sequence[str], text: str) -> Sequence[bytes | None]:
    """What tokens stand for, by what vocabularies of the two usual kinds call them.

    Args:
        names: of a text's tokens.
        text: which they spell, but for what was added around it.
    """
    for read in (_byte_level, _sentence_piece):
        pieces = [read(name) for name in names]
        if begin_of(text.encode(), pieces) is not None:
            return pieces
    return [None] * len(names)


def _byte_level(name: str) -> bytes:
    """As GPT-2 names bytes: each by a sign that can be printed."""
    if all(sign in _BYTES for sign in name):
        return bytes(_BYTES[sign] for sign in name)
    return name.encode()


def _sentence_piece(name: str) -> bytes:
    """As SentencePiece does: ▁ is a space, <0x0A> a byte."""
    if byte := _BYTE.fullmatch(name):
        return bytes([int(byte[1], 16)])
    return name.replace("▁", " ").encode()


def _signs_of_bytes() -> dict[str, int]:
    """GPT-2's names of bytes: those that can be printed are themselves, the others follow 256."""
    printed = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    signs = {chr(byte): byte for byte in printed}
    others = (byte for byte in range(256) if chr(byte) not in signs)
    return signs | {chr(256 + number): byte for number, byte in enumerate(others)}


_BYTES = _signs_of_bytes()
