"""Which widget was made in which cell, so that one that runs again replaces its own."""

import sys
from hashlib import blake2b
from typing import Protocol

from backlit.notebook.compat import in_marimo, ipython_kernel, running_marimo_cell


class Closable(Protocol):
    def close(self) -> None: ...


class Cells:
    """The open widgets of each cell."""

    def __init__(self) -> None:
        self._widgets: dict[str, tuple[object, list[Closable]]] = {}

    def register(self, widget: Closable) -> None:
        """Note a widget; those that an earlier run of the same cell made are closed."""
        cell = running_cell()
        if cell is None:
            return
        name, run = cell
        last_run, widgets = self._widgets.get(name, (None, []))
        again = last_run is not run
        self._widgets[name] = (run, [widget] if again else [*widgets, widget])
        for old in widgets if again else ():
            old.close()

    def forget(self, widget: Closable) -> None:
        """It was closed."""
        for _, widgets in self._widgets.values():
            if widget in widgets:
                widgets.remove(widget)


def running_cell() -> tuple[str, object] | None:
    """The running cell by name, and an object that is this run's; None where no cell runs."""
    if in_marimo():
        return running_marimo_cell()
    kernel = ipython_kernel()
    if kernel is None:
        return None
    parent = kernel.get_parent("shell")
    if parent.get("header", {}).get("msg_type") != "execute_request":
        return None  # such as the click of a button
    cell = parent.get("metadata", {}).get("cellId")
    if cell is None:  # not every program names it: then the code is the cell
        code = parent.get("content", {}).get("code", "")
        cell = blake2b(code.encode(), digest_size=16).hexdigest()
    return cell, sys.intern(parent["header"]["msg_id"])


CELLS = Cells()
