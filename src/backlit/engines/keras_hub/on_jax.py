"""Keras on JAX: whole passes are compiled, once for each shape."""

from collections.abc import Callable
from typing import Any

import jax
import keras
import numpy as np

VERSION = jax.__version__
COMPILES = True
PADS = True


def accelerated() -> bool:
    """Whether there is something faster than a CPU."""
    return bool(jax.default_backend() != "cpu")


def function(model: Any, run: Callable[..., Any]) -> Callable[..., Any]:
    """`run`, compiled, with the model's weights handed in rather than built in."""
    pure = jax.jit(lambda weights, *args: _with_weights(model, weights, run, *args))
    return lambda *args: pure(_weights(model), *args)


def steps(model: Any, run: Callable[..., Any], cache: Any) -> Callable[..., Any]:
    """`run`, compiled; its last argument is a cache."""
    return function(model, run)


def gradient(model: Any, run: Callable[..., Any]) -> Callable[..., tuple[Any, Any]]:
    """The gradient of the sum of what `run(leaf, *args)` gives, by the leaf.

    Returns:
        `(mask, leaf, *args)` to `(log_probs, gradient)`, `(places,)` and the leaf's shape; of the
        sum those count where the mask, `(places,)`, is 1 and not 0.
    """

    def masked_sum(leaf: Any, weights: Any, mask: Any, *args: Any) -> Any:
        log_probs = _with_weights(model, weights, run, leaf, *args)
        return (log_probs * mask).sum(), log_probs

    pure = jax.jit(jax.value_and_grad(masked_sum, has_aux=True))

    def call(mask: Any, leaf: Any, *args: Any) -> tuple[Any, Any]:
        (_, log_probs), slope = pure(leaf, _weights(model), mask, *args)
        return log_probs, slope

    return call


def numpy(tensor: Any) -> Any:
    """A tensor as an array."""
    return np.asarray(tensor)


def watch(hidden: Any) -> None:
    """What is compiled can't be stopped in its midst."""


def shapes(run: Callable[..., Any], *args: Any) -> Any:
    """The shapes and dtypes of what `run` returns, in its structure."""
    return jax.eval_shape(run, *args)


def _weights(model: Any) -> list[Any]:
    return [variable.value for variable in model.variables]


def _with_weights(model: Any, weights: Any, run: Callable[..., Any], *args: Any) -> Any:
    with keras.StatelessScope(list(zip(model.variables, weights, strict=True))):
        return run(*args)
