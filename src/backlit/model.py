"""A loaded model: its engine, whose turn it is, and what is known of its targets."""

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from copy import copy
from functools import wraps
from typing import Any, Concatenate, ParamSpec, TypeVar
from weakref import WeakKeyDictionary

from cachetools import LRUCache

from backlit import pipeline
from backlit.display.bar import ProgressLike, followed
from backlit.engines import as_engine, open_engine, source_here
from backlit.engines.base import Engine
from backlit.errors import DataError, OptionsError
from backlit.explaining.prompts import PromptLike
from backlit.explanation import Explanation, Generation
from backlit.methods.objective import CHUNK, Objective
from backlit.progress import current
from backlit.sources import shown
from backlit.types import OptionsLike, Target, TokenSequence, as_options

TURN_SECONDS = 0.05  # between two looks whether whoever waits for a model was cancelled
ORIGIN = ("source", "dtype", "backend")  # by which a model is known again
MAX_OBJECTIVES = 8  # kept for each model: the last targets that people asked about

# Turns at engines, so that two models of one engine do not run it at once.
_turns: "WeakKeyDictionary[Engine, threading.RLock]" = WeakKeyDictionary()

P = ParamSpec("P")
R = TypeVar("R")


class Model:
    """A loaded model; `load_model` makes it.

    Methods that run the model take turns, so that a notebook's cells and its widget may use the
    same one from several threads.

    Args:
        engine: reads, writes and scores.
        batch_size: the most altered prompts handed to the engine at a time; None leaves that to
            us. Fewer take less memory and, as less is shared among them, more time.
    """

    def __init__(self, engine: Engine, batch_size: int | None = None) -> None:
        self.engine = engine
        self.batch_size = _checked(batch_size)
        self._objectives: LRUCache[object, Objective] = LRUCache(MAX_OBJECTIVES)
        self._turn = _turns.setdefault(engine, threading.RLock())

    @property
    def name(self) -> str:
        """What people call it."""
        return self.engine.name

    def with_batch_size(self, batch_size: int) -> "Model":
        """The same model in batches of another size; turns and what is known are shared."""
        other = copy(self)
        other.batch_size = _checked(batch_size)
        return other

    def generate(
        self,
        prompt: PromptLike,
        *,
        options: OptionsLike = None,
        progress: ProgressLike = None,
        **changes: Any,
    ) -> Generation:
        """Let the model answer.

        Args:
            prompt: text, or messages.
            options: `GenerationOptions`, or a mapping of their fields.
            progress: as for `explain`.
            **changes: the fields of `GenerationOptions` by name, in place of those in `options`.

        Raises:
            PromptError: the model can't read the prompt.
            OptionsError: an option that does not exist or is out of range.
        """
        chosen = as_options(options, **changes)
        with followed(progress) as follower, self.turn():
            return pipeline.generate(self.engine, prompt, chosen, follower)

    explain = pipeline.explain
    check = pipeline.check

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Wait until nobody else uses the model, and keep others waiting."""
        progress = current()
        while not self._turn.acquire(timeout=TURN_SECONDS):
            progress("wait")
        try:
            yield
        finally:
            self._turn.release()

    def objective(self, sequence: TokenSequence, target: Target) -> Objective:
        """The objective of a target, with the altered prompts that were scored already."""
        ids = sequence.input_ids[: target.stop]
        key = (ids, sequence.prompt_length, target, self.batch_size)
        objective = self._objectives.get(key)
        if objective is None:
            objective = Objective(self.engine, sequence, target, self.batch_size or CHUNK)
            self._objectives[key] = objective
        return objective

    def __repr__(self) -> str:
        known = self.engine.metadata
        kind = known.get("architecture", known.get("engine", type(self.engine).__name__))
        where = ", ".join(known[key] for key in ("dtype", "device", "backend") if key in known)
        return f"<Model {self.name}: {kind}{f', {where}' if where else ''}>"


def load_model(
    source: Any = "smollm2",
    tokenizer: Any = None,
    *,
    device: str | None = None,
    dtype: str | None = None,
    device_map: str | Mapping[str, Any] | None = None,
    backend: str | None = None,
    trust_remote_code: bool = False,
    progress: ProgressLike = None,
) -> Model:
    """Load a model by its source, or take one that is loaded already.

    Args:
        source: `name:source` or `source`: a built-in model (`smollm2`, `gemma3`, `toy`), a
            local Hugging Face folder or `.gguf` file, an https URL of a `.gguf` or of an
            archive of such a folder, or a Hugging Face hub id (`org/name@revision`). Keras
            runs `keras:SOURCE`, any folder of a Keras preset, `kaggle://…`, `hf://…` and, if
            KerasHub is installed, its presets by name. Or a causal language model of
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
        progress: left out, a bar if it takes long; False for none, or a function
            `(phase, done, total, scores)`, which may raise `backlit.errors.Cancelled`.

    Raises:
        SourceError: the files can't be had or are no causal language model.
        OptionsError: no such device, dtype or backend, or what can't be combined.
        MissingPackageError: Keras, or its backend, is not installed.
    """
    options: dict[str, Any] = {
        "device": device,
        "dtype": dtype,
        "device_map": device_map,
        "backend": backend,
        "trust_remote_code": trust_remote_code or None,
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


class _Latest:
    """The model that was loaded last by its name, so that a loop over prompts loads it once."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._source: str | None = None
        self._model: Model | None = None

    def load(self, source: str, progress: ProgressLike) -> Model:
        """The model of that name."""
        with self._lock:
            if self._model is None or self._source != source:
                self._model = load_model(source, progress=progress)
                self._source = source
            return self._model

    def of(self, explanation: Explanation) -> Model | None:
        """The model, if it made this explanation."""
        model = self._model
        if model is None or model.name != explanation.generation.model:
            return None
        known, recorded = model.engine.metadata, explanation.metadata
        same = all(known.get(key) == recorded.get(key) for key in ORIGIN)
        return model if same else None


