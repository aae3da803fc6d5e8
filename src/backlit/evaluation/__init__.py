"""Do methods find a cause that is known? Planted prompts, and methods ranked on them."""

from backlit.evaluation.planted import KINDS, LANGUAGES, PlantedPrompt, planted_prompts
from backlit.evaluation.ranking import Evaluation, MethodRanking, evaluate, find_case, table

__all__ = [
    "KINDS",
    "LANGUAGES",
    "Evaluation",
    "MethodRanking",
    "PlantedPrompt",
    "evaluate",
    "find_case",
    "planted_prompts",
    "table",
]
