"""What a proof says to people."""

import pytest

from backlit.explanation import Proof, Rethought
from backlit.types import Token, TokenSequence

SEQUENCE = TokenSequence(
    "Be kind. Yes",
    (Token(0, "Be kind.", 0, 8), Token(1, " Yes", 8, 12, role="response")),
    1,
)


@pytest.mark.parametrize(
    ("said", "changed", "told"),
    [
        (" No", True, "and the model says “No” instead."),
        (" \n", True, "and the model says nothing instead."),
        (" Yes", False, "and the model still says the same."),
    ],
)
def test_what_the_model_says_is_quoted_if_there_is_something(
    said: str, changed: bool, told: str
) -> None:
    again = Rethought(("",), 1.0, "2.7 times less likely", (said,), float(changed))
    proof = Proof(((0, 1),), 2.0, "7.4 times less likely", said, changed, again)
    kept, anew = proof.sentence(SEQUENCE).split(" Once ")
    assert kept == f"Without “Be kind.”, the target is 7.4 times less likely, {told}"
    assert anew.endswith(told)
