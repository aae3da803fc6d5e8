"""Segments tile the sequence, and are what people mean by words, sentences, lines."""

import subprocess
import sys
import time

import numpy as np
import pytest
import uniseg.wordbreak
from hypothesis import example, given
from hypothesis import strategies as st

from backlit.engines.toy import ToyEngine
from backlit.errors import PatternError, UnknownNameError
from backlit.segments import (
    GRANULARITIES,
    MAX_PATTERN_ITEMS,
    aggregate,
    segment,
    split_lines,
    token_spans,
)
from backlit.types import Granularity, Segment, Token, TokenSequence

TEXT = (
    "Hello there,  Mr. Smith.  It's 3.5 km (e.g. far)? Yes!\n"
    "\n"
    "İstanbul'da hava güzel. 東京です。はい。 👩‍🚀 ok\r\n"
    "\tlast line  \n\n\nend"
)


def characters(text: str, prompt: int | None = None) -> TokenSequence:
    """A token for each character, so that segments show the cut of the text itself."""
    first = len(text) if prompt is None else prompt
    tokens = tuple(
        Token(i, c, i, i + 1, role="prompt" if i < first else "response")
        for i, c in enumerate(text)
    )
    return TokenSequence(text, tokens, first)


def cut(text: str, granularity: Granularity, pattern: str | None = None) -> list[str]:
    return [s.text for s in segment(characters(text), granularity, pattern)]


def test_words_take_the_space_before_them() -> None:
    assert cut("Hello there,  Mr. It's 3.5\tkm \nNext", "word") == [
        "Hello", " there", ",", "  Mr", ".", " It's", " 3.5", "\tkm \n", "Next",
    ]  # fmt: skip


def test_sentences_end_at_stops_and_at_lines() -> None:
    assert cut(TEXT, "sentence") == [
        "Hello there,  Mr. Smith.  ",
        "It's 3.5 km (e.g. far)? ",
        "Yes!\n\n",
        "İstanbul'da hava güzel. ",
        "東京です。",
        "はい。 ",
        "👩‍🚀 ok\r\n",
        "\tlast line  \n\n\n",
        "end",
    ]


def test_lines_keep_their_ends_and_blank_lines_behind_them() -> None:
    assert cut("\n\none\r\ntwo\rthree\n\n \nfour", "line") == [
        "\n\none\r\n", "two\r", "three\n\n \n", "four",
    ]  # fmt: skip


def test_paragraphs_end_at_blank_lines() -> None:
    assert cut("a\nb\n\nc\r\n \r\nd\n", "paragraph") == ["a\nb\n\n", "c\r\n \r\n", "d\n"]


def test_tokens_are_what_a_person_sees() -> None:
    assert cut("e\u0301x👩‍🚀\r\n", "token") == ["e\u0301", "x", "👩‍🚀", "\r\n"]


def test_custom_cuts_after_matches_and_before_look_aheads() -> None:
    assert cut("a; b; c", "custom", ";") == ["a;", " b;", " c"]
    assert cut("Q: 1 Q: 2", "custom", r"(?=Q:)") == ["Q: 1 ", "Q: 2"]
    assert cut("one\ntwo", "custom", "^") == ["one\n", "two"]
    assert cut("nothing", "custom", "x") == ["nothing"]


@pytest.mark.parametrize("pattern", [None, "", "(", "a{1000000000000}", "x" * 1_001, "[", "(?P<a"])
def test_patterns_that_cannot_be_read(pattern: str | None) -> None:
    with pytest.raises(PatternError) as raised:
        segment(characters("text"), "custom", pattern)
    assert raised.value.hint


TOO_LARGE = [
    "(?:a{65535}){65535}",
    "(?:a{1000}){1000}",
    "(?:a{5000}){1000}",
    "(?:(?:(?:(?:a?){50}){50}){50}){50}b",
    "(?:(?:a){999,}){,999}",
    "(?:a{999})(?#){999}",
    "(?:a{999}) { 999 }",
    "(?x)(?:a{999}) #\n {999}",
    "(?ix:(?:a{999}) #\n {999})",
    "(a{999}(?1)?){999}+",
    f"a{{{'9' * 900}}}",
]


@pytest.mark.parametrize("pattern", TOO_LARGE)
def test_repeats_of_repeats_are_bounded_before_they_are_written_out(pattern: str) -> None:
    with pytest.raises(PatternError, match="repeats too often"):
        segment(characters("text"), "custom", pattern)


@pytest.mark.parametrize(
    "pattern",
    [r"\n{2,}", r"(?:\d{3}-){2}\d{4}", r"^#{1,6} ", r"(?:.{0,1000}\n){5}", r"\p{L}+", r"x{,9}"],
)
def test_patterns_as_people_write_them_are_not(pattern: str) -> None:
    assert cut("a text", "custom", pattern)


CAPPED = """
import resource, sys
from backlit.segments import compile_pattern
has = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (has + 200_000_000,) * 2)
compile_pattern(sys.argv[1])
"""


