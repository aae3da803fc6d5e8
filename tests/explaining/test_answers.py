"""Responses and foils in the forms that people have them in."""

from typing import Any

import numpy as np
import pytest
import torch

from backlit.errors import TargetError
from backlit.explaining.answers import as_answer


@pytest.mark.parametrize(
    ("value", "answer"),
    [
        (" cold", " cold"),
        ("", ""),
        ([3, 5], [3, 5]),
        ((3, 5), [3, 5]),
        ([], []),
        (np.array([3, 5]), [3, 5]),
        (np.array([3, 5], dtype=np.uint16), [3, 5]),
        (torch.tensor([3, 5]), [3, 5]),
        (iter([3, 5]), [3, 5]),
    ],
)
def test_what_can_be_meant(value: Any, answer: str | list[int]) -> None:
    meant = as_answer(value, "foil")
    assert meant == answer
    assert isinstance(meant, str) or all(type(token_id) is int for token_id in meant)


@pytest.mark.parametrize(
    "value",
    [b"cold", 3, 3.5, None, ["cold"], [3.5], {3: 5}, np.array([[3, 5]]), torch.tensor([[3, 5]])],
)
def test_what_is_no_answer_is_told(value: Any) -> None:
    with pytest.raises(TargetError, match=r"A foil can't be of type .*Give text, or a list"):
        as_answer(value, "foil")
