"""Shared products in models of KerasHub: what `huggingface/products.py` does and why, for Keras.

A half of x whose gradient goes on, and a half whose gradient stops, are x: so on the way back a
factor gets a part, on any framework, and the way forward stays what it is.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from keras import ops

from backlit.display.words import unreached

ATTEND = "_compute_attention"  # takes queries, keys and values first, whatever the family
GATED = (
    ("gating_ffw", "gating_ffw_2"),
    ("_feedforward_gate_dense", "_feedforward_intermediate_dense"),
)


class Products:
    """The products of a model's layers, whose gradients can be shared while it is run.

    Args:
        backbone: of a `CausalLM`.
    """

    def __init__(self, backbone: Any) -> None:
        layers = list(getattr(backbone, "transformer_layers", ()))
        attention = [_attention_of(layer) for layer in layers]
        self._attention = [one for some in attention for one in some]
        self._branches = [
            getattr(part, name)
            for layer in layers
            for part in _parts(layer)
            for names in GATED
            if all(hasattr(part, name) for name in names)
            for name in names
        ]
        missed = sum(not some for some in attention)
        self._missed, self._layers = missed, len(layers)

    @property
    def notes(self) -> tuple[str, ...]:
        """Sentences for people: where products could not be shared."""
        return (unreached(self._missed, self._layers),) if self._missed else ()

    def __bool__(self) -> bool:
        """Whether there is any attention whose products can be shared."""
        return bool(self._attention)

    @contextmanager
    def shared(self) -> Iterator[None]:
        """Share them in all that this thread runs, or traces, in here."""
        here = threading.get_ident()

        def of_attention(original: Callable[..., Any]) -> Callable[..., Any]:
            def attend(query: Any, key: Any, value: Any, *args: Any, **keywords: Any) -> Any:
                if threading.get_ident() == here:
                    query, key, value = _half(_half(query)), _half(_half(key)), _half(value)
                return original(query, key, value, *args, **keywords)

            return attend

        def of_branch(original: Callable[..., Any]) -> Callable[..., Any]:
            def call(*args: Any, **keywords: Any) -> Any:
                out = original(*args, **keywords)
                return _half(out) if threading.get_ident() == here else out

            return call

        shadows = [(layer, ATTEND, of_attention) for layer in self._attention]
        shadows += [(layer, "call", of_branch) for layer in self._branches]
        done = []
        try:
            for owner, name, shadow in shadows:
                object.__setattr__(owner, name, shadow(getattr(owner, name)))
                done.append((owner, name))
            yield
        finally:
            for owner, name in done:
                object.__delattr__(owner, name)  # the class's own shows again


def _attention_of(layer: Any) -> list[Any]:
    return [part for part in _parts(layer) if hasattr(type(part), ATTEND)]


def _parts(layer: Any) -> list[Any]:
    """The layer, and those inside it."""
    parts: list[Any] = list(layer._flatten_layers())
    return parts


def _half(value: Any) -> Any:
    """The same value, to the bit, of whose gradient a half goes on back."""
    half = 0.5 * value
    return half + ops.stop_gradient(half)
