"""Lengths that sequences are padded to, where a framework compiles for each shape."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from backlit.engines.base import FloatArray

MIN_PLACES = 8  # places are padded to this, or to 32, 128, 256, 512 …


def bucket(length: int, maximum: int | None = None) -> int:
    """What a sequence is padded to where each new shape is compiled: 64, 96, 128, 192, 256 …

    Powers of two, and halfway between them: at most half is added. Never more than `maximum`.
    """
    if maximum is not None:
        return min(bucket(length), maximum)
    size = 64
    while size < length:
        if length <= size * 3 // 2:
            return size * 3 // 2
        size *= 2
    return size


def pad_places(places: Sequence[int], *, pads: bool) -> Any:
    """Places, or ids at them, padded with zeros where shapes are compiled."""
    size = len(places)
    if pads:
        size = MIN_PLACES
        while size < len(places):
            size *= 4 if size < 128 else 2  # each place is a whole vocabulary of logits
    filled = np.zeros(size, dtype="int32")
    filled[: len(places)] = places
    return filled


def pad_embeddings(embeddings: FloatArray, size: int) -> Any:
    """`(1, size, dim)` of `(seq, dim)`."""
    leaf = np.zeros((1, size, embeddings.shape[1]), dtype="float32")
    leaf[0, : len(embeddings)] = embeddings
    return leaf
