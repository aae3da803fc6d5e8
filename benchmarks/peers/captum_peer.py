"""Captum: its algorithms on a plain function, and its class for language models.

`LLMAttribution` as it comes decodes token by token with a cache that transformers 5 reads
wrongly, so it explains another log-probability than the target's; `forward_in_tokens=False`
is right, and quicker. `log_probability` shows both.
"""

from collections.abc import Callable
from importlib import import_module
from typing import Any

import numpy as np
import torch

from backlit.engines.base import FloatArray
from benchmarks.peers.subject import Subject

STEPS = 50  # its default


def feature_ablation(subject: Subject, at_once: int) -> FloatArray:
    """A score for each line, its tokens replaced by the baseline's, `(lines,)`."""
    kept = subject.wanted[None, :-1]  # (1, target - 1)

    def forward(context: torch.Tensor) -> torch.Tensor:
        rows = torch.cat([context, kept.expand(len(context), -1)], 1)
        return subject.summed(input_ids=rows)

    with torch.no_grad():
        subject.check(float(forward(subject.context)))
        mask = subject.token_lines()
        found = (
            _attr()
            .FeatureAblation(forward)
            .attribute(
                subject.context,
                baselines=subject.tokenizer.pad_token_id or 0,
                feature_mask=mask,
                perturbations_per_eval=at_once,
            )
        )
    first = torch.tensor([line.start for line in subject.lines])
    scores: FloatArray = found[0, first].double().numpy()
    return scores


def llm_ablation(subject: Subject) -> FloatArray:
    """`LLMAttribution` over a template of the lines, each taken out in turn, `(lines,)`."""
    attributor, template = _llm(subject)
    with torch.no_grad():
        found = attributor.attribute(template, target=subject.wanted, forward_in_tokens=False)
    scores: FloatArray = found.seq_attr.double().numpy()
    return scores


def log_probability(subject: Subject, *, as_it_comes: bool) -> float:
    """The target's log-probability as `LLMAttribution` has it."""
    attributor, template = _llm(subject)
    mode = {} if as_it_comes else {"forward_in_tokens": False}
    if as_it_comes:
        mode["use_cached_outputs"] = True
    with torch.no_grad():
        found = attributor._forward_func(template.to_tensor(), template, subject.wanted, **mode)
    return float(found[0, 0])


def input_x_gradient(subject: Subject) -> FloatArray:
    """A score for each token before the target, `(start,)`."""
    embeddings, forward = _at_embeddings(subject)
    found = _attr().InputXGradient(forward).attribute(embeddings.requires_grad_())
    return _by_token(found)


def integrated_gradients(
    subject: Subject, at_once: int, *, steps: int = STEPS, fade: float = 0.0
) -> tuple[FloatArray, float]:
    """Scores `(start,)`, and the relative completeness error.

    The baseline is the context's own embeddings times `fade`: the zero embedding as it comes.
    """
    embeddings, forward = _at_embeddings(subject)
    baseline = embeddings * fade
    found = (
        _attr()
        .IntegratedGradients(forward)
        .attribute(embeddings, baselines=baseline, n_steps=steps, internal_batch_size=at_once)
    )
    with torch.no_grad():
        whole, nothing = float(forward(embeddings)), float(forward(baseline))
    subject.check(whole)
    scores = _by_token(found)
    return scores, abs(scores.sum() - (whole - nothing)) / abs(whole - nothing)


def shapley_sampling(value: Callable[[Any], Any], n: int, samples: int, seed: int) -> FloatArray:
    """`samples` permutations of `n` players, `(n,)`."""
    torch.manual_seed(seed)
    found = (
        _attr()
        .ShapleyValueSampling(_on_masks(value))
        .attribute(torch.ones(1, n), baselines=0, n_samples=samples)
    )
    scores: FloatArray = found[0].double().numpy()
    return scores


def kernel_shap(value: Callable[[Any], Any], n: int, samples: int, seed: int) -> FloatArray:
    """A weighted regression on `samples` coalitions, `(n,)`."""
    torch.manual_seed(seed)
    np.random.seed(seed)
    found = (
        _attr()
        .KernelShap(_on_masks(value))
        .attribute(torch.ones(1, n), baselines=0, n_samples=samples)
    )
    scores: FloatArray = found[0].double().numpy()
    return scores


def _attr() -> Any:
    return import_module("captum.attr")


def _llm(subject: Subject) -> tuple[Any, Any]:
    attr = _attr()
    lines = [line.text for line in subject.lines]
    template = attr.TextTemplateInput(template="{}" * len(lines), values=lines)
    attributor = attr.LLMAttribution(attr.FeatureAblation(subject.model), subject.tokenizer)
    return attributor, template


def _at_embeddings(subject: Subject) -> tuple[torch.Tensor, Callable[..., torch.Tensor]]:
    """The context's embeddings, and the objective as a function of them alone."""
    layer = subject.model.get_input_embeddings()
    kept = layer(subject.wanted[None, :-1]).detach()  # (1, target - 1, dim)

    def forward(context: torch.Tensor) -> torch.Tensor:
        rows = torch.cat([context, kept.expand(len(context), -1, -1)], 1)
        return subject.summed(inputs_embeds=rows)

    return layer(subject.context).detach(), forward


def _on_masks(value: Callable[[Any], Any]) -> Callable[[torch.Tensor], torch.Tensor]:
    return lambda rows: torch.from_numpy(np.asarray(value(rows.numpy() > 0.5)))


def _by_token(found: torch.Tensor) -> FloatArray:
    scores: FloatArray = found[0].sum(-1).detach().double().numpy()
    return scores
