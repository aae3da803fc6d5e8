"""Inseq: one step for all target tokens.

Inseq explains the target token by token, each with a forward (and backward) of its own. Where
a score of the whole target is wanted, the quickest right way is one step at the last token
with an attributed function of our own, registered as its documentation says, which sums the
target's log-probabilities out of the logits Inseq has anyway. The model is handed over as it
is, so Inseq does not switch it to eager attention.
"""

from importlib import import_module
from typing import Any

import numpy as np
import torch

from backlit.engines.base import FloatArray
from benchmarks.peers.subject import Subject

STEPS = 50  # its default


def saliency(subject: Subject) -> FloatArray:
    """The gradient's length at each token before the target, `(start,)`."""
    steps = _whole(subject, "saliency").target_attributions[:, 0]  # (seq, dim)
    scores: FloatArray = steps.double().norm(dim=-1).numpy()
    return scores[: subject.target.start]


def input_x_gradient(subject: Subject) -> FloatArray:
    """A score for each token before the target, `(start,)`."""
    steps = _whole(subject, "input_x_gradient").target_attributions[:, 0]  # (seq, dim)
    scores: FloatArray = steps.double().sum(-1).numpy()
    return scores[: subject.target.start]


def occlusion(subject: Subject, at_once: int) -> FloatArray:
    """As many windows as there are lines, all of one width, for it knows no others: `(windows,)`.

    The scores are absolute values.
    """
    width = -(-subject.target.start // len(subject.lines))
    shape = (width, subject.model.get_input_embeddings().embedding_dim)
    found = _whole(
        subject,
        "occlusion",
        sliding_window_shapes=shape,
        strides=shape,
        perturbations_per_eval=at_once,
    )
    scores: FloatArray = found.target_attributions[:, 0].double().numpy()
    return scores[: subject.target.start : width]


def integrated_gradients(
    subject: Subject, at_once: int, steps: int = STEPS
) -> tuple[FloatArray, float]:
    """Scores `(start,)`, and the relative completeness error.

    Its baseline is the embedding of the padding or unknown token; the target's own tokens are
    moved along with the context, and count in the sum.
    """
    found = _whole(
        subject,
        "integrated_gradients",
        n_steps=steps,
        internal_batch_size=at_once,
        return_convergence_delta=True,
    )
    scores: FloatArray = found.target_attributions[:, 0].double().sum(-1).nan_to_num().numpy()
    delta = float(found.step_scores["deltas"].reshape(-1)[0])
    return scores[: subject.target.start], abs(delta) / abs(scores.sum() - delta)


def _whole(subject: Subject, method: str, **options: Any) -> Any:
    """One step at the target's last token, explaining all of the target."""
    span = (subject.target.stop - 1, subject.target.stop)
    inseq: Any = import_module("inseq")
    count = subject.target.stop - subject.target.start
    name = f"log_prob_of_last_{count}"

    def whole_target(args: Any) -> torch.Tensor:
        read = args.decoder_input_ids  # (batch, seq)
        last = args.target_ids.reshape(-1, 1).expand(len(read), 1)
        wanted = torch.cat([read[:, len(read[0]) - count + 1 :], last], 1)  # (batch, target)
        log_probs = args.forward_output.logits[:, -count:].log_softmax(-1)
        found: torch.Tensor = log_probs.gather(-1, wanted[..., None])[..., 0].sum(-1)
        return found

    if name not in inseq.list_step_functions():
        inseq.register_step_function(whole_target, name)
    found = _explain(
        subject,
        method,
        span,
        attributed_fn=name,
        step_scores=[name],
        **options,
    )
    subject.check(float(found.step_scores[name][0]))
    return found


def _explain(subject: Subject, method: str, span: tuple[int, int], **options: Any) -> Any:
    inseq: Any = import_module("inseq")
    explainer = inseq.load_model(subject.model, method, tokenizer=subject.tokenizer)
    found = explainer.attribute(
        subject.text[: subject.sequence.tokens[span[0]].start],  # it begins no sooner than this
        subject.text,
        attr_pos_start=span[0],
        attr_pos_end=span[1],
        show_progress=False,
        **options,
    ).sequence_attributions[0]
    ids = [token.id for token in found.target]
    if ids != list(subject.ids):
        raise ValueError("its tokenizer's ids are not the sequence's")
    if (
        found.target_attributions is not None
        and found.target_attributions.shape[1] != span[1] - span[0]
    ):
        raise ValueError("it explained other tokens than it was asked to")
    return found


def log_probability(subject: Subject) -> float:
    """The target's log-probability as its own steps sum to."""
    found = _explain(
        subject,
        "dummy",
        (subject.target.start, subject.target.stop),
        step_scores=["probability"],
        logprob=True,
    )
    return float(np.sum(found.step_scores["probability"].numpy()))
