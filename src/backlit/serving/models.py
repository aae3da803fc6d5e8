"""A model that is served: waiting, loading, ready or failed, and who wants to know."""

import logging
import threading
import time
from collections.abc import Callable

from backlit.display.bar import followed
from backlit.engines import open_engine
from backlit.engines.base import Engine
from backlit.engines.settings import untaken_by
from backlit.errors import Cancelled
from backlit.methods import methods
from backlit.methods.base import reason_against
from backlit.model import Model
from backlit.progress import Phase, Progress, Update
from backlit.serving import wire
from backlit.serving.errors import error_info
from backlit.sources.address import shown
from backlit.types import Quantity

log = logging.getLogger(__name__)

Listener = Callable[[wire.ModelInfo], None]
Open = Callable[..., Engine]

PROGRESS_SECONDS = 0.05  # between two progress events


class ServedModel:
    """A model that was named: its state, and the model once it is loaded.

    Args:
        name: what people call it.
        source: `name:source`, for `open_engine`.
        open_: how to open it.
        batch_size: see `Model`.

    Attributes:
        source: as it was named, which may hold what is secret; `info` has what may be shown.
    """

    def __init__(
        self, name: str, source: str, open_: Open = open_engine, batch_size: int | None = None
    ) -> None:
        self._batch_size = batch_size
        self._open = open_
        self._listeners: list[Listener] = []
        self._lock = threading.Lock()
        self.source = source
        self.info = wire.ModelInfo(name=name, source=shown(source), status="waiting")
        self.model: Model | None = None
        self.seconds_per_token: float | None = None  # of a forward pass

    @classmethod
    def of(cls, model: Model) -> "ServedModel":
        """A model that is there already; what it knows and its turns are shared."""
        source = model.engine.metadata.get("source", model.name)
        served = cls(model.name, source)
        served._ready(model)
        return served

    def call(self, name: str) -> None:
        """Give it another name, before anybody can ask for it."""
        self._set(name=name)

    def follow(self, listener: Listener) -> None:
        """Tell `listener` whenever the state changes."""
        with self._lock:
            self._listeners.append(listener)
            info = self.info
        if info.status != "loading":
            return
        listener(info)
        if self.info is not info:  # it changed meanwhile, and that may have been told before
            listener(self.info)

    def unfollow(self, listener: Listener) -> None:
        """Tell it no more."""
        with self._lock:
            if listener in self._listeners:
                self._listeners.remove(listener)

    def learn_speed(self, seconds: float, tokens: float) -> None:
        """Learn from a forward pass. The quickest counts: others had to wait for something.

        Of a server nothing is learned: what is known of it already takes no time, and what is not
        is a call, which somebody may pay for, so that nothing is done there unasked.
        """
        if self.info.metadata.get("engine") == "endpoint":
            return
        speed = seconds / tokens
        self.seconds_per_token = min(speed, self.seconds_per_token or speed)

    def load(self, check: Callable[[], None]) -> Model:
        """The model, loaded if it is not. Called on the model thread.

        Args:
            check: raises `Cancelled` if nobody wants it any more.
        """
        if self.model is not None:
            return self.model
        start = wire.LoadProgress(phase="start")
        self._set(status="loading", progress=start, error=None)
        try:
            with followed(Loading(self._set, check)) as progress:
                engine = self._open(self.source, progress=progress)
        except Cancelled:
            self._set(status="waiting", progress=None)
            raise
        except BaseException as error:
            self._set(status="failed", progress=None, error=error_info(error))
            raise
        return self._ready(Model(engine, self._batch_size))

    def _ready(self, model: Model) -> Model:
        self.model = model
        engine = model.engine
        self._set(
            status="ready",
            progress=None,
            chat=engine.chat,
            context_length=engine.context_length,
            unavailable_methods=_reasons(engine, "log_prob"),
            unavailable_for_shares=_reasons(engine, "share"),
            untaken=sorted(untaken_by(engine)),
            metadata=dict(engine.metadata),
        )
        return model

    def _set(self, **changes: object) -> None:
        with self._lock:
            info = self.info = self.info.model_copy(update=changes)
            listeners = list(self._listeners)
        for listener in listeners:  # who listens may have locks of its own
            try:
                listener(info)
            except Exception:  # its own fault: neither the model's nor that of who comes next
                log.exception("Who follows %s can't be told:", info.name)


class Loading(Progress):
    """Puts the progress of loading into a model's state, not too often."""

    def __init__(self, set_state: Callable[..., None], check: Callable[[], None]) -> None:
        self._set_state = set_state
        self._stop = check
        self._phase: Phase | None = None
        self._last = 0.0

    def report(self, update: Update) -> None:
        now = time.monotonic()
        if update.phase != self._phase or now - self._last >= PROGRESS_SECONDS:
            self._phase, self._last = update.phase, now
            progress = wire.LoadProgress(phase=update.phase, done=update.done, total=update.total)
            self._set_state(status="loading", progress=progress, error=None)

    def check(self) -> None:
        self._stop()


def _reasons(engine: Engine, measure: Quantity) -> dict[str, str]:
    """Of each method that can't be had, why."""
    all_ = {name: reason_against(one, engine, measure) for name, one in methods().items()}
    return {name: why for name, why in all_.items() if why}
