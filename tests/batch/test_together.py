"""What several pieces of work ask of one engine is run as one, and none of them knows."""

import threading
from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

import numpy as np
import pytest

from backlit.batch.together import Together
from backlit.engines.base import Capability, Engine, FloatArray, GenerationStep, as_scorer
from backlit.engines.toy import ToyEngine
from backlit.errors import Cancelled, CapabilityError, OfflineError
from backlit.model import Model
from backlit.progress import Callback, following
from backlit.types import GenerationOptions, Target, TokenSequence
from tests.support import tiny


class Batching(ToyEngine):
    """The toy, which writes down what it is asked together."""

    capabilities: frozenset[Capability] = ToyEngine.capabilities | {"batch"}

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[tuple[str, int]] = []
        self.threads: set[int] = set()
        self.fails: BaseException | None = None

    def generate_batch(
        self, prompts: Sequence[TokenSequence], options: Sequence[GenerationOptions]
    ) -> Iterator[tuple[int, GenerationStep]]:
        self._note("generate", len(prompts))
        for number, (prompt, chosen) in enumerate(zip(prompts, options, strict=True)):
            for step in super().generate(prompt, chosen):
                yield number, step

    def score_batch(
        self, contexts: Sequence[Sequence[int]], answers: Sequence[Sequence[int]]
    ) -> Iterator[tuple[int, FloatArray]]:
        self._note("score", len(contexts))
        for number in reversed(range(len(contexts))):
            ((_, found),) = super().score([contexts[number]], answers[number])
            yield number, found

    def gradient(self, *arguments: Any, **options: Any) -> Any:
        self._note("gradient", 1)
        return super().gradient(*arguments, **options)

    def _note(self, operation: str, count: int) -> None:
        if self.fails is not None:
            raise self.fails
        self.threads.add(threading.get_ident())
        self.asked.append((operation, count))


def scores(engine: Engine, prompt: str, answers: Sequence[str] = (" milk",)) -> list[FloatArray]:
    read = engine.tokenize(prompt)
    ids = [engine.append(read, one).input_ids[read.prompt_length :] for one in answers]
    contexts = [read.input_ids, read.input_ids[:-1]]
    return [found for _, found in sorted(as_scorer(engine).score(contexts, *ids))]


PROMPTS = ["The cat likes", "The dog likes warm", "I like sweet soup and you"]


def test_answers_are_those_of_each_alone() -> None:
    engine = Batching()
    works = [partial(scores, prompt=prompt, answers=(" milk", " water and")) for prompt in PROMPTS]
    found = Together(engine, works).run()
    for prompt, one in zip(PROMPTS, found, strict=True):
        assert not isinstance(one, BaseException)
        for mine, alone in zip(
            one, scores(ToyEngine(), prompt, (" milk", " water and")), strict=True
        ):
            np.testing.assert_array_equal(mine, alone)
    assert engine.asked == [("score", 12)]  # 3 prompts, 2 contexts, 2 answers


def test_work_of_other_lengths_meets_as_long_as_it_goes_on() -> None:
    engine = Batching()

    def work(rounds: int) -> Any:
        return lambda seat: [len(scores(seat, PROMPTS[0])) for _ in range(rounds)]

    assert Together(engine, [work(3), work(1), work(0)]).run() == [[2, 2, 2], [2], []]
    assert engine.asked == [("score", 4)]  # the others are alone, so they are asked as alone


def test_whole_explanations_are_those_of_each_alone() -> None:
    engine = Batching()

    def explain(seat: Engine, prompt: str) -> Any:
        return Model(seat).explain(prompt, method=["occlusion", "grad_l2"], progress=False)

    works = [partial(explain, prompt=prompt) for prompt in PROMPTS]
    for prompt, one in zip(PROMPTS, Together(engine, works).run(), strict=True):
        alone = explain(ToyEngine(), prompt)
        assert not isinstance(one, BaseException)
        assert one.generation == alone.generation
        assert one.attributions == alone.attributions
    assert ("generate", 3) in engine.asked
    assert engine.asked.count(("gradient", 1)) == 3  # these are run one after the other


