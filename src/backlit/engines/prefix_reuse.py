"""Scoring many contexts that begin alike: the shared beginning is run once.

The first context is run whole and its key-value cache kept. Every other context needs only
what follows the part it shares with the first: it reads the cache through an attention mask
that hides the rest, at positions of its own. Rows of like length are batched.
"""

import logging
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import torch
from transformers import DynamicCache

from backlit.engines.base import FloatArray

TOKEN_BUDGET = 1_024  # padded tokens run in one batch
PADDING_SHARE = 0.25  # most of a batch that may be padding
TOLERANCE = 1e-2  # nats, loose enough for bfloat16; a wrong mask misses by far more

log = logging.getLogger(__name__)


class PrefixScorer:
    """`Scorer.score` for a transformers model.

    Whether a model's family can read a shared cache through a mask is tried, not assumed:
    on first use a few tokens are scored both ways, and if the ways differ, or the model
    refuses, every context is run whole.

    Args:
        last_logits: `(count, **model_inputs) -> (batch, count, vocab)`.
        model: whose configuration says how its layers attend.
    """

    def __init__(self, last_logits: Callable[..., torch.Tensor], model: Any) -> None:
        self._last_logits = last_logits
        self._model = model
        self.reuse: bool | None = None  # None: not tried yet

    def score(
        self, contexts: Sequence[Sequence[int]], target: Sequence[int]
    ) -> Iterator[tuple[int, FloatArray]]:
        """See `Scorer.score`."""
        if self.reuse is None and len(contexts) > 1:
            self.reuse = self._try_reuse(contexts[0], target)
        if self.reuse and len(contexts) > 1:
            yield from self._score_reusing(contexts, target)
        else:
            yield from self._score_whole(contexts, target)

    # ---- every context whole -----------------------------------------------------------

    def _score_whole(
        self, contexts: Sequence[Sequence[int]], target: Sequence[int]
    ) -> Iterator[tuple[int, FloatArray]]:
        """Contexts of one length share a batch: no padding, so right for every family."""
        by_length: dict[int, list[int]] = {}
        for index, context in enumerate(contexts):
            by_length.setdefault(len(context), []).append(index)
        for length, indices in by_length.items():
            size = max(1, TOKEN_BUDGET // (length + len(target)))
            for at in range(0, len(indices), size):
                batch = indices[at : at + size]
                rows = [[*contexts[i], *target[:-1]] for i in batch]
                with torch.inference_mode():
                    logits = self._last_logits(len(target), input_ids=self._tensor(rows))
                yield from zip(batch, _target_log_probs(logits, target), strict=True)

    # ---- the shared beginning once -------------------------------------------------------

    def _score_reusing(
        self, contexts: Sequence[Sequence[int]], target: Sequence[int]
    ) -> Iterator[tuple[int, FloatArray]]:
        base = contexts[0]
        cache: Any = DynamicCache()
        with torch.inference_mode():
            logits = self._last_logits(
                len(target),
                input_ids=self._tensor([[*base, *target[:-1]]]),
                past_key_values=cache,
                use_cache=True,
            )
        yield 0, _target_log_probs(logits, target)[0]
        # the last token of a context predicts the target's first, so it is always run
        shared = [min(_common(base, row), len(row) - 1) for row in contexts]
        rests = [[*row[n:], *target[:-1]] for row, n in zip(contexts, shared, strict=True)]
        order = sorted(range(1, len(contexts)), key=lambda i: -len(rests[i]))
        for batch in _batches(order, [len(rest) for rest in rests]):
            with torch.inference_mode():
                logits = self._run_rests(
                    [rests[i] for i in batch], [shared[i] for i in batch], cache, len(target)
                )
            yield from zip(batch, _target_log_probs(logits, target), strict=True)

    def _run_rests(
        self, rests: list[list[int]], shared: list[int], cache: Any, count: int
    ) -> torch.Tensor:
        """Logits `(batch, count, vocab)` of rows that go on from the cache's beginning."""
        rows, width, depth = len(rests), max(map(len, rests)), max(shared)
        # Left padding puts every row's target at the end.
        pad = torch.tensor([width - len(rest) for rest in rests])[:, None]  # (rows, 1)
        ids = self._tensor([[0] * (width - len(rest)) + rest for rest in rests])
        begun = torch.tensor(shared)[:, None]  # (rows, 1)
        column = torch.arange(width)[None]  # (1, width)
        position = (column - pad + begun).clamp(min=0)  # (rows, width)
        key_position = torch.cat([torch.arange(depth).expand(rows, depth), position], 1)
        exists = torch.cat(
            [torch.arange(depth)[None] < begun, column >= pad], 1
        )  # (rows, depth + width)
        seen = exists[:, None] & (key_position[:, None] <= position[:, :, None])
        seen[:, :, depth:] |= torch.eye(width, dtype=torch.bool)  # padding sees itself, not nothing
        distance = position[:, :, None] - key_position[:, None]  # (rows, width, depth + width)
        beginning = DynamicCache(
            [
                (
                    layer.keys[:, :, :depth].expand(rows, -1, -1, -1),
                    layer.values[:, :, :depth].expand(rows, -1, -1, -1),
                )
                for layer in cache.layers
            ]
        )
        return self._last_logits(
            count,
            input_ids=ids,
            attention_mask=self._masks(seen, distance),
            position_ids=position.to(ids.device),
            past_key_values=beginning,
            use_cache=True,
        )

    def _masks(self, seen: torch.Tensor, distance: torch.Tensor) -> Any:
        """Additive masks `(rows, 1, query, key)`: one, or one for each type of layer."""
        config = self._model.config.get_text_config()
        window: Any = getattr(config, "sliding_window", None)
        kinds = set(getattr(config, "layer_types", None) or ())

        def additive(visible: torch.Tensor) -> torch.Tensor:
            mask = torch.zeros(visible.shape, dtype=self._model.dtype)
            mask.masked_fill_(~visible, torch.finfo(self._model.dtype).min)
            return mask[:, None].to(self._model.device)

        if "sliding_attention" in kinds:
            return {
                "full_attention": additive(seen),
                "sliding_attention": additive(seen & (distance < window)),
            }
        return additive(seen & (distance < window) if window and not kinds else seen)

    # ---- is it right for this family? ---------------------------------------------------

    def _try_reuse(self, context: Sequence[int], target: Sequence[int]) -> bool:
        """Score a few tokens both ways."""
        kinds = set(getattr(self._model.config.get_text_config(), "layer_types", None) or ())
        if kinds - {"full_attention", "sliding_attention"}:
            return False  # layers that keep a state, which can't be cut at a token
        few = list(context[:12])
        contexts = [few, few[:2] + few[3:], few[:6] + few[8:], few[:-1]]
        contexts = [row for row in contexts if row]
        try:
            reused = dict(self._score_reusing(contexts, target[:2]))
        except (TypeError, ValueError, RuntimeError, AttributeError, IndexError) as error:
            log.info("Shared beginnings are run anew each time: %s", error)
            return False
        whole = dict(self._score_whole(contexts, target[:2]))
        miss = max(float(abs(reused[i] - whole[i]).max()) for i in whole)
        allowed = TOLERANCE if self._model.dtype == torch.float32 else 0.5
        if miss > allowed:
            log.info("Shared beginnings are run anew each time: reuse misses by %.2g nats", miss)
        return miss <= allowed

    def _tensor(self, rows: list[list[int]]) -> torch.Tensor:
        return torch.tensor(rows, device=self._model.get_input_embeddings().weight.device)


def _common(a: Sequence[int], b: Sequence[int]) -> int:
    """How many ids two rows begin with alike."""
    return next(
        (i for i, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), min(len(a), len(b))
    )


def _batches(order: Sequence[int], lengths: Sequence[int]) -> Iterator[list[int]]:
    """Neighbours of `order` (longest first) that fit the budget and are of like length."""
    batch: list[int] = []
    real = 0
    for index in order:
        width = lengths[batch[0]] if batch else lengths[index]
        padded = width * (len(batch) + 1)
        if batch and (
            padded > TOKEN_BUDGET or padded - real - lengths[index] > PADDING_SHARE * padded
        ):
            yield batch
            batch, real = [], 0
        batch.append(index)
        real += lengths[index]
    if batch:
        yield batch


def _target_log_probs(logits: torch.Tensor, target: Sequence[int]) -> list[FloatArray]:
    """Log-probabilities of the target in each row of `(batch, target, vocab)` logits."""
    ids = torch.tensor(target, device=logits.device)[None, :, None].expand(len(logits), -1, 1)
    picked = logits.gather(-1, ids)[..., 0]  # (batch, target)
    return list((picked - logits.logsumexp(-1)).double().cpu().numpy())
