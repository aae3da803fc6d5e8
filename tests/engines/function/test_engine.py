"""Functions as engines: their promises, reading, writing and scoring."""

import threading
import time
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import backlit
from backlit.engines import from_function
from backlit.engines.base import Engine, Scorer
from backlit.engines.function.pieces import pieces_of
from backlit.errors import Cancelled, CapabilityError, OptionsError, PromptError, TargetError
from backlit.methods import BUILT_IN
from backlit.methods.base import unavailable
from backlit.progress import Progress, following
from backlit.testing import check_engine
from backlit.types import GenerationOptions, Message
from tests.engines.function.examples import PROMPT, echo, scorer, summands, sums, wrote


@pytest.mark.parametrize(
    "engine",
    [
        from_function(score=sums, generate=echo),
        from_function(score=summands, generate=echo, batch_size=1),
        from_function(score=lambda *asked: np.array(sums(*asked)), generate=echo, batch_size=99),
        from_function(score=lambda *asked: np.array(summands(*asked))),
        from_function(score=sums),
        from_function(score=summands),
        from_function(generate=echo),
        from_function(generate=lambda prompt, options: "".join(echo(prompt, options))),
        from_function(score=sums, generate=echo, pieces=list, context_length=200),
    ],
    ids=lambda engine: type(engine).__name__,
)
def test_keeps_the_promises_of_engines(engine: Engine) -> None:
    check_engine(engine, PROMPT, tolerance=1e-9)


def test_offers_what_the_functions_do() -> None:
    writer, scoring = from_function(generate=echo), from_function(score=sums)
    assert writer.capabilities == {"generate"}
    assert not isinstance(writer, Scorer)
    assert scoring.capabilities == {"score"}
    for method in BUILT_IN:
        assert (unavailable(method, scoring) is None) == (method.facts.needs == ("score",))
        assert unavailable(method, writer) is not None
    with pytest.raises(CapabilityError, match="without a generate function") as raised:
        scoring.generate(scoring.tokenize("x"), GenerationOptions())
    assert raised.value.hint


def test_names_itself() -> None:
    engine = from_function(score=sums, name="mine", context_length=7)
    assert (engine.name, engine.context_length, engine.chat) == ("mine", 7, False)
    assert engine.metadata == {
        "source": "function",
        "engine": "function",
        "backlit": backlit.__version__,
    }


@pytest.mark.parametrize(
    "arguments",
    [{}, {"score": sums, "batch_size": 0}, {"generate": echo, "context_length": 0}],
)
def test_bad_arguments(arguments: dict[str, Any]) -> None:
    with pytest.raises(OptionsError) as raised:
        from_function(**arguments)
    assert raised.value.hint


# ---- reading ---------------------------------------------------------------------------------


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1), st.text("ab\n .é東"))
def test_prompts_and_responses_read_back_whole(prompt: str, response: str) -> None:
    engine = from_function(score=sums)
    sequence = engine.tokenize(prompt)
    assert sequence.text == prompt
    assert sequence.prompt_length == len(sequence.tokens)
    assert [t.start for t in sequence.tokens[1:]] == [t.stop for t in sequence.tokens[:-1]]
    if response:
        whole = engine.append(sequence, response)
        assert whole.text == prompt + response
        again = engine.append(sequence, whole.input_ids[sequence.prompt_length :])
        assert again == whole
        assert {t.role for t in whole.tokens[sequence.prompt_length :]} == {"response"}


def test_ids_of_another_process_are_refused() -> None:
    old, new = from_function(score=sums), scorer()
    prompt = new.tokenize(PROMPT)
    ids = old.tokenize("what it wrote before").input_ids
    for asked in (
        lambda: new.append(prompt, ids),
        lambda: list(new.score([prompt.input_ids], ids)),
    ):
        with pytest.raises(TargetError, match="started anew") as raised:
            asked()
        assert raised.value.hint == "Generate the answer again."


