"""From a source, or something that is loaded already, to a model."""

from collections.abc import Mapping
from typing import Any

from backlit.display.bar import ProgressLike, followed
from backlit.engines import as_engine, open_engine, source_here
from backlit.engines.endpoint.options import EndpointLike, as_endpoint_options
from backlit.errors import DataError, OptionsError
from backlit.explanation import Explanation
from backlit.model.loaded import Model
from backlit.sources import shown


def load_model(
    source: Any = "smollm2",
    tokenizer: Any = None,
    *,
    device: str | None = None,
    dtype: str | None = None,
    device_map: str | Mapping[str, Any] | None = None,
    backend: str | None = None,
    trust_remote_code: bool = False,
    endpoint: EndpointLike = None,
    progress: ProgressLike = None,
) -> Model:
    """Load a model by its source, or take one that is loaded already.

    Args:
        source: `name:source` or `source`: a built-in model (`smollm2`, `gemma3`, `toy`), a
            local Hugging Face folder or `.gguf` file, an https URL of a `.gguf` or of an
            archive of such a folder, or a Hugging Face hub id (`org/name@revision`). Keras
            runs `keras:SOURCE`, any folder of a Keras preset, `kaggle://…`, `hf://…` and, if
            KerasHub is installed, its presets by name. `endpoint:URL#MODEL` is a model that a
            server runs. Or a causal language model of
            `transformers` (also quantised, wrapped by PEFT, or in a pipeline), which is put
            into eval mode and whose weights are frozen; a `keras_hub.models.CausalLM`; or an
            engine, such as `backlit.from_function` makes. A `Model` is given back as it is.
        tokenizer: of a loaded model that does not bring it.
        device: `cuda`, `mps` or `cpu`; the best there is when left out.
        dtype: `float32`, `bfloat16`, `float16`; float32 on CPU, else bfloat16, when left out.
        device_map: handed to transformers, for models larger than one device.
        backend: for Keras: `torch`, `jax` or `tensorflow`; left out, what `KERAS_BACKEND`
            says, or torch.
        trust_remote_code: run Python code that a source brings along.
        endpoint: how a server is asked: `EndpointOptions`, or a mapping of their fields.
        progress: left out, a bar if it takes long; False for none, or a function
            `(phase, done, total, scores)`, which may raise `backlit.errors.Cancelled`.

    Raises:
        SourceError: the files can't be had or are no causal language model.
        EndpointError: a server tells nothing that could be used.
        OptionsError: no such device, dtype or backend, or what can't be combined.
        MissingPackageError: Keras, or its backend, is not installed.
    """
    options: dict[str, Any] = {
        "device": device,
        "dtype": dtype,
        "device_map": device_map,
        "backend": backend,
        "trust_remote_code": trust_remote_code or None,
        "endpoint": as_endpoint_options(endpoint),
    }
    chosen = {name: value for name, value in options.items() if value is not None}
    if isinstance(source, str):
        if tokenizer is not None:
            raise OptionsError(
                f"{shown(source)} brings its own tokenizer.", "Leave the tokenizer out."
            )
        with followed(progress) as follower:
            return Model(open_engine(source, progress=follower, **chosen))
    if isinstance(source, Model) and tokenizer is None and not chosen:
        return source
    engine = source.engine if isinstance(source, Model) else as_engine(source, tokenizer)
    if chosen:
        raise OptionsError(
            f"{engine.name} is loaded already: {', '.join(chosen)} can't be chosen any more.",
            "Leave the options out.",
        )
    return Model(engine)


def model_of(explanation: Explanation, **options: Any) -> Model:
    """The model that made an explanation, loaded from where it says, as exact as it was.

    The explanation may be a stranger's, so it does not decide what is fetched: its model is
    built in, or on this machine already.

    Args:
        explanation: the metadata of which name the model.
        **options: of `load_model`.

    Raises:
        DataError: it does not say, the model was a Python object, or it would have to be fetched
            from where the explanation says.
        SourceError: the model's files can't be had.
    """
    source, dtype = (explanation.metadata.get(name) for name in ("source", "dtype"))
    if not isinstance(source, str):
        raise DataError("The explanation does not say its model.", "Name the model yourself.")
    if source in ("function", "object"):
        raise DataError(
            f"The explanation's model was a Python {source}, which can't be loaded from a file.",
            "Make it again, and pass the model: check(explanation, model).",
        )
    known = {"dtype": dtype, "backend": explanation.metadata.get("backend")}
    chosen = {} if source == "toy" else {name: value for name, value in known.items() if value}
    here = source_here(source)
    if here is None:
        named = shown(source)
        raise DataError(
            f"The explanation's model is not on this machine: checking would fetch {named}",
            f"If you trust it, name it: --model {named} (check(explanation, {named!r})).",
        )
    return load_model(here, **chosen | options)
