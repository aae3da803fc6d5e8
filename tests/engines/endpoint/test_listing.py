import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backlit.engines.endpoint.answers import read_by
from backlit.engines.endpoint.listing import Listed, likeliest, listed_in, next_in
from backlit.errors import EndpointError
from tests.engines.endpoint.test_probe import JSON, KEYS

OTHERS = ((" a", math.log(0.6)), (" b", math.log(0.3)))


def test_both_shapes_tell_the_same() -> None:
    old = {
        "tokens": [" a"],
        "token_logprobs": [OTHERS[0][1]],
        "top_logprobs": [dict(reversed(OTHERS)) | {" c": -9999.0, " d": None}],
    }
    entry = {"token": " a", "logprob": OTHERS[0][1], "bytes": [32, 97]}
    others = [{"token": text, "logprob": value} for text, value in OTHERS]
    chat = {"content": [{**entry, "top_logprobs": others}]}
    assert listed_in({"logprobs": old}) == listed_in({"logprobs": chat})
    assert listed_in({"logprobs": chat}) == [Listed(" a", OTHERS[0][1], OTHERS, b" a")]


@pytest.mark.parametrize(
    ("others", "most"),
    [
        (OTHERS, 0.12),  # what they leave, and what rounding may hide
        ((*OTHERS, (" c", math.log(0.01))), 0.01),  # the last of them
        (((" a", 0.0), (" b", math.log(0.5))), 0.02),
        # A list of rounded values may add up to one and more, and leave something all the same.
        (((" Yes", 0.0), *((f" {n}", -9.0 - n / 10) for n in range(19))), math.exp(-10.8)),
        ((), 1.0),
    ],
)
def test_what_is_not_listed_is_bounded(others: Any, most: float) -> None:
    assert math.exp(Listed(" a", 0.0, others, b"").bound) == pytest.approx(most)


@pytest.mark.parametrize("old", [True, False])
def test_what_is_certain_without_any_other_is_not_believed(old: bool) -> None:
    for others in ([], [{"token": " a", "logprob": 0.0}]):
        values: Any = {"content": [{"token": " a", "logprob": 0.0, "top_logprobs": others}]}
        if old:
            top = {one["token"]: one["logprob"] for one in others}
            values = {"tokens": [" a"], "token_logprobs": [0.0], "top_logprobs": [top]}
        (one,) = listed_in({"logprobs": values})
        assert one.log_prob == (0.0 if others else None)
    with pytest.raises(EndpointError, match="a log-probability that is False"):
        listed_in({"logprobs": {"content": [{"token": " a", "logprob": False}]}})


def test_an_end_of_which_nothing_is_told_leaves_a_half() -> None:
    old: Any = {"tokens": [], "token_logprobs": [], "top_logprobs": []}
    shapes: tuple[Any, ...] = (None, {"content": []}, old)
    for values in shapes:
        one = next_in({"logprobs": values, "finish_reason": "stop"})
        assert math.exp(one.bound) == pytest.approx(0.5)
    written: tuple[Any, ...] = ({"text": "Yes"}, {"message": {"content": "Yes"}})
    for other in ({"finish_reason": "length"}, *({"finish_reason": "stop", **w} for w in written)):
        with pytest.raises(EndpointError, match="no log-probabilities"):
            next_in({"logprobs": None, **other})


def test_of_two_with_the_same_text_the_likelier_is_told_and_parts_of_characters_are_not() -> None:
    told = [(" a", -2.0), ("\ufffd", -0.5), (" b", -1.5), (" a", -1.0), ("\ufffd", -3.0)]
    assert likeliest(told) == ((" a", -1.0), (" b", -1.5))


@given(told=st.recursive(JSON, lambda inner: st.lists(inner) | st.dictionaries(KEYS, inner)))
def test_whatever_is_answered_is_read_or_refused(told: Any) -> None:
    for read in (listed_in, next_in):
        try:
            read_by(read, told)
        except EndpointError as error:
            assert error.message
