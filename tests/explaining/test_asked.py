"""What may be asked of a grid's cells."""

import re
from typing import Any

import pytest

from backlit.errors import OptionsError, PatternError
from backlit.explaining.asked import Asked, TypedPattern
from backlit.types import GenerationOptions

GREEDY, SAMPLED = GenerationOptions(), GenerationOptions(temperature=1.0, seed=4)


def test_each_sample_has_a_seed_of_its_own() -> None:
    assert [one.seed for one in Asked(SAMPLED, samples=3).each] == [4, 5, 6]
    assert [one.seed for one in Asked(GenerationOptions(temperature=1.0), samples=2).each] == [0, 1]
    assert Asked(GenerationOptions(seed=3)).each == [GREEDY]


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"samples": 2.5}, "samples is 2.5"),
        ({"samples": 101}, "samples is 101"),
        ({"find": 3}, "int can't be looked for"),
        ({"find": re.compile(b"a")}, "can't be looked for"),
        (
            {"options": GenerationOptions(temperature=1e-9), "samples": 3},
            "all samples are the same",
        ),
    ],
)
def test_what_can_not_be_asked(fields: Any, says: str) -> None:
    with pytest.raises(OptionsError, match=says):
        Asked(**{"options": SAMPLED, **fields})


def test_a_typed_pattern_is_that_of_the_page_and_has_a_limit() -> None:
    assert TypedPattern("^Avoid").search("x\nAvoid")
    assert TypedPattern("^Avoid").search("x Avoid") is None
    with pytest.raises(PatternError, match="can't be read"):
        TypedPattern("(")
    with pytest.raises(PatternError, match="took longer"):
        TypedPattern("(a|aa)+$").search("a" * 5_000 + "b")
