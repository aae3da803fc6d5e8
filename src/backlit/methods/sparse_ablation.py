"""A sparse linear model of the objective, fitted to ablations of half the segments."""

import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from backlit.display.speech import percent, say
from backlit.engines.base import FloatArray
from backlit.methods.base import Facts, Scores
from backlit.methods.measurable import Measurable
from backlit.methods.perturbation import (
    Ablation,
    Masks,
    bootstrap,
    noise_notes,
    replacement_parameter,
    sampled_prompts,
    samples_parameter,
    seed_parameter,
)
from backlit.progress import Progress
from backlit.types import Segment

FOLDS = 5


@dataclass(frozen=True, slots=True)
class SparseAblation:
    """Weights of a lasso on which segments are there; most segments get none.

    Each ablation keeps every segment by the toss of a coin. The penalty is chosen by
    cross-validation. A note tells the fit: the share of the variation in held-out ablations that
    the model explains. A weight is in nats, positive if the segment supports the target.
    Cohen-Wang et al. 2024, arXiv:2409.00729.
    """

    facts: ClassVar[Facts] = Facts(
        name="sparse_ablation",
        label="Sparse ablation",
        description=(
            "Takes half of the segments away at random, many times, and looks for the few that "
            "explain what happens. Says how well they do on ablations it did not learn from."
        ),
        unit="nats",
        reference="Cohen-Wang et al. 2024, arXiv:2409.00729",
        kind="perturbation",
        signed=True,
        needs=("score",),
        scores_tokens=False,
    )

    n_samples: int = samples_parameter(64)
    seed: int = seed_parameter()
    replacement: str = replacement_parameter()

    def forward_passes(self, segments: int) -> float:
        return self.n_samples / 2

    def altered_prompts(self, segments: Sequence[Segment], rounds: int = 1) -> int:
        return sampled_prompts(segments, self.n_samples, rounds)

    def attribute(
        self, objective: Measurable, segments: Sequence[Segment], progress: Progress
    ) -> Scores:
        ablation = Ablation(objective, segments, self.replacement)
        size = len(ablation.maskable)
        if not size:
            return Scores(np.zeros(len(segments)), np.zeros(len(segments)))
        random = np.random.default_rng(self.seed)
        masks = random.random((self.n_samples, size)) < 0.5  # (n_samples, maskable)
        values = ablation.sampled(masks, self._estimate, progress, min_masks=2 * FOLDS)
        penalty = _penalty(masks, values)
        errors = bootstrap(masks, values, lambda m, v: _lasso(m, v, penalty), self.seed)
        return Scores(
            ablation.to_segments(_lasso(masks, values, penalty)),
            ablation.to_segments(errors),
            notes=(
                _fit_note(held_out_fit(masks, values, penalty)),
                *noise_notes(objective.noise(values)),
                *ablation.bound_notes(masks),
            ),
            bounds=ablation.rough(),
        )

    def _estimate(self, masks: Masks, values: FloatArray) -> FloatArray:
        return _lasso(masks, values, _penalty(masks, values))


def held_out_fit(masks: Masks, values: FloatArray, penalty: float) -> float:
    """The share of the variation of held-out values that is explained: at most 1."""
    from sklearn.model_selection import KFold

    predicted = np.zeros(len(values))  # (masks,)
    for learnt, held in KFold(FOLDS, shuffle=True, random_state=0).split(masks):
        predicted[held] = _fit(masks[learnt], values[learnt], penalty).predict(masks[held])
    variation = ((values - values.mean()) ** 2).sum()
    return float(1 - ((values - predicted) ** 2).sum() / variation) if variation > 0 else 1.0


def _fit_note(fit: float) -> str:
    if fit < 0.5:
        return say(
            "On ablations it did not learn from, the model explains only {share} of what happens, "
            "so the scores are rough. More samples may help.",
            share=percent(max(fit, 0)),
        )
    return say(
        "On ablations it did not learn from, the model explains {share} of what happens.",
        share=percent(fit),
    )


def _penalty(masks: Masks, values: FloatArray) -> float:
    """Chosen by cross-validation."""
    from sklearn.linear_model import LassoCV

    if np.ptp(values) == 0:
        return 1.0  # nothing to explain: no weights
    with _small_penalties():
        return float(LassoCV(cv=FOLDS).fit(masks, values).alpha_)


def _lasso(masks: Masks, values: FloatArray, penalty: float) -> FloatArray:
    """The weight of each segment, `(maskable,)`."""
    weights: FloatArray = _fit(masks, values, penalty).coef_
    return weights


def _fit(masks: Masks, values: FloatArray, penalty: float) -> Any:
    from sklearn.linear_model import Lasso  # not at the top: it takes a second

    with _small_penalties():
        return Lasso(penalty).fit(masks, values)


@contextmanager
def _small_penalties() -> Iterator[None]:
    """The smallest penalties of a path need not converge for the best one to be found."""
    from sklearn.exceptions import ConvergenceWarning

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        yield
