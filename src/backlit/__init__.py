"""Backlit: which parts of a prompt led a language model to its answer?"""

from importlib import import_module as _import_module
from typing import TYPE_CHECKING as _TYPE_CHECKING
from typing import Any as _Any

if _TYPE_CHECKING:
    from backlit.batch import explain_dataset, load_batch
    from backlit.data import Dataset, load_dataset
    from backlit.engines.function import from_function
    from backlit.errors import BacklitError
    from backlit.explanation import Attribution, Explanation, Generation, Proof, load_explanation
    from backlit.model import Model, check, explain, load_model, prove
    from backlit.notebook import make_notebook_widget
    from backlit.types import GenerationOptions, Message, Target

__version__ = "0.1.0"

_HOMES = {
    "Attribution": "explanation",
    "BacklitError": "errors",
    "Dataset": "data",
    "Explanation": "explanation",
    "Generation": "explanation",
    "GenerationOptions": "types",
    "Message": "types",
    "Model": "model",
    "Proof": "explanation",
    "Target": "types",
    "check": "model",
    "explain": "model",
    "explain_dataset": "batch",
    "from_function": "engines.function",
    "load_batch": "batch",
    "load_dataset": "data",
    "load_explanation": "explanation",
    "load_model": "model",
    "make_notebook_widget": "notebook",
    "prove": "model",
    "trace": "model",
}

__all__ = [
    "Attribution",
    "BacklitError",
    "Dataset",
    "Explanation",
    "Generation",
    "GenerationOptions",
    "Message",
    "Model",
    "Proof",
    "Target",
    "__version__",
    "check",
    "explain",
    "explain_dataset",
    "from_function",
    "load_batch",
    "load_dataset",
    "load_explanation",
    "load_model",
    "make_notebook_widget",
    "prove",
    "trace",
]


def __getattr__(name: str) -> _Any:
    """Fetch a public name on first use, so that `backlit --help` need not load numpy."""
    if name not in _HOMES:
        raise AttributeError(f"module 'backlit' has no attribute {name!r}")
    return getattr(_import_module(f"backlit.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    """What completion offers: the public names."""
    return sorted(__all__)
