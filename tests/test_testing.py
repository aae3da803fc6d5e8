"""The checks for authors can fail: each broken promise is told as that one."""

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from threading import Lock
from time import sleep
from typing import Any

import pytest

from backlit.engines import from_function
from backlit.engines.base import EdgeGradient, EmbeddingGradient, FloatArray, GenerationStep
from backlit.engines.toy import ToyEngine
from backlit.errors import CapabilityError
from backlit.testing import check_engine
from backlit.types import GenerationOptions, Prompt, Target, Token, TokenSequence

PROMPT = "Question: what does the dog like? Answer:"


class Altered(ToyEngine):
    """The toy, with other tokens in what it writes or annotates, and with other scores."""

    def __init__(
        self,
        writes: Callable[[Token], Token] = lambda token: token,
        notes: Callable[[Token], Token] = lambda token: token,
        scores: Callable[[FloatArray], FloatArray] = lambda log_probs: log_probs,
    ) -> None:
        super().__init__()
        self._writes, self._notes, self._scores = writes, notes, scores

    def generate(
        self, prompt: TokenSequence, options: GenerationOptions
    ) -> Iterator[GenerationStep]:
        for step in super().generate(prompt, options):
            yield replace(step, tokens=tuple(self._writes(token) for token in step.tokens))

    def annotate(self, sequence: TokenSequence) -> TokenSequence:
        noted = super().annotate(sequence)
        return replace(noted, tokens=tuple(self._notes(token) for token in noted.tokens))

    def score(
        self, contexts: Sequence[Sequence[int]], *answers: Sequence[int]
    ) -> Iterator[tuple[int, FloatArray]]:
        for index, log_probs in super().score(contexts, *answers):
            yield index, self._scores(log_probs)


def silent(token: Token) -> Token:
    return replace(token, log_prob=None, alternatives=())


def partly(token: Token) -> Token:
    return silent(token) if token.text == " dog" else token


def test_an_engine_may_leave_to_annotate_what_it_does_not_know_yet() -> None:
    check_engine(Altered(writes=silent), PROMPT)


@pytest.mark.parametrize(
    ("altered", "told"),
    [
        ({"writes": partly}, "log-probabilities of some tokens but not of all"),
        ({"writes": lambda t: replace(t, log_prob=0.1)}, "a log-probability over 0"),
        ({"writes": lambda t: replace(t, log_prob=-9.0)}, "not the best alternative"),
        ({"writes": lambda t: replace(t, log_prob=None)}, "alternatives, but no log-prob"),
        ({"writes": lambda t: replace(t, alternatives=t.alternatives[:4])}, "not five"),
        ({"writes": lambda t: replace(t, role="prompt")}, "without its role"),
        ({"notes": partly}, "log-probabilities of some tokens but not of all"),
        ({"notes": silent}, "annotate left out log-probabilities"),
        ({"notes": silent, "writes": silent}, "but annotate has not"),
        ({"notes": lambda t: replace(t, alternatives=())}, "annotate gave no alternatives"),
        ({"notes": lambda t: replace(t, log_prob=-9.0)}, "annotate differs"),
        ({"notes": lambda t: replace(t, id=65)}, "annotate changed the ids"),
        ({"scores": lambda found: 2 * found}, "score differs from generate"),
    ],
)
def test_a_broken_promise_is_told(altered: dict[str, Any], told: str) -> None:
    with pytest.raises(AssertionError, match=told):
        check_engine(Altered(**altered), PROMPT)


def test_log_probabilities_must_not_depend_on_what_comes_after() -> None:
    def score(prompts: list[str], response: str) -> list[list[float]]:
        return [[-float(len(response))] * len(response) for _ in prompts]

    with pytest.raises(AssertionError, match="depends on what comes after"):
        check_engine(from_function(score=score, pieces=list), PROMPT)


def test_scores_must_not_depend_on_the_company() -> None:
    def score(prompts: list[str], response: str) -> list[float]:
        return [-float(len(prompts))] * len(prompts)

    with pytest.raises(AssertionError, match="depend on the company"):
        check_engine(from_function(score=score), PROMPT)


def test_an_engine_that_fails_to_write_is_not_one_that_need_not() -> None:
    def generate(prompt: str, options: GenerationOptions) -> str:
        raise ValueError

    with pytest.raises(CapabilityError, match="failed"):
        check_engine(from_function(generate=generate, score=lambda p, r: [-1] * len(p)), PROMPT)


