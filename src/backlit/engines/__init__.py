"""The engines there are. To add one, write its module and name it in `open_engine`.

A model that is a function or two of yours needs no module: see `from_function`.
"""

import threading
from collections.abc import Mapping
from importlib import import_module
from importlib.metadata import entry_points
from typing import Any

from backlit.engines.base import Engine, Progress
from backlit.engines.function import from_function
from backlit.engines.sources import fetch, parse

# While transformers loads a model, every thread's new tensors have no data.
_loading = threading.Lock()


def _ignore(phase: str, done: int, total: int | None) -> None: ...


def open_engine(
    source: str,
    *,
    progress: Progress = _ignore,
    device: str | None = None,
    dtype: str | None = None,
    device_map: str | Mapping[str, Any] | None = None,
    trust_remote_code: bool = False,
) -> Engine:
    """The engine for a model source, its weights fetched, converted and loaded.

    Args:
        source: `name:source` or `source`: a built-in model (`smollm2`, `gemma3`, `toy`), a
            local Hugging Face folder or `.gguf` file, an https URL of a `.gguf` or of an
            archive of such a folder, or a Hugging Face hub id (`org/name@revision`). Other
            packages add sources under the entry point group `backlit.engines`.
        progress: called with a phase, what is done, and the total if known; may raise
            `Cancelled`.
        device: `cuda`, `mps` or `cpu`; the best there is when left out.
        dtype: `float32`, `bfloat16`, `float16`; float32 on CPU, else bfloat16, when left out.
        device_map: handed to transformers, for models larger than one device.
        trust_remote_code: run Python code that a checkpoint brings along.

    Raises:
        SourceError: the files can't be had or are no causal language model.
        OptionsError: no such device or dtype.
    """
    wanted = parse(source)
    if wanted.source == "toy":
        return import_module("backlit.engines.toy").ToyEngine(wanted.name)  # type: ignore[no-any-return]
    for entry in entry_points(group="backlit.engines"):
        if entry.name == wanted.source:
            return entry.load()(wanted.name)  # type: ignore[no-any-return]
    folder = fetch(wanted, progress, trust_remote_code=trust_remote_code)
    progress("load", 0, None)
    huggingface = import_module("backlit.engines.huggingface")  # brings torch: only now
    while not _loading.acquire(timeout=0.05):
        progress("wait", 0, None)
    try:
        engine: Engine = huggingface.load(
            folder,
            wanted.name,
            source,
            device=device,
            dtype=dtype,
            device_map=device_map,
            trust_remote_code=trust_remote_code,
        )
    finally:
        _loading.release()
    return engine


__all__ = ["Engine", "from_function", "open_engine"]
