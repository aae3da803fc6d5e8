"""What all widgets of one kernel share: loaded models, the thread that runs them, and cells."""

import sys
import threading
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any, Protocol

from backlit.serving.models import LoadedModel
from backlit.serving.queue import ModelThread


class Closable(Protocol):
    def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class ModelSource:
    """A model that a widget wants: equal keys mean one loaded model."""

    name: str
    key: Hashable
    make: Callable[[], LoadedModel] = field(compare=False)


class SharedModels:
    """Loaded models, each kept as long as a widget uses it, and one thread for them all."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._models: dict[Hashable, LoadedModel] = {}
        self._users: dict[Hashable, set[int]] = {}
        self._thread: ModelThread | None = None

    def take(
        self, sources: Sequence[ModelSource], user: int
    ) -> tuple[list[LoadedModel], ModelThread]:
        """The models, of which those are made that nobody has yet, and their thread."""
        with self._lock:
            for source in sources:
                if source.key not in self._models:
                    self._models[source.key] = source.make()
                self._users.setdefault(source.key, set()).add(user)
            if self._thread is None:
                self._thread = ModelThread()
            return [self._models[source.key] for source in sources], self._thread

    def give_back(self, user: int) -> None:
        """Let go of what this user took; what nobody uses any more is forgotten."""
        with self._lock:
            for users in self._users.values():
                users.discard(user)
            for key in [key for key, users in self._users.items() if not users]:
                del self._users[key], self._models[key]
            idle = self._thread if not self._models else None
            if idle is not None:
                self._thread = None
        if idle is not None:
            idle.close()


class Cells:
    """Which widget was made in which cell, so that one that runs again replaces its own."""

    def __init__(self) -> None:
        self._made: dict[str, tuple[object, list[Closable]]] = {}

    def made(self, widget: Closable) -> None:
        """Note a widget; those that an earlier run of the same cell made are closed."""
        cell = running_cell()
        if cell is None:
            return
        name, run = cell
        last_run, widgets = self._made.get(name, (None, []))
        again = last_run is not run
        self._made[name] = (run, [widget] if again else [*widgets, widget])
        for one in widgets if again else ():
            one.close()

    def forget(self, widget: Closable) -> None:
        for _, widgets in self._made.values():
            if widget in widgets:
                widgets.remove(widget)


def running_cell() -> tuple[str, object] | None:
    """The running cell by name, and an object that is this run's; None where no cell runs."""
    if in_marimo():
        context = sys.modules["marimo._runtime.context"].get_context()
        execution = context.execution_context
        return (str(execution.cell_id), execution) if execution else None
    kernel = _ipython_kernel()
    if kernel is None:
        return None
    parent = kernel.get_parent("shell")
    if parent.get("header", {}).get("msg_type") != "execute_request":
        return None  # such as the click of a button
    cell = parent.get("metadata", {}).get("cellId")
    if cell is None:  # not every program tells: then the code is the cell
        code = parent.get("content", {}).get("code", "")
        cell = blake2b(code.encode(), digest_size=16).hexdigest()
    return cell, sys.intern(parent["header"]["msg_id"])


def in_marimo() -> bool:
    """Whether marimo runs the cells."""
    marimo = sys.modules.get("marimo")
    return marimo is not None and marimo.running_in_notebook()


def ipykernel_version() -> int:
    """The major version of ipykernel, or 0 where something else runs the cells."""
    if _ipython_kernel() is None:
        return 0
    return int(sys.modules["ipykernel"].version_info[0])


def _ipython_kernel() -> Any:
    if "ipykernel" not in sys.modules:
        return None
    from IPython.core.getipython import get_ipython

    return getattr(get_ipython(), "kernel", None)


MODELS = SharedModels()
CELLS = Cells()
