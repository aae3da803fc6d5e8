"""Shapley values: what each segment adds, averaged over all orders of adding them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from backlit.display.speech import say
from backlit.methods.base import Facts, Scores
from backlit.methods.coalitions import coalitions
from backlit.methods.measurable import Measurable
from backlit.methods.perturbation import (
    Ablation,
    noise_notes,
    replacement_parameter,
    sampled_prompts,
    samples_parameter,
    seed_parameter,
)
from backlit.methods.shapley_values import estimate, weights
from backlit.progress import Progress
from backlit.types import Segment


@dataclass(frozen=True, slots=True)
class Shapley:
    """The Shapley value of each segment, by enumeration or from pairs of coalitions, in nats.

    A coalition is a prompt in which some segments are kept, its value the objective. Positive if
    the segment supports the target; the scores sum to what the whole prompt adds over none of it.
    How they are estimated is said in `backlit.methods.shapley_values`.
    """

    facts: ClassVar[Facts] = Facts(
        name="shapley",
        label="Shapley",
        description=(
            "Shares out, fairly, what the whole prompt adds to the answer's log-probability. The "
            "scores sum to it. Slow; it sees segments that stand in for each other."
        ),
        unit="nats",
        reference=(
            "Lundberg and Lee 2017, arXiv:1705.07874; Chau et al. 2023, arXiv:2305.15167; "
            "Covert and Lee 2021, arXiv:2012.01536; Musco and Witter 2024, arXiv:2410.01917"
        ),
        kind="perturbation",
        signed=True,
        complete=True,
        needs=("score",),
        scores_tokens=False,
    )

    n_samples: int = samples_parameter(128)
    seed: int = seed_parameter()
    replacement: str = replacement_parameter()

    def forward_passes(self, segments: int) -> float:
        return min(self.n_samples, 2.0 ** min(segments, 32)) / 2

    def altered_prompts(self, segments: Sequence[Segment], rounds: int = 1) -> int:
        return sampled_prompts(segments, self.n_samples - 1, rounds)

    def attribute(
        self, objective: Measurable, segments: Sequence[Segment], progress: Progress
    ) -> Scores:
        ablation = Ablation(objective, segments, self.replacement)
        size = len(ablation.maskable)
        if not size:
            return Scores(np.zeros(len(segments)), np.zeros(len(segments)), 0.0)
        masks = coalitions(size, self.n_samples, self.seed)
        values = ablation.sampled(masks, lambda m, v: estimate(m, v)[0], progress, min_masks=4)
        scores, errors = estimate(masks, values)
        delta = float(scores.sum() - (values[1] - values[0]))
        notes = ablation.bound_notes(masks)
        noise = objective.noise(values)  # (coalitions,)
        if noise is not None and len(masks) == 2**size:
            errors = np.sqrt(errors**2 + weights(masks) ** 2 @ noise)
        else:
            notes += noise_notes(noise)
        if len(masks) < 2 * size and len(masks) < 2**size:
            notes += (
                say(
                    "There are {segments} segments to share {samples} samples: look at the "
                    "standard errors, raise the samples, or use larger segments.",
                    segments=size,
                    samples=len(masks),
                ),
            )
        return Scores(
            ablation.to_segments(scores),
            ablation.to_segments(errors),
            delta,
            notes,
            bounds=ablation.rough(),
        )
