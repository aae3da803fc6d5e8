"""Everything before a model's first layer can be stopped, however much there is to read."""

from collections.abc import Callable

import pytest

from backlit.engines.base import Engine
from backlit.engines.function import from_function
from backlit.engines.toy import ToyEngine
from backlit.errors import Cancelled, PromptError
from backlit.progress import Progress, following
from backlit.segments import GRANULARITIES, segment
from backlit.types import Granularity, Message, Prompt, TokenSequence

LONG = "Four words and more.\n" * 20_000


class After(Progress):
    """Stops the work at its n-th look."""

    def __init__(self, looks: int) -> None:
        self.left = looks

    def check(self) -> None:
        self.left -= 1
        if self.left < 0:
            raise Cancelled


def looks_of(work: Callable[[], object]) -> int:
    """How often the work looks whether it should stop."""
    follower = After(10**9)
    with following(follower):
        work()
    return 10**9 - follower.left


def stops_everywhere(work: Callable[[], object]) -> None:
    """Work of a second or so looks at least 50 times, and ends at whichever look says so."""
    looks = looks_of(work)
    assert looks >= 50
    stopped = 0
    for stop in (0, 1, looks // 3, looks // 2, looks - 1):
        follower = After(stop)
        try:
            with following(follower):
                work()
        except Cancelled:
            stopped += 1
        else:  # while a template is rendered the clock says how often it looks
            assert follower.left >= 0, "it was told to stop, and went on"
    assert stopped >= 3


@pytest.fixture(scope="module")
def boundless() -> Engine:
    return from_function(score=lambda prompts, response: [0.0 for _ in prompts])


@pytest.mark.parametrize(
    "prompt", [LONG, tuple(Message("user", "hello there") for _ in range(10_000))]
)
def test_reading(prompt: Prompt) -> None:
    engine = ToyEngine(context_length=10**6)
    stops_everywhere(lambda: engine.tokenize(prompt))


def test_reading_pieces(boundless: Engine) -> None:
    stops_everywhere(lambda: boundless.tokenize(LONG))


@pytest.mark.parametrize("granularity", [g for g in GRANULARITIES if g != "custom"])
def test_segmenting(boundless: Engine, granularity: Granularity) -> None:
    sequence: TokenSequence = boundless.tokenize(LONG)
    stops_everywhere(lambda: segment(sequence, granularity))


def test_half_a_million_messages_are_refused_by_their_length(toy: ToyEngine) -> None:
    with pytest.raises(PromptError, match="reads at most 8,192"):
        toy.tokenize(tuple(Message("user", "a ") for _ in range(550_000)))
