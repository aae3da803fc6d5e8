"""Scoring many contexts with a transformers model: what they share is run once.

`prefix_tree` says which tokens to run and what each may see; here they are run, each batch
over the key-value cache of the path that leads to it.
"""

import logging
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import torch
from transformers import DynamicCache

from backlit.engines.base import FloatArray
from backlit.engines.huggingface.model import CausalModel
from backlit.engines.huggingface.prefix_tree import AnsweredContext, Batch, PrefixTree
from backlit.errors import CapabilityError
from backlit.types import Span

MAX_BATCH_TOKENS = 1_024  # where every context is run whole
TOLERANCE = 1e-2  # nats, in float32
SHORT_FLOAT_TOLERANCE = 0.5  # nats, in bfloat16 and float16; a wrong mask misses by far more

log = logging.getLogger(__name__)

Answers = Sequence[Sequence[int]]
Scored = Iterator[tuple[int, FloatArray]]


class TreeScorer:
    """`Scorer.score` and `Gated.knock_out` for a transformers model.

    Whether a model's family can read a cache through a mask is tried, not assumed: at the start
    a few tokens are scored both ways, and if the ways differ, or the model refuses, every context
    is run whole, and `reuse` is False.

    Args:
        model: whose configuration says how its layers attend.
    """

    def __init__(self, model: CausalModel) -> None:
        self._model = model
        # layers that keep a state rather than attend can't be cut or masked at a token
        kinds = set(getattr(model.config, "layer_types", None) or ())
        states = kinds - {"full_attention", "sliding_attention"}
        masked = not states and {"attention_mask", "past_key_values"} <= model.accepts
        self.reuse = masked and self._try_reuse()

    def score(self, contexts: Sequence[Sequence[int]], *answers: Sequence[int]) -> Scored:
        """See `Scorer.score`."""
        # An accelerator takes about as long for a part of a prompt as for the whole: masks and
        # gathered caches cost more there than they save.
        if len(contexts) > 1 and self.reuse and self._model.device.type == "cpu":
            yield from self._score_tree(contexts, answers)
        else:
            yield from self._score_whole(contexts, answers)

    def knock_out(
        self, context: Sequence[int], spans: Sequence[Span], *answers: Sequence[int]
    ) -> Scored:
        """See `Gated.knock_out`.

        Raises:
            CapabilityError: the model can't be told what to attend to.
        """
        if not self.reuse:
            raise CapabilityError(
                "This model does not take an attention mask of one's own.",
                "Use occlusion, which takes the tokens themselves away.",
            )
        rows = _answered([context] * len(spans), answers, spans)
        yield from self._run(rows, [sum(map(len, answers))] * len(spans))

    def score_batch(self, contexts: Sequence[Sequence[int]], answers: Answers) -> Scored:
        """See `Batched.score_batch`; needs `reuse`."""
        if self._model.device.type != "cpu":  # as `score`
            by_answer: dict[tuple[int, ...], list[int]] = {}
            for index, answer in enumerate(answers):
                by_answer.setdefault(tuple(answer), []).append(index)
            for answer, indices in by_answer.items():
                for place, found in self._score_whole([contexts[i] for i in indices], [answer]):
                    yield indices[place], found
            return
        rows = [
            AnsweredContext(index, context, answer, 0)
            for index, (context, answer) in enumerate(zip(contexts, answers, strict=True))
        ]
        yield from self._run(rows, [len(answer) for answer in answers])

    # ---- every context whole -----------------------------------------------------------

    def _score_whole(self, contexts: Sequence[Sequence[int]], answers: Answers) -> Scored:
        """Contexts of one length share a batch: no padding, so right for every family."""
        by_length: dict[int, list[int]] = {}
        for index, context in enumerate(contexts):
            by_length.setdefault(len(context), []).append(index)
        longest = max(map(len, answers))
        for length, indices in by_length.items():
            size = max(1, MAX_BATCH_TOKENS // (length + longest))
            for at in range(0, len(indices), size):
                batch = indices[at : at + size]
                by_answer = []
                for answer in answers:
                    rows = [[*contexts[i], *answer[:-1]] for i in batch]
                    with torch.inference_mode():
                        inputs = self._model.tensor(rows)
                        logits = self._model.logits(len(answer), input_ids=inputs)
                    next_ids = torch.tensor(answer, device=logits.device).expand(len(batch), -1)
                    by_answer.append(_log_probs_of(logits, next_ids))  # (batch, answer)
                yield from zip(batch, np.concatenate(by_answer, axis=1), strict=True)

    # ---- as a tree -----------------------------------------------------------------------

    def _score_tree(self, contexts: Sequence[Sequence[int]], answers: Answers) -> Scored:
        return self._run(_answered(contexts, answers), [sum(map(len, answers))] * len(contexts))

    def _run(self, rows: list[AnsweredContext], sizes: Sequence[int]) -> Scored:
        """Run contexts, for each of which so many log-probabilities are told."""
        log_probs = [np.zeros(size) for size in sizes]  # (answers,) each
        missing = list(sizes)
        tree = PrefixTree.of(rows)
        cached: list[int] = []  # the nodes whose keys and values the cache has
        cache: Any = DynamicCache()
        for batch in tree.batches():
            cache = gather_cache(cache, cached, batch.path)
            with torch.inference_mode():
                self._run_batch(tree, batch, cache, log_probs)
            cached = [*batch.path, *range(batch.start, batch.stop)]
            for *_, index, _ in batch.predictions:
                missing[index] -= 1
                if not missing[index]:
                    yield index, log_probs[index]

    def _run_batch(
        self, tree: PrefixTree, batch: Batch, cache: Any, log_probs: list[FloatArray]
    ) -> None:
        """Run a batch's tokens; puts what they predict into `log_probs`."""
        model = self._model
        visible, distance = (torch.from_numpy(a) for a in tree.seen(batch))
        places = sorted({place for place, *_ in batch.predictions}) or [0]
        logits = model.logits(
            torch.tensor(places, device=model.device),
            input_ids=model.tensor([tree.ids[batch.start : batch.stop]]),
            attention_mask=model.additive_masks(visible[None], distance[None]),
            position_ids=model.tensor([tree.depths[batch.start : batch.stop]]),
            past_key_values=cache,
            use_cache=True,
        )[0]  # (places, vocab)
        if not batch.predictions:
            return
        row_of = {place: row for row, place in enumerate(places)}
        rows = torch.tensor(
            [row_of[place] for place, *_ in batch.predictions], device=logits.device
        )
        next_ids = torch.tensor(
            [next_id for _, next_id, *_ in batch.predictions], device=logits.device
        )
        totals = logits.logsumexp(-1)  # (places,)
        values = (logits[rows, next_ids] - totals[rows]).double().cpu().numpy()  # (predictions,)
        for (_, _, index, offset), value in zip(batch.predictions, values, strict=True):
            log_probs[index][offset] = value

    # ---- is it right for this family? ---------------------------------------------------

    def _try_reuse(self) -> bool:
        """Score a few tokens both ways; any tokens will do."""
        few, answer = list(range(3, 15)), [5, 6]
        contexts = [few, few[:2] + few[3:], few[:6] + few[8:], few[:-1]]
        try:
            reused = dict(self._score_tree(contexts, [answer]))
        except (TypeError, ValueError, RuntimeError, AttributeError, IndexError) as error:
            log.info("Shared beginnings are run anew each time: %s", error)
            return False
        whole = dict(self._score_whole(contexts, [answer]))
        miss = max(float(abs(reused[i] - whole[i]).max()) for i in whole)
        exact = self._model.dtype == torch.float32
        fits = miss <= (TOLERANCE if exact else SHORT_FLOAT_TOLERANCE)
        if not fits:
            log.info("Shared beginnings are run anew each time: reuse misses by %.2g nats", miss)
        return fits


def _answered(
    contexts: Sequence[Sequence[int]], answers: Answers, hidden: Sequence[Span] | None = None
) -> list[AnsweredContext]:
    """Each context with each answer; what a span of `hidden` covers, if anything, is not seen."""
    rows = []
    spans = [span if span[0] < span[1] else None for span in hidden or [(0, 0)] * len(contexts)]
    for index, context in enumerate(contexts):
        offset = 0
        for answer in answers:
            rows.append(AnsweredContext(index, context, answer, offset, spans[index]))
            offset += len(answer)
    return rows


def gather_cache(cache: Any, cached: list[int], path: list[int]) -> Any:
    """The cache of the nodes of `path`, gathered from that of the nodes `cached`."""
    if not path:
        return DynamicCache()
    place_of = {node: place for place, node in enumerate(cached)}
    places = torch.tensor([place_of[node] for node in path])
    pairs = ((layer.keys, layer.values) for layer in cache.layers)
    return DynamicCache([tuple(a[:, :, places.to(a.device)] for a in pair) for pair in pairs])


def _log_probs_of(logits: torch.Tensor, ids: torch.Tensor) -> FloatArray:
    """Log-probabilities `(batch, answer)` of ids `(batch, answer)` in `(batch, answer, vocab)`."""
    picked = logits.gather(-1, ids[..., None])[..., 0]  # (batch, answer)
    array: FloatArray = (picked - logits.logsumexp(-1)).double().cpu().numpy()
    return array
