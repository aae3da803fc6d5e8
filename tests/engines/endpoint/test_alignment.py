import pytest
from hypothesis import given
from hypothesis import strategies as st

from backlit.engines.endpoint.alignment import aligned, begin_of, bytes_of_names
from backlit.errors import PromptError
from tests.support.endpoints import name_of


def spans(text: str, *pieces: bytes) -> list[tuple[int, int]]:
    known = dict(enumerate(pieces))
    return list(aligned(text, range(len(pieces)), known, lambda ids: "").offsets)


def test_pieces_of_a_character_have_all_of_it() -> None:
    assert spans("a👩b", b"a", b"\xf0\x9f", b"\x91", b"\xa9b") == [(0, 1), (1, 2), (1, 2), (1, 3)]


def test_what_was_added_stands_for_no_characters() -> None:
    known = {0: b"<s>", 1: b" cat", 2: b"</s>"}
    encoding = aligned("cat", [0, 1, 2], known, lambda ids: "")
    assert encoding.offsets == [(0, 0), (0, 3), (3, 3)]
    assert encoding.added == [True, False, True]


def test_a_text_that_stands_in_what_was_added_is_not_found_there() -> None:
    assert begin_of(b"art", [b"<|start|>", b"art"]) == 9
    assert begin_of(b"art", [b"<|start|>", b" art"]) == 10
    assert begin_of(b"art", [b"<|start|>"]) is None
    assert begin_of(b"<", [b"<s>", b" <"]) == 4
    assert begin_of(b"", []) == 0


def test_tokens_that_do_not_spell_the_text_are_refused() -> None:
    with pytest.raises(PromptError, match="do not spell the text") as error:
        spans("THE CAT", b"the", b" cat")
    assert "--tokenizer" in error.value.hint


@given(st.text(st.characters(exclude_categories=["Cs"], max_codepoint=0x7FF), min_size=1))
def test_names_of_byte_level_vocabularies_are_read(text: str) -> None:
    content = text.encode()
    pieces = [content[i : i + 3] for i in range(0, len(content), 3)]
    names = ["<s>", *map(name_of, pieces)]
    assert bytes_of_names(names, text) == [b"<s>", *pieces]


def test_names_of_sentence_pieces_are_read() -> None:
    names = ["<s>", "▁The", "▁cat", "<0xC3>", "<0xA9>", "<0x0A>"]
    told = bytes_of_names(names, "The caté\n")
    assert told == [b"<s>", b" The", b" cat", b"\xc3", b"\xa9", b"\n"]
    assert bytes_of_names(["dog"], "cat") == [None], "names that spell something else"
