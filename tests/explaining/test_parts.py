"""Parts of what is before a target, as people name them."""

import pytest

from backlit.engines.toy import ToyEngine
from backlit.errors import InputError
from backlit.explaining.parts import PartsLike, select_parts
from backlit.explaining.targets import select_target
from backlit.types import Span, Target, TokenSequence

PROMPT = "The bird likes ripe berries. The dog likes"


@pytest.fixture
def asked() -> tuple[TokenSequence, Target]:
    toy = ToyEngine()
    sequence = toy.append(toy.tokenize(PROMPT), " cold water. The cat")
    return sequence, select_target(sequence, " cat")


@pytest.mark.parametrize(
    ("parts", "told"),
    [
        (" ripe berries", [" ripe berries"]),
        ("ripe", [" ripe"]),  # whole tokens
        ([" dog", "bird"], [" bird", " dog"]),
        (["bird", " bird"], [" bird"]),
        ((1, 3), [" bird likes"]),
        ([(1, 3), "cold"], [" bird likes", " cold"]),  # the response before the target is before it
    ],
)
def test_words_and_spans(
    asked: tuple[TokenSequence, Target], parts: PartsLike, told: list[str]
) -> None:
    sequence, target = asked
    spans: tuple[Span, ...] = select_parts(sequence, target, parts)
    assert ["".join(t.text for t in sequence.tokens[a:b]) for a, b in spans] == told


@pytest.mark.parametrize(
    ("parts", "told"),
    [
        ("soup", "does not contain 'soup'"),
        ("", "does not contain ''"),
        ("cat", "does not contain 'cat'"),
        ("likes", "stands 2 times"),
        ((0, 99), "is no part"),
        ([(2, 2)], "is no part"),
        ([None], "is no part"),
        ([], "No part is named"),
    ],
)
def test_what_is_not_there_is_refused(
    asked: tuple[TokenSequence, Target], parts: PartsLike, told: str
) -> None:
    with pytest.raises(InputError, match=told):
        select_parts(*asked, parts)