@pytest.mark.parametrize(
    "bad", ["", "half \ud83d", (Message("user", "hello"),), "six words are too many here"]
)
def test_prompts_that_can_not_be_read(bad: Any) -> None:
    engine = from_function(score=sums, context_length=5)
    with pytest.raises(PromptError) as raised:
        engine.tokenize(bad)
    assert raised.value.hint


def test_responses_that_do_not_fit() -> None:
    engine = from_function(generate=echo, context_length=5)
    prompt = engine.tokenize("one two three four five")
    with pytest.raises(PromptError, match="reads at most 5"):
        engine.append(prompt, " six")
    with pytest.raises(PromptError, match="reads at most 5"):
        engine.generate(prompt, GenerationOptions())


@pytest.mark.parametrize(
    "cut", [str.split, lambda text: ["", text], lambda text: [1], lambda text: 3]
)
def test_pieces_that_do_not_join_are_refused(cut: Any) -> None:
    with pytest.raises(CapabilityError, match="Your pieces function") as raised:
        from_function(score=sums, pieces=cut).tokenize("two words")
    assert raised.value.hint


def test_pieces_are_asked_for_one_text_at_a_time() -> None:
    busy = threading.Lock()

    def cut(text: str) -> Sequence[str]:
        assert busy.acquire(blocking=False), "two threads at once"
        time.sleep(0.001)
        busy.release()
        return pieces_of(text)

    check_engine(from_function(generate=echo, score=sums, pieces=cut), PROMPT)


# ---- writing ---------------------------------------------------------------------------------


@given(st.text("ab ,.\r\n\té東1_", max_size=40), st.lists(st.integers(0, 40)), st.integers(1, 9))
def test_where_parts_end_makes_no_difference(text: str, cuts: list[int], most: int) -> None:
    edges = [0, *sorted(cuts), len(text)]
    parts = [text[a:b] for a, b in pairwise(edges)]
    for options in ({"max_new_tokens": most}, {"stop": ("b", ", a")}):
        found = wrote(lambda prompt, _: parts, **options)
        assert found == wrote(lambda prompt, _: text, **options)
    assert wrote(lambda prompt, _: parts) == (pieces_of(text), "stop")


def test_stop_strings_across_parts_end_an_answer() -> None:
    parts = ["one t", "wo", " th", "ree four"]
    assert wrote(lambda *_: parts, stop=("o thr",)) == (["one", " two", " three"], "stop")
    assert wrote(lambda *_: parts, stop=("five",)) == (["one", " two", " three", " four"], "stop")


def test_the_length_ends_an_answer_that_goes_on() -> None:
    assert wrote(lambda *_: "a b c", max_new_tokens=2) == (["a", " b"], "length")
    assert wrote(lambda *_: "a b", max_new_tokens=2) == (["a", " b"], "stop")
    assert wrote(lambda *_: "") == ([], "stop")

    def endless(prompt: str, options: GenerationOptions) -> Iterator[str]:
        while True:
            yield "no"

    pieces, reason = wrote(endless, max_new_tokens=3)
    assert ("".join(pieces), reason) == ("no" * 96, "length")


def test_the_context_ends_an_answer() -> None:
    engine = from_function(generate=echo, context_length=4)
    steps = list(engine.generate(engine.tokenize("a b"), GenerationOptions()))
    assert sum(len(step.tokens) for step in steps) == 2
    assert steps[-1].finish_reason == "context"


def test_the_function_gets_the_prompt_and_the_options() -> None:
    heard: list[Any] = []

    def generate(prompt: str, options: GenerationOptions) -> str:
        heard.append((prompt, options))
        return "yes"

    engine = from_function(generate=generate)
    options = GenerationOptions(temperature=0.5, seed=3)
    list(engine.generate(engine.tokenize("Well? "), options))
    assert heard == [("Well? ", options)]


class Pen:
    """Writes words until it is closed."""

    def __init__(self) -> None:
        self.words = 0
        self.closed = 0

    def generate(self, prompt: str, options: GenerationOptions) -> Iterator[str]:
        try:
            while True:
                self.words += 1
                yield " word"
        finally:
            self.closed += 1


