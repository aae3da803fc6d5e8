"""Gradients of a transformers model: at the embeddings, and at the gates of attention."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import partial
from typing import Any

import torch
from torch.utils.checkpoint import checkpoint

from backlit.engines.base import EdgeGradient, EmbeddingGradient, FloatArray
from backlit.engines.huggingface.model import CausalModel
from backlit.engines.huggingface.products import Products
from backlit.errors import CapabilityError
from backlit.progress import current
from backlit.types import Target

MIN_CHECKPOINTED_TOKENS = 1_500  # from here on memory matters more than time


class Gradients:
    """`Differentiable` and `Gated.gate_gradient` for a transformers model.

    Args:
        model: its weights are frozen.
    """

    def __init__(self, model: CausalModel) -> None:
        self._causal = model
        self._products = Products(model.module, model.layers)

    def embed(self, ids: Sequence[int]) -> FloatArray:
        """See `Differentiable.embed`."""
        with torch.inference_mode():
            return _numpy(self._causal.embedding(self._causal.tensor(ids)))

    def gradient(
        self,
        input_ids: Sequence[int],
        target: Target,
        *,
        shared: bool = False,
        weights: Sequence[float] | None = None,
    ) -> EmbeddingGradient:
        """See `Differentiable.gradient`."""
        with self._leaf_embeddings() as leaves, self._sharing(shared), torch.enable_grad():
            log_probs = self._target_log_probs(input_ids, target)[0]  # (target,)
            (gradient,) = torch.autograd.grad(_sum(log_probs, weights), leaves[0])  # (1, seq, dim)
        return EmbeddingGradient(
            _numpy(leaves[0].detach()[0]),
            _numpy(gradient[0]),
            _numpy(log_probs.detach()),
            self._products.notes if shared else (),
        )

    def score_at(
        self, input_ids: Sequence[int], target: Target, contexts: FloatArray
    ) -> FloatArray:
        """See `Differentiable.score_at`."""
        with self._leaf_embeddings(contexts), torch.no_grad():
            return _numpy(self._target_log_probs(input_ids, target, len(contexts)).sum(-1))

    def gradient_at(
        self, input_ids: Sequence[int], target: Target, contexts: FloatArray
    ) -> tuple[FloatArray, FloatArray]:
        """See `Differentiable.gradient_at`."""
        with self._leaf_embeddings(contexts) as leaves, torch.enable_grad():
            sums = self._target_log_probs(input_ids, target, len(contexts)).sum(-1)  # (batch,)
            (gradient,) = torch.autograd.grad(sums.sum(), leaves[0])  # (batch, seq, dim)
        return _numpy(sums.detach()), _numpy(gradient[:, : target.start])

    def gate_gradient(
        self,
        input_ids: Sequence[int],
        target: Target,
        *,
        shared: bool = False,
        weights: Sequence[float] | None = None,
    ) -> EdgeGradient:
        """See `Gated.gate_gradient`."""
        model = self._causal
        place = torch.arange(target.stop - 1)
        distance = (place[:, None] - place)[None]  # (1, query, key)
        masks = model.additive_masks(distance >= 0, distance)
        log_gates = torch.zeros(
            distance.shape[1:], dtype=model.dtype, device=model.device
        ).requires_grad_()  # (query, key); d / d gate = d / d log gate where the gate is 1
        if isinstance(masks, dict):
            gated: Any = {kind: mask + log_gates for kind, mask in masks.items()}
        else:
            gated = masks + log_gates
        # A leaf before the first layer: CUDA's attention keeps what it needs on the way back only
        # if queries, keys or values want a gradient, whatever the mask wants.
        cut = self._leaf_embeddings() if model.embedding is not None else nullcontext()
        with cut, self._sharing(shared), torch.enable_grad():
            log_probs = self._target_log_probs(input_ids, target, attention_mask=gated)[0]
            (edges,) = torch.autograd.grad(_sum(log_probs, weights), log_gates)
        # of each product of a weight and a value, the weight gets a half
        part, notes = (0.5, self._products.notes) if shared else (1.0, ())
        return EdgeGradient(part * _numpy(edges), _numpy(log_probs.detach()), notes)

    def _sharing(self, shared: bool) -> AbstractContextManager[None]:
        return self._products.shared() if shared else nullcontext()

    def _target_log_probs(
        self, input_ids: Sequence[int], target: Target, batch: int = 1, **inputs: Any
    ) -> torch.Tensor:
        """Log-probabilities `(batch, target)`; what comes after the target is not run."""
        ids = input_ids[: target.stop - 1]  # the target's last token predicts nothing in it
        count = target.stop - target.start
        with self._activation_checkpointing(batch * len(ids)):
            logits = self._causal.logits(
                count, input_ids=self._causal.tensor([ids] * batch), **inputs
            )  # (batch, target, vocab)
        target_ids = self._causal.tensor(input_ids[target.start : target.stop]).to(logits.device)
        picked = logits.gather(-1, target_ids.expand(batch, -1)[..., None])[..., 0]
        return picked - logits.logsumexp(-1)

    @contextmanager
    def _activation_checkpointing(self, tokens: int) -> Iterator[None]:
        """For long inputs, keep only each layer's input and run it again on the way back.

        Chen et al. 2016, arXiv:1604.06174.
        """
        if tokens < MIN_CHECKPOINTED_TOKENS or not torch.is_grad_enabled():
            yield
            return
        # a layer may have a forward of its own already, as accelerate's hooks have it
        own = [(layer, vars(layer).get("forward")) for layer in self._causal.layers]
        for layer, _ in own:
            layer.forward = partial(_checkpointed, current().check, layer.forward)
        try:
            yield
        finally:
            for layer, forward in own:
                if forward is None:
                    del layer.forward  # the class's shows again
                else:
                    layer.forward = forward

    @contextmanager
    def _leaf_embeddings(self, contexts: FloatArray | None = None) -> Iterator[list[torch.Tensor]]:
        """Cut the graph at the embeddings: what the layer puts out becomes a leaf.

        A hook, rather than `inputs_embeds`, so that models which scale embeddings or look
        ids up a second time see what they always see. `contexts` `(batch, start, dim)` take
        the place of the first embeddings.
        """
        leaves: list[torch.Tensor] = []

        def cut(module: Any, args: Any, output: torch.Tensor) -> torch.Tensor:
            if contexts is not None:
                replaced = torch.from_numpy(contexts).to(output)
                output = torch.cat([replaced, output[:, contexts.shape[1] :]], dim=1)
            leaves.append(output.detach().requires_grad_())
            return leaves[-1]

        layer = self._causal.embedding
        if layer is None:
            raise CapabilityError("This model has no embedding layer to differentiate by.")
        handle = layer.register_forward_hook(cut)
        try:
            yield leaves
        finally:
            handle.remove()


def _checkpointed(
    check: Callable[[], None], forward: Callable[..., Any], *args: Any, **kwargs: Any
) -> Any:
    """A layer's forward pass that keeps nothing but its inputs."""

    def run(*args: Any, **kwargs: Any) -> Any:
        check()
        return forward(*args, **kwargs)

    return checkpoint(run, *args, use_reentrant=False, **kwargs)


def _sum(log_probs: torch.Tensor, weights: Sequence[float] | None) -> torch.Tensor:
    """The sum of `(target,)`, weighted if there are weights."""
    return log_probs.sum() if weights is None else log_probs @ log_probs.new_tensor(weights)


def _numpy(tensor: torch.Tensor) -> FloatArray:
    array: FloatArray = tensor.cpu().double().numpy()  # in this order: less goes over
    return array
