"""Which coalitions are run: pairs of complements, no repeats, all sizes alike."""

from collections import Counter
from math import comb

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backlit.methods import coalitions as module
from backlit.methods.coalitions import MOST_PAIRS, coalitions, pairs_of
from backlit.methods.perturbation import Masks


def as_set(masks: Masks) -> set[tuple[bool, ...]]:
    return {tuple(mask) for mask in masks.tolist()}


@settings(max_examples=60, deadline=None)
@given(size=st.integers(1, 12), n_samples=st.integers(8, 60), seed=st.integers(0, 99))
def test_pairs_of_complements_without_repeats(size: int, n_samples: int, seed: int) -> None:
    masks = coalitions(size, n_samples, seed)
    assert masks.dtype == bool
    assert masks.shape == (len(masks), size)
    assert not masks[0].any()
    assert masks[1].all()
    assert (masks[2::2] == ~masks[3::2]).all()
    assert len(as_set(masks)) == len(masks)
    assert len(masks) == min(n_samples - n_samples % 2, 2**size)


@settings(max_examples=30, deadline=None)
@given(size=st.integers(4, 12), n_samples=st.integers(8, 60), seed=st.integers(0, 99))
def test_more_samples_begin_with_those_of_fewer(size: int, n_samples: int, seed: int) -> None:
    few, more = coalitions(size, n_samples, seed), coalitions(size, n_samples + 10, seed)
    assert as_set(few) <= as_set(more)
    np.testing.assert_array_equal(few, coalitions(size, n_samples, seed))


@pytest.mark.parametrize("size", [1, 2, 3, 5, 6, 9])
def test_enough_samples_are_all_coalitions(size: int) -> None:
    masks = coalitions(size, 2**size, seed=0)
    assert len(as_set(masks)) == len(masks) == 2**size
    assert 2 * (1 + sum(pairs_of(size, s) for s in range(1, size // 2 + 1))) == 2**size
    assert len(coalitions(size, 10 * 2**size, seed=0)) == 2**size


def test_every_size_comes_as_often() -> None:
    """The middle size, whose pairs are of one size, half as often in pairs: as often in all."""
    kept = Counter(coalitions(10, 2 + 90, 0)[2:].sum(axis=1).tolist())
    assert kept == dict.fromkeys(range(1, 10), 10)


def test_small_sizes_run_out_and_leave_theirs_to_the_others() -> None:
    kept = Counter(coalitions(10, 402, 0)[2:].sum(axis=1).tolist())
    assert kept[1] == kept[9] == 10  # all there are
    assert kept[2] == kept[8] == comb(10, 2)
    assert kept[3] == kept[7] > kept[2]
    assert sum(kept.values()) == 400


def test_seeds_draw_others() -> None:
    assert as_set(coalitions(12, 60, 0)) != as_set(coalitions(12, 60, 1))


def test_sizes_with_too_many_coalitions_to_list_are_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_LISTED", 0)
    masks = coalitions(6, 64, 0)  # all of them, by drawing alone
    assert len(as_set(masks)) == 64
    monkeypatch.undo()
    many = coalitions(300, 200, 0)
    assert len(as_set(many)) == 200


@pytest.mark.parametrize("size", [66, 67, 68, 69, 70, 200, 8_000])
def test_how_many_pairs_there_are_up_to_more_than_anybody_draws(size: int) -> None:
    for small in (*range(1, 36), size // 2):
        if small <= size // 2:
            exact = comb(size, small) // (2 if 2 * small == size else 1)
            assert pairs_of(size, small) == min(exact, MOST_PAIRS)
