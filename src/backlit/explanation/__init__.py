"""The results: a generation, the maps of it, and both together as a file."""

from backlit.explanation.attribution import Attribution, Curve, Faithfulness, Provisional, Share
from backlit.explanation.cell import Cell, Line, Sample, Variant
from backlit.explanation.comparison import Comparison
from backlit.explanation.explanation import Explanation, load_explanation
from backlit.explanation.generation import Generation
from backlit.explanation.grid import Grid
from backlit.explanation.interval import Estimate
from backlit.explanation.proof import Counted, Proof, Rethought
from backlit.explanation.trace import Link, Path, Trace, TracedSegment

__all__ = [
    "Attribution",
    "Cell",
    "Comparison",
    "Counted",
    "Curve",
    "Estimate",
    "Explanation",
    "Faithfulness",
    "Generation",
    "Grid",
    "Line",
    "Link",
    "Path",
    "Proof",
    "Provisional",
    "Rethought",
    "Sample",
    "Share",
    "Trace",
    "TracedSegment",
    "Variant",
    "load_explanation",
]
