"""What is counted, and may have to be paid, of an engine that asks a server."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from backlit.engines.base import Engine


class Counter(Protocol):
    """Who counts calls, and knows what they cost."""

    @property
    def calls(self) -> int:
        """So far, of those that the model had to work for."""
        ...

    @property
    def price(self) -> float | None:
        """Dollars for a million prompt tokens, if that is known."""
        ...


@dataclass(frozen=True, slots=True)
class Meter:
    """How a server is asked, for those who tell what work takes of it.

    Attributes:
        place: where the server is, for people.
        counter: of its calls.
        unit: what is counted of prompts; words are ours, so that what they cost is not known.
        of_answer: how many calls it takes to score an answer, by its ids, after one prompt.
        one_by_one: whether that is a call for each of its tokens.
    """

    place: str
    counter: Counter
    unit: Literal["token", "word"] = "token"
    of_answer: Callable[[Sequence[int]], int] = lambda answer: 1
    one_by_one: bool = False

    def dollars(self, prompt_tokens: int) -> float | None:
        """What it costs to have so many read, if that is known."""
        price = self.counter.price
        return None if price is None or self.unit == "word" else prompt_tokens * price / 1_000_000


def meter_of(engine: Engine) -> Meter | None:
    """The meter of an engine that asks a server; None of one that runs here."""
    meter = getattr(engine, "meter", None)
    return meter if isinstance(meter, Meter) else None
