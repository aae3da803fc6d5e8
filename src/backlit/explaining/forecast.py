"""What work takes of a server, told before it is asked: calls, and the tokens that it reads.

Bounds, not guesses, but for the tokens of a grid and of a table's measures: what is known already
is not asked again, and a check may end early. Requests that fail and are tried again come on top,
and, where a server does not tell the parts of characters, as llama.cpp, what it takes to look these
up in answers that are not read before.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil

from backlit.data.base import Example
from backlit.engines.base import Engine
from backlit.engines.metering import Meter
from backlit.errors import BacklitError, InputError
from backlit.explaining import faithfulness
from backlit.explaining.asked import Asked
from backlit.explaining.attribution import Segmenting
from backlit.explaining.comparing import columns_of
from backlit.explaining.measuring import OF_ANSWERS, OF_TARGETS, Measure
from backlit.explaining.reasoning import CLOSING, MORE
from backlit.explaining.refinement import measurable
from backlit.explaining.shares import AnswerShare
from backlit.explaining.templates import filled, lines_of
from backlit.explanation import Explanation, Variant
from backlit.methods import Method
from backlit.methods.base import Altering, params_of
from backlit.methods.objective import Objective
from backlit.methods.perturbation import replacement_ids
from backlit.segments import segment
from backlit.types import Prompt, Segment, TokenSequence


@dataclass(frozen=True, slots=True)
class Calls:
    """What a server is asked for, at most.

    Attributes:
        count: calls that a model works for.
        tokens: of prompts that it reads in all of them, those of answers that it scores with them.
    """

    count: int = 0
    tokens: int = 0

    def __add__(self, other: "Calls") -> "Calls":
        return Calls(self.count + other.count, self.tokens + other.tokens)


class Forecast:
    """What is asked about one target.

    Args:
        objective: of the target; it is not run.
        meter: of its engine; None of one that is here, whose answers may be counted still.
    """

    def __init__(self, objective: Objective | AnswerShare, meter: Meter | None) -> None:
        self._objective = objective
        self._meter = meter
        self._start = len(objective.context)

    def explained(self, method: Method, segmenting: Segmenting) -> Calls | None:
        """By a method; None if it does not say how many prompts it asks about.

        Raises:
            InputError: an option that the method or the segments can't have.
        """
        if not isinstance(method, Altering):
            return None
        return self._altered(method, *self._segments(segmenting))

    def checked(self, segments: int) -> Calls:
        """The check of a map of so many segments that may be taken away."""
        return self._scored(1 + faithfulness.altered_prompts(segments))

    def proved(self, parts: int, think_again: int = 0) -> Calls:
        """Proofs of so many parts of a map: each alone, and those together that do little alone."""
        proofs = parts + (parts > 1)
        if isinstance(self._objective, AnswerShare):
            return self._scored(1 + proofs)  # drawn afresh, with everything there, too
        usual = 1  # what the model says with everything there
        calls = self._scored(proofs) + self._written(proofs + usual, self._start)
        if think_again:
            calls += self._thought_again((proofs + 1) * think_again)  # with everything there, too
        return calls

    def muted(self, think_again: int = 0) -> Calls:
        """Some parts taken away, all together, and everything there."""
        calls = self._scored(2)
        if think_again:
            calls += self._written(1, self._start)  # what the model says with everything there
            calls += self._thought_again(2 * think_again)
        return calls

    def traced(self, method: Method, segmenting: Segmenting, budget: int) -> Calls | None:
        """A map carried on through so many sentences of the answer; None as for `explained`."""
        if not isinstance(method, Altering):
            return None
        sequence = self._objective.sequence
        prompt = sequence.prompt_length
        parts = [one for one in self._segments(segmenting)[0] if one.start < prompt]
        sentences = [
            one for one in segment(sequence, "sentence", stop=self._start) if one.start >= prompt
        ]
        each = [
            _scored(
                self._meter,
                method.altered_prompts([*parts, *sentences[:index]]),
                one.start,
                sequence.input_ids[one.start : one.stop],
            )
            for index, one in enumerate(sentences)
        ]
        each.sort(key=lambda calls: calls.tokens, reverse=True)
        return sum(each[:budget], self._altered(method, [*parts, *sentences], 1))

    def _thought_again(self, times: int) -> Calls:
        """What stands before the target written anew so many times, and the target after it."""
        prompt = self._objective.sequence.prompt_length
        longest = self._start + 2 * (self._start - prompt) + MORE + CLOSING
        written = self._written(times, prompt) + self._written(times, longest)
        return written + self._scored(times, longest)

    def _segments(self, segmenting: Segmenting) -> tuple[Sequence[Segment], int]:
        """All that are scored, in how many rounds."""
        finest, pattern = segmenting.granularity, segmenting.pattern
        if segmenting.budget is None:
            return segment(self._objective.sequence, finest, pattern, stop=self._start), 1
        return measurable(self._objective, finest, segmenting.budget)

    def _altered(self, method: Altering, segments: Sequence[Segment], rounds: int) -> Calls:
        put = params_of(method).get("replacement")
        gap = len(replacement_ids(self._objective, put)) if isinstance(put, str) else 0
        longer = sum(max(0, gap - (one.stop - one.start)) for one in segments)
        return self._scored(method.altered_prompts(segments, rounds), self._start + longer)

    def _scored(self, prompts: int, longest: int | None = None) -> Calls:
        """Target and foil scored after so many prompts, none of which is longer."""
        length = self._start if longest is None else longest
        if isinstance(self._objective, AnswerShare):
            return self._written(prompts * self._objective.samples, length)
        each = (_scored(self._meter, prompts, length, answer) for answer in self._objective.answers)
        return sum(each, Calls())

    def _written(self, times: int, length: int) -> Calls:
        """Something written so many times, after prompts none of which is longer."""
        return Calls(times, times * length)


def of_response(meter: Meter, prompt: int, response: Sequence[int]) -> Calls:
    """Log-probabilities of a response that was given, after a prompt of so many tokens."""
    return _scored(meter, 1, prompt, response)


def of_comparison(engine: Engine, meter: Meter, explanations: Sequence[Explanation]) -> Calls:
    """What it takes to say how likely each answer is after each prompt of this engine's.

    Raises:
        InputError, CapabilityError: as `comparing.compare`.
    """
    calls = Calls()
    for one in columns_of(engine, explanations):
        each = meter.of_answer(one.answer)
        count = len(one.contexts) * each
        read = sum(map(len, one.contexts)) * each
        calls += Calls(count, read + count * len(one.answer))
    return calls


def of_measures(
    engine: Engine, meter: Meter, examples: Sequence[Example], measures: Sequence[Measure]
) -> Calls:
    """What it takes to measure examples, of which no more than two are read.

    The number of calls is a bound. That of tokens is not: all are taken to have as many for each
    character as the longest one.
    """
    asked = [one for one in examples if one.target]
    texts = [one.target for one in asked if one.target]
    asked.sort(key=lambda one: _characters(one.prompt), reverse=True)
    longest = next((read for one in asked if (read := _read(engine, one.prompt))), None)
    if longest is None:
        return Calls()
    characters = sum(_characters(one.prompt) for one in asked)
    tokens = ceil(len(longest.tokens) * characters / len(longest.text))
    calls = Calls()
    if OF_TARGETS & set(measures):
        calls += _given(engine, meter, longest, texts, tokens / len(asked))
    if OF_ANSWERS & set(measures):
        calls += Calls(len(asked), tokens)
    return calls


def of_grid(
    engine: Engine,
    meter: Meter,
    variants: Sequence[Variant],
    examples: Sequence[Example],
    asked: Asked,
) -> Calls:
    """A grid, of which no more than a prompt for each variant is read.

    The number of calls is a bound. That of tokens is not: prompts of a variant are taken to have as
    many for each character as the longest one.
    """
    calls = Calls()
    for variant in variants:
        prompts = [one for one in (_filled(variant.template, row) for row in examples) if one]
        prompts.sort(key=_characters, reverse=True)
        longest = next((one for one in (_read(engine, prompt) for prompt in prompts) if one), None)
        if longest is None:
            continue  # of which each cell says why
        characters = sum(map(_characters, prompts))
        tokens = ceil(len(longest.tokens) * characters / len(longest.text))  # of all prompts
        samples = len(asked.each)
        calls += Calls(len(prompts) * samples, tokens * samples)
        mean = tokens / len(prompts)
        if asked.answer is not None:
            texts = [str(one) for one in (_filled(asked.answer, row) for row in examples) if one]
            once = _given(engine, meter, longest, texts, mean)
        else:
            once = _unwritten(meter, len(prompts), asked.options.max_new_tokens, mean)
        scored = (asked.answer is not None or asked.effects) + (
            len(lines_of(variant.template)) if asked.effects else 0
        )
        calls += Calls(once.count * scored, once.tokens * scored)
    return calls


def _given(
    engine: Engine, meter: Meter, longest: TokenSequence, texts: Sequence[str], context: float
) -> Calls:
    """Answers of which no more than two are read, each scored once.

    Args:
        engine: reads them.
        meter: of it.
        longest: of the prompts that they are given.
        texts: of the answers.
        context: how many tokens such a prompt has, on average.
    """
    # The one with most letters, and the one with most signs of several bytes.
    several = {max(texts, key=len), max(texts, key=_bytes_more)} if texts else set()
    given = [ids for text in several if (ids := _answer(engine, longest, text))]
    answer = max(map(len, given), default=0)
    if meter.one_by_one:  # of what is not read, no token has less than a byte
        count = sum(len(text.encode(errors="replace")) for text in texts)
    else:
        count = len(texts) * max(map(meter.of_answer, given), default=1)
    return Calls(count, ceil(count * (context + answer)))


def _unwritten(meter: Meter, times: int, most: int, context: float) -> Calls:
    """So many answers of at most so many tokens each, which are not written yet, scored once."""
    count = times * (most if meter.one_by_one else 1)
    return Calls(count, ceil(count * (context + most)))


def _filled(template: Prompt, row: Example) -> Prompt | None:
    """None where the row lacks something, or there is nothing in it."""
    try:
        prompt = filled(template, row)
    except InputError:
        return None
    return prompt if _characters(prompt) else None


def _read(engine: Engine, prompt: Prompt) -> TokenSequence | None:
    """None if it can't be, as where it is too long."""
    try:
        return engine.tokenize(prompt)
    except BacklitError:
        return None


def _answer(engine: Engine, prompt: TokenSequence, text: str) -> tuple[int, ...]:
    """Ids of an answer; none if it can't be read."""
    try:
        return engine.append(prompt, text).input_ids[len(prompt.tokens) :]
    except BacklitError:
        return ()


def _bytes_more(text: str) -> int:
    return len(text.encode(errors="replace")) - len(text)


def _characters(prompt: Prompt) -> int:
    return len(prompt) if isinstance(prompt, str) else sum(len(one.content) for one in prompt)


def _scored(meter: Meter | None, prompts: int, context: int, answer: Sequence[int]) -> Calls:
    """An answer after so many prompts, none of which is longer."""
    count = prompts * (1 if meter is None else meter.of_answer(answer))
    return Calls(count, count * (context + len(answer)))
