"""Pieces of work that ask one engine, run side by side: what they ask at one time is run as one.

Each piece runs on a thread and is written as if the engine were its own. Once every piece that is
not over waits for an answer, all that was asked is answered, and so on. So any method, check or
proof of several rows shares what their altered prompts begin with alike, and none of them knows.
What is asked, and what together, does not depend on which thread was quicker.
"""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextvars import copy_context
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar, cast

import numpy as np

from backlit.engines.base import Engine, FloatArray, GenerationStep
from backlit.engines.batches import generate_batch, score_batch
from backlit.errors import Cancelled, OfflineError, out_of_memory
from backlit.progress import current
from backlit.types import GenerationOptions, TokenSequence

T = TypeVar("T")

READING = frozenset({"tokenize", "append"})  # safe from any thread


@dataclass(eq=False, slots=True)
class _Ask:
    """What a piece of work asked, and what came of it."""

    operation: str
    arguments: tuple[Any, ...]
    options: dict[str, Any]
    answer: Any = None
    error: BaseException | None = None
    answered: threading.Event = field(default_factory=threading.Event)


class Seat:
    """The engine, as one piece of work sees it: every operation but reading waits its turn."""

    def __init__(self, engine: Engine, ask: Callable[[_Ask], Any]) -> None:
        self._engine = engine
        self._ask = ask

    def generate(
        self, prompt: TokenSequence, options: GenerationOptions
    ) -> Iterator[GenerationStep]:
        """See `Engine.generate`; the steps come once the answer is whole."""
        return iter(self._ask(_Ask("generate", (prompt, options), {})))

    def score(
        self, contexts: Sequence[Sequence[int]], *answers: Sequence[int]
    ) -> Iterator[tuple[int, FloatArray]]:
        """See `Scorer.score`."""
        return iter(self._ask(_Ask("score", (contexts, *answers), {})))

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._engine, name)
        if name in READING or not callable(value):
            return value

        def asked(*arguments: Any, **options: Any) -> Any:
            return self._ask(_Ask(name, arguments, options))

        return asked


class Together(Generic[T]):
    """Runs pieces of work on one engine.

    Args:
        engine: with the capability `batch`.
        works: each takes an engine.
    """

    def __init__(self, engine: Engine, works: Sequence[Callable[[Engine], T]]) -> None:
        self._engine = engine
        self._works = works
        self._changed = threading.Condition()
        self._waiting: dict[int, _Ask] = {}
        self._results: dict[int, T | BaseException] = {}
        self._open: list[_Ask] = []  # being answered
        self._stopped: BaseException | None = None

    def run(self) -> list[T | BaseException]:
        """What came of each piece of work, in order: its result, or what it raised.

        Raises:
            Cancelled: the work should stop.
        """
        threads = [
            threading.Thread(
                target=copy_context().run,
                args=(self._work, number),
                name=f"batch-{number}",
                daemon=True,
            )
            for number in range(len(self._works))
        ]
        for thread in threads:
            thread.start()
        try:
            while asks := self._asked():
                self._answer(asks)
                for ask in asks:
                    ask.answered.set()
        except BaseException as error:
            self._stop(error)
            raise
        finally:
            for thread in threads:
                thread.join()
        return [self._results[number] for number in range(len(self._works))]

    def _asked(self) -> list[_Ask]:
        """What every piece of work that is not over asks, in their order."""
        with self._changed:
            self._changed.wait_for(
                lambda: len(self._waiting) + len(self._results) == len(self._works)
            )
            self._open = [ask for _, ask in sorted(self._waiting.items())]
            self._waiting.clear()
        return self._open

    # ---- on the threads of the work ----------------------------------------------------------

    def _work(self, number: int) -> None:
        def ask(one: _Ask) -> Any:
            with self._changed:
                if self._stopped is not None:
                    raise self._stopped
                self._waiting[number] = one
                self._changed.notify_all()
            one.answered.wait()
            if one.error is not None:
                raise one.error
            return one.answer

        result: T | BaseException
        try:
            result = self._works[number](cast(Engine, Seat(self._engine, ask)))
        except BaseException as error:  # noqa: BLE001  handed on to who waits for it
            result = error
        with self._changed:
            self._results[number] = result
            self._changed.notify_all()

    # ---- where the engine runs ---------------------------------------------------------------

    def _stop(self, error: BaseException) -> None:
        """Let every piece of work end with this."""
        with self._changed:
            self._stopped = error
            asks = [*self._open, *self._waiting.values()]
            self._waiting.clear()
        for ask in asks:
            ask.error = error
            ask.answered.set()

    def _answer(self, asks: Sequence[_Ask]) -> None:
        """Answer all that is asked now."""
        scores = [ask for ask in asks if ask.operation == "score"]
        writes = [ask for ask in asks if ask.operation == "generate"]
        self._as_one(scores, self._score)
        self._as_one(writes, self._generate)
        for ask in asks:
            if ask.operation not in ("score", "generate"):
                self._alone(ask)

    def _as_one(self, asks: Sequence[_Ask], run: Callable[[Sequence[_Ask]], None]) -> None:
        if len(asks) > 1:
            try:
                return run(asks)
            except Cancelled:
                raise
            except OfflineError as error:  # who does not answer now is not asked one by one
                for ask in asks:
                    ask.error = error
                return None
            except Exception as error:
                if out_of_memory(error) is not None:
                    raise
                # one of them can't be answered, and it is not known which
        for ask in asks:
            self._alone(ask)
        return None

    def _alone(self, ask: _Ask) -> None:
        current().check()
        try:
            found = getattr(self._engine, ask.operation)(*ask.arguments, **ask.options)
            ask.answer = list(found) if isinstance(found, Iterator) else found
        except Cancelled:
            raise
        except Exception as error:  # noqa: BLE001  of the piece of work that asked
            ask.error = error

    def _score(self, asks: Sequence[_Ask]) -> None:
        pairs = [
            (number, index, place)
            for number, ask in enumerate(asks)
            for index in range(len(ask.arguments[0]))
            for place in range(len(ask.arguments) - 1)
        ]
        contexts = [asks[number].arguments[0][index] for number, index, _ in pairs]
        answers = [asks[number].arguments[1 + place] for number, _, place in pairs]
        found: dict[int, FloatArray] = {}
        for at, log_probs in score_batch(self._engine, contexts, answers):
            found[at] = log_probs
            current().check()
        by_context: dict[tuple[int, int], list[FloatArray]] = {}
        for at, (number, index, _) in enumerate(pairs):
            by_context.setdefault((number, index), []).append(found[at])
        for number, ask in enumerate(asks):
            ask.answer = [
                (index, np.concatenate(by_context[number, index]))
                for index in range(len(ask.arguments[0]))
            ]

    def _generate(self, asks: Sequence[_Ask]) -> None:
        steps: list[list[GenerationStep]] = [[] for _ in asks]
        prompts = [ask.arguments[0] for ask in asks]
        for number, step in generate_batch(
            self._engine, prompts, [ask.arguments[1] for ask in asks]
        ):
            steps[number].append(step)
            current().check()
        for ask, told in zip(asks, steps, strict=True):
            ask.answer = told
