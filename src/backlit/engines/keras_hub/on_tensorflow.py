"""Keras on TensorFlow: whole passes are made into graphs, once for each shape."""

from collections.abc import Callable, Iterator
from typing import Any

import tensorflow as tf

VERSION = tf.__version__
COMPILES = True
COMPILES_STEPS = False


def accelerated() -> bool:
    """Whether there is something faster than a CPU."""
    return bool(tf.config.list_physical_devices("GPU"))


def function(model: Any, run: Callable[..., Any]) -> Callable[..., Any]:
    """`run` as a graph."""
    graph = tf.function(run)
    return lambda *args: graph(*_tensors(args))


def steps(model: Any, run: Callable[..., Any]) -> Callable[..., Any]:
    """`run`, operation by operation: steps come in too many shapes to make graphs of them."""
    return lambda *args: run(*_tensors(args))


def gradients(model: Any, run: Callable[..., Any]) -> Callable[..., Iterator[tuple[Any, Any]]]:
    """As `on_jax.gradients`."""

    def weighted(weighting: Any, leaf: Any, *args: Any) -> Any:
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(leaf)
            log_probs = run(leaf, *args)
            total = tf.reduce_sum(log_probs * weighting)
        return log_probs, tape.gradient(total, leaf)

    graph = tf.function(weighted)

    def call(weightings: Any, leaf: Any, *args: Any) -> Iterator[tuple[Any, Any]]:
        for weighting in weightings:
            yield graph(*_tensors((weighting, leaf, *args)))

    return call


def watch(hidden: Any) -> None:
    """What is a graph can't be stopped in its midst."""


def shapes(run: Callable[..., Any], *args: Any) -> Any:
    """The shapes and dtypes of what `run` returns, in its structure."""
    return run(*args)


def _tensors(args: Any) -> Any:
    return tf.nest.map_structure(tf.convert_to_tensor, args)
