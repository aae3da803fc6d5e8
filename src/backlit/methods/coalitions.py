"""Which coalitions to run for Shapley values: pairs of complements, no repeats, all sizes alike."""

from collections.abc import Iterator
from itertools import combinations
from math import comb

import numpy as np

from backlit.methods.perturbation import Masks

MAX_LISTED = 4_096  # coalitions of a size that are listed and shuffled; of more, some are drawn
MOST_PAIRS = 2**61  # more than anybody draws
ENOUGH = 34  # so many or more of at least twice as many players can be chosen in 2^62 ways


def coalitions(size: int, n_samples: int, seed: int) -> Masks:
    """Which players each coalition has.

    Args:
        size: how many players there are.
        n_samples: the most coalitions; all of them are listed if they are no more.
        seed: which ones. More samples of one seed begin with the coalitions of fewer, size by
            size.

    Returns:
        Masks, `(coalitions, size)`: nobody, everybody, then pairs of complements.
    """
    ends = [np.zeros(size, dtype=bool), np.ones(size, dtype=bool)]
    pairs: list[Masks] = []
    for small, quota in _quotas(size, (n_samples - 2) // 2).items():
        if quota:
            pairs += _of_size(size, small, quota, seed)
    order = np.random.default_rng(seed).permutation(len(pairs))
    return np.array(ends + [mask for i in order for mask in (pairs[i], ~pairs[i])])


def _quotas(size: int, pairs: int) -> dict[int, int]:
    """How many pairs of which smaller size: the same for each, up to all there are."""
    open_sizes = {small: pairs_of(size, small) for small in range(1, size // 2 + 1)}
    quotas = dict.fromkeys(open_sizes, 0)
    left = min(pairs, sum(open_sizes.values()))
    while left:
        # a pair of the middle size is two coalitions of one size, which weighs half
        shares = {s: 1 if 2 * s == size else 2 for s in open_sizes if quotas[s] < open_sizes[s]}
        unit = max(left // sum(shares.values()), 1)
        for small, share in shares.items():
            more = min(unit * share, open_sizes[small] - quotas[small], left)
            quotas[small] += more
            left -= more
    return quotas


def pairs_of(size: int, small: int) -> int:
    """How many pairs of complements there are whose smaller one has `small` players.

    At most `MOST_PAIRS`: of thousands of players, exact numbers have thousands of digits.
    """
    choices = comb(size, min(small, ENOUGH))
    return min(choices // (2 if 2 * small == size else 1), MOST_PAIRS)


def _of_size(size: int, small: int, quota: int, seed: int) -> list[Masks]:
    """The first `quota` coalitions of that size in an order that the seed fixes."""
    random = np.random.default_rng([seed, small])

    def draws() -> Iterator[tuple[int, ...]]:
        if comb(size, small) <= MAX_LISTED:
            listed = list(combinations(range(size), small))
            yield from (listed[i] for i in random.permutation(len(listed)))
        while True:
            yield tuple(sorted(random.choice(size, small, replace=False).tolist()))

    drawn: dict[tuple[int, ...], None] = {}
    for members in draws():
        if len(drawn) == quota:
            break
        if 2 * small != size or 0 in members:  # of two halves, the one with the first
            drawn[members] = None
    masks = np.zeros((len(drawn), size), dtype=bool)
    for mask, members in zip(masks, drawn, strict=True):
        mask[list(members)] = True
    return list(masks)
