"""Shapley values from the values of some coalitions, for games with nobody, everybody and pairs.

All coalitions: the weighted least squares problem of Lundberg and Lee 2017 (arXiv:1705.07874),
whose solution is then exact. Some: a Gaussian process is fitted to the game, and its Shapley
values have a closed form (after Chau et al. 2023, arXiv:2305.15167). More than `MAX_PAIRS` pairs:
least squares again.

A coalition is x in {-1, 1}^n, and a game is a sum over sets A of players of a coefficient times
prod_{i in A} x_i. Only sets of odd size bear on Shapley values, and half the difference of a pair
of complements holds nothing else (Covert and Lee 2021, arXiv:2012.01536, on pairing). The
coefficients are taken to be normal with a variance proportional to rho^|A|, so that large sets
matter less, and `single_factor` times that for single players. Of a few values of both those are
taken that make the observed values most likely.
"""

import math
from dataclasses import dataclass
from itertools import product

import numpy as np
import numpy.typing as npt
from threadpoolctl import threadpool_limits

from backlit.engines.base import FloatArray
from backlit.methods.coalitions import pairs_of
from backlit.methods.perturbation import Masks

RHOS = (0.05, 0.1, 0.2, 0.3, 0.5, 0.7)
MANY_PLAYERS = 256  # of more, any fixed rho leaves single players no weight beside large sets
RHOS_BY_SIZE = (0.5, 1.0, 2.0, 4.0)  # over the number of players: sets of about so many
SINGLE_FACTORS = (1.0, 100.0, 1e8)
JITTER = 1e-9  # added to the diagonal, so that rounding can't make it indefinite
MAX_PAIRS = 1_000  # a process of more takes long, and least squares are good enough by then
LEGENDRE_NODES, LEGENDRE_WEIGHTS = np.polynomial.legendre.leggauss(64)