def test_all_of_it_runs_on_the_thread_of_who_asked() -> None:
    engine = Batching()
    Together(engine, [partial(scores, prompt=one) for one in PROMPTS]).run()
    assert engine.threads == {threading.get_ident()}


def test_an_error_is_of_the_work_that_it_is_about() -> None:
    def fails(seat: Engine) -> Any:
        scores(seat, PROMPTS[0])
        raise ValueError("mine")

    first, second = Together(Batching(), [fails, lambda seat: scores(seat, "The dog")]).run()
    assert isinstance(first, ValueError)
    assert not isinstance(second, BaseException)


def test_where_all_together_fails_each_is_asked_alone() -> None:
    class Picky(Batching):
        def score(self, contexts: Any, *answers: Any) -> Any:
            if len(contexts[0]) > 3:
                raise CapabilityError("Too long.")
            return super().score(contexts, *answers)

    engine = Picky()
    engine.fails = CapabilityError("One of these is too long.")
    works = [partial(scores, prompt=prompt) for prompt in PROMPTS[:2]]
    short, long = Together(engine, works).run()
    assert not isinstance(short, BaseException)
    assert isinstance(long, CapabilityError)
    assert long.message == "Too long."


def test_a_server_that_does_not_answer_is_not_asked_by_each() -> None:
    class Gone(Batching):
        def score(self, *arguments: Any) -> Any:
            raise AssertionError("asked again")

    engine = Gone()
    engine.fails = OfflineError("Nothing answers.")
    works = [partial(scores, prompt="The cat likes") for _ in range(3)]
    assert Together(engine, works).run() == [engine.fails] * 3


def test_too_little_memory_ends_all_of_it() -> None:
    engine = Batching()
    engine.fails = MemoryError()
    works = [partial(scores, prompt=prompt) for prompt in PROMPTS]
    with pytest.raises(MemoryError):
        Together(engine, works).run()
    assert not [one for one in threading.enumerate() if one.name.startswith("batch")]


def test_who_stops_it_stops_every_piece() -> None:
    class Stopping(Callback):
        def check(self) -> None:
            if engine.asked:
                raise Cancelled

    engine = Batching()
    ended: list[str] = []

    def work(seat: Engine) -> None:
        try:
            scores(seat, "The cat")
        except Cancelled:
            ended.append("stopped")
            raise

    with following(Stopping(lambda *_: None)), pytest.raises(Cancelled):
        Together(engine, [work, work]).run()
    assert ended == ["stopped", "stopped"]


def test_what_is_not_there_is_not_there() -> None:
    def work(seat: Engine) -> bool:
        return hasattr(seat, "bounded") or not hasattr(seat, "vocabulary_size")

    assert Together(Batching(), [work]).run() == [False]


@pytest.mark.parametrize("method", ["occlusion", "shapley", "gate_relevance"])
def test_on_a_transformer_the_same_comes_out(method: str) -> None:
    engine = tiny.engine()
    prompts = [f"The cat likes warm milk.\nThe dog likes {what}.\nSo" for what in ("tea", "ale")]

    def explain(seat: Engine, prompt: str) -> Any:
        return Model(seat).explain(
            prompt, response=" on and on", method=method, granularity="word", progress=False
        )

    works = [partial(explain, prompt=prompt) for prompt in prompts]
    for prompt, one in zip(prompts, Together(engine, works).run(), strict=True):
        assert not isinstance(one, BaseException)
        np.testing.assert_allclose(
            one[0].scores, explain(engine, prompt)[0].scores, rtol=1e-3, atol=1e-4
        )


def test_a_target_goes_through() -> None:
    def work(seat: Any) -> Any:
        return seat.gradient((1, 2, 3, 4), Target(2, 4), shared=True)

    (one,) = Together(Batching(), [work]).run()
    assert not isinstance(one, BaseException)
    assert one.log_probs.shape == (2,)
