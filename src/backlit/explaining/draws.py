"""How answers are drawn for their share to be measured."""

from dataclasses import dataclass, replace
from typing import get_args

from backlit.display.speech import digits, say
from backlit.errors import OptionsError, UnknownNameError
from backlit.explaining.asked import TypedPattern
from backlit.explanation import Share
from backlit.types import MIN_TEMPERATURE, SEEDS, GenerationOptions, Quantity

SAMPLES = 10  # answers after each prompt, unless another number is asked for
MAX_SAMPLES = 1_000
TEMPERATURE = 1.0  # where none is asked for: greedily, all answers would be the same


@dataclass(frozen=True, slots=True)
class Drawing:
    """How answers are drawn, and which of them count.

    Attributes:
        options: how each is written, from the seed of the first on; at temperature 0 all would be
            the same, so 1 is taken then.
        samples: how many answers are written after each prompt.
        pattern: a regular expression that those which count match; None counts those that have the
            target's words, whatever their case and white space.

    Raises:
        OptionsError: too many samples, or too few.
        PatternError: the pattern can't be read, or is too large.
    """

    options: GenerationOptions
    samples: int = SAMPLES
    pattern: str | None = None

    def __post_init__(self) -> None:
        whole = isinstance(self.samples, int) and not isinstance(self.samples, bool)
        if not whole or not 1 <= self.samples <= MAX_SAMPLES:
            raise OptionsError(f"samples is {self.samples!r}.", f"Use 1 to {MAX_SAMPLES:,}.")
        if self.pattern is not None:
            TypedPattern(self.pattern)
        if self.options.heat < MIN_TEMPERATURE:
            object.__setattr__(self, "options", replace(self.options, temperature=TEMPERATURE))
        if self.options.seed is None:
            object.__setattr__(self, "options", replace(self.options, seed=0))

    def afresh(self) -> "Drawing":
        """The same with other draws: those that chose a map can't also prove it, as the part whose
        answers came out lowest by chance would be the first of the map, and the proof of itself.
        """
        seed = (self.options.seed or 0) + self.samples
        return replace(self, options=replace(self.options, seed=seed % SEEDS))

    def reaching(self, tokens: int) -> "Drawing":
        """The same with answers of so many tokens at least: as long as the one with the target."""
        longest = max(self.options.max_new_tokens, tokens)
        return replace(self, options=replace(self.options, max_new_tokens=longest))

    @classmethod
    def of(cls, share: Share) -> "Drawing":
        """The one by which a share was found.

        Raises:
            OptionsError: how answers were written was left out of what was handed on.
        """
        if share.options is None:
            raise OptionsError(
                "How the answers of this map were written was left out, so none can be counted "
                "as they were.",
                "Make the map again.",
            )
        return cls(share.options, share.samples, share.pattern)


def drawing_of(
    options: GenerationOptions, measure: Quantity, samples: int, pattern: str | None
) -> Drawing | None:
    """How answers are drawn; None where log-probabilities are measured, and nothing is.

    Raises:
        UnknownNameError: no such measure.
        OptionsError: too many samples, or what goes with a share without one.
        PatternError: the pattern can't be read, or is too large.
    """
    if measure not in get_args(Quantity):
        raise UnknownNameError(
            f"There is no measure {measure!r}.", f"Use one of {', '.join(get_args(Quantity))}."
        )
    if measure == "share":
        return Drawing(options, samples, pattern)
    if pattern is not None or samples != SAMPLES:
        raise OptionsError(
            "Answers are counted only where their share is measured.", 'Add measure="share".'
        )
    return None


def remark(share: Share) -> tuple[str, ...]:
    """What a person should know of a share before anything else."""
    told: list[str] = []
    if share.with_all.value == 0:
        told.append(
            say(
                "With everything there, none of {samples} answers counts, so nothing can be lost: "
                "choose words that it says more often.",
                samples=digits(share.samples),
            )
        )
    if share.options is not None and share.options.temperature is None:
        told.append(say("The model takes no temperature: answers are drawn at its own."))
    if share.options is not None and share.options.seed is None:
        told.append(
            say(
                "The model takes no seed, so draws do not repeat: made again, this map may differ "
                "by chance."
            )
        )
    return tuple(told)
