"""Groups are run whole: what fails fails alone; with too little memory, less is run at a time."""

import json
import weakref
from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

import pytest

from backlit.batch.job import Job, NamedMethod, Selection
from backlit.batch.parts import unpacked
from backlit.batch.record import Failure, Record
from backlit.batch.task import Group, groups_of, tasks_of
from backlit.batch.worker import ModelSpec, Outcome, Worker
from backlit.data.base import Example
from backlit.engines.toy import ToyEngine
from backlit.errors import BudgetError, Cancelled, CapabilityError, OfflineError
from backlit.explanation.cell import Variant
from backlit.model import Model
from backlit.types import GenerationOptions
from tests.batch.test_together import Batching

JOB = Job(methods=(NamedMethod("occlusion"),), options=GenerationOptions(6))
ROWS = [Example(f"r{n}", f"The cat likes {n}.\nThe dog likes", source="s") for n in range(4)]


def group_of(rows: Sequence[Example], *variants: Variant) -> Group:
    (group,) = groups_of(tasks_of(rows, variants))
    return group


def records(outcome: Outcome) -> list[Record]:
    return [Record.from_json(line) for line in unpacked(outcome.member)[1:]]


def plain(found: list[Record]) -> list[dict[str, Any]]:
    return [json.loads(one.to_json()) | {"seconds": 0} for one in found]


def test_a_group_becomes_records() -> None:
    outcome = Worker(Model(ToyEngine()), JOB)(group_of(ROWS))
    found = records(outcome)
    assert [one.row for one in found] == ["r0", "r1", "r2", "r3"]
    assert {one.status for one in found} == {"done"}
    assert all(one.source == "s" and one.seconds > 0 for one in found)
    assert outcome.runs == 4
    assert outcome.failed == outcome.unmatched == 0
    sizes = [len(one.explanation.generation.sequence.tokens) for one in found if one.explanation]
    assert outcome.tokens == sum(sizes)


def test_together_or_one_by_one_the_same_comes_out() -> None:
    together, alone = Batching(), ToyEngine()
    one, other = (records(Worker(Model(e), JOB)(group_of(ROWS))) for e in (together, alone))
    assert plain(one) == plain(other)
    assert ("generate", 4) in together.asked


def test_rows_fail_alone() -> None:
    rows = [
        Example("a", "", fields={"x": "cat"}),
        Example("b", ""),
        Example("c", "", fields={"x": "dog"}),
    ]
    job = Job(variants=(Variant("v", "The {x} likes"),), methods=JOB.methods, options=JOB.options)
    outcome = Worker(Model(Batching()), job)(group_of(rows, *job.variants))
    found = {one.row: one for one in records(outcome)}
    assert [found[name].status for name in "abc"] == ["done", "failed", "done"]
    failure = found["b"].failure
    assert failure is not None
    assert failure.code == "DataError"
    assert "{x}" in failure.message
    assert failure.hint == ""
    assert (found["a"].variant, found["a"].variant_number) == ("v", 0)
    assert outcome.failed == 1


def test_answers_without_the_part_are_counted() -> None:
    job = Job(methods=JOB.methods, options=JOB.options, select=Selection(words="soup"))
    outcome = Worker(Model(ToyEngine()), job)(group_of(ROWS))
    assert (outcome.unmatched, outcome.failed) == (4, 0)
    assert {one.status for one in records(outcome)} == {"unmatched"}


def test_what_nobody_foresaw_is_an_error_of_the_row(caplog: pytest.LogCaptureFixture) -> None:
    class Odd(ToyEngine):
        def generate(self, prompt: Any, options: Any) -> Any:
            if "2" in prompt.text:
                raise ZeroDivisionError("float division")
            return super().generate(prompt, options)

    found = records(Worker(Model(Odd()), JOB)(group_of(ROWS)))
    assert [one.status for one in found] == ["done", "done", "failed", "done"]
    failure = found[2].failure
    assert failure is not None
    assert (failure.code, failure.hint) == ("ZeroDivisionError", "This is a bug.")
    assert "r2" in caplog.text
    assert "Traceback" in caplog.text


class Small(Batching):
    """Has room for so many contexts at a time."""

    def __init__(self, room: int) -> None:
        super().__init__()
        self.room = room

    def score_batch(self, contexts: Any, answers: Any) -> Iterator[Any]:
        if len(contexts) > self.room:
            raise MemoryError
        return super().score_batch(contexts, answers)

    def score(self, contexts: Any, *answers: Any) -> Iterator[Any]:
        if len(contexts) > self.room:
            raise MemoryError
        return super().score(contexts, *answers)


