"""A Llama written by hand in numpy, with plain products or with shared ones.

Where products are shared, what is differentiated is not the network but one that agrees with it at
a point: each product `a * b` is `(a * b0 + a0 * b) / 2` there, its factors at the point being
`a0` and `b0`. So finite differences tell shared gradients too.
"""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from backlit.engines.base import FloatArray
from backlit.types import Target

Multiply = Callable[[FloatArray, FloatArray], FloatArray]


class Reference:
    """The log-probability of a target, as a function of embeddings and gates.

    Args:
        module: a `LlamaForCausalLM`.
        ids: of prompt and target, `(seq,)`.
        target: token span.
        shared: whether products are shared, at the module's own embeddings and gates of 1.
    """

    def __init__(self, module: Any, ids: tuple[int, ...], target: Target, *, shared: bool) -> None:
        self._config = module.config
        self._weights = {n: p.detach().double().numpy() for n, p in module.named_parameters()}
        self._target, self._ids = target, ids
        self.embeddings = self._weights["model.embed_tokens.weight"][list(ids[: target.stop - 1])]
        self.gates = np.ones((target.stop - 1, target.stop - 1))  # (query, key)
        self._factors: list[tuple[FloatArray, FloatArray]] = []
        self._at: Iterator[tuple[FloatArray, FloatArray]] | None = None
        self._shared = False
        self(self.embeddings, self.gates)
        self._shared = shared

    def __call__(self, embeddings: FloatArray, gates: FloatArray) -> float:
        self._at = iter(self._factors)
        hidden = embeddings  # (seq, dim)
        for layer in range(self._config.num_hidden_layers):
            name = f"model.layers.{layer}"
            hidden = hidden + self._attention(name, hidden, gates)
            hidden = hidden + self._gated(name, hidden)
        logits = self._norm("model.norm", hidden) @ self._weights["model.embed_tokens.weight"].T
        log_probs = _log_softmax(logits)  # (seq, vocab)
        span = range(self._target.start, self._target.stop)
        return float(sum(log_probs[t - 1, self._ids[t]] for t in span))

    def slope(self, embeddings: FloatArray, gates: FloatArray, step: float = 1e-5) -> float:
        """How it changes in this direction of both, by finite differences."""
        up, down = (
            self(self.embeddings + sign * embeddings, self.gates + sign * gates)
            for sign in (step, -step)
        )
        return (up - down) / (2 * step)

    def _product(self, multiply: Multiply, a: FloatArray, b: FloatArray) -> FloatArray:
        assert self._at is not None
        if not self._shared:
            self._factors.append((a, b))
            return multiply(a, b)
        a0, b0 = next(self._at)
        return (multiply(a, b0) + multiply(a0, b)) / 2

    def _attention(self, name: str, hidden: FloatArray, gates: FloatArray) -> FloatArray:
        config = self._config
        heads, size = config.num_attention_heads, config.head_dim
        x = self._norm(f"{name}.input_layernorm", hidden)
        query, key, value = (
            self._linear(f"{name}.self_attn.{part}_proj", x).reshape(len(x), -1, size)
            for part in "qkv"
        )  # (seq, heads, head)
        groups = heads // key.shape[1]
        query, key = self._rotated(query), self._rotated(key)
        key, value = (np.repeat(each, groups, axis=1) for each in (key, value))
        scores = self._product(lambda q, k: np.einsum("qhd,khd->hqk", q, k), query, key)
        scores = scores / np.sqrt(size) + np.log(gates)  # (heads, query, key)
        scores = np.where(np.tri(len(x), dtype=bool), scores, -np.inf)
        weights = np.exp(_log_softmax(scores))
        mixed = self._product(lambda w, v: np.einsum("hqk,khd->qhd", w, v), weights, value)
        return self._linear(f"{name}.self_attn.o_proj", mixed.reshape(len(x), -1))

    def _gated(self, name: str, hidden: FloatArray) -> FloatArray:
        x = self._norm(f"{name}.post_attention_layernorm", hidden)
        gate = self._linear(f"{name}.mlp.gate_proj", x)
        gate = gate / (1 + np.exp(-gate))
        up = self._linear(f"{name}.mlp.up_proj", x)
        return self._linear(f"{name}.mlp.down_proj", self._product(np.multiply, gate, up))

    def _linear(self, name: str, x: FloatArray) -> FloatArray:
        result: FloatArray = x @ self._weights[f"{name}.weight"].T
        return result

    def _norm(self, name: str, x: FloatArray) -> FloatArray:
        mean = (x**2).mean(-1, keepdims=True)
        weight = self._weights[f"{name}.weight"]
        result: FloatArray = weight * x / np.sqrt(mean + self._config.rms_norm_eps)
        return result

    def _rotated(self, x: FloatArray) -> FloatArray:
        size = x.shape[-1]
        base = self._config.rope_parameters["rope_theta"]
        speeds = base ** (-np.arange(0, size, 2) / size)  # (head / 2,)
        angles = np.arange(len(x))[:, None, None] * np.concatenate([speeds, speeds])
        turned = np.concatenate([-x[..., size // 2 :], x[..., : size // 2]], axis=-1)
        rotated: FloatArray = x * np.cos(angles) + turned * np.sin(angles)
        return rotated


def _log_softmax(x: FloatArray) -> FloatArray:
    x = x - x.max(-1, keepdims=True)
    result: FloatArray = x - np.log(np.exp(x).sum(-1, keepdims=True))
    return result
