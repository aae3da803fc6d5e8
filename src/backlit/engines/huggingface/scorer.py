"""Scoring many contexts with a transformers model: what they share is run once.

`prefix_tree` says which tokens to run and what each may see; here they are run, each batch
over the key-value cache of the path that leads to it.
"""

import inspect
import logging
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import torch
from transformers import DynamicCache

from backlit.engines.base import FloatArray
from backlit.engines.huggingface.prefix_tree import Batch, PrefixTree, Row
from backlit.errors import CapabilityError
from backlit.types import Span

TOKEN_BUDGET = 1_024  # tokens of a batch, where every context is run whole
TOLERANCE = 1e-2  # nats, loose enough for bfloat16; a wrong mask misses by far more

log = logging.getLogger(__name__)

Answers = Sequence[Sequence[int]]
Scored = Iterator[tuple[int, FloatArray]]


class TreeScorer:
    """`Scorer.score` and `Gated.knock_out` for a transformers model.

    Whether a model's family can read a cache through a mask is tried, not assumed: at the start
    a few tokens are scored both ways, and if the ways differ, or the model refuses, every context
    is run whole, and `reuse` is False.

    Args:
        logits: `(positions, **model_inputs) -> (batch, positions, vocab)`.
        model: whose configuration says how its layers attend.
    """

    def __init__(self, logits: Callable[..., torch.Tensor], model: Any) -> None:
        self._logits = logits
        self._model = model
        # layers that keep a state rather than attend can't be cut or masked at a token
        kinds = set(getattr(model.config.get_text_config(), "layer_types", None) or ())
        states = kinds - {"full_attention", "sliding_attention"}
        accepted = inspect.signature(model.forward).parameters
        masked = not states and {"attention_mask", "past_key_values"} <= set(accepted)
        self.reuse = masked and self._try_reuse()

    def score(self, contexts: Sequence[Sequence[int]], answers: Answers) -> Scored:
        """See `Scorer.score`."""
        if len(contexts) > 1 and self.reuse:
            yield from self._score_tree(contexts, answers)
        else:
            yield from self._score_whole(contexts, answers)

    def knock_out(self, context: Sequence[int], spans: Sequence[Span], answers: Answers) -> Scored:
        """See `Gated.knock_out`.

        Raises:
            CapabilityError: the model can't be told what to attend to.
        """
        if not self.reuse:
            raise CapabilityError(
                "This model does not take an attention mask of one's own.",
                "Use occlusion, which takes the tokens themselves away.",
            )
        yield from self._run(_rows([context] * len(spans), answers, spans), len(spans), answers)

    # ---- every context whole -----------------------------------------------------------

    def _score_whole(self, contexts: Sequence[Sequence[int]], answers: Answers) -> Scored:
        """Contexts of one length share a batch: no padding, so right for every family."""
        by_length: dict[int, list[int]] = {}
        for index, context in enumerate(contexts):
            by_length.setdefault(len(context), []).append(index)
        longest = max(map(len, answers))
        for length, indices in by_length.items():
            size = max(1, TOKEN_BUDGET // (length + longest))
            for at in range(0, len(indices), size):
                batch = indices[at : at + size]
                found = []
                for answer in answers:
                    rows = [[*contexts[i], *answer[:-1]] for i in batch]
                    with torch.inference_mode():
                        logits = self._logits(len(answer), input_ids=tensor_of(self._model, rows))
                    wanted = torch.tensor(answer, device=logits.device).expand(len(batch), -1)
                    found.append(log_probs_of(logits, wanted))  # (batch, answer)
                yield from zip(batch, np.concatenate(found, axis=1), strict=True)

    # ---- as a tree -----------------------------------------------------------------------

    def _score_tree(self, contexts: Sequence[Sequence[int]], answers: Answers) -> Scored:
        return self._run(_rows(contexts, answers), len(contexts), answers)

    def _run(self, rows: list[Row], count: int, answers: Answers) -> Scored:
        size = sum(map(len, answers))
        found = np.zeros((count, size))  # (contexts, answers)
        missing = [size] * count
        tree = PrefixTree.of(rows)
        held: list[int] = []  # the nodes whose keys and values the cache has
        cache: Any = DynamicCache()
        for batch in tree.batches():
            cache = _along(batch.path, held, cache)
            with torch.inference_mode():
                self._run_batch(tree, batch, cache, found)
            held = [*batch.path, *range(batch.start, batch.stop)]
            for *_, index, _ in batch.wanted:
                missing[index] -= 1
                if not missing[index]:
                    yield index, found[index]

    def _run_batch(self, tree: PrefixTree, batch: Batch, cache: Any, found: FloatArray) -> None:
        """Run a batch's tokens; puts what was wanted of them into `found`."""
        visible, distance = (torch.from_numpy(a) for a in tree.seen(batch))
        places = sorted({place for place, *_ in batch.wanted}) or [0]
        logits = self._logits(
            torch.tensor(places, device=self._model.device),
            input_ids=tensor_of(self._model, [tree.ids[batch.start : batch.stop]]),
            attention_mask=additive_masks(self._model, visible[None], distance[None]),
            position_ids=tensor_of(self._model, [tree.depths[batch.start : batch.stop]]),
            past_key_values=cache,
            use_cache=True,
        )[0]  # (places, vocab)
        if not batch.wanted:
            return
        row_of = {place: row for row, place in enumerate(places)}
        rows = torch.tensor([row_of[place] for place, *_ in batch.wanted], device=logits.device)
        wanted = torch.tensor([token_id for _, token_id, *_ in batch.wanted], device=logits.device)
        totals = logits.logsumexp(-1)  # (places,)
        values = (logits[rows, wanted] - totals[rows]).double().cpu().numpy()  # (wanted,)
        for (_, _, index, offset), value in zip(batch.wanted, values, strict=True):
            found[index, offset] = value

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
        allowed = TOLERANCE if self._model.dtype == torch.float32 else 0.5
        if miss > allowed:
            log.info("Shared beginnings are run anew each time: reuse misses by %.2g nats", miss)
        return miss <= allowed


def additive_masks(model: Any, seen: torch.Tensor, distance: torch.Tensor) -> Any:
    """Additive masks: one, or one for each type of layer.

    Args:
        model: whose configuration says how its layers attend.
        seen: `(rows, query, key)`, what may be seen but for sliding windows.
        distance: `(rows, query, key)`, how far back a key is.

    Returns:
        `(rows, 1, query, key)` of the model's dtype.
    """
    config = model.config.get_text_config()
    window: Any = getattr(config, "sliding_window", None)
    kinds = set(getattr(config, "layer_types", None) or ())

    def additive(visible: torch.Tensor) -> torch.Tensor:
        mask = torch.zeros(visible.shape, dtype=model.dtype)
        mask.masked_fill_(~visible, torch.finfo(model.dtype).min)
        return mask[:, None].to(model.device)

    if "sliding_attention" in kinds:
        return {
            "full_attention": additive(seen),
            "sliding_attention": additive(seen & (distance < window)),
        }
    return additive(seen & (distance < window) if window and not kinds else seen)


def tensor_of(model: Any, ids: Any) -> torch.Tensor:
    """Ids on the device of the model's embeddings."""
    return torch.tensor(ids, device=model.get_input_embeddings().weight.device)


def _rows(
    contexts: Sequence[Sequence[int]], answers: Answers, hidden: Sequence[Span] | None = None
) -> list[Row]:
    rows = []
    veils = [span if span[0] < span[1] else None for span in hidden or [(0, 0)] * len(contexts)]
    for index, context in enumerate(contexts):
        offset = 0
        for answer in answers:
            rows.append(Row(index, context, answer, offset, veils[index]))
            offset += len(answer)
    return rows


def _along(path: list[int], held: list[int], cache: Any) -> Any:
    """The cache of `path`, taken from that of the nodes `held`."""
    if not path:
        return DynamicCache()
    where = {node: place for place, node in enumerate(held)}
    kept = torch.tensor([where[node] for node in path])
    pairs = ((layer.keys, layer.values) for layer in cache.layers)
    return DynamicCache([tuple(a[:, :, kept.to(a.device)] for a in pair) for pair in pairs])


def log_probs_of(logits: torch.Tensor, wanted: torch.Tensor) -> FloatArray:
    """Log-probabilities `(batch, answer)` of ids `(batch, answer)` in `(batch, answer, vocab)`."""
    picked = logits.gather(-1, wanted[..., None])[..., 0]  # (batch, answer)
    array: FloatArray = (picked - logits.logsumexp(-1)).double().cpu().numpy()
    return array
