"""Functions to make engines of, whose numbers can be worked out by hand."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from backlit.engines import from_function
from backlit.engines.base import Scorer
from backlit.engines.function.pieces import pieces_of
from backlit.types import GenerationOptions

PROMPT = "The dog likes it cold.\nThe cat likes it warm"
WEIGHTS = {"dog": 1.0, "cold": 2.5, "cat": -0.5, "likes": 0.25}


def clues(prompt: str) -> float:
    """What the words of a prompt add up to, nats."""
    return sum(weight * prompt.count(word) for word, weight in WEIGHTS.items())


def sums(prompts: list[str], response: str) -> list[float]:
    return [clues(prompt) - 10 - len(response) for prompt in prompts]


def summands(prompts: list[str], response: str) -> list[list[float]]:
    """One for each piece; the first has the clues."""
    rest = [-float(len(piece)) for piece in pieces_of(response)]
    return [[rest[0] + clues(prompt) - 10, *rest[1:]] for prompt in prompts]


def echo(prompt: str, options: GenerationOptions) -> Iterator[str]:
    """Writes the prompt's end again, in parts of three characters."""
    text = f" {prompt[-30:]} and so on and so on, 東京."
    yield from (text[at : at + 3] for at in range(0, len(text), 3))


def scorer(score: Any = sums, **options: Any) -> Scorer:
    engine = from_function(score=score, **options)
    assert isinstance(engine, Scorer)
    return engine


def wrote(
    generate: Callable[[str, GenerationOptions], str | Iterable[str]], **options: Any
) -> tuple[list[str], str | None]:
    """The pieces that an engine writes after "x", and why it ends."""
    engine = from_function(generate=generate)
    steps = list(engine.generate(engine.tokenize("x"), GenerationOptions(**options)))
    assert [step.finish_reason for step in steps[:-1]] == [None] * (len(steps) - 1)
    return [token.text for step in steps for token in step.tokens], steps[-1].finish_reason


def failing(error: BaseException) -> Callable[..., Any]:
    def fail(*given: Any) -> Any:
        raise error

    return fail
