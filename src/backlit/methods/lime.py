"""LIME: a linear model of the objective, fitted to random ablations near the whole prompt."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from backlit.display.speech import say
from backlit.engines.base import FloatArray
from backlit.methods.base import Facts, Scores, parameter
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

RIDGE_PENALTY = 1e-2


@dataclass(frozen=True, slots=True)
class Lime:
    """Weights of a ridge regression on which segments are there, near ablations counting most.

    The distance of an ablation is 1 - sqrt(share of segments kept), the cosine distance to the
    whole prompt, and its weight exp(-distance^2 / kernel_width^2). A weight is in nats, positive
    if the segment supports the target. Ribeiro et al. 2016, arXiv:1602.04938.
    """

    facts: ClassVar[Facts] = Facts(
        name="lime",
        label="LIME",
        description=(
            "Takes random sets of segments away and fits a straight line to what happens, small "
            "changes counting most."
        ),
        unit="nats",
        reference="Ribeiro et al. 2016, arXiv:1602.04938",
        kind="perturbation",
        signed=True,
        needs=("score",),
        scores_tokens=False,
    )

    n_samples: int = samples_parameter(128)
    kernel_width: float = parameter(
        0.35,
        "Kernel width",
        "How far an ablation may be from the whole prompt and still count.",
        minimum=0.01,
        maximum=10.0,
    )
    seed: int = seed_parameter()
    replacement: str = replacement_parameter()

    def forward_passes(self, segments: int) -> float:
        return self.n_samples / 2

    def altered_prompts(self, segments: Sequence[Segment], rounds: int = 1) -> int:
        return sampled_prompts(segments, self.n_samples - 1, rounds)

    def attribute(
        self, objective: Measurable, segments: Sequence[Segment], progress: Progress
    ) -> Scores:
        ablation = Ablation(objective, segments, self.replacement)
        size = len(ablation.maskable)
        if not size:
            return Scores(np.zeros(len(segments)), np.zeros(len(segments)))
        masks = self.masks(size)
        values = ablation.sampled(masks, self.estimate, progress, min_masks=size + 2)
        errors = bootstrap(masks, values, self.estimate, self.seed)
        notes = noise_notes(objective.noise(values)) + ablation.bound_notes(masks)
        if self.n_samples <= size:
            notes += (
                say(
                    "There are {segments} segments but only {samples} samples: the scores are "
                    "guesses. Raise the samples, or use larger segments.",
                    segments=size,
                    samples=self.n_samples,
                ),
            )
        return Scores(
            ablation.to_segments(self.estimate(masks, values)),
            ablation.to_segments(errors),
            notes=notes,
            bounds=ablation.rough(),
        )

    def masks(self, size: int) -> Masks:
        """The whole prompt, then as many dropped as a fair die says, `(n_samples, size)`."""
        random = np.random.default_rng(self.seed)
        masks = np.ones((self.n_samples, size), dtype=bool)  # (n_samples, maskable)
        for mask in masks[1:]:
            mask[random.permutation(size)[: random.integers(1, size + 1)]] = False
        return masks

    def estimate(self, masks: Masks, values: FloatArray) -> FloatArray:
        """The weight of each segment, `(maskable,)`."""
        from sklearn.linear_model import Ridge  # not at the top: it takes a second

        distance = 1 - np.sqrt(masks.mean(axis=1))  # (masks,)
        weights = np.exp(-((distance / self.kernel_width) ** 2))  # (masks,)
        ridge = Ridge(RIDGE_PENALTY).fit(masks, values, sample_weight=weights)
        coefficients: FloatArray = ridge.coef_
        return coefficients
