"""What is measured of examples: how likely targets are, and how near the model's answers come.

BLEU is that of sacrebleu (Post 2018, https://aclanthology.org/W18-6319); ROUGE-L is the F-measure
of the longest common subsequence of words (Lin 2004, https://aclanthology.org/W04-1013).
"""

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal, get_args

from backlit.data.base import Example
from backlit.engines.base import Engine, as_scorer
from backlit.engines.batches import generate_batch, score_batch
from backlit.engines.bounding import bounding
from backlit.engines.text import check_length
from backlit.errors import BacklitError, Cancelled
from backlit.progress import Progress
from backlit.types import GenerationOptions, TokenSequence

Measure = Literal["tokens", "log_prob", "perplexity", "exact_match", "rouge_l", "bleu"]
MEASURES: tuple[Measure, ...] = get_args(Measure)
OF_TARGETS = frozenset({"log_prob", "perplexity"})
OF_ANSWERS = frozenset({"exact_match", "rouge_l", "bleu"})
MOST_NATS = 700  # a token, of which the perplexity is a number still
NO_TARGET = "It has no target."
AT_ONCE = 16  # examples that are scored or answered together
WORD = re.compile(r"\w+")
ANSWER = "answer"  # the column of what the model wrote
COLUMN = re.compile(rf"(?:{'|'.join((*MEASURES, ANSWER))}) · .")  # of what was measured


@dataclass(frozen=True, slots=True)
class Measured:
    """What was measured of an example.

    Attributes:
        number: the example's, from 0.
        values: by measure: `tokens` of the prompt; `log_prob` of the target, nats; its `perplexity`
            for each token; `exact_match` 0 or 1, blanks around it apart; `rouge_l` 0 to 1; `bleu` 0
            to 100. Of an example without a target, those of its prompt alone.
        response: what the model answered, where that was asked.
        problem: why the rest could not be measured; "" if it could.
    """

    number: int
    values: Mapping[Measure, float] = field(default_factory=dict)
    response: str | None = None
    problem: str = ""


def with_measured(example: Example, measured: Measured, model: str) -> Example:
    """An example with what was measured of it in columns by the model's name."""
    columns: dict[str, float | str] = {
        f"{name} · {model}": value for name, value in measured.values.items()
    }
    if measured.response is not None:
        columns[f"{ANSWER} · {model}"] = measured.response
    return replace(example, fields={**example.fields, **columns})


def without_outdated(example: Example, before: Example) -> Example:
    """A changed example without what was measured of it as it was before."""
    if (example.prompt, example.target) == (before.prompt, before.target):
        return example
    fields = {
        name: value
        for name, value in example.fields.items()
        if not (COLUMN.match(name) and name in before.fields and before.fields[name] == value)
    }
    return replace(example, fields=fields)


def measure(
    engine: Engine,
    examples: Sequence[Example],
    measures: Sequence[Measure],
    options: GenerationOptions,
    progress: Progress,
    so_far: Callable[[Measured], None] = lambda one: None,
) -> list[Measured]:
    """Measure examples, so many at a time.

    Args:
        engine: says how likely targets are, and answers.
        examples: those without a target have what is measured of prompts alone.
        measures: which.
        options: how the model writes the answers that are compared with targets.
        progress: told of the phase `generate`, in examples.
        so_far: hears of each example once all is known of it.

    Raises:
        CapabilityError: the engine can't say how likely a given text is.
    """
    if OF_TARGETS & set(measures):
        as_scorer(engine)
    compared = {name: _comparison(name) for name in measures if name in OF_ANSWERS}
    found: list[Measured] = []
    progress("generate", 0, len(examples))
    for first in range(0, len(examples), AT_ONCE):
        numbers = range(first, min(first + AT_ONCE, len(examples)))
        sequences, problems = _read(engine, examples, numbers, progress)
        scored = (
            _scored(engine, examples, sequences, problems, progress)
            if OF_TARGETS & set(measures)
            else {}
        )
        asked = {i: one for i, one in sequences.items() if examples[i].target}
        answers = _answered(engine, asked, options, progress) if compared else {}
        if compared:
            problems |= {i: NO_TARGET for i in sequences if i not in asked}
        for i in numbers:
            one = Measured(i)
            if i in sequences:
                one = _measured(i, examples[i], sequences[i], measures, scored, answers, compared)
            found.append(replace(one, problem=problems.get(i, "")))
            so_far(found[-1])
        progress("generate", len(found), len(examples))
    return found


