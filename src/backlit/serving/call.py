"""One request on its way: queued, run, told of as it happens, and ended or cancelled."""

import hashlib
import logging
import time
from collections.abc import Callable
from typing import Any

from backlit.display.speech import spoken
from backlit.errors import Cancelled
from backlit.explanation import Generation
from backlit.progress import Phase, Progress, Update, following
from backlit.serving import wire
from backlit.serving.errors import BUG, error_info
from backlit.serving.models import PROGRESS_SECONDS, ServedModel
from backlit.serving.queue import Job
from backlit.serving.recent import Recent
from backlit.serving.requests.base import MapRequest, ModelKind, Request, Work
from backlit.serving.shelf import Shelf

log = logging.getLogger(__name__)

Emit = Callable[[wire.Event | None], None]


class Call(Progress):
    """A request, the model it is for, and who hears of it: the `Progress` of its work.

    Args:
        kind: of request.
        request: what is asked.
        served: the model.
        generations: made lately.
        shelf: the datasets.
        emit: hears events, from any thread: of one that is cancelled no more than that; and a
            last None.
        done: hears the last event of one that succeeded.
    """

    def __init__(
        self,
        kind: ModelKind,
        request: Request,
        served: ServedModel,
        generations: Recent[Generation],
        shelf: Shelf,
        emit: Emit,
        done: Callable[[wire.Event], None] = lambda event: None,
    ) -> None:
        self.kind = kind
        behind = isinstance(request, MapRequest) and request.background
        self.job = Job(self._work, self._waiting, self._ended, background=behind)
        self._request = request
        self._served = served
        self._generations = generations
        self._shelf = shelf
        self._emit = emit
        self._done = done
        self._compiled = False
        self._phase: Phase | None = None
        self._told_at = 0.0
        self._untold: dict[tuple[int, int], float] = {}  # scores by span
        served.follow(self._model_changed)

    # ---- its work --------------------------------------------------------------------------

    def _work(self, job: Job) -> None:
        self._served.load(self.check)
        self.check()
        work = Work(self._served, self._generations, self.tell, self._shelf, lambda: self._compiled)
        with following(self):
            if self.kind.quick:
                event = self.kind.run(self._request, work)
            else:
                with work.model.turn():
                    event = self.kind.run(self._request, work)
        self._done(event)
        if self.job.cancelled:
            raise Cancelled
        self._send(event)  # also if it should make way: it is done, and need not begin anew

    def report(self, update: Update) -> None:
        self._compiled |= update.phase == "compile"
        self._untold |= {(start, stop): score for start, stop, score in update.scores}
        now = time.monotonic()
        if update.phase != self._phase or now - self._told_at >= PROGRESS_SECONDS:
            self._phase, self._told_at = update.phase, now
            scores = [(*span, score) for span, score in self._untold.items()]
            self._untold.clear()
            self.tell(
                wire.ProgressEvent(
                    phase=update.phase, done=update.done, total=update.total, scores=scores
                )
            )

    def check(self) -> None:
        self.job.check()

    # ---- what is told ----------------------------------------------------------------------

    def tell(self, event: wire.Event) -> None:
        """Send an event, unless nobody wants it any more."""
        self.check()
        self._send(event)

    def _waiting(self, ahead: int) -> None:
        if not self.job.cancelled:
            self._send(wire.QueuedEvent(ahead=ahead))

    def _model_changed(self, info: wire.ModelInfo) -> None:
        if not self.job.cancelled:
            self._send(wire.ModelEvent(model=info))

    def _ended(self, error: BaseException | None) -> None:
        self.let_go()
        if error is not None:
            info = error_info(error)
            if info.code == BUG:
                log.error("A bug, in answer to %s:", self.kind.name, exc_info=error)
            if self.job.cancelled:
                info = error_info(Cancelled())
            self._send(wire.ErrorEvent(error=info))
        self._send(None)

    def _send(self, event: wire.Event | None) -> None:
        """Emit an event; where that can't be done, nobody waits for the rest."""
        try:
            self._emit(event)
        except Exception:
            log.exception("Events of %s can't be delivered:", self.kind.name)
            self.job.cancel()

    def let_go(self) -> None:
        """Hear of the model's state no more."""
        self._served.unfollow(self._model_changed)


def key_of(kind: ModelKind, request: Any) -> bytes:
    """The same for requests that have the same answer; short, however long they are."""
    asked = request.model_dump_json(exclude={"background"})
    return hashlib.sha256(f"{kind.name}:{spoken()}:{asked}".encode()).digest()
