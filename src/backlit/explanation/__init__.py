"""The results: a generation, the maps of it, and both together as a file."""

from backlit.explanation.attribution import Attribution, Curve, Faithfulness
from backlit.explanation.explanation import Explanation, load_explanation
from backlit.explanation.generation import Generation
from backlit.explanation.proof import Proof

__all__ = [
    "Attribution",
    "Curve",
    "Explanation",
    "Faithfulness",
    "Generation",
    "Proof",
    "load_explanation",
]
