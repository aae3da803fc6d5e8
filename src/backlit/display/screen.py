"""Showing a result wherever the program runs: in a notebook, in a terminal, or as plain text."""

import sys
from collections.abc import Sequence

from backlit.display.figure import MapFigure


def in_notebook() -> bool:
    """Whether an IPython kernel runs the code, rather than a terminal."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    return getattr(shell, "kernel", None) is not None


def show(result: object, figures: Sequence[MapFigure]) -> None:
    """Show a result that has a notebook's representation, or its maps where there is no notebook.

    Args:
        result: with `_repr_mimebundle_`.
        figures: its maps.
    """
    if in_notebook():
        from IPython.display import display

        display(result)
        return
    from rich.console import Console
    from rich.text import Text

    from backlit.display.terminal import render

    Console().print(render(figures) if figures else Text(str(result)))
