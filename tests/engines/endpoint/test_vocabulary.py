from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backlit.engines.endpoint.vocabulary import ServerTokenizer
from backlit.engines.text import REPLACEMENT
from backlit.engines.tokens import TokenReader
from backlit.errors import PromptError
from backlit.types import Message


class Pieces:
    """A server whose tokens are given: a text is cut into bytes, some behind others."""

    def __init__(self, before: bytes = b"", space: bool = False, told: bool = True) -> None:
        self._before, self._space, self._told = before, space, told
        self.read: list[str] = []
        self.decoded = 0

    def encode(self, text: str, *, whole: bool) -> tuple[list[int], Sequence[bytes | None]]:
        self.read.append(text)
        content = (b" " if self._space and whole else b"") + text.encode()
        # Those that tell no bytes must be right a few tokens later, as real vocabularies are.
        parts = [content] if self._told else [sign.encode() for sign in content.decode()]
        cut = [part[i : i + 2] for part in parts for i in range(0, len(part), 2)]
        pieces = ([self._before] if self._before and whole else []) + cut
        ids = [int.from_bytes(piece) + (len(piece) << 24) for piece in pieces]
        self.known = dict(zip(ids, pieces, strict=True)) | getattr(self, "known", {})
        return ids, pieces if self._told else [None] * len(ids)

    def decode(self, several: Sequence[Sequence[int]]) -> list[str]:
        """As libraries of SentencePiece do: without the space that begins a text."""
        self.decoded += 1
        texts = [b"".join(self.known[i] for i in ids) for ids in several]
        return [text.decode(errors="replace").removeprefix(" ") for text in texts]

    def render(self, messages: Sequence[Message]) -> tuple[str, list[int] | None]:
        self.read.append("chat")
        return "".join(f"[{m.role}]{m.content}" for m in messages), None


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=40))
@pytest.mark.parametrize("before", [b"", b"<s>", b"<|startoftext|>"])
@pytest.mark.parametrize("space", [False, True])
def test_every_character_has_a_token(before: bytes, space: bool, text: str) -> None:
    tokenizer = ServerTokenizer(Pieces(before, space))
    sequence = TokenReader(tokenizer, "a model", 2**200, None).tokenize(text)
    assert sequence.text == text
    covered = {i for token in sequence.tokens for i in range(token.start, token.stop)}
    assert covered == set(range(len(text)))
    added = [token for token in sequence.tokens if token.role == "template"]
    assert [token.text for token in added] == ([before.decode()] if before else [])


@given(
    st.text(
        st.characters(exclude_categories=["Cs"], exclude_characters=[REPLACEMENT]),
        min_size=1,
        max_size=20,
    )
)
def test_tokens_without_bytes_are_found_by_what_they_decode_to(text: str) -> None:
    reader = TokenReader(ServerTokenizer(Pieces(b"<s>", told=False)), "a", 2**200, None)
    sequence = reader.tokenize(text)
    assert sequence.text == text
    covered = {i for token in sequence.tokens for i in range(token.start, token.stop)}
    assert covered == set(range(len(text)))


def test_no_text_is_read_twice() -> None:
    server = Pieces()
    tokenizer = ServerTokenizer(server)
    server.read.clear()
    server.decoded = 0
    for _ in range(3):
        tokenizer.encode("the cat", whole=True)
        tokenizer.render([Message("user", "hi")])
    assert server.read == ["the cat", "chat"]
    assert server.decoded == 0, "the bytes were told"


def test_half_a_character_is_refused_before_a_server_hears_of_it() -> None:
    server = Pieces()
    reader = TokenReader(ServerTokenizer(server), "a model", 2**200, None)
    server.read.clear()
    with pytest.raises(PromptError):
        reader.tokenize("half \ud83d")
    assert not server.read


def test_a_chat_begins_as_every_text_of_the_model_does() -> None:
    reader = TokenReader(ServerTokenizer(Pieces(b"<s>")), "a model", 2**200, None)
    sequence = reader.tokenize((Message("user", "hi"),))
    assert sequence.text == "<s>[user]hi"
    assert sequence.tokens[0].special or sequence.tokens[0].role == "template"


def test_a_written_token_keeps_its_space() -> None:
    server = Pieces(told=False)
    tokenizer = ServerTokenizer(server)
    prompt = TokenReader(tokenizer, "a model", 2**200, None).tokenize("xy")
    new = int.from_bytes(b" z") + (2 << 24)
    server.known[new] = b" z"
    assert tokenizer.decode([*prompt.input_ids, new]) == "xy z"
    assert tokenizer.decode([new]) == " z"
