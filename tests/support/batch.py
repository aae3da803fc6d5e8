"""A small batch of the toy's: runs that are explained, unmatched and failed."""

from pathlib import Path

import backlit
from backlit.batch import Batch
from backlit.explanation.cell import Variant

VARIANTS = (
    Variant(
        "warm", "The {who} likes warm milk.\nBe kind.\nBe brief.\nQuestion: what does it like?"
    ),
    Variant(
        "cold", "The {who} likes cold water.\nBe kind.\nBe brief.\nQuestion: what does it like?"
    ),
)
ROWS = [
    {"id": "0", "prompt": "-", "who": "cat"},
    {"id": "1", "prompt": "-"},  # fails
    {"id": "2", "prompt": "-", "who": "ISTANBUL <b>dog</b>"},
]


def toy_batch(folder: Path) -> Batch:
    """Six runs: of each variant, the second fails; those of `cold` don't say what is explained."""
    return backlit.explain_dataset(
        "toy",
        ROWS,
        folder,
        variants=VARIANTS,
        method=("occlusion", "lime"),
        target_pattern=".*milk.*",
        check=True,
        options={"max_new_tokens": 12},
        progress=False,
    )