def estimate(masks: Masks, values: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Shapley values and their standard errors.

    Args:
        masks: who is in each coalition, `(coalitions, size)`, from `coalitions`: nobody,
            everybody, then pairs of complements.
        values: of the coalitions, `(coalitions,)`, in any unit.

    Returns:
        Shapley values `(size,)` in the unit of `values`, positive for players that raise it, which
        sum to `values[1] - values[0]`; and their standard errors `(size,)`: posterior standard
        deviations of the Gaussian process, or those of `standard_errors` for least squares.
    """
    size = masks.shape[1]
    pairs = len(masks) // 2
    odd = (values[1::2] - values[0::2]) / 2  # (pairs,)
    if len(masks) == 2**size or pairs > MAX_PAIRS:
        scores = solve(masks, values)
        return scores, standard_errors(masks, values, scores)
    if not odd.any():
        return np.zeros(size), np.zeros(size)
    inside = np.where(masks[1::2], 1.0, -1.0)  # (pairs, size); of the first pair, everybody
    rhos = RHOS if size <= MANY_PLAYERS else [sets / size for sets in RHOS_BY_SIZE]
    with threadpool_limits(1, user_api="blas"):  # for matrices this small threads only wait
        fits = [_fit(inside, odd, *prior) for prior in product(rhos, SINGLE_FACTORS)]
    best = max((fit for fit in fits if fit), key=lambda fit: fit.log_likelihood)
    scores, errors = _shapley_values(inside, best)
    return scores + (values[1] - values[0] - scores.sum()) / size, errors


def weights(masks: Masks) -> FloatArray:
    """What the value of each coalition counts for in each Shapley value, signs apart, if all of
    them are known: `(size, coalitions)`.
    """
    size = masks.shape[1]
    others = masks.sum(axis=1) - masks.T  # (size, coalitions): without the player
    counts = np.array([1 / (size * math.comb(size - 1, n)) for n in range(size)])  # (size,)
    weighted: FloatArray = counts[others]
    return weighted


@dataclass(frozen=True, slots=True)
class _Fit:
    """A Gaussian process fitted to the odd part of a game."""

    rho: float
    single: float  # variance of a single player's coefficient, over `scale`
    scale: float
    whitener: npt.NDArray[np.floating]  # lower triangular factor of the covariance over `scale`
    white: npt.NDArray[np.floating]  # observed odd parts, whitened, (pairs,)
    log_likelihood: float


def _fit(inside: FloatArray, odd: FloatArray, rho: float, single_factor: float) -> _Fit | None:
    pairs, size = inside.shape
    single = single_factor * rho * _shrinkage(size, rho)
    products = inside @ inside.T  # (pairs, pairs)
    covariance = _covariance(products, size, rho) + single * products  # (pairs, pairs)
    covariance[np.diag_indices(pairs)] *= 1 + JITTER
    try:
        whitener = np.linalg.cholesky(covariance)  # (pairs, pairs)
    except np.linalg.LinAlgError:  # out of range for so many players
        return None
    white = np.linalg.solve(whitener, odd)  # (pairs,)
    scale = float(white @ white) / pairs
    likelihood = -0.5 * pairs * np.log(scale) - np.log(whitener.diagonal()).sum()
    return _Fit(rho, single, scale, whitener, white, float(likelihood))


def _shapley_values(inside: FloatArray, fit: _Fit) -> tuple[FloatArray, FloatArray]:
    """Posterior means and standard deviations, `(size,)` each."""
    size = inside.shape[1]
    cross_covariance = inside * (2 * fit.single + _weights(inside, fit.rho))  # (pairs, size)
    white = np.linalg.solve(fit.whitener, cross_covariance)  # (pairs, size)
    prior = 4 * fit.single + _prior_variance(size, fit.rho)
    variance = np.maximum(prior - (white**2).sum(axis=0), 0)  # (size,)
    return white.T @ fit.white, np.sqrt(fit.scale * variance)


# These are divided by (1 + rho)^size, which keeps them in range for many players.


def _shrinkage(size: int, rho: float) -> float:
    """1 / (1 + rho)^size, which goes to 0 where the power itself overflows."""
    return math.exp(-size * math.log1p(rho))


def _covariance(products: FloatArray, size: int, rho: float) -> FloatArray:
    """Sum over sets of 3, 5, … of rho^|A| prod x_i t_i, from the products x . t."""
    alike = (products + size) / 2  # players on whom two coalitions agree
    small = (1 - rho) / (1 + rho)
    all_odd = (small ** (size - alike) - small**alike) / 2
    covariance: FloatArray = all_odd - rho * products * _shrinkage(size, rho)
    return covariance


def _weights(inside: FloatArray, rho: float) -> FloatArray:
    """What a coefficient at a coalition gives to each player but for its sign, `(pairs, size)`.

    The Shapley value of prod_{i in A} x_i is 2 / |A| for its members if |A| is odd. Summed over
    sets of k - 1 others, 2 rho^k / k is the integral of 2 r^(k - 1) up to rho, so all sets
    together are the integral of a product over the others.
    """
    pairs, size = inside.shape
    kept = (inside > 0).sum(axis=1, keepdims=True) - (inside > 0)  # of the others
    gone = size - 1 - kept
    nodes = rho * (LEGENDRE_NODES + 1) / 2  # (nodes,)
    up, down = (1 + nodes) / (1 + rho), (1 - nodes) / (1 + rho)
    weights = np.zeros((pairs, size))
    for node_up, node_down, weight in zip(up, down, LEGENDRE_WEIGHTS * rho / 2, strict=True):
        weights += weight * (node_up**kept * node_down**gone + node_down**kept * node_up**gone)
    from_large_sets: FloatArray = weights / (1 + rho) - 2 * rho * _shrinkage(size, rho)
    return from_large_sets


def _prior_variance(size: int, rho: float) -> float:
    """Of a Shapley value's part from sets of 3, 5, …, before anything was observed."""
    total = 0.0
    for k in range(3, size + 1, 2):
        choices = math.lgamma(size) - math.lgamma(k) - math.lgamma(size - k + 1)  # of k - 1 others
        total += (2 / k) ** 2 * np.exp(choices + k * np.log(rho) - size * np.log1p(rho))
    return float(total)


def solve(masks: Masks, values: FloatArray) -> FloatArray:
    """Shapley values `(size,)` from coalitions (nobody and everybody first) and their values.

    Exact if all coalitions are there. They sum to `values[1] - values[0]`.
    """
    size = masks.shape[1]
    share = (values[1] - values[0]) / size
    if size == 1:
        return np.array([share])
    inside, gains, weights = _problem(masks, values)
    root = np.sqrt(weights)  # (coalitions,)
    solution = np.linalg.lstsq(inside * root[:, None], gains * root, rcond=None)[0]
    scores: FloatArray = share + solution - solution.mean()
    return scores


def standard_errors(masks: Masks, values: FloatArray, scores: FloatArray) -> FloatArray:
    """Standard errors of `solve`, `(size,)`; 0 if all coalitions are there.

    The sandwich estimator over pairs, less what has been drawn of each size already.
    """
    size = masks.shape[1]
    if size == 1:
        return np.zeros(1)
    inside, gains, weights = _problem(masks, values)
    residuals = gains - inside @ scores  # (coalitions,)
    pulls = inside * (weights * residuals)[:, None]  # (coalitions, size)
    pulls = pulls.reshape(-1, 2, size).sum(axis=1)  # (pairs, size)
    sizes = masks[2::2].sum(axis=1)  # (pairs,)
    small = np.minimum(sizes, size - sizes)
    counts = np.bincount(small, minlength=size + 1)
    drawn = counts[small] / np.array([pairs_of(size, int(s)) for s in small])  # (pairs,)
    spare = max(len(pulls) - size + 1, 1)
    curvature = (inside * weights[:, None]).T @ inside  # (size, size), flat along the mean
    bread = np.linalg.pinv(curvature, rcond=1e-9, hermitian=True)
    meat = (pulls * (1 - drawn)[:, None]).T @ pulls * (len(pulls) / spare)
    errors: FloatArray = np.sqrt(np.maximum(np.diag(bread @ meat @ bread), 0))
    return errors


def _problem(masks: Masks, values: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Rows, right side and weights of the least squares problem, without the two ends.

    The sum of the scores is fixed by taking the mean out of every row.
    """
    size = masks.shape[1]
    kept = masks[2:].sum(axis=1)  # (coalitions,)
    inside = masks[2:] - (kept / size)[:, None]
    gains = values[2:] - values[0] - kept * (values[1] - values[0]) / size
    of_this_size = np.bincount(kept, minlength=size + 1)[kept]  # coalitions of this size
    weights = (size - 1) / (kept * (size - kept)) / of_this_size
    return inside, gains, weights
