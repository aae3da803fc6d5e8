"""A KerasHub causal language model, run where it matters: given embeddings, chosen places.

One way for every family and framework. For the time of a call, the embedding layer's `call` is
shadowed on the instance: a lookup gives the embeddings that are asked about, and the reverse
call, which makes logits of hidden states, sees only the chosen places.
"""

import logging
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from inspect import signature
from typing import Any

import keras
import numpy as np
from keras import ops

from backlit.engines.base import FloatArray
from backlit.engines.keras_hub.padding import bucket, pad_embeddings, pad_places
from backlit.engines.keras_hub.products import Products
from backlit.engines.keras_hub.runtime import framework_module
from backlit.engines.keras_hub.shadows import shadowed
from backlit.errors import UnsupportedModelError
from backlit.progress import current

TEXT_INPUTS = ("token_ids", "padding_mask", "position_ids")
PROBE_LENGTHS = (7, 9)  # by which the axis of a cache's length is found

log = logging.getLogger(__name__)
framework = framework_module()
_shadowing = threading.RLock()  # held while layers of a model are shadowed


class KerasModel:
    """Logits and gradients of a `keras_hub.models.CausalLM`. Arrays go in and out as numpy.

    Args:
        model: of which nothing is changed but while a call runs.
    """

    def __init__(self, model: Any) -> None:
        self.model = model
        embedding = getattr(model.backbone, "token_embedding", None)
        if embedding is None:
            raise UnsupportedModelError(
                f"{type(model).__name__} has no token embedding to differentiate by.",
                "Choose a model that continues text, such as Gemma, Llama or GPT-2.",
            )
        self._embedding: Any = embedding
        self.positions = _positions(model.backbone)
        self._compiled: set[Any] = set()  # shapes
        self._logits_of = framework.function(model, self._logits)
        self.products = Products(model.backbone)
        self._gradient_of = framework.gradient(model, self._log_probs)
        self._shared_gradient_of = framework.gradient(model, self._shared_log_probs)
        self._cache: Any = None  # its leaves' shapes, with None for the length; () if it can't be
        self._step_of: Callable[..., Any] | None = None

    @property
    def dtype(self) -> str:
        """What it computes in."""
        return str(self._embedding.compute_dtype)

    @property
    def ignored_inputs(self) -> list[str]:
        """What it could also look at or hear, which stays empty."""
        inputs = self.model.input
        names = inputs if isinstance(inputs, dict) else ()
        return [name for name in names if name not in TEXT_INPUTS]

    # ---- whole passes --------------------------------------------------------------------

    def embed(self, ids: Sequence[int]) -> FloatArray:
        """What the embedding layer puts out, `(n, dim)`."""
        batch = ops.convert_to_tensor([list(ids)], dtype="int32")  # (1, n)
        embeddings: FloatArray = _numpy(self._embedding(batch))[0]
        return embeddings

    def logits(
        self, ids: Sequence[int], places: Sequence[int], embeddings: FloatArray | None = None
    ) -> FloatArray:
        """Logits `(places, vocab)` of what follows each place.

        Args:
            embeddings: `(seq, dim)`, in place of the ids' own.
        """
        inputs: tuple[Any, ...] = (*self._padded_ids(ids), pad_places(places, pads=framework.PADS))
        if embeddings is not None:
            inputs = (*inputs, pad_embeddings(embeddings, inputs[0].shape[1]))
        with self._running("logits", *inputs):
            return _numpy(self._logits_of(*inputs))[: len(places)]

    def gradient(
        self,
        ids: Sequence[int],
        embeddings: FloatArray,
        target_ids: Sequence[int],
        *,
        shared: bool = False,
        weights: Sequence[float] | None = None,
    ) -> tuple[FloatArray, FloatArray]:
        """How the summed log-probability of target ids changes with the embeddings.

        Args:
            ids: `(seq,)`, without the last target id, which predicts nothing.
            embeddings: `(seq, dim)`, in place of the ids' own.
            target_ids: what follows the last places of `ids`, one for each.
            shared, weights: as for `Differentiable.gradient`.

        Returns:
            `(log_probs, gradient)`: `(target,)` and `(seq, dim)`.
        """
        count = len(target_ids)
        padded, mask = self._padded_ids(ids)
        places = pad_places(range(len(ids) - count, len(ids)), pads=framework.PADS)
        counted = np.zeros(len(places), dtype="float32")  # (places,)
        counted[:count] = 1 if weights is None else weights
        leaf = pad_embeddings(embeddings, padded.shape[1])
        inputs = (leaf, padded, mask, places, pad_places(target_ids, pads=framework.PADS))
        current().check()
        run = self._shared_gradient_of if shared else self._gradient_of
        with self._running("shared gradients" if shared else "gradients", *inputs):
            log_probs, gradient = run(counted, *inputs)
        return _numpy(log_probs)[:count], _numpy(gradient)[0, : len(ids)]

    # ---- steps over a cache --------------------------------------------------------------

    def empty_cache(self, length: int) -> tuple[Any, int] | None:
        """A cache with room for so many tokens, and its room; None if there can't be one."""
        if self._cache is None:
            self._cache = self._shapes_of_cache()
        if not self._cache:
            return None
        if self._step_of is None:
            self._step_of = framework.steps(self.model, self._step, self._cache[0])
        room = bucket(length, self.positions) if framework.PADS else length

        def empty(leaf: _CacheLeaf) -> Any:
            return ops.zeros([room if n is None else n for n in leaf.shape], dtype=leaf.dtype)

        return keras.tree.map_structure(empty, self._cache[0]), room

    def forget_cache(self) -> None:
        """Run without one from now on: it was found to be wrong."""
        self._cache = ()

    def step(
        self, ids: Sequence[int], start: int, places: Sequence[int], cache: Any, room: int
    ) -> tuple[FloatArray, Any]:
        """Run the tokens from `start` on; what the cache has of these is overwritten.

        Args:
            places: in `ids`.

        Returns:
            Logits `(places, vocab)` of what follows each place, and the cache.
        """
        assert self._step_of is not None, "there is no cache without it"
        size = len(ids)
        logit_places = np.asarray(places, dtype="int32")
        if framework.PADS and size > 1:
            size = min(bucket(size), room - start)
            logit_places = pad_places(places, pads=framework.PADS)
        padded = np.zeros((1, size), dtype="int32")
        padded[0, : len(ids)] = ids
        with self._running("step", padded, logit_places, np.empty(room)):
            logits, cache = self._step_of(padded, np.array(start, "int32"), logit_places, cache)
            return _numpy(logits)[: len(places)], cache

    # ---- what is traced ------------------------------------------------------------------

    def _logits(self, ids: Any, mask: Any, places: Any, leaf: Any = None) -> Any:
        """`(1, seq)` twice, `(places,)`, `(1, seq, dim)` to `(places, vocab)`."""
        with shadowed(self.model, self._embedding, places, leaf) as reversals:
            logits = self.model(self._inputs(ids, mask))
        return _at(logits, None if reversals else places)

    def _log_probs(self, leaf: Any, ids: Any, mask: Any, places: Any, target_ids: Any) -> Any:
        """Of target ids `(places,)`."""
        logits = self._logits(ids, mask, places, leaf)
        picked = ops.take_along_axis(logits, target_ids[:, None], axis=-1)[:, 0]
        return picked - ops.logsumexp(logits, axis=-1)

    def _shared_log_probs(self, *inputs: Any) -> Any:
        with self.products.shared():
            return self._log_probs(*inputs)

    def _step(self, ids: Any, start: Any, places: Any, cache: Any) -> Any:
        with shadowed(self.model, self._embedding, places) as reversals:
            logits, _, cache = self.model.call_with_cache(ids, cache, start)
        return _at(logits, None if reversals else places), cache

    def _padded_ids(self, ids: Sequence[int]) -> tuple[Any, Any]:
        """`(1, seq)` ids and mask, padded on the right where shapes are compiled."""
        size = bucket(len(ids), self.positions) if framework.PADS else len(ids)
        padded, mask = np.zeros((1, size), dtype="int32"), np.zeros((1, size), dtype="int32")
        padded[0, : len(ids)] = ids
        mask[0, : len(ids)] = 1
        return padded, mask

    def _inputs(self, ids: Any, mask: Any) -> Any:
        """What the model wants beside ids: places, and nothing to look at or to hear."""
        if not isinstance(self.model.input, dict):
            return ids
        length = ops.shape(ids)[1]
        text = {
            "token_ids": ops.convert_to_tensor(ids),
            "padding_mask": ops.convert_to_tensor(mask),
            "position_ids": ops.arange(length, dtype="int32")[None],
        }
        return {
            name: text[name] if name in text else _nothing(name, tensor, length)
            for name, tensor in self.model.input.items()
        }

    # ---- one at a time -------------------------------------------------------------------

    @contextmanager
    def _running(self, what: str, *inputs: Any) -> Iterator[None]:
        """Alone with the model, and say so if something must be compiled first."""
        key = (what, len(inputs), *(array.shape for array in inputs if framework.PADS))
        new = framework.COMPILES and key not in self._compiled
        if new:
            current()("compile")
        try:
            with _shadowing:
                yield
            self._compiled.add(key)
        finally:
            if new:
                current()("run")

    # ---- caches --------------------------------------------------------------------------

    def _shapes_of_cache(self) -> Any:
        """The cache's structure in a tuple, found by building two small ones; or nothing."""
        build = getattr(self.model, "_build_cache", None)
        step = getattr(self.model, "call_with_cache", None)
        if build is None or list(signature(step).parameters)[2:3] != ["cache_update_index"]:  # type: ignore[arg-type]
            return ()
        others = [None] * (len(signature(build).parameters) - 1)
        try:
            with _shadowing:
                short, long = (
                    framework.shapes(lambda ids: build(ids, *others)[-1], _few(n))
                    for n in PROBE_LENGTHS
                )
            shapes = keras.tree.map_structure(_cache_leaf, short, long)
        except Exception as error:  # noqa: BLE001  families differ; without a cache all works too
            log.info("%s is run without a cache: %s", type(self.model).__name__, error)
            return ()
        whole = all(None in leaf.shape for leaf in keras.tree.flatten(shapes))
        return (shapes,) if whole else ()  # a state can't be cut at a token


