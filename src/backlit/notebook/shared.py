"""What all widgets of one kernel share: loaded models, and the thread that runs them."""

import threading
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field

from backlit.serving.models import ServedModel
from backlit.serving.queue import JobQueue


@dataclass(frozen=True, slots=True)
class ModelArgument:
    """A model that a widget was given: equal keys mean one served model.

    `make` holds what the person gave, which therefore lives as long as it is served.
    """

    name: str
    key: Hashable
    make: Callable[[], ServedModel] = field(compare=False)


class SharedModels:
    """Served models, each kept as long as a widget uses it, and one queue for them all."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._models: dict[Hashable, tuple[ModelArgument, ServedModel]] = {}
        self._users: dict[Hashable, set[int]] = {}
        self._queue: JobQueue | None = None

    def take(
        self, arguments: Sequence[ModelArgument], user: int
    ) -> tuple[list[ServedModel], JobQueue]:
        """The models, of which those are made that nobody has yet, and their queue."""
        with self._lock:
            for argument in arguments:
                if argument.key not in self._models:
                    self._models[argument.key] = (argument, argument.make())
                self._users.setdefault(argument.key, set()).add(user)
            if self._queue is None:
                self._queue = JobQueue()
            return [self._models[argument.key][1] for argument in arguments], self._queue

    def give_back(self, user: int) -> None:
        """Let go of what this user took; what nobody uses any more is forgotten."""
        with self._lock:
            for users in self._users.values():
                users.discard(user)
            for key in [key for key, users in self._users.items() if not users]:
                del self._users[key], self._models[key]
            idle = self._queue if not self._models else None
            if idle is not None:
                self._queue = None
        if idle is not None:
            idle.close()


MODELS = SharedModels()
