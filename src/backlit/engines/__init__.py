"""The engines there are. To add one, write its module and name it in `open_engine`.

A model that is a function or two of yours needs no module: see `from_function`.
"""

import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module
from importlib.metadata import entry_points
from importlib.util import find_spec
from typing import Any

from backlit.engines.base import Engine
from backlit.engines.endpoint.options import EndpointOptions
from backlit.engines.function import from_function
from backlit.engines.keras_hub.runtime import backend_name
from backlit.errors import IntegrityError, OptionsError, UnsupportedModelError
from backlit.progress import SILENT, Progress, current
from backlit.sources import BUILT_IN, ModelSource, copy_of, fetch, parse, shown
from backlit.sources.address import PRESET_NAME, is_url, local_path
from backlit.sources.cache import is_damaged
from backlit.sources.keras_preset import is_preset

# While transformers loads a model, every thread's new tensors have no data.
_loading = threading.Lock()
LIBRARIES = {
    "transformers": "backlit.engines.huggingface.loaded",
    "keras_hub": "backlit.engines.keras_hub",
}
TOY, PLUGINS = "toy", "backlit.engines"
LOCK_SECONDS = 0.05  # between two looks whether whoever waits for it was cancelled


def open_engine(
    source: str,
    *,
    progress: Progress = SILENT,
    device: str | None = None,
    dtype: str | None = None,
    device_map: str | Mapping[str, Any] | None = None,
    backend: str | None = None,
    trust_remote_code: bool = False,
    endpoint: EndpointOptions | None = None,
) -> Engine:
    """The engine for a model source, its weights fetched, converted and loaded.

    What Backlit itself fetched and converted is made again, once, if it was damaged since.

    Args:
        source: `name:source` or `source`: a built-in model (`smollm2`, `gemma3`, `toy`), a
            local Hugging Face folder or `.gguf` file, an https URL of a `.gguf` or of an
            archive of such a folder, or a Hugging Face hub id (`org/name@revision`). Keras
            runs `keras:SOURCE`, any folder of a Keras preset, `kaggle://…`, `hf://…` and, if
            KerasHub is installed, its presets by name. `endpoint:URL#MODEL` is a model that a
            server runs. Other packages add sources under the entry point group `backlit.engines`.
        progress: follows the loading, and may stop it.
        device: `cuda`, `mps` or `cpu`; the best there is when left out.
        dtype: `float32`, `bfloat16`, `float16`; float32 on CPU, else bfloat16, when left out.
        device_map: handed to transformers, for models larger than one device.
        backend: for Keras: `torch`, `jax` or `tensorflow`; left out, what `KERAS_BACKEND`
            says, or torch.
        trust_remote_code: run Python code that a checkpoint brings along.
        endpoint: how a server is asked.

    Raises:
        SourceError: the files can't be had or are no causal language model.
        OptionsError: no such device, dtype or backend, or one for what would not use it.
        EndpointError: a server tells nothing that could be used.
        MissingPackageError: Keras, or its backend, is not installed.
    """
    parsed = parse(source)
    known_as = shown(source)  # what is kept and shown holds no password
    if endpoint is not None and not parsed.endpoint:
        raise OptionsError(
            f"{parsed.name} is no endpoint, so there is no server to ask.",
            f"Write endpoint:{known_as} if it is one, or leave the options of endpoints out.",
        )
    if parsed.source == TOY:
        return import_module("backlit.engines.toy").ToyEngine(parsed.name)  # type: ignore[no-any-return]
    for entry in entry_points(group=PLUGINS):
        if entry.name == parsed.source:
            return entry.load()(parsed.name)  # type: ignore[no-any-return]
    if parsed.endpoint:
        if not all(choice is None for choice in (device, dtype, device_map, backend)):
            raise OptionsError(
                f"{parsed.name} runs on its server, so no device, dtype or backend can be chosen.",
                "Leave them out.",
            )
        return import_module("backlit.engines.endpoint.connecting").connect(  # type: ignore[no-any-return]
            parsed, known_as, endpoint, progress
        )
    common: dict[str, Any] = {
        "device": device,
        "dtype": dtype,
        "trust_remote_code": trust_remote_code,
    }
    if _for_keras(parsed):
        keras_hub = import_module("backlit.engines.keras_hub")

        def load(anew: bool) -> Engine:
            with _loading_lock(progress):
                return keras_hub.load(  # type: ignore[no-any-return]
                    parsed, known_as, progress, backend=backend, anew=anew, **common
                )

    elif backend is not None and backend_name(backend) != "torch":
        raise OptionsError(
            f"{parsed.name} is run by transformers on PyTorch; backends are a choice of Keras.",
            f"Leave the backend out, or have Keras run it: keras:{shown(parsed.source)}",
        )
    else:

        def load(anew: bool) -> Engine:
            folder = fetch(parsed, progress, trust_remote_code=trust_remote_code, anew=anew)
            progress("load", 0, None)
            huggingface = import_module("backlit.engines.huggingface.engine")  # brings torch
            with _loading_lock(progress):
                return huggingface.load(  # type: ignore[no-any-return]
                    folder, parsed.name, known_as, device_map=device_map, **common
                )

    try:
        return load(anew=False)
    except (IntegrityError, UnsupportedModelError) as error:
        needs_trust = "trust_remote_code" in error.hint  # which making it again would not give
        copy = None if needs_trust else copy_of(parsed, progress)
        if copy is None or not is_damaged(copy, progress):
            raise
    return load(anew=True)