@pytest.mark.process
@pytest.mark.skipif(sys.platform != "linux", reason="/proc is Linux's")
def test_the_largest_patterns_take_little_memory() -> None:
    """As large as they may be, in a process that may have 200 MB more than it has."""
    for shape in ("(?:a{%d}){%d}", "(?:(?:a?){%d}b){%d}", "(?i:[a-zß]{%d}é){%d}"):
        count = int((MAX_PATTERN_ITEMS / (len(shape) + 4)) ** 0.5)
        pattern = shape % (count, count)
        subprocess.run([sys.executable, "-c", CAPPED, pattern], check=True)


def test_a_catastrophic_pattern_ends() -> None:
    started = time.monotonic()
    with pytest.raises(PatternError, match="longer than"):
        segment(characters("a" * 5_000 + "b"), "custom", r"(a|a?)+$")
    assert time.monotonic() - started < 10  # a hang, not a speed, is what this would catch


def test_an_unknown_granularity() -> None:
    with pytest.raises(UnknownNameError, match="phrase"):
        token_spans(characters("text"), "phrase")  # type: ignore[arg-type]


def test_segments_stay_on_their_side_of_the_response() -> None:
    sequence = characters("Why so? Because it is.", prompt=7)
    assert [(s.text, s.role) for s in segment(sequence, "paragraph")] == [
        ("Why so?", "prompt"),
        (" Because it is.", "response"),
    ]


def test_a_stop_cuts_the_last_segment_short() -> None:
    sequence = characters("one two three")
    assert [s.text for s in segment(sequence, "word", stop=6)] == ["one", " tw"]


def test_tokens_that_reach_over_an_edge_go_by_their_first_visible_character() -> None:
    pieces = ["One", ".\n", "\nTwo", ".", "  ", "Three.\n\n", "Four"]
    tokens, at = [], 0
    for i, piece in enumerate(pieces):
        tokens.append(Token(i, piece, at, at + len(piece)))
        at += len(piece)
    sequence = TokenSequence("".join(pieces), tuple(tokens), len(tokens))
    assert token_spans(sequence, "line") == [(0, 2), (2, 6), (6, 7)]
    assert token_spans(sequence, "sentence") == [(0, 2), (2, 5), (5, 6), (6, 7)]


def test_a_token_without_characters_is_named() -> None:
    sequence = TokenSequence(
        "Hi",
        (Token(1, "<bos>", 0, 0, special=True, role="template"), Token(2, "Hi", 0, 2)),
        2,
    )
    for granularity in GRANULARITIES[:-1]:
        assert [s.text for s in segment(sequence, granularity)] == ["<bos>", "Hi"]


texts = st.text(
    alphabet=st.sampled_from("ab .!?\n\r\t,'éİ東🚀\u200d\u0301👩،\u00a0。"), min_size=1, max_size=60
)


@given(texts, st.sampled_from(GRANULARITIES), st.integers(0, 60))
def test_segments_tile_any_text(text: str, granularity: Granularity, prompt: int) -> None:
    sequence = characters(text, min(prompt, len(text)))
    segments = segment(sequence, granularity, r"[.!]\s*" if granularity == "custom" else None)
    assert "".join(s.text for s in segments) == text
    edges = [0, *(s.stop for s in segments)]
    assert [s.start for s in segments] == edges[:-1]
    assert edges[-1] == len(text)
    assert all(len({t.role for t in sequence.tokens[s.start : s.stop]}) == 1 for s in segments)


@given(texts)
def test_segments_tile_any_tokens(text: str) -> None:
    sequence = ToyEngine().tokenize(text) if text.strip() else characters(text)
    for granularity in GRANULARITIES[:-1]:
        assert "".join(s.text for s in segment(sequence, granularity)) == text


@given(texts)
@example("a.\u0301a")
@example("a.\u200da")
@example("a \u200d👩\u200d🚀.\u200d\u200d🚀")
@example("\u0301 a\u0301.b 👍🏽!")
def test_word_edges_are_those_of_unicode(text: str) -> None:
    """Every edge we cut at is one that an independent implementation of UAX #29 has."""
    theirs, at = {0}, 0
    for word in uniseg.wordbreak.words(text):
        at += len(word)
        theirs.add(at)
    assert {s.start for s in segment(characters(text), "word")} <= theirs


def test_aggregates() -> None:
    scores = np.array([1.0, -4.0, 2.0, 0.5])
    segments = [Segment(0, 3, "abc", "prompt"), Segment(3, 4, "d", "prompt")]
    assert aggregate(scores, segments, "sum").tolist() == [-1.0, 0.5]
    assert aggregate(scores, segments, "mean").tolist() == pytest.approx([-1 / 3, 0.5])
    assert aggregate(scores, segments, "max").tolist() == [-4.0, 0.5]


@given(st.text())
def test_lines_keep_their_ends(text: str) -> None:
    lines = split_lines(text)
    assert "".join(lines) == text
    assert all(line for line in lines)
    assert not any("\n" in line[:-1].removesuffix("\r") for line in lines)
    assert split_lines("a\r\nb\rc\u2028d") == ["a\r\n", "b\r", "c\u2028d"]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_only_blank_lines_end_paragraphs(toy: ToyEngine, end: str) -> None:
    sequence = toy.tokenize(end.join(["a", "b", " ", "c", "d"]))
    texts = [one.text for one in segment(sequence, "paragraph")]
    assert texts == [f"a{end}b{end} {end}", f"c{end}d"]
