"""One row: answered, explained, and checked if that is asked for."""

from collections.abc import Sequence
from dataclasses import replace

from backlit.batch.job import Job
from backlit.batch.task import Task
from backlit.data.base import Example
from backlit.display.speech import say
from backlit.errors import CapabilityError, DataError, InputError
from backlit.explaining.responses import respond
from backlit.explaining.templates import lines_of, spans_of_lines, variables
from backlit.explanation import Attribution, Explanation, Generation
from backlit.explanation.cell import Line
from backlit.methods import Method, default_method, make_method
from backlit.model import Model


def answered(model: Model, task: Task, job: Job) -> Generation:
    """A row's prompt, and its answer.

    Raises:
        BacklitError: it can't be answered.
    """
    if task.prompt is None:
        raise DataError(task.problem)
    if job.answer == "model":
        return model.generate(task.prompt, options=job.options, progress=False)
    if not task.example.target:
        raise DataError(
            f"{task.example.id} has no target, and targets are to be explained.",
            "Give it one, or let the model answer.",
        )
    return respond(model.engine, task.prompt, task.example.target)


def explained(model: Model, generation: Generation, job: Job) -> Explanation:
    """An answer and its maps; without maps if what is to be explained is not in the answer.

    Raises:
        BacklitError: it can't be explained.
    """
    target = job.select.of(generation)
    maps: list[Attribution] = []
    for granularity in job.granularities if target is not None else ():
        maps += model.explain(
            generation,
            target=target,
            method=_methods(model, job),
            granularity=granularity,
            pattern=job.pattern if granularity == "custom" else None,
            aggregate=job.aggregate,
            measure=job.measure,
            samples=job.samples,
            matching=job.matching,
            options=job.options,
            progress=False,
        )
    whole = Explanation(generation, (), model.engine.metadata)
    if job.check:
        maps = [_checked(model, replace(whole, attributions=(one,))) for one in maps]
    if job.without_top and maps:
        first = replace(whole, attributions=(maps[0],))
        try:
            maps[0] = model.prove(first, top=1, scope="prompt", progress=False)[0]
        except (InputError, CapabilityError) as error:
            maps[0] = _noted(maps[0], say("The first part was not taken away: {why}", why=error))
    return replace(whole, attributions=tuple(maps))


def lines_of_maps(explanation: Explanation, task: Task, job: Job) -> list[list[Line | None]]:
    """Of each map, the line that each of its segments begins in: of the template, or else of the
    prompt itself; None of what is in no line of it.
    """
    if not explanation.attributions or task.prompt is None:
        return []
    if task.variant is not None:
        template, example = job.variants[task.variant].template, task.example
    else:  # what looks like a variable is text, so it stands for itself
        template = task.prompt
        itself = {name: f"{{{name}}}" for name in variables(template)}
        example = Example(task.example.id, "", fields=itself)
    prompt = explanation.generation.sequence.prompt
    lines: list[Line | None] = [None] * len(explanation.generation.sequence.tokens)
    spans = spans_of_lines(prompt, template, example)
    for line, places in zip(lines_of(template), spans, strict=True):
        for start, stop in places:
            lines[start:stop] = [line] * (stop - start)
    return [[lines[segment.start] for segment in one.segments] for one in explanation]


def _methods(model: Model, job: Job) -> Sequence[Method]:
    if not job.methods:
        return [make_method(default_method(model.engine, job.measure))]
    return [make_method(one.name, **one.params) for one in job.methods]


def _checked(model: Model, explanation: Explanation) -> Attribution:
    """A map with its check, or with the reason why there is none."""
    try:
        return model.check(explanation, progress=False)[0]
    except (InputError, CapabilityError) as error:
        return _noted(explanation[0], say("Not checked: {why}", why=error))


def _noted(one: Attribution, note: str) -> Attribution:
    return replace(one, notes=(*one.notes, note))
