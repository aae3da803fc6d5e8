"""How likely the answer of each explanation is after the prompt of each."""

from collections.abc import Sequence

from backlit.engines.base import Engine, as_scorer
from backlit.engines.bounding import bounding
from backlit.errors import InputError, OptionsError
from backlit.explaining.fitting import check_reads
from backlit.explaining.prompts import as_prompt
from backlit.explaining.targets import tokens_at
from backlit.explanation import Comparison, Explanation, Generation
from backlit.explanation.comparison import target_of
from backlit.progress import SILENT, Progress
from backlit.types import Target

MOST = 20  # explanations


def compare(
    engine: Engine, explanations: Sequence[Explanation], progress: Progress = SILENT
) -> Comparison:
    """How likely each answer is after each prompt: see `Model.compare`.

    Args:
        engine: says how likely.
        explanations: two or more, the first of which the others are compared with.
        progress: told of the phase `compare`.

    Raises:
        InputError: fewer than two explanations or too many, or an engine with other tokens than
            one that was explained under its name.
        CapabilityError: the engine can't say how likely a given text is.
    """
    each = tuple(explanations)
    if not all(isinstance(one, Explanation) for one in each):
        raise OptionsError("Only explanations are compared.", "Give what explain returned.")
    if not 2 <= len(each) <= MOST:
        raise OptionsError(f"{len(each)} explanations can't be compared.", f"Give 2 to {MOST}.")
    as_scorer(engine)
    own = [i for i, one in enumerate(each) if one.generation.model == engine.name]
    for i in own:
        check_reads(engine, each[i].generation)
    prompts = [each[i].generation for i in own]
    rows: list[list[float | None]] = [[None] * len(each) for _ in each]
    at_most: list[tuple[int, int]] = []
    for j, one in enumerate(each):
        progress("compare", j, len(each))
        for i, value, is_bound in _column(engine, prompts, one, progress):
            rows[own[i]][j] = value
            at_most += [(own[i], j)] if is_bound else []
    progress("compare", len(each), len(each))
    return Comparison(each, tuple(tuple(row) for row in rows), tuple(at_most))


def _column(
    engine: Engine, prompts: Sequence[Generation], answered: Explanation, progress: Progress
) -> list[tuple[int, float, bool]]:
    """How likely one answer is after each prompt that it fits behind, and whether at most so."""
    try:
        before, answer = _ids(engine, answered)
    except InputError:  # another model's, which this one has no tokens for
        return []
    contexts, kept = [], []
    for i, generation in enumerate(prompts):
        prompt = generation.sequence.prompt.input_ids
        length = engine.context_length
        if length is None or len(prompt) + len(before) + len(answer) <= length:
            contexts.append((*prompt, *before))
            kept.append(i)
    found = []
    telling = bounding(engine)
    for at, log_probs in as_scorer(engine).score(contexts, answer) if contexts else ():
        progress.check()
        is_bound = telling is not None and bool(telling.bounded(contexts[at], answer).any())
        found.append((kept[at], float(log_probs.sum()), is_bound))
    return found


def _ids(engine: Engine, explanation: Explanation) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """What a response has before its target, and the target, as this engine's ids."""
    generation, target = explanation.generation, target_of(explanation)
    sequence = generation.sequence
    if generation.model != engine.name:
        prompt = engine.tokenize(as_prompt(generation.prompt))
        whole = engine.append(prompt, generation.response)
        shift = len(whole.prompt.text) - len(sequence.prompt.text)
        start, stop = generation.characters(target)
        target = Target(*tokens_at(whole, (start + shift, stop + shift), whole.prompt_length))
        sequence = whole
    ids = sequence.input_ids
    return ids[sequence.prompt_length : target.start], ids[target.start : target.stop]
