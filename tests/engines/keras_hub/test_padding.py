"""Lengths that few shapes are compiled for; no Keras is needed to know them."""

import numpy as np
import pytest

from backlit.engines.keras_hub.padding import bucket, pad_embeddings, pad_places


def test_buckets_waste_at_most_half() -> None:
    assert [bucket(n) for n in (1, 64, 65, 128, 129, 192, 193, 257, 400, 600)] == [
        *(64, 64, 96, 128, 192, 192, 256, 384, 512, 768)
    ]
    for length in range(64, 5_000, 7):
        assert length <= bucket(length) <= max(64, 1.5 * length + 1)


def test_a_bucket_is_never_longer_than_the_context() -> None:
    assert bucket(100, 110) == 110
    assert bucket(30, 512) == 64


@pytest.mark.parametrize(("count", "size"), [(1, 8), (8, 8), (9, 32), (33, 128), (200, 256)])
def test_places_are_padded_where_shapes_are_compiled(count: int, size: int) -> None:
    places = list(range(1, count + 1))
    padded = pad_places(places, pads=True)
    assert padded.tolist() == places + [0] * (size - count)
    assert pad_places(places, pads=False).tolist() == places


def test_embeddings_are_padded_behind() -> None:
    padded = pad_embeddings(np.ones((2, 3)), 4)
    assert padded.shape == (1, 4, 3)
    assert padded[0].sum(1).tolist() == [3, 3, 0, 0]
