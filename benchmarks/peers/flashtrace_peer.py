"""FlashTrace: attention and residual shares of an answer's span (arXiv:2602.01914).

It reads the prompt and the answer apart, without special tokens, so it is asked only where that
gives the ids of the sequence, with the first token written out; and it wants attention weights, so
the model is switched to eager attention for the time of a call.
"""

from importlib import import_module
from typing import Any, Literal

import numpy as np

from backlit.engines.base import FloatArray
from benchmarks.peers.subject import Subject

Method = Literal["flashtrace", "ifr-span"]


def scores(subject: Subject, method: Method) -> FloatArray:
    """A score for each token of the prompt, `(prompt,)`; none is negative."""
    module: Any = import_module("flashtrace")
    model, tokenizer = subject.model, subject.tokenizer
    first = subject.sequence.prompt_length
    prompt = subject.sequence.prompt.text
    answer = subject.text[len(prompt) :]
    if subject.ids[0] == tokenizer.bos_token_id:
        prompt = tokenizer.bos_token + prompt
    ids = [
        i for text in (prompt, answer) for i in tokenizer(text, add_special_tokens=False).input_ids
    ]
    if ids != list(subject.ids):
        raise ValueError("its ids are not the sequence's")
    usual = model.config._attn_implementation
    model.set_attn_implementation("eager")
    try:
        found = module.FlashTrace(model, tokenizer).trace(
            prompt=prompt,
            target=answer,
            output_span=(subject.target.start - first, subject.target.stop - 1 - first),
            method=method,
        )
    finally:
        model.set_attn_implementation(usual)
    if len(found.scores) != first:
        raise ValueError(f"it scored {len(found.scores)} tokens of {first}")
    by_token: FloatArray = np.array(found.scores)
    return by_token
