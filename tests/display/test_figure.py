"""What is shown, before anything draws it."""

import pytest

from backlit.display.figure import (
    TINTS,
    MapFigure,
    count_of,
    is_unsure,
    one_line,
    ranking,
    score_text,
    short,
    tint_of,
    tint_of_segment,
    words_of,
)
from backlit.types import Bound, ScoredSegment


def scored(text: str, score: float, role: str = "prompt") -> ScoredSegment:
    return ScoredSegment(0, 1, text, role, score)


def test_ranking_is_by_magnitude_without_the_template() -> None:
    segments = (scored("a", 1.0), scored("b", -3.0), scored("c", 9.0, "template"))
    assert [one.text for one in ranking(segments)] == ["b", "a"]
    assert MapFigure("m", "n", "s", segments, "t", "", ()).largest == 3.0
    assert MapFigure("m", "n", "s", (), "t", "", ()).largest == 0.0


@pytest.mark.parametrize(
    ("score", "largest", "tint"),
    [(1.0, 1.0, TINTS), (-1.0, 1.0, -TINTS), (0.05, 1.0, 0), (0.0, 0.0, 0), (2.0, 1.0, TINTS)],
)
def test_tints_are_steps_of_the_largest(score: float, largest: float, tint: int) -> None:
    assert tint_of(score, largest) == tint


def test_scores_and_words_on_one_line() -> None:
    assert score_text(scored("a", 1.0)) == "+1.000"
    assert score_text(ScoredSegment(0, 1, "a", "prompt", -2.0, 0.25)) == "-2.000 ± 0.250"
    assert words_of(scored(" two\n words ", 1.0)) == "two words"
    assert words_of(scored(" \n", 1.0)) == repr(" \n")
    assert one_line("a\nb " + "c" * 9, 6) == "a b c…"
    assert short("x" * 99) == repr("x" * 39 + "…")
    assert one_line("a\x00b\ud800 \u2028c") == "a⟦U+0000⟧b⟦U+D800⟧ ⟦U+2028⟧c"
    assert words_of(scored("\ufeff", 1.0)) == "⟦U+FEFF⟧"
    assert (count_of(1, "token"), count_of(2, "token")) == ("1 token", "2 tokens")


@pytest.mark.parametrize(
    ("bound", "text"), [("at_least", "≥ +0.500"), ("at_most", "≤ +0.500"), ("about", "≈ +0.500")]
)
def test_a_sign_before_a_score_tells_of_a_bound(bound: Bound, text: str) -> None:
    assert score_text(ScoredSegment(0, 1, "a", "prompt", 0.5, bound=bound)) == text


def test_what_may_be_chance_is_tinted_faintly() -> None:
    sure = ScoredSegment(0, 1, "a", "prompt", 60.0, interval=(20.0, 90.0))
    unsure = ScoredSegment(0, 1, "a", "prompt", -60.0, interval=(-90.0, 0.0))
    assert [is_unsure(one) for one in (sure, unsure, scored("a", 60.0))] == [False, True, False]
    assert tint_of_segment(sure, 60.0) == TINTS
    assert tint_of_segment(unsure, 60.0) == -1
    assert tint_of_segment(scored("a", 0.0), 60.0) == 0
