"""What is asked of every cell of a grid."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Protocol

from backlit.errors import OptionsError, PatternError
from backlit.segments import MAX_PATTERN_SECONDS, compile_pattern
from backlit.types import MIN_TEMPERATURE, GenerationOptions, Span

MAX_SAMPLES = 100  # of a cell


class Searches(Protocol):
    """A compiled regular expression, or what is like one."""

    @property
    def pattern(self) -> str: ...

    def search(self, string: str, /) -> object | None: ...


class TypedPattern:
    """A regular expression that anyone may have typed, as `Searches`: with a limit of time.

    Raises:
        PatternError: it can't be read, or is too large.
    """

    def __init__(self, pattern: str) -> None:
        self.pattern = pattern
        self._compiled = compile_pattern(pattern)

    def search(self, string: str, /) -> object | None:
        """Where it matches first.

        Raises:
            PatternError: that took too long.
        """
        with _in_time():
            return self._compiled.search(string, timeout=MAX_PATTERN_SECONDS, concurrent=True)

    def first(self, string: str) -> Span | None:
        """The characters of its first match that holds some.

        Raises:
            PatternError: that took too long.
        """
        with _in_time():
            matches = self._compiled.finditer(string, timeout=MAX_PATTERN_SECONDS, concurrent=True)
            return next((one.span() for one in matches if one.group()), None)


@contextmanager
def _in_time() -> Iterator[None]:
    try:
        yield
    except TimeoutError as error:
        raise PatternError(
            f"The pattern took longer than {MAX_PATTERN_SECONDS} seconds on an answer.",
            "Simplify it: a repeat inside a repeat, such as (a+)+, is the usual cause.",
        ) from error


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked of every cell.

    Attributes:
        options: how the model writes.
        samples: how many answers; more than one wants a temperature.
        find: what is looked for in them: a phrase, or a compiled regular expression.
        answer: how likely is this one? A template; text exactly as it follows the prompt.
        effects: whether the template's lines are taken away in turn.

    Raises:
        OptionsError: too many samples, or several that would all be the same.
    """

    options: GenerationOptions
    samples: int = 1
    find: str | Searches | None = None
    answer: str | None = None
    effects: bool = True

    def __post_init__(self) -> None:
        whole = isinstance(self.samples, int) and not isinstance(self.samples, bool)
        if not whole or not 1 <= self.samples <= MAX_SAMPLES:
            raise OptionsError(f"samples is {self.samples!r}.", f"Use 1 to {MAX_SAMPLES}.")
        if self.find is not None and not isinstance(self.find, str):
            text = getattr(self.find, "pattern", None)
            if not isinstance(text, str):
                raise OptionsError(
                    f"A {type(self.find).__name__} can't be looked for.",
                    "Give a phrase, or a compiled regular expression of text.",
                )
        if self.samples > 1 and self.greedy:
            raise OptionsError(
                "At temperature 0 all samples are the same.", "Use a temperature, such as 0.7."
            )

    def finds(self, text: str) -> bool | None:
        """Whether what is looked for is in a text; None if nothing is."""
        if self.find is None:
            return None
        return self.find in text if isinstance(self.find, str) else bool(self.find.search(text))

    @property
    def found(self) -> str | None:
        """What people call what is looked for."""
        if self.find is None or isinstance(self.find, str):
            return None if self.find is None else f"“{self.find}”"
        return f"/{self.find.pattern}/"

    @property
    def greedy(self) -> bool:
        """Whether every sample would be the same."""
        return self.options.heat < MIN_TEMPERATURE

    @property
    def each(self) -> list[GenerationOptions]:
        """How each sample is written: with a seed of its own, so that it can be repeated."""
        if self.greedy:
            return [replace(self.options, seed=None)]
        first = self.options.seed or 0
        return [replace(self.options, seed=first + number) for number in range(self.samples)]
