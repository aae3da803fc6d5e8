"""A model by name: waiting, loading, ready or failed, and who wants to know."""

import threading
import time
from collections.abc import Callable
from dataclasses import replace

from backlit.engines import open_engine
from backlit.engines.base import Engine
from backlit.errors import Cancelled
from backlit.methods import methods
from backlit.methods.base import unavailable
from backlit.pipeline import Model
from backlit.serving import wire
from backlit.serving.errors import error_info
from backlit.serving.queue import Job

Emit = Callable[[wire.Event | None], None]

PROGRESS_SECONDS = 0.05  # between two progress events


class LoadedModel:
    """A model that was named at the start: its state, and the engine once it is loaded.

    Args:
        source: `name:source`, for `open_engine`.
        open_: how to open it.
        batch_size: see `Model`.
    """

    def __init__(
        self,
        name: str,
        source: str,
        open_: Callable[..., Engine] = open_engine,
        batch_size: int | None = None,
    ) -> None:
        self._batch_size = batch_size
        self._given: Model | None = None
        self._alive: object = None  # so that its id stays its own
        self.info = wire.ModelInfo(name=name, source=source, status="waiting")
        self.model: Model | None = None
        self.seconds_per_token: float | None = None  # of a forward pass
        self._open = open_
        self._listeners: list[Emit] = []
        self._lock = threading.Lock()

    @classmethod
    def of(cls, model: Model, batch_size: int | None = None, given: object = None) -> "LoadedModel":
        """A model that is there already; what it knows and its turns are shared.

        `given`, which a person made it of, is kept as long.
        """
        source = model.engine.metadata.get("source", model.name)
        loaded = cls(model.name, source, lambda source, progress: model.engine)
        loaded._given = replace(model, batch_size=batch_size) if batch_size else model
        loaded._alive = (model, given)
        return loaded

    def follow(self, emit: Emit) -> None:
        """Tell `emit` whenever the state changes."""
        with self._lock:
            self._listeners.append(emit)
            info = self.info
        if info.status == "loading":
            emit(wire.ModelEvent(model=info))

    def unfollow(self, emit: Emit) -> None:
        with self._lock:
            if emit in self._listeners:
                self._listeners.remove(emit)

    def took(self, seconds: float, tokens: float) -> None:
        """Learn from a forward pass. The quickest counts: others had to wait for something."""
        found = seconds / tokens
        self.seconds_per_token = min(found, self.seconds_per_token or found)

    def load(self, job: Job) -> Model:
        """The model, loaded if it is not. Called on the model thread."""
        if self.model is not None:
            return self.model
        last = 0.0

        def progress(phase: str, done: int, total: int | None) -> None:
            nonlocal last
            job.check()
            now = time.monotonic()
            old = self.info.progress
            if old is None or old.phase != phase or now - last >= PROGRESS_SECONDS:
                last = now
                told = wire.LoadProgress(phase=phase, done=done, total=total)
                self._set(status="loading", progress=told, error=None)

        try:
            self._set(status="loading", progress=wire.LoadProgress(phase="start"), error=None)
            engine = self._open(self.info.source, progress=progress)
        except Cancelled:
            self._set(status="waiting", progress=None)
            raise
        except BaseException as error:
            self._set(status="failed", progress=None, error=error_info(error))
            raise
        self.model = self._given or Model(engine, self._batch_size)
        reasons = {name: unavailable(method, engine) for name, method in methods().items()}
        self._set(
            status="ready",
            progress=None,
            chat=engine.chat,
            context_length=engine.context_length,
            unavailable_methods={name: why for name, why in reasons.items() if why},
            metadata=dict(engine.metadata),
        )
        return self.model

    def _set(self, **changes: object) -> None:
        with self._lock:
            info = self.info = self.info.model_copy(update=changes)
            listeners = list(self._listeners)
        for emit in listeners:  # who listens may have locks of its own
            emit(wire.ModelEvent(model=info))
