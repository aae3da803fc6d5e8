"""Do methods find a cause that is known? Planted prompts, and methods ranked on them."""

from backlit.evaluation.cases import Case, find_case
from backlit.evaluation.drafts import KINDS
from backlit.evaluation.planted import LANGUAGES, SPLITS, PlantedPrompt, planted_prompts
from backlit.evaluation.plot import plot
from backlit.evaluation.ranking import Evaluation, MethodRanking, evaluate
from backlit.evaluation.report import table

__all__ = [
    "KINDS",
    "LANGUAGES",
    "SPLITS",
    "Case",
    "Evaluation",
    "MethodRanking",
    "PlantedPrompt",
    "evaluate",
    "find_case",
    "planted_prompts",
    "plot",
    "table",
]