def source_here(source: str) -> str | None:
    """A source that opens the same model and does not fetch it from wherever a stranger says.

    The source itself where the model is known by its name, to Backlit or to a package that is
    installed, or is on this machine; the copy of a URL, which was kept without the password that
    its server may want.

    Returns:
        None if it would have to be fetched.
    """
    parsed = parse(source)
    if parsed.endpoint:
        return None
    names = (TOY, *BUILT_IN, *(entry.name for entry in entry_points(group=PLUGINS)))
    if parsed.source in names or local_path(parsed.source) is not None:
        return source
    copy = copy_of(parsed)
    if copy is None:
        return None
    return str(copy) if is_url(parsed.source) else source


def as_engine(loaded: object, tokenizer: object = None) -> Engine:
    """The engine that something loaded is or can be made into.

    A model of transformers is put into eval mode and its weights are frozen, those of adapters
    too; a model of KerasHub is not changed.

    Args:
        loaded: an engine; a causal language model of transformers, also quantised or with
            adapters of PEFT, or a text-generation pipeline; or a `keras_hub.models.CausalLM`.
        tokenizer: for a model that does not bring it.

    Raises:
        OptionsError: something else, or a model without its tokenizer.
        UnsupportedModelError: not a causal language model, or a slow tokenizer.
    """
    if isinstance(loaded, Engine):
        if tokenizer is not None:
            raise OptionsError(f"{loaded.name} brings its tokenizer.", "Leave the tokenizer out.")
        return loaded
    for library, package in LIBRARIES.items():
        if library in sys.modules:  # else it can't be a model of it
            with _loading_lock(current()):
                engine: Engine | None = import_module(package).engine_of(loaded, tokenizer)
            if engine is not None:
                return engine
    if isinstance(loaded, str):
        raise OptionsError(
            f"{shown(loaded)!r} is a name, not a loaded model.",
            "Open it with load_model by its name alone.",
        )
    raise OptionsError(
        f"A {type(loaded).__name__} is no model that can be used as it is.",
        "Give a source (see `backlit models`), an engine (for functions of yours: "
        "backlit.from_function), a model of transformers, or a keras_hub.models.CausalLM.",
    )


def _for_keras(source: ModelSource) -> bool:
    """Whether Keras runs a source: it says so, or is a preset in a folder or by its name."""
    if source.keras:
        return True
    path = local_path(source.source)
    if path is not None:
        return path.is_dir() and is_preset(path)
    if source.source in BUILT_IN or not PRESET_NAME.fullmatch(source.source):
        return False
    return find_spec("keras_hub") is not None  # which says what it is like, if it does not know it


@contextmanager
def _loading_lock(progress: Progress) -> Iterator[None]:
    """While one model is loaded, no other is."""
    while not _loading.acquire(timeout=LOCK_SECONDS):
        progress("wait", 0, None)
    try:
        yield
    finally:
        _loading.release()


__all__ = ["Engine", "as_engine", "from_function", "open_engine", "source_here"]
