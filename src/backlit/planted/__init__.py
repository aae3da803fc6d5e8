"""Planted truth: prompts whose answer has a cause that is known by construction."""

from backlit.planted.items import KINDS, LANGUAGES, PlantedPrompt, planted_prompts

__all__ = ["KINDS", "LANGUAGES", "PlantedPrompt", "planted_prompts"]