_latest = _Latest()


def _as_model(value: Any, progress: ProgressLike) -> Model:
    """A model, or one by its name, or what `load_model` takes."""
    return _latest.load(value, progress) if isinstance(value, str) else load_model(value)


def _of_any_model(
    function: Callable[Concatenate[Model, P], R],
) -> Callable[Concatenate[Any, P], R]:
    """The function for a model, or for the name of one that is loaded by default options."""

    @wraps(function)
    def called(model: Any, *args: P.args, **kwargs: P.kwargs) -> R:
        progress: Any = kwargs.get("progress")
        return function(_as_model(model, progress), *args, **kwargs)

    return called  # type: ignore[return-value]  # `model` may be given by its name, too


explain = _of_any_model(pipeline.explain)  # type: ignore[arg-type]  # so it may here


def check(
    explanation: Explanation, model: Model | str | None = None, *, progress: ProgressLike = None
) -> Explanation:
    """Whether to believe an explanation's maps: see `backlit.explaining.faithfulness`.

    Args:
        explanation: of which each map is checked.
        model: that made it, or its name; left out, it is loaded from where the explanation says.
        progress: as for `explain`.

    Returns:
        The explanation, each of its attributions with its `faithfulness`.

    Raises:
        InputError: too few segments, an explanation that does not name its model or one that
            would have to be fetched from where it says, or a model with other tokens than the
            one explained.
        CapabilityError: the model can't say how likely a given text is.
    """
    if not isinstance(explanation, Explanation):
        raise OptionsError(
            f"check takes an explanation first, not a {type(explanation).__name__}.",
            "Write check(explanation, model), or model.check(explanation).",
        )
    if model is None:
        model = _latest.of(explanation) or model_of(explanation, progress=progress)
    return _as_model(model, progress).check(explanation, progress=progress)


def _checked(batch_size: int | None) -> int | None:
    if batch_size is not None and batch_size < 1:
        raise OptionsError(f"batch_size is {batch_size}.", "Use 1 or more, or leave it out.")
    return batch_size
