"""What a batch does with every row: all that is in here changes its results."""

import re
from dataclasses import dataclass, field
from typing import Literal, get_args

from backlit.errors import OptionsError, UnknownNameError
from backlit.explaining.asked import TypedPattern
from backlit.explaining.draws import SAMPLES, drawing_of
from backlit.explaining.targets import occurrences, select_target, tokens_at
from backlit.explanation import Generation
from backlit.explanation.cell import Variant
from backlit.segments import AGGREGATES, compile_pattern
from backlit.types import (
    Aggregate,
    GenerationOptions,
    Granularity,
    ParameterValue,
    Quantity,
    Target,
    TokenSequence,
)

AnswerFrom = Literal["model", "target"]
"""Who answers: the model, or the row's own target."""

DEFAULTS = GenerationOptions()
LINE = re.compile(r"[^\r\n]*\S[^\r\n]*")  # one that holds something


@dataclass(frozen=True, slots=True)
class Selection:
    """Which part of every answer is explained; one field at most is given, none is all of it.

    Attributes:
        words: as they stand in the answer; of several places, the first.
        pattern: a regular expression; of several matches, the first.
        last_line: the last line that holds something.

    Raises:
        OptionsError: several are given.
        PatternError: the pattern can't be read, or is too large.
    """

    words: str | None = None
    pattern: str | None = None
    last_line: bool = False

    def __post_init__(self) -> None:
        if (self.words is not None) + (self.pattern is not None) + self.last_line > 1:
            raise OptionsError(
                "Several parts of an answer are to be explained.",
                "Give one of words, a pattern and the last line.",
            )
        if self.words == "" or self.pattern == "":
            raise OptionsError("What is to be explained is empty.", "Leave it out for all of it.")
        if self.pattern is not None:
            compile_pattern(self.pattern)

    def of(self, generation: Generation) -> Target | None:
        """The part of an answer that is meant; None if the answer has no such part.

        Raises:
            TargetError: there is nothing before the answer.
            PatternError: the pattern took too long.
        """
        sequence = generation.sequence
        if len(sequence.tokens) == sequence.prompt_length:
            return None
        whole = select_target(sequence)
        if self.last_line:
            found = occurrences(sequence, LINE)[-1:]
        elif self.words is not None:
            found = occurrences(sequence, self.words)[:1]
        elif self.pattern is not None:
            found = self._matched(sequence, self.pattern)
        else:
            found = [whole]
        return found[0] if found else None

    def _matched(self, sequence: TokenSequence, pattern: str) -> list[Target]:
        """The first match that holds something."""
        start = len(sequence.prompt.text)
        span = TypedPattern(pattern).first(sequence.text[start:])
        if span is None:
            return []
        places = (start + span[0], start + span[1])
        return [Target(*tokens_at(sequence, places, sequence.prompt_length))]


@dataclass(frozen=True, slots=True)
class NamedMethod:
    """A method by its name, and its parameters."""

    name: str
    params: dict[str, ParameterValue] = field(default_factory=dict, hash=False)


@dataclass(frozen=True, slots=True)
class Job:
    """What is done with every row.

    Attributes:
        variants: templates that every row fills in; none, and rows have prompts of their own.
        answer: who answers.
        options: how the model writes.
        select: the part of each answer that is explained.
        methods: each of them, at each granularity, makes a map; none is the first that the model
            can serve.
        granularities: what is scored as one.
        pattern: of the granularity `custom`.
        aggregate: how token scores are joined, for methods that score tokens.
        measure: how likely the target is, or the share of answers that say it.
        samples: of a share, how many answers.
        matching: of a share, what counts.
        check: whether each map is checked.
        without_top: whether the first segment of the first map is taken away, to see what the
            model says then.

    Raises:
        InputError: of what does not exist, is out of range or does not go together.
    """

    variants: tuple[Variant, ...] = ()
    answer: AnswerFrom = "model"
    options: GenerationOptions = DEFAULTS
    select: Selection = Selection()
    methods: tuple[NamedMethod, ...] = ()
    granularities: tuple[Granularity, ...] = ("line",)
    pattern: str | None = None
    aggregate: Aggregate = "sum"
    measure: Quantity = "log_prob"
    samples: int = SAMPLES
    matching: str | None = None
    check: bool = False
    without_top: bool = False

    def __post_init__(self) -> None:
        if self.answer not in get_args(AnswerFrom):
            raise OptionsError(
                f"Rows can't be answered by {self.answer!r}.", "Use model, or target."
            )
        if not self.granularities:
            raise OptionsError("There is no granularity.", "Give at least one, such as line.")
        for one in self.granularities:
            if one not in get_args(Granularity):
                known = ", ".join(get_args(Granularity))
                raise UnknownNameError(f"There is no granularity {one!r}.", f"Use one of {known}.")
        drawing_of(self.options, self.measure, self.samples, self.matching)
        if ("custom" in self.granularities) != (self.pattern is not None):
            raise OptionsError(
                "A pattern and the granularity custom go together.", "Give both, or neither."
            )
        if self.pattern is not None:
            compile_pattern(self.pattern)
        if self.aggregate not in AGGREGATES:
            raise OptionsError(
                f"There is no aggregate {self.aggregate!r}.", f"Use one of {', '.join(AGGREGATES)}."
            )
        names = [one.name for one in self.variants]
        for name in names:
            if names.count(name) > 1:
                raise OptionsError(
                    f"Two variants are called {name!r}.", "Give each a name of its own."
                )