class _CacheLeaf:
    """A tensor of a cache: its shape, with None for the length."""

    def __init__(self, shape: list[int | None], dtype: str) -> None:
        self.shape = shape
        self.dtype = dtype


def _cache_leaf(short: Any, long: Any) -> _CacheLeaf:
    pairs = zip(short.shape, long.shape, strict=True)
    shape = [None if (a, b) == PROBE_LENGTHS else int(a) for a, b in pairs]
    return _CacheLeaf(shape, keras.backend.standardize_dtype(short.dtype))


def _positions(backbone: Any) -> int | None:
    """How many positions a model has learned, if it learns them."""
    for name in ("max_sequence_length", "max_position_embeddings"):
        count = getattr(backbone, name, None)
        if count:
            return int(count)
    return None


def _few(count: int) -> Any:
    return ops.ones((1, count), dtype="int32")


def _nothing(name: str, tensor: Any, length: Any) -> Any:
    """An input that stands for no picture and no sound."""
    shape = [1, *(0 if n is None else n for n in tensor.shape[1:])]
    if name.endswith("_mask"):
        shape[1] = length
    return ops.zeros(shape, dtype=tensor.dtype)


def _at(logits: Any, places: Any) -> Any:
    """Float32 logits `(places, vocab)` of `(1, seq, vocab)`."""
    kept = logits if places is None else ops.take(logits, places, axis=1)
    return ops.cast(kept[0], "float32")


def _numpy(tensor: Any) -> FloatArray:
    array: FloatArray = framework.numpy(ops.cast(tensor, "float32"))
    return array
