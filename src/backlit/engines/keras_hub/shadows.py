"""Layers whose `call` is shadowed on the instance for the time of one run of the model."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from keras import ops

from backlit.engines.keras_hub.runtime import framework_module
from backlit.progress import current

framework = framework_module()


@contextmanager
def shadowed(model: Any, embedding: Any, places: Any, leaf: Any = None) -> Iterator[list[bool]]:
    """While this lasts, lookups give `leaf` and logits are made at `places` only.

    Between the model's layers, whoever waits may cancel. Other threads, such as that of a
    notebook's cells, see the layers as they are.

    Yields:
        A list that is not empty once the embedding layer made logits.
    """
    reversals: list[bool] = []
    stopped: list[Exception] = []
    check = current().check
    here = threading.get_ident()

    def of_embedding(original: Callable[..., Any]) -> Callable[..., Any]:
        def call(inputs: Any, reverse: bool = False, **keywords: Any) -> Any:
            if threading.get_ident() != here:
                direction = {"reverse": True} if reverse else {}  # not every layer knows it
                return original(inputs, **direction, **keywords)
            if reverse:
                reversals.append(True)
                return original(ops.take(inputs, places, axis=1), reverse=True, **keywords)
            if leaf is None:
                return original(inputs, **keywords)
            return ops.cast(leaf, embedding.compute_dtype)

        return call

    def of_layer(original: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **keywords: Any) -> Any:
            if threading.get_ident() != here:
                return original(*args, **keywords)
            try:
                check()
            except Exception as stop:
                stopped.append(stop)
                raise
            hidden = original(*args, **keywords)
            framework.watch(hidden)
            return hidden

        return call

    layers = getattr(model.backbone, "transformer_layers", ())
    shadows = [(embedding, of_embedding), *((layer, of_layer) for layer in layers)]
    shadowed_calls = []
    try:
        for owner, shadow in shadows:
            for name in ("call", "quantized_call"):
                original = getattr(owner, name, None)
                if original is not None:
                    object.__setattr__(owner, name, shadow(original))
                    shadowed_calls.append((owner, name))
        yield reversals
    except Exception:
        if stopped:  # Keras makes its own errors of those that layers raise
            raise stopped[0] from None
        raise
    finally:
        for owner, name in shadowed_calls:
            object.__delattr__(owner, name)  # the class's own shows again
