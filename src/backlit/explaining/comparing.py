"""How likely the answer of each explanation is after the prompt of each."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from backlit.engines.base import Engine, as_scorer
from backlit.engines.bounding import bounding
from backlit.errors import InputError, OptionsError
from backlit.explaining.fitting import check_reads
from backlit.explaining.prompts import as_prompt
from backlit.explaining.targets import tokens_at
from backlit.explanation import Comparison, Explanation
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
    rows: list[list[float | None]] = [[None] * len(each) for _ in each]
    at_most: list[tuple[int, int]] = []
    telling = bounding(engine)
    for j, one in enumerate(columns_of(engine, each)):
        progress("compare", j, len(each))
        found = as_scorer(engine).score(one.contexts, one.answer) if one.contexts else ()
        for at, log_probs in found:
            progress.check()
            i = one.prompts[at]
            rows[i][j] = float(log_probs.sum())
            if telling is not None and telling.bounded(one.contexts[at], one.answer).any():
                at_most.append((i, j))
    progress("compare", len(each), len(each))
    return Comparison(each, tuple(tuple(row) for row in rows), tuple(at_most))


@dataclass(frozen=True, slots=True)
class Column:
    """Of the matrix: an answer, and after what it is asked how likely it is.

    Attributes:
        answer: its ids.
        contexts: the ids of each prompt that it fits behind, with what the response has before it.
        prompts: whose these are, as numbers of explanations.
    """

    answer: tuple[int, ...]
    contexts: tuple[tuple[int, ...], ...]
    prompts: tuple[int, ...]


def columns_of(engine: Engine, explanations: Sequence[Explanation]) -> Iterator[Column]:
    """What an engine is asked, answer by answer; errors are those of `compare`."""
    each = tuple(explanations)
    if not all(isinstance(one, Explanation) for one in each):
        raise OptionsError("Only explanations are compared.", "Give what explain returned.")
    if not 2 <= len(each) <= MOST:
        raise OptionsError(f"{len(each)} explanations can't be compared.", f"Give 2 to {MOST}.")
    as_scorer(engine)
    own = [i for i, one in enumerate(each) if one.generation.model == engine.name]
    for i in own:
        check_reads(engine, each[i].generation)
    prompts = {i: each[i].generation.sequence.prompt.input_ids for i in own}
    for one in each:
        try:
            before, answer = _ids(engine, one)
        except InputError:  # another model's, which this one has no tokens for
            yield Column((), (), ())
            continue
        length = engine.context_length
        fitting = {
            i: (*ids, *before)
            for i, ids in prompts.items()
            if length is None or len(ids) + len(before) + len(answer) <= length
        }
        yield Column(answer, tuple(fitting.values()), tuple(fitting))


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
