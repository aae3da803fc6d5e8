"""Text is cut into pieces that join to it, and each piece has its id."""

import subprocess
import sys

from hypothesis import example, given
from hypothesis import strategies as st

from backlit.engines import from_function
from backlit.engines.function.pieces import id_of, pieces_of
from tests.engines.function.examples import PROMPT, sums


def test_text_is_cut_into_words_signs_spaces_and_lines() -> None:
    text = "The cat's  mat,\r\n\n  3 €... हिन्दी 東京で ไทย 👩‍🚀❤️\te\N{COMBINING ACUTE ACCENT}a_1"
    assert pieces_of(text) == [
        "The", " cat", "'", "s", "  ", "mat", ",", "\r\n", "\n", "  ", "3", " €...", " हिन्दी",
        " 東", "京", "で", " ไ", "ท", "ย", " 👩‍🚀❤️", "\t", "e\N{COMBINING ACUTE ACCENT}a_1",
    ]  # fmt: skip


@given(st.text())
@example("\r" + "a" * 200 + " " * 200 + "." * 200 + "\N{COMBINING ACUTE ACCENT}" * 200)
def test_pieces_join_to_the_text(text: str) -> None:
    pieces = pieces_of(text)
    assert "".join(pieces) == text
    assert all(0 < len(piece) <= 65 for piece in pieces)


def test_ids_are_the_same_in_every_process() -> None:
    code = "from backlit.engines import from_function as f\n"
    code += f"print(*f(generate=print).tokenize({PROMPT!r}).input_ids)"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    ids = [int(word) for word in out.stdout.split()]
    assert tuple(ids) == from_function(score=sums).tokenize(PROMPT).input_ids
    assert all(0 <= token_id < 2**52 for token_id in ids)
    assert len(set(ids)) == len(set(pieces_of(PROMPT)))


@given(st.text("ab c.\n東", max_size=40), st.text("ab c.\n東", max_size=9))
def test_more_text_changes_no_piece_but_the_last(text: str, more: str) -> None:
    certain = pieces_of(text)[:-1]
    assert pieces_of(text + more)[: len(certain)] == certain


def test_ids_fit_into_a_number_of_javascript() -> None:
    assert id_of(" cat") == id_of(" cat") != id_of("cat")
    assert all(0 <= id_of(piece) < 2**52 for piece in pieces_of(PROMPT))
