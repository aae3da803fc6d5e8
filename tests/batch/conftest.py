"""Rows, and a batch of them."""

from collections.abc import Mapping
from typing import Any

import pytest

from backlit.batch import Batch, explain_dataset

ANIMALS = ("cat", "dog", "bird")


def rows_of(count: int) -> list[Mapping[str, Any]]:
    """Short prompts for the toy, some of other lengths."""
    return [
        {
            "id": f"r{n}",
            "prompt": f"The cat likes warm milk.\n{'The dog likes cold water. ' * (n % 3)}\n"
            f"Question {n}: what does the {ANIMALS[n % 3]} like?\nAnswer:",
        }
        for n in range(count)
    ]


@pytest.fixture(scope="session")
def batch(tmp_path_factory: pytest.TempPathFactory) -> Batch:
    """Three rows and two variants, explained twice, checked and proved; one row fails, and one
    answers nothing of what is looked for.
    """
    return explain_dataset(
        "toy",
        [
            {"id": "cat", "animal": "cat", "source": "zoo"},
            {"id": "none"},
            {"id": "two", "animal": "Two"},
        ],
        tmp_path_factory.mktemp("batch") / "runs",
        variants={
            "plain": "The cat likes warm milk.\nThe dog likes cold water.\n{animal} likes",
            "short": "The cat likes warm milk.\n{animal} likes",
        },
        target_pattern="warm|cold",
        method=["occlusion", "grad_l2"],
        granularity=["line", "word"],
        check=True,
        without_top=True,
        options={"max_new_tokens": 4},
        progress=False,
    )
