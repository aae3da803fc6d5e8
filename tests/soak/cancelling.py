"""Stop the default model at random moments of long work, and measure how long it goes on."""

import random
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass

import backlit
from backlit.errors import Cancelled
from backlit.methods import methods
from backlit.progress import Progress
from backlit.segments import GRANULARITIES
from backlit.types import Granularity

SENTENCE = "The cat likes warm milk and the dog likes cold water.\n"  # 13 tokens of smollm2
TOKENS = (4_000, 7_900)  # it reads 8,192, and the chat's own tokens and the answer come on top
LONGEST = 4.0  # seconds until it is stopped: within reading, the first pass, and what follows


@dataclass(frozen=True)
class Stopped:
    """One piece of work that was stopped.

    Attributes:
        what: the method, the granularity and the tokens.
        after: seconds that it ran before.
        took: seconds that it went on, or None where it ended by itself before.
    """

    what: str
    after: float
    took: float | None


class Stoppable(Progress):
    """Raises once it is told to."""

    def __init__(self) -> None:
        self.stop = threading.Event()

    def check(self) -> None:
        if self.stop.is_set():
            raise Cancelled


def cancel(model: backlit.Model, rounds: int, seed: int = 0) -> Iterator[Stopped]:
    """Begin an explanation and stop it, so many times."""
    chance = random.Random(seed)
    names = list(methods())
    granularities: list[Granularity] = [one for one in GRANULARITIES if one != "custom"]
    for number in range(rounds):
        method = names[number % len(names)]
        granularity = chance.choice(granularities)
        tokens = chance.choice(TOKENS)
        after = chance.uniform(0, LONGEST)
        prompt = SENTENCE * (tokens // 13)
        yield _stopped(model, prompt, method, granularity, after)


def _stopped(
    model: backlit.Model, prompt: str, method: str, granularity: Granularity, after: float
) -> Stopped:
    progress = Stoppable()
    ended = threading.Event()

    def explain() -> None:
        try:
            model.explain(
                prompt,
                response=" cold water",
                method=method,
                granularity=granularity,
                progress=progress,
            )
        except Cancelled:
            pass
        finally:
            ended.set()

    threading.Thread(target=explain, daemon=True).start()
    begun = time.monotonic()
    if ended.wait(after):
        return Stopped(f"{method}, {granularity}", time.monotonic() - begun, None)
    asked = time.monotonic()
    progress.stop.set()
    ended.wait()
    return Stopped(
        f"{method}, {granularity}, {len(prompt):,} characters", after, time.monotonic() - asked
    )
