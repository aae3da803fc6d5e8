"""Keras on TensorFlow: passes are made into graphs, once for sequences of any length."""

from collections.abc import Callable, Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf

VERSION = tf.__version__
COMPILES = True
PADS = False


def accelerated() -> bool:
    """Whether there is something faster than a CPU."""
    return bool(tf.config.list_physical_devices("GPU"))


def function(model: Any, run: Callable[..., Any]) -> Callable[..., Any]:
    """`run` as a graph."""
    return _Graph(run)


def steps(model: Any, run: Callable[..., Any], cache: Any) -> Callable[..., Any]:
    """`run` as a graph; its last argument is a cache, of which `cache` has the shapes."""
    return _Graph(run, keras.tree.map_structure(lambda leaf: _spec(leaf.shape, leaf.dtype), cache))


def gradient(model: Any, run: Callable[..., Any]) -> Callable[..., tuple[Any, Any]]:
    """As `on_jax.gradient`."""

    def masked(mask: Any, leaf: Any, *args: Any) -> tuple[Any, Any]:
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(leaf)
            log_probs = run(leaf, *args)
            total = tf.reduce_sum(log_probs * mask)
        return log_probs, tape.gradient(total, leaf)

    return _Graph(masked)


def numpy(tensor: Any) -> Any:
    """A tensor as an array."""
    return np.asarray(tensor)


def watch(hidden: Any) -> None:
    """What is a graph can't be stopped in its midst."""


def shapes(run: Callable[..., Any], *args: Any) -> Any:
    """The shapes and dtypes of what `run` returns, in its structure."""
    return run(*args)


class _Graph:
    """A function made into one graph for sequences of any length, when it is first called.

    Args:
        run: its arguments have the length of the sequence, or of a batch of one and then the
            sequence, in front.
        last: the specification of its last argument, where that is no array.
    """

    def __init__(self, run: Callable[..., Any], last: Any = None) -> None:
        self._run = run
        self._last = last
        self._graphs: dict[int, Any] = {}  # by number of arguments

    def __call__(self, *args: Any) -> Any:
        graph = self._graphs.get(len(args))
        if graph is None:
            arrays = args if self._last is None else args[:-1]
            specs = [_spec(_any_length(array.shape), array.dtype) for array in arrays]
            specs += [] if self._last is None else [self._last]
            graph = self._graphs[len(args)] = tf.function(self._run, input_signature=specs)
        return graph(*args)


def _any_length(shape: Sequence[int]) -> list[int | None]:
    if len(shape) < 2:
        return [None] * len(shape)
    return [1, None, *shape[2:]]


def _spec(shape: Sequence[int | None], dtype: Any) -> Any:
    return tf.TensorSpec(shape, dtype)
