"""A causal language model of transformers, run only where it matters."""

import inspect
from collections.abc import Iterator
from typing import Any

import torch

from backlit.engines.base import FloatArray
from backlit.progress import current


class CausalModel:
    """Logits at the positions that are asked for, and masks for each type of layer.

    The model is put into eval mode, its weights are frozen, and its layers let whoever waits
    cancel. Nothing else of it is changed.

    Args:
        module: a `PreTrainedModel` with a language-model head.
    """

    def __init__(self, module: Any) -> None:
        self.module = module.eval().requires_grad_(False)
        self.config = module.config.get_text_config()
        self.accepts = frozenset(inspect.signature(module.forward).parameters)
        # state-space models keep a state rather than keys and values
        self.memory = "cache_params" if "cache_params" in self.accepts else "past_key_values"
        self.layers = layers_of(module)
        self._keeps_logits = "logits_to_keep" in self.accepts
        add_cancellation_hooks(self.layers)

    @property
    def embedding(self) -> Any:
        """The layer that looks ids up."""
        return self.module.get_input_embeddings()

    @property
    def dtype(self) -> torch.dtype:
        """What it computes in."""
        dtype: torch.dtype = self.module.dtype
        return dtype

    @property
    def device(self) -> torch.device:
        """Where its first layer is."""
        device: torch.device = self.module.device
        return device

    def sampled_weights(self, count: int) -> Iterator[tuple[str, FloatArray]]:
        """A few numbers of each weight, by its name and shape; not of those that are elsewhere."""
        for name, weight in self.module.named_parameters():
            if weight.device.type != "meta":
                flat = weight.detach().flatten()
                numbers = flat[:: max(1, flat.numel() // count)][:count]
                yield f"{name} {tuple(weight.shape)}", numbers.double().cpu().numpy()

    def tensor(self, ids: Any) -> torch.Tensor:
        """Ids on the device of the embeddings."""
        return torch.tensor(ids, device=self.embedding.weight.device)

    def logits(self, positions: int | torch.Tensor, **inputs: Any) -> torch.Tensor:
        """Float32 logits at these positions, or the last so many: `(batch, positions, vocab)`."""
        logits, _ = self.run(positions, **{"use_cache": False, **inputs})
        if isinstance(positions, int):
            return logits[:, -positions:].float()
        return (logits if self._keeps_logits else logits[:, positions]).float()

    def run(self, positions: int | torch.Tensor, **inputs: Any) -> tuple[torch.Tensor, Any]:
        """Logits, at `positions` if the family can leave out others, and what it remembers."""
        extra = {"logits_to_keep": positions} if self._keeps_logits else {}
        out = self.module(**inputs, **extra)
        return out.logits, out.get(self.memory)

    def additive_masks(self, seen: torch.Tensor, distance: torch.Tensor) -> Any:
        """Additive masks: one, or one for each type of layer.

        Args:
            seen: `(rows, query, key)`, what may be seen but for sliding windows.
            distance: `(rows, query, key)`, how far back a key is.

        Returns:
            `(rows, 1, query, key)` of the model's dtype.
        """
        window: Any = getattr(self.config, "sliding_window", None)
        kinds = set(getattr(self.config, "layer_types", None) or ())
        if "sliding_attention" in kinds:
            return {
                "full_attention": self._additive(seen),
                "sliding_attention": self._additive(seen & (distance < window)),
            }
        return self._additive(seen & (distance < window) if window and not kinds else seen)

    def _additive(self, visible: torch.Tensor) -> torch.Tensor:
        mask = torch.zeros(visible.shape, dtype=self.dtype)
        mask.masked_fill_(~visible, torch.finfo(self.dtype).min)
        return mask[:, None].to(self.device)


def layers_of(module: Any) -> list[Any]:
    """The decoder's layers, in order; none if it is built in another way."""
    count = getattr(module.config.get_text_config(), "num_hidden_layers", 0)
    stacks = (m for m in module.modules() if isinstance(m, torch.nn.ModuleList))
    return list(next((stack for stack in stacks if len(stack) == count), ()))


def add_cancellation_hooks(layers: list[Any]) -> None:
    """Let long work be cancelled between two layers, on the way forward and back."""
    for layer in layers:
        if _check_cancelled not in layer._forward_hooks.values():
            layer.register_forward_hook(_check_cancelled)


def _check_cancelled(module: Any, args: Any, output: Any) -> None:
    check = current().check
    check()
    hidden = output[0] if isinstance(output, tuple) else output
    if isinstance(hidden, torch.Tensor) and hidden.requires_grad:
        hidden.register_hook(lambda gradient: check())  # type: ignore[no-untyped-call]
