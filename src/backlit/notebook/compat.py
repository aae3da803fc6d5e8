"""What the notebook programs do not offer in public, in one place.

Each of these is tested with the versions that `constraints.txt` names.
"""

import sys
from typing import Any

import traitlets


def in_marimo() -> bool:
    """Whether marimo runs the cells."""
    marimo = sys.modules.get("marimo")
    return marimo is not None and marimo.running_in_notebook()


def running_marimo_cell() -> tuple[str, object] | None:
    """The running cell by name, and an object that is this run's; None where no cell runs."""
    context = sys.modules["marimo._runtime.context"].get_context()  # marimo 0.20 to 0.25
    execution = context.execution_context
    return (str(execution.cell_id), execution) if execution else None


def ipykernel_version() -> int:
    """The major version of ipykernel, or 0 where something else runs the cells."""
    if ipython_kernel() is None:
        return 0
    return int(sys.modules["ipykernel"].version_info[0])


def ipython_kernel() -> Any:
    """The kernel that runs the cells, if it is IPython's."""
    if "ipykernel" not in sys.modules:
        return None
    from IPython.core.getipython import get_ipython

    return getattr(get_ipython(), "kernel", None)


def take_the_views_way(comm: Any) -> None:
    """Have a widget's messages take the way that its view chose.

    ipykernel 7.4 routes them to where the kernel last sent one from, and so behind a running
    cell.
    """
    comm._reply_subshell_for = None


class AlwaysValidated(traitlets.Any):
    """A trait of which None is validated, too: traitlets 5 takes it as it is."""

    def _validate(self, obj: Any, value: Any) -> Any:
        return value if obj._cross_validation_lock else self._cross_validate(obj, value)
