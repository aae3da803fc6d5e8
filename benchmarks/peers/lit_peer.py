"""LIT: its salience request for a language model, as `HFSalienceModel` answers it.

LIT pins numpy 1 and an old shap for parts that have no place here, so it is installed without
its dependencies. It asks a model for `framework`, which transformers 5 models no longer have,
and differentiates by embeddings that it takes out of weights with gradients.
"""

from importlib import import_module
from typing import Any

import numpy as np

from backlit.engines.base import FloatArray
from benchmarks.peers.subject import Subject


def salience(subject: Subject) -> tuple[FloatArray, FloatArray]:
    """Gradient length and gradient times input of each token before the target, `(start,)`.

    LIT differentiates the loss, so the second has the opposite sign of ours.
    """
    module: Any = import_module("lit_nlp.examples.prompt_debugging.transformers_lms")
    model = subject.model
    frozen = {name: weight.requires_grad for name, weight in model.named_parameters()}
    pad_token = subject.tokenizer.pad_token
    model.framework = "pt"
    model.requires_grad_(True)
    try:
        wrapped = module.HFSalienceModel(model=model, tokenizer=subject.tokenizer)
        start, stop = subject.target.start, subject.target.stop
        example = {
            "prompt": subject.context_text,
            "target": subject.text[len(subject.context_text) :],
            "target_mask": [0] * start + [1] * (stop - start),
        }
        found = next(iter(wrapped.predict([example])))
    finally:
        del model.framework
        subject.tokenizer.pad_token = pad_token
        for name, weight in model.named_parameters():
            weight.requires_grad_(frozen[name])
    if len(found["tokens"]) != stop:
        raise ValueError("its tokenizer's ids are not the sequence's")
    return tuple(np.asarray(found[key], np.float64)[:start] for key in _KEYS)  # type: ignore[return-value]


_KEYS = ("grad_l2", "grad_dot_input")