@pytest.mark.parametrize("options", [{"max_new_tokens": 4}, {"stop": ("word word word word",)}])
def test_the_iterator_is_closed_when_there_is_enough(options: dict[str, Any]) -> None:
    pen = Pen()
    assert len(wrote(pen.generate, **options)[0]) == 4
    assert (pen.words, pen.closed) == (5, 1)


def test_the_iterator_is_closed_when_the_answer_is_not_wanted_any_more() -> None:
    pen = Pen()
    engine = from_function(generate=pen.generate)
    steps = engine.generate(engine.tokenize("x"), GenerationOptions())
    next(steps)
    steps.close()  # type: ignore[attr-defined]
    assert pen.closed == 1

    class Impatient(Progress):
        def check(self) -> None:
            if pen.words > 6:
                raise Cancelled

    with following(Impatient()), pytest.raises(Cancelled):
        list(engine.generate(engine.tokenize("x"), GenerationOptions()))
    assert (pen.words, pen.closed) == (7, 2)


def test_the_function_gets_a_temperature_that_is_a_number() -> None:
    given: list[float | None] = []

    def generate(prompt: str, options: GenerationOptions) -> str:
        given.append(options.temperature)
        return " yes"

    engine = from_function(generate=generate)
    for temperature in (None, 0.0, 0.5):
        list(engine.generate(engine.tokenize("Hm?"), GenerationOptions(temperature=temperature)))
    assert given == [1.0, 0.0, 0.5]


# ---- scoring ---------------------------------------------------------------------------------


def test_a_sum_is_shared_and_not_shown() -> None:
    engine = scorer()
    sequence = engine.append(engine.tokenize("dog"), " a b c")
    ids = sequence.input_ids
    ((_, found),) = engine.score([ids[:1]], ids[1:], ids[1:2])
    np.testing.assert_allclose(found, [-5, -5, -5, -11])
    assert engine.annotate(sequence) == sequence


def test_log_probs_of_pieces_are_shown() -> None:
    engine = scorer(summands)
    sequence = engine.annotate(engine.append(engine.tokenize("dog"), " a bc d"))
    assert [token.log_prob for token in sequence.tokens] == [None, -11, -3, -2]
    assert [token.alternatives for token in sequence.tokens] == [()] * 4


def test_a_part_that_is_cut_otherwise_counts_by_its_sum() -> None:
    """A cut that looks back, as many tokenizers do, knows a part's pieces only in its place."""

    def cut(text: str) -> list[str]:
        return [text[:3], *text[3:]] if len(text) > 3 else list(text)

    def score(prompts: list[str], response: str) -> list[list[float]]:
        return [[-1.0, *(-2.0 for _ in cut(response)[1:])] for _ in prompts]

    engine = scorer(score, pieces=cut)
    ids = engine.append(engine.tokenize("x"), "abcdef").input_ids[1:]
    context = engine.tokenize("x").input_ids
    assert dict(engine.score([context], ids))[0].tolist() == [-1, -2, -2, -2]
    assert dict(engine.score([context], ids[:1]))[0].tolist() == [-5]


def test_prompts_come_in_batches_that_can_be_cancelled() -> None:
    heard: list[list[str]] = []

    def score(prompts: list[str], response: str) -> list[float]:
        heard.append(prompts)
        return sums(prompts, response)

    engine = scorer(score, batch_size=3)
    ids = engine.tokenize("a b c d e f g").input_ids
    contexts = [ids[:at] for at in range(1, 8)]
    found = list(engine.score(contexts, ids[:1]))
    assert [index for index, _ in found] == [*range(7)]
    assert heard == [
        ["a", "a b", "a b c"],
        ["a b c d", "a b c d e", "a b c d e f"],
        ["a b c d e f g"],
    ]

    class Impatient(Progress):
        def check(self) -> None:
            if len(heard) == 5:
                raise Cancelled

    with following(Impatient()), pytest.raises(Cancelled):
        list(engine.score(contexts, ids[:1]))
    assert len(heard) == 5
