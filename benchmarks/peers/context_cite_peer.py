"""context-cite: a sparse regression on random ablations, over the same lines.

It writes chat prompts from a context and a query and cuts the context itself; a partitioner of
our own gives it the lines, and a template that is the content alone makes its ids ours.
"""

import copy
import logging
from contextlib import redirect_stderr, redirect_stdout
from importlib import import_module
from io import StringIO
from typing import Any

import numpy as np

from backlit.engines.base import FloatArray
from benchmarks.peers.subject import Subject


def scores(subject: Subject, ablations: int) -> FloatArray:
    """A weight for each line, `(lines,)`."""
    found = _citer(subject, ablations=ablations, keep=0.5).get_attributions(verbose=False)
    return np.asarray(found, dtype=np.float64)


def log_probability(subject: Subject) -> float:
    """The target's log-probability when nothing is ablated."""
    odds = _citer(subject, ablations=1, keep=1.0)._logit_probs.astype(np.float64)
    return float(-np.log1p(np.exp(-odds)).sum())


def _citer(subject: Subject, *, ablations: int, keep: float) -> Any:
    with redirect_stdout(StringIO()), redirect_stderr(StringIO()):
        package: Any = import_module("context_cite")  # tries to fetch nltk data, not needed here
    base: Any = import_module("context_cite.context_partitioner").BaseContextPartitioner
    lines = [line.text for line in subject.lines]

    class Lines(base):  # type: ignore[misc]
        num_sources = len(lines)

        def split_context(self) -> None: ...

        def get_source(self, index: int) -> str:
            return lines[index]

        def get_context(self, mask: Any = None) -> str:
            kept = np.ones(len(lines), bool) if mask is None else mask
            return "".join(line for line, keep in zip(lines, kept, strict=True) if keep)

    tokenizer = copy.deepcopy(subject.tokenizer)
    tokenizer.chat_template = "{{ messages[0]['content'] }}"
    citer = package.ContextCiter(
        subject.model,
        tokenizer,
        subject.context_text,
        "",
        num_ablations=ablations,
        ablation_keep_prob=keep,
        prompt_template="{context}{query}",
        partitioner=Lines(subject.context_text),
    )
    citer.logger.setLevel(logging.ERROR)
    citer._cache["output"] = subject.text  # the response is given, not generated
    if [*citer._get_prompt_ids(), *citer._response_ids] != list(subject.ids):
        raise ValueError("its tokenizer's ids are not the sequence's")
    return citer