@pytest.mark.parametrize("room", [6, 3, 1])
def test_with_too_little_memory_less_is_run_at_a_time(room: int) -> None:
    engine = Small(room)  # all four rows have twelve contexts
    found = records(Worker(Model(engine), JOB)(group_of(ROWS)))
    assert plain(found) == plain(records(Worker(Model(ToyEngine()), JOB)(group_of(ROWS))))
    assert max((count for name, count in engine.asked if name == "score"), default=0) <= room


def test_a_row_that_is_too_large_even_alone_fails() -> None:
    found = records(Worker(Model(Small(0)), JOB)(group_of(ROWS)))
    failures = [one.failure for one in found]
    assert all(one is not None and "not enough memory" in one.message for one in failures)


@pytest.mark.parametrize("error", [Cancelled(), KeyboardInterrupt()])
@pytest.mark.parametrize("kind", [ToyEngine, Batching])
def test_what_ends_the_work_is_no_failure_of_a_row(
    error: BaseException, kind: type[ToyEngine], monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(*_: object) -> Any:
        raise error

    monkeypatch.setattr(kind, "generate", stop)
    monkeypatch.setattr(Batching, "generate_batch", stop)
    with pytest.raises(type(error)):
        Worker(Model(kind()), JOB)(group_of(ROWS))


@pytest.mark.parametrize("kind", [ToyEngine, Batching])
def test_rows_that_a_budget_did_not_reach_are_not_done_and_the_others_are(
    kind: type[ToyEngine], monkeypatch: pytest.MonkeyPatch
) -> None:
    score = kind.score

    def spent(engine: Any, contexts: Any, *answers: Any) -> Any:
        if "2" in engine._tokenizer.decode(list(contexts[0])):
            raise BudgetError("No more calls.")
        return score(engine, contexts, *answers)

    def together(*_: object) -> Any:
        raise BudgetError("No more calls.")

    monkeypatch.setattr(kind, "score", spent)
    monkeypatch.setattr(Batching, "score_batch", together)
    outcome = Worker(Model(kind()), JOB)(group_of(ROWS))
    assert outcome.ends == Failure("BudgetError", "No more calls.")
    assert [one.row for one in records(outcome)] == ["r0", "r1", "r3"]
    assert outcome.failed == 0


def test_an_answer_that_can_not_be_explained_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object) -> Any:
        raise CapabilityError("No scores today.")

    monkeypatch.setattr(ToyEngine, "score", fails)
    (one, *_) = records(Worker(Model(ToyEngine()), JOB)(group_of(ROWS)))
    assert one.status == "failed"
    assert one.failure is not None
    assert one.failure.message == "No scores today."
    assert one.explanation is not None
    assert one.explanation.generation.response
    assert one.explanation.attributions == ()


def test_a_servers_trouble_is_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object) -> Any:
        raise OfflineError("Connection refused.")

    monkeypatch.setattr(ToyEngine, "generate", fails)
    assert Worker(Model(ToyEngine()), JOB)(group_of(ROWS)).trouble == "Connection refused."
    monkeypatch.undo()
    assert Worker(Model(ToyEngine()), JOB)(group_of(ROWS)).trouble == ""


def test_memory_is_let_go_before_less_is_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    held: list[int] = []
    alive: weakref.WeakSet[Large] = weakref.WeakSet()

    def score_batch(engine: Any, contexts: Any, answers: Any) -> Any:
        held.append(len(alive))
        large = Large()
        alive.add(large)
        if len(contexts) > 3:
            raise MemoryError
        return Small.score_batch(engine, contexts, answers)

    engine = Small(6)
    monkeypatch.setattr(engine, "score_batch", partial(score_batch, engine))
    Worker(Model(engine), JOB)(group_of(ROWS))
    assert len(held) > 1
    assert set(held) == {0}


class Large:
    """What fills the memory while a call runs."""


def test_a_model_is_loaded_from_what_is_said_of_it() -> None:
    assert ModelSpec("two:toy").load().name == "two"


def test_nothing_of_a_row_is_kept() -> None:
    model = Model(ToyEngine())
    Worker(model, JOB)(group_of(ROWS))
    assert len(model._objectives) == 0
