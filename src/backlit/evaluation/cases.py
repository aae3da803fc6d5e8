"""Which planted prompts count: those whose plant does decide what this model answers."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from backlit.evaluation.planted import PlantedPrompt
from backlit.explaining.responses import respond
from backlit.explaining.targets import occurrences
from backlit.explanation import Generation
from backlit.model import Model
from backlit.types import Segment, Span, Target

ANSWER: Mapping[str, Any] = {"max_new_tokens": 10, "stop": ("\n",)}
SENTENCE: Mapping[str, Any] = {"max_new_tokens": 24, "stop": ("\n",)}  # of a chat
NOTE: Mapping[str, Any] = {"max_new_tokens": 48, "stop": ("\n\n",)}
SURE = math.log(10)  # nats: without its line, a given answer is ten times less likely
LITTLE = math.log(2)  # nats: with the note still there, hardly anything changes


@dataclass(frozen=True, slots=True)
class Case:
    """A planted prompt that counts.

    Attributes:
        prompt: what was asked.
        generation: the answer, the model's own unless another line's value is given.
        target: where the planted answer stands in it.
        plants: character spans of the planted lines in the generation's text, without their ends.
    """

    prompt: PlantedPrompt
    generation: Generation
    target: Target
    plants: tuple[Span, ...]

    def plants_in(self, segment: Segment) -> frozenset[int]:
        """Which plants have characters in a segment."""
        tokens = self.generation.sequence.tokens[segment.start : segment.stop]
        start, stop = tokens[0].start, tokens[-1].stop
        return frozenset(
            i for i, (a, b) in enumerate(self.plants) if start < stop and start < b and stop > a
        )


def find_case(model: Model, prompt: PlantedPrompt) -> Case | None:
    """The prompt with its answer, or None if the plant does not decide it.

    The model must write the planted answer, and not without the plant. Where two lines each
    suffice, it takes both to lose it. The value of another line is given, and must become ten
    times less likely without that line. A note must be written from the plant, and the answer
    copied from the note: with the note there, taking the plant away changes next to nothing. Chats
    count for no model without a template.
    """
    if prompt.kind == "chat" and not model.engine.chat:
        return None
    if prompt.kind == "other_target":
        return _given(model, prompt)
    options = {"chat": SENTENCE, "two_hop": NOTE}.get(prompt.kind, ANSWER)

    def answers(text: str) -> bool:
        return prompt.answer in model.generate(prompt.asked(text), **options).response

    generation = model.generate(prompt.asked(), **options)
    found = occurrences(generation.sequence, prompt.answer)
    if prompt.kind == "two_hop":
        last = found[prompt.times - 1] if len(found) >= prompt.times else None
        if last is None or not _copied(model, prompt, generation, last):
            return None
        return None if answers(prompt.without()) else _case(prompt, generation, last)
    if not found:
        return None
    single = [answers(prompt.without(i)) for i in range(len(prompt.plants))]
    if prompt.needs == "all" and any(single):
        return None
    if prompt.needs == "any" and (not all(single) or answers(prompt.without())):
        return None
    return _case(prompt, generation, found[-1])


def _given(model: Model, prompt: PlantedPrompt) -> Case | None:
    """The value of another line, written for the model."""
    answer = f" {prompt.answer}"
    with_all, without = (
        respond(model.engine, text, answer) for text in (prompt.prompt, prompt.without())
    )
    lost = _log_prob(model, with_all) - _log_prob(model, without)
    if lost < SURE:
        return None
    return _case(prompt, with_all, occurrences(with_all.sequence, prompt.answer)[-1])


def _copied(model: Model, prompt: PlantedPrompt, generation: Generation, target: Target) -> bool:
    """Whether the note alone gives the answer."""
    sequence = generation.sequence
    ids = sequence.input_ids[sequence.prompt_length : target.stop]
    without = respond(model.engine, prompt.without(), ids)
    size = target.stop - target.start
    return _log_prob(model, generation, target) - _log_prob(model, without, size) < LITTLE


def _log_prob(model: Model, generation: Generation, where: Target | int | None = None) -> float:
    """Of the answer, or a target in it, or its last tokens, nats."""
    sequence = generation.sequence
    end = len(sequence.tokens)
    if not isinstance(where, Target):
        where = Target(sequence.prompt_length if where is None else end - where, end)
    with model.turn():
        return model.objective(sequence, where).value()


def _case(prompt: PlantedPrompt, generation: Generation, target: Target) -> Case:
    """Plants are found by what they stand in, as a template may write something before it."""
    body = prompt.prompt.rpartition("\n")[0] if prompt.kind == "chat" else prompt.prompt
    shift = generation.sequence.text.index(body)
    plants = tuple((start + shift, stop + shift - 1) for start, stop in prompt.plants)
    return Case(prompt, generation, target, plants)