def _read(
    engine: Engine, examples: Sequence[Example], numbers: Sequence[int], progress: Progress
) -> tuple[dict[int, TokenSequence], dict[int, str]]:
    """Each prompt's tokens, or why it can't be read."""
    sequences, problems = {}, {}
    for i in numbers:
        progress.check()
        try:
            sequence = engine.tokenize(examples[i].prompt)
            check_length(len(sequence.tokens) + 1, engine.context_length, engine.name)
            sequences[i] = sequence
        except Cancelled:
            raise
        except BacklitError as error:
            problems[i] = error.message
    return sequences, problems


def _scored(
    engine: Engine,
    examples: Sequence[Example],
    sequences: Mapping[int, TokenSequence],
    problems: dict[int, str],
    progress: Progress,
) -> dict[int, tuple[float, int]]:
    """The log-probability of each target, nats, and how many tokens it has; problems are added."""
    places, contexts, targets = [], [], []
    for i, sequence in sequences.items():
        target = examples[i].target
        if not target:
            problems[i] = NO_TARGET
            continue
        try:
            whole = engine.append(sequence, target)
            check_length(len(whole.tokens), engine.context_length, engine.name)
        except Cancelled:
            raise
        except BacklitError as error:
            problems[i] = error.message
            continue
        places.append(i)
        contexts.append(sequence.input_ids)
        targets.append(whole.input_ids[whole.prompt_length :])
    values = {}
    telling = bounding(engine)
    for at, log_probs in score_batch(engine, contexts, targets) if places else ():
        progress.check()
        total = float(log_probs.sum())
        if telling is not None and telling.bounded(contexts[at], targets[at]).any():
            problems[places[at]] = "The server does not tell how likely its target is."
        elif -total < MOST_NATS * len(targets[at]):
            values[places[at]] = (total, len(targets[at]))
        else:
            problems[places[at]] = "The model finds its target impossible."
    return values


def _answered(
    engine: Engine,
    sequences: Mapping[int, TokenSequence],
    options: GenerationOptions,
    progress: Progress,
) -> dict[int, str]:
    places = list(sequences)
    whole = dict(sequences)
    asked = [options] * len(places)
    for at, step in generate_batch(engine, list(sequences.values()), asked) if places else ():
        progress.check()
        whole[places[at]] = whole[places[at]].extended(step.tokens)
    return {i: one.text[len(sequences[i].text) :] for i, one in whole.items()}


def _measured(
    number: int,
    example: Example,
    sequence: TokenSequence,
    measures: Sequence[Measure],
    scored: Mapping[int, tuple[float, int]],
    answers: Mapping[int, str],
    compared: Mapping[Measure, Callable[[str, str], float]],
) -> Measured:
    values: dict[Measure, float] = {}
    response = answers.get(number)
    for name in measures:
        if name == "tokens":
            values[name] = len(sequence.tokens)
        elif name in OF_TARGETS and number in scored:
            total, length = scored[number]
            values[name] = total if name == "log_prob" else math.exp(-total / length)
        elif name in compared and response is not None and example.target:
            values[name] = compared[name](response, example.target)
    return Measured(number, values, response)


# ---- an answer and a target --------------------------------------------------------------------


def _comparison(name: Measure) -> Callable[[str, str], float]:
    if name == "exact_match":
        return lambda answer, target: float(answer.strip() == target.strip())
    return _rouge_l() if name == "rouge_l" else _bleu()


def _rouge_l() -> Callable[[str, str], float]:
    from rapidfuzz.distance import LCSseq

    def rouge_l(answer: str, target: str) -> float:
        said, wanted = (WORD.findall(text.casefold()) for text in (answer, target))
        common = LCSseq.similarity(said, wanted)
        return 2 * common / (len(said) + len(wanted)) if common else 0.0  # 2PR / (P + R)

    return rouge_l


def _bleu() -> Callable[[str, str], float]:
    from sacrebleu import sentence_bleu

    return lambda answer, target: float(sentence_bleu(answer.strip(), [target.strip()]).score)
