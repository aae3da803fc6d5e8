"""Models of KerasHub. Keras itself is imported only once one is asked for.

load(parse("keras:gemma3"), progress, backend="jax")     by name
engine_of(my_causal_lm)                                  one that is loaded already
"""

import sys
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from backlit.engines.keras_hub import presets
from backlit.engines.keras_hub.runtime import framework_module, start_keras
from backlit.errors import (
    BacklitError,
    IntegrityError,
    OptionsError,
    SourceError,
    UnsupportedModelError,
)
from backlit.progress import Progress
from backlit.sources.address import ModelSource

if TYPE_CHECKING:
    from backlit.engines.keras_hub.engine import KerasHubEngine

DTYPES = ("float32", "bfloat16", "float16")


def load(
    parsed: ModelSource,
    source: str,
    progress: Progress,
    *,
    backend: str | None = None,
    dtype: str | None = None,
    device: str | None = None,
    trust_remote_code: bool = False,
    anew: bool = False,
) -> "KerasHubEngine":
    """Fetch and open a preset, or a Hugging Face folder that KerasHub converts.

    Args:
        parsed: which.
        source: as the person wrote it, for the record.
        backend: `torch`, `jax` or `tensorflow`; left out, `KERAS_BACKEND`, or torch.
        dtype: `float32`, `bfloat16` or `float16`; left out, float32 on a CPU, else bfloat16.
        device: Keras chooses it; only `cpu` on a machine with nothing else can be asked for.
        trust_remote_code: let a preset name Python classes that are not Keras's own.
        anew: make a copy in Backlit's own cache again.

    Raises:
        MissingPackageError: KerasHub or the framework is not installed.
        OptionsError: no such backend or dtype, or Keras runs on another backend already.
        SourceError: the files can't be had, or are no causal language model.
    """
    if dtype is not None and dtype not in DTYPES:
        raise OptionsError(f"There is no dtype {dtype!r}.", f"Use one of {', '.join(DTYPES)}.")
    progress("start", 0, None)
    hub = start_keras(backend)
    folder = presets.folder_of(
        parsed, hub, progress, trust_remote_code=trust_remote_code, anew=anew
    )
    progress("load", 0, None)
    fast = framework_module().accelerated()
    if device is not None and (device != "cpu" or fast):
        raise OptionsError(
            f"Keras chooses its device itself, so {device!r} can't be asked for.",
            "Leave the device out; CUDA_VISIBLE_DEVICES says which GPUs there are.",
        )
    precision = dtype or ("bfloat16" if fast else "float32")
    model, tokenizer = _open(hub, folder, parsed.name, precision)
    engine = import_module("backlit.engines.keras_hub.engine")
    return engine.KerasHubEngine(  # type: ignore[no-any-return]
        model,
        tokenizer,
        parsed.name,
        source,
        template=presets.template_of(folder, presets.name_of(parsed.source), tokenizer),
        context_length=presets.context_length_of(folder, type(model).__name__),
    )


def is_causal_lm(model: object) -> bool:
    """Whether something is a `keras_hub.models.CausalLM`, without importing Keras."""
    hub = sys.modules.get("keras_hub")
    return hub is not None and isinstance(model, hub.models.CausalLM)


def engine_of(model: Any, tokenizer: Any = None) -> "KerasHubEngine | None":
    """An engine for a `keras_hub.models.CausalLM` of your own, or None for anything else.

    The model is not changed. Messages are written with Gemma's turn markers if its vocabulary
    has them.

    Args:
        model: loaded already.
        tokenizer: of KerasHub; left out, that of the model's preprocessor.

    Raises:
        OptionsError: the model has no preprocessor, and no tokenizer is given.
        UnsupportedModelError: a kind whose tokens can't be found in the text.
    """
    if not is_causal_lm(model):
        return None
    start_keras()
    tokenizer = tokenizer or getattr(getattr(model, "preprocessor", None), "tokenizer", None)
    if tokenizer is None:
        raise OptionsError(
            f"This {type(model).__name__} has no preprocessor, hence no tokenizer.",
            "Give one: load_model(model, tokenizer=keras_hub.tokenizers.Tokenizer.from_preset(…)).",
        )
    from backlit.engines.keras_hub.tokens import gemma_turns

    engine = import_module("backlit.engines.keras_hub.engine")
    return engine.KerasHubEngine(  # type: ignore[no-any-return]
        model,
        tokenizer,
        model.name,
        "object",
        template=gemma_turns(tokenizer),
        context_length=presets.CONTEXT_LENGTHS.get(type(model).__name__),
    )


def _open(hub: Any, folder: Path, name: str, dtype: str) -> tuple[Any, Any]:
    try:
        # Without its preprocessor, as that needs TensorFlow, and ids are put together by hand.
        model = hub.models.CausalLM.from_preset(str(folder), dtype=dtype, preprocessor=None)
        tokenizer = hub.tokenizers.Tokenizer.from_preset(str(folder))
    except BacklitError:
        raise
    except FileNotFoundError as error:
        raise IntegrityError(f"{name} is not whole: {_first(error)}", "Fetch it again.") from error
    except MemoryError as error:
        raise SourceError(
            f"{name} does not fit into memory as {dtype}.",
            "Close other programs, load it as bfloat16, or choose a smaller model.",
        ) from error
    except Exception as error:
        raise UnsupportedModelError(
            f"KerasHub could not open {name} as a causal language model: {_first(error)}",
            f"It must be a preset, or a Hugging Face folder of a family that KerasHub "
            f"{hub.__version__} converts, such as Gemma, Llama, Mistral, Qwen or GPT-2.",
        ) from error
    return model, tokenizer


def _first(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]


__all__ = ["engine_of", "is_causal_lm", "load"]
