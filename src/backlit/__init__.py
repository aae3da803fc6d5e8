"""Backlit: which parts of a prompt led a language model to its answer?"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from backlit.data import load_dataset
    from backlit.errors import BacklitError
    from backlit.explanation import Explanation, load_explanation
    from backlit.notebook import make_notebook_widget
    from backlit.pipeline import Model, check, explain, load_model
    from backlit.types import (
        Attribution,
        Generation,
        GenerationOptions,
        Message,
        Target,
    )

__version__ = "0.1.0"

__all__ = [
    "Attribution",
    "BacklitError",
    "Explanation",
    "Generation",
    "GenerationOptions",
    "Message",
    "Model",
    "Target",
    "__version__",
    "check",
    "explain",
    "load_dataset",
    "load_explanation",
    "load_model",
    "make_notebook_widget",
]

_ELSEWHERE = {
    "BacklitError": "errors",
    "load_dataset": "data",
    "Explanation": "explanation",
    "Model": "pipeline",
    "check": "pipeline",
    "explain": "pipeline",
    "load_explanation": "explanation",
    "load_model": "pipeline",
    "make_notebook_widget": "notebook",
}


def __getattr__(name: str) -> Any:
    """Fetch a public name on first use, so that `backlit --help` need not load numpy."""
    if name not in __all__:
        raise AttributeError(f"module 'backlit' has no attribute {name!r}")
    return getattr(import_module(f"backlit.{_ELSEWHERE.get(name, 'types')}"), name)