def test_an_engine_must_do_something() -> None:
    engine = from_function(generate=lambda prompt, options: "yes")
    engine._generate = None  # type: ignore[attr-defined]
    with pytest.raises(AssertionError, match="says that it writes, and does not"):
        check_engine(engine, PROMPT)
    engine.capabilities = frozenset()  # type: ignore[misc]
    with pytest.raises(AssertionError, match="neither writes nor scores"):
        check_engine(engine, PROMPT)


@pytest.mark.parametrize(
    ("capabilities", "told"),
    [
        ({"generate", "score", "telepathy"}, "capabilities that there are not: ['telepathy']"),
        ({"generate", "gradient"}, "gradient but not score"),
        ({"generate", "gates"}, "gates but not score"),
        ({"score"}, "writes, and does not say so"),
    ],
)
def test_capabilities_are_known_and_true(capabilities: set[Any], told: str) -> None:
    engine = ToyEngine()
    engine.capabilities = frozenset(capabilities)
    with pytest.raises(AssertionError, match=re.escape(told)):
        check_engine(engine, PROMPT)


def test_capabilities_do_not_change() -> None:
    class Fickle(ToyEngine):
        def gate_gradient(
            self, input_ids: Sequence[int], target: Target, **how: Any
        ) -> EdgeGradient:
            self.capabilities = self.capabilities - {"relevance"}
            return super().gate_gradient(input_ids, target, **how)

    with pytest.raises(AssertionError, match="its capabilities changed"):
        check_engine(Fickle(), PROMPT)


def test_tokens_that_weigh_nothing_are_not_asked_about() -> None:
    class AsksAll(ToyEngine):
        def gradient(
            self, input_ids: Sequence[int], target: Target, **how: Any
        ) -> EmbeddingGradient:
            return super().gradient(input_ids, target, **how | {"weights": None})

    class AsksAllGates(ToyEngine):
        def gate_gradient(
            self, input_ids: Sequence[int], target: Target, **how: Any
        ) -> EdgeGradient:
            return super().gate_gradient(input_ids, target, **how | {"weights": None})

    with pytest.raises(AssertionError, match=r"weighs nothing is asked about$"):
        check_engine(AsksAll(), PROMPT)
    with pytest.raises(AssertionError, match="weighs nothing is asked about at the gates"):
        check_engine(AsksAllGates(), PROMPT)


# ---- threads ---------------------------------------------------------------------------------


class Busy(ToyEngine):
    """Reads and writes with something that only one thread may use at a time."""

    def __init__(self, *, reading: bool = False, writing: bool = False) -> None:
        super().__init__()
        self._reading, self._writing = reading, writing
        self._lock = Lock()

    @contextmanager
    def _borrowed(self) -> Iterator[None]:
        if not self._lock.acquire(blocking=False):
            raise RuntimeError("Already borrowed")
        try:
            sleep(0.003)
            yield
        finally:
            self._lock.release()

    def tokenize(self, prompt: Prompt) -> TokenSequence:
        with self._borrowed() if self._reading else nullcontext():
            return super().tokenize(prompt)

    def append(self, prompt: TokenSequence, response: str | Sequence[int]) -> TokenSequence:
        if self._writing and self._lock.locked():
            raise RuntimeError("Already borrowed")
        return super().append(prompt, response)

    def generate(
        self, prompt: TokenSequence, options: GenerationOptions
    ) -> Iterator[GenerationStep]:
        with self._borrowed() if self._writing else nullcontext():
            yield from super().generate(prompt, options)


@pytest.mark.parametrize("broken", [{"reading": True}, {"writing": True}])
def test_threads_may_read_at_once_also_while_it_writes(broken: dict[str, bool]) -> None:
    check_engine(Busy(), PROMPT)
    with pytest.raises(AssertionError, match=r"where threads read or write at once.*borrowed"):
        check_engine(Busy(**broken), PROMPT)


def test_reading_has_no_state_that_writing_changes() -> None:
    class Forgetful(ToyEngine):
        """Reads otherwise while it writes."""

        writing = False

        def tokenize(self, prompt: Prompt) -> TokenSequence:
            return super().tokenize(prompt if not self.writing else "something else")

        def generate(
            self, prompt: TokenSequence, options: GenerationOptions
        ) -> Iterator[GenerationStep]:
            self.writing = True
            for step in super().generate(prompt, options):
                sleep(0.003)
                yield step
            self.writing = False

    with pytest.raises(AssertionError, match="threads that read at once read other tokens"):
        check_engine(Forgetful(), PROMPT)
