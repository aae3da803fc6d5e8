"""What can't be seen is a sign, but for what text needs."""

import json
import unicodedata
from pathlib import Path
from typing import Any

import pytest
import regex
from hypothesis import given
from hypothesis import strategies as st

from backlit.display.unseen import MAX_READ, TOLD, remarks, spelled, unseen, with_signs
from backlit.types import ScoredSegment

# The page is tested on the same, in frontend/tests/model/unseen.test.ts.
CASES: list[dict[str, Any]] = json.loads(
    (Path(__file__).parents[1] / "support" / "unseen.json").read_text(encoding="utf-8")
)


def tags(text: str) -> str:
    return "".join(chr(0xE0000 + ord(one)) for one in text)


def segment(text: str) -> ScoredSegment:
    return ScoredSegment(0, 1, text, "prompt", 1.0)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["shown"])
def test_signs(case: dict[str, Any]) -> None:
    assert with_signs(case["text"]) == case["shown"]
    assert len(unseen(case["text"])) == case["count"]
    assert spelled(unseen(case["text"])) == case["reads"]


def test_every_code_point_that_nothing_is_drawn_for_has_one() -> None:
    ignorable = regex.compile(r"\p{Default_Ignorable_Code_Point}")
    for code in range(0x110000):
        if ignorable.match(chr(code)):
            assert with_signs(chr(code)).startswith("⟦"), hex(code)


@given(st.text() | st.text(st.characters(categories=["Cc", "Cf", "Cs", "Mn", "Zl", "So", "L"])))
def test_nothing_that_moves_or_hides_text_is_left(text: str) -> None:
    shown = with_signs(text)
    assert not set(shown) & set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\x1b\x00")
    assert not any(unicodedata.category(one) == "Cs" for one in shown)
    assert with_signs(shown) == shown


def test_sentences_about_those_that_mattered_most() -> None:
    ranked = [
        segment("plain"),
        segment(f"a{tags('ignore all')}"),
        segment("\u200b"),
        segment(tags("x" * (MAX_READ + 1))),
    ]
    first, second, third = remarks(ranked, ranked)
    assert first == (
        "Segment 2 of the list holds 10 characters that can't be seen. They spell 'ignore all'."
    )
    assert second == "Segment 3 of the list holds a character that can't be seen."
    assert third.endswith(f"{'x' * MAX_READ}…'.")
    many = [segment("plain")] * TOLD + [segment("\u200b")]
    assert remarks(many, many) == []


def test_words_and_emoji_that_segments_cut_are_no_remark() -> None:
    texts = ["\u0645\u06cc\u200c", "\u062e\u0648", "\U0001f469", "\u200d", "\U0001f4bb", "\u200d"]
    segments = [ScoredSegment(i, i + 1, text, "prompt", 1.0) for i, text in enumerate(texts)]
    ranked = segments[::-1][:TOLD]
    assert remarks(ranked, segments) == [
        "Segment 1 of the list holds a character that can't be seen."
    ]


def test_a_text_that_is_cut_anywhere_hides_what_the_whole_hides() -> None:
    for case in CASES:
        text = case["text"]
        parts = (unseen(one, text[:i], text[i + 1 :]) for i, one in enumerate(text))
        assert "".join(parts) == unseen(text)
