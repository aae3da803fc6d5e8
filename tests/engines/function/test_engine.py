"""Functions as engines: their promises, what they may return, and closed forms."""

import math
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from decimal import Decimal
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import backlit
from backlit.engines import from_function
from backlit.engines.base import Engine, Scorer, capabilities
from backlit.engines.function.engine import pieces_of
from backlit.errors import (
    Cancelled,
    CapabilityError,
    DataError,
    OptionsError,
    PromptError,
    TargetError,
)
from backlit.methods import BUILT_IN, make_method
from backlit.methods.base import unavailable
from backlit.progress import cancellable
from backlit.serving import wire
from backlit.serving.models import ServedModel
from backlit.serving.requests.check import CheckRequest
from backlit.serving.requests.estimate import EstimateRequest
from backlit.serving.requests.explain import ExplainRequest
from backlit.serving.requests.generate import GenerateRequest, GenerationEvent, TokensEvent
from backlit.serving.requests.load import LoadRequest
from backlit.serving.requests.mute import MuteRequest
from backlit.serving.requests.respond import RespondRequest
from backlit.serving.service import Service
from backlit.testing import check_engine, check_method
from backlit.types import GenerationOptions, Message
from tests.serving.test_service import Client

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


# ---- the promises ----------------------------------------------------------------------------


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


@pytest.mark.parametrize("method", [m for m in BUILT_IN if m.needs == "score"])
@pytest.mark.parametrize("score", [sums, summands])
def test_perturbation_methods_work(method: Any, score: Any) -> None:
    check_method(make_method(method.name), from_function(score=score), PROMPT, tolerance=1e-6)


def test_offers_what_the_functions_do() -> None:
    writer, scoring = from_function(generate=echo), from_function(score=sums)
    assert capabilities(writer) == ("generate",)
    assert not isinstance(writer, Scorer)
    assert capabilities(scoring) == ("generate", "score")
    for method in BUILT_IN:
        assert (unavailable(method, scoring) is None) == (method.needs == "score")
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


def test_text_is_cut_into_words_signs_spaces_and_lines() -> None:
    text = "The cat's  mat,\r\n\n  3 €... हिन्दी 東京で ไทย 👩‍🚀❤️\te\N{COMBINING ACUTE ACCENT}a_1"
    assert pieces_of(text) == [
        "The", " cat", "'", "s", "  ", "mat", ",", "\r\n", "\n", "  ", "3", " €...", " हिन्दी",
        " 東", "京", "で", " ไ", "ท", "ย", " 👩‍🚀❤️", "\t", "e\N{COMBINING ACUTE ACCENT}a_1",
    ]  # fmt: skip


@given(st.text())
@example("\r" + "a" * 200 + " " * 200 + "." * 200 + "\N{COMBINING ACUTE ACCENT}" * 200)
def test_pieces_join_to_the_text(text: str) -> None:
    pieces = pieces_of(text)
    assert "".join(pieces) == text
    assert all(0 < len(piece) <= 65 for piece in pieces)


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


def test_ids_are_the_same_in_every_process() -> None:
    code = "from backlit.engines import from_function as f\n"
    code += f"print(*f(generate=print).tokenize({PROMPT!r}).input_ids)"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    ids = [int(word) for word in out.stdout.split()]
    assert tuple(ids) == from_function(score=sums).tokenize(PROMPT).input_ids
    assert all(0 <= token_id < 2**52 for token_id in ids)
    assert len(set(ids)) == len(set(pieces_of(PROMPT)))


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


# ---- writing ---------------------------------------------------------------------------------


def test_an_answer_is_cut_into_tokens_behind_the_prompt() -> None:
    model = backlit.load_model(from_function(generate=lambda prompt, options: " warm milk.\n"))
    generation = model.generate("The cat likes")
    tokens = generation.sequence.tokens[generation.sequence.prompt_length :]
    assert [token.text for token in tokens] == [" warm", " milk", ".", "\n"]
    assert [(t.log_prob, t.alternatives) for t in tokens] == [(None, ())] * 4
    assert (generation.response, generation.finish_reason) == (" warm milk.\n", "stop")


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

    def check() -> None:
        if pen.words > 6:
            raise Cancelled

    with cancellable(check), pytest.raises(Cancelled):
        list(engine.generate(engine.tokenize("x"), GenerationOptions()))
    assert (pen.words, pen.closed) == (7, 2)


@pytest.mark.parametrize(
    "bad", [None, 3, b"bytes", ["yes", None], "half \ud83d", ["ha", "lf \ud83d"]]
)
def test_answers_that_are_no_text(bad: Any) -> None:
    with pytest.raises(CapabilityError, match="Your generate function gave") as raised:
        wrote(lambda prompt, options: bad)
    assert raised.value.hint


# ---- scoring ---------------------------------------------------------------------------------


@pytest.mark.parametrize("score", [sums, summands])
def test_occlusion_is_the_weight_of_a_word(score: Any) -> None:
    model = backlit.load_model(from_function(score=score))
    found = backlit.explain(model, PROMPT, target=" Yes, so.", granularity="word").attributions[0]
    expected = [WEIGHTS.get(segment.text.strip(), 0.0) for segment in found.segments]
    np.testing.assert_allclose(found.scores, expected, atol=1e-12)
    assert found.target_log_prob == pytest.approx(clues(PROMPT) - 10 - 9)
    assert [segment.text for segment in found.segments][4:7] == [" cold", ".\n", "The"]


def test_lines_are_told_apart() -> None:
    model = backlit.load_model(from_function(score=sums))
    found = backlit.explain(model, PROMPT, target=" Yes.", granularity="line").attributions[0]
    assert [s.text for s in found.segments] == PROMPT.splitlines(keepends=True)
    np.testing.assert_allclose(found.scores, [3.75, -0.25], atol=1e-12)


def test_shapley_values_of_a_product_are_shared() -> None:
    """Two words that count only together get half each; the sum is exact."""

    def both(prompts: list[str], response: str) -> list[float]:
        return [-9 + clues(p) + 3 * ("dog" in p and "cat" in p) for p in prompts]

    found = backlit.explain(
        backlit.load_model(from_function(score=both)),
        "dog cold cat likes it",
        target=" Yes",
        method="shapley",
        granularity="word",
    ).attributions[0]
    np.testing.assert_allclose(found.scores, [2.5, 2.5, 1.0, 0.25, 0.0], atol=1e-9)
    assert found.convergence_delta == pytest.approx(0, abs=1e-9)


def test_a_foil_is_scored_too() -> None:
    def score(prompts: list[str], response: str) -> list[float]:
        return [-5 + clues(prompt) * (response == " warm") for prompt in prompts]

    model = backlit.load_model(from_function(score=score))
    found = backlit.explain(
        model, "dog cold it", target=" warm", foil="wet", granularity="word"
    ).attributions[0]
    np.testing.assert_allclose(found.scores, [1.0, 2.5, 0.0], atol=1e-12)
    assert found.foil_log_prob == -5


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

    def check() -> None:
        if len(heard) == 5:
            raise Cancelled

    with cancellable(check), pytest.raises(Cancelled):
        list(engine.score(contexts, ids[:1]))
    assert len(heard) == 5


@pytest.mark.parametrize(
    ("returned", "told"),
    [
        ([-1.0], "1 values for 2 prompts"),
        (-1.0, "-1.0, not a list"),
        (None, "None, not a list"),
        ("no", "'n', which is no number"),
        (["-1", "-2"], "'-1', which is no number"),
        ([None, -1.0], "None, which is no number"),
        ([-1.0, [-1.0, None]], "None, which is no number"),
        ([[[-1.0]], [[-1.0]]], "[-1.0], which is no number"),
        ([-1.0, math.nan], "nan, which is no number"),
        ([-1.0, math.inf], "inf, but log-probabilities are 0 or less"),
        ([-1.0, 0.4], "0.4, but log-probabilities are 0 or less"),
        ([-1.0, -math.inf], "-inf, of which no difference can be taken"),
        ([[-1.0, -1.0], [-1.0]], "1 values for one prompt and a response of 2 pieces"),
        ([-1.0, []], "0 values for one prompt"),
    ],
)
def test_scores_that_are_none(returned: Any, told: str) -> None:
    engine = scorer(lambda prompts, response: returned)
    sequence = engine.append(engine.tokenize("a b"), " c d")
    ids = sequence.input_ids
    with pytest.raises(CapabilityError) as raised:
        list(engine.score([ids[:2], ids[:1]], ids[2:]))
    assert raised.value.message.startswith("Your score function returned")
    assert told in raised.value.message
    assert raised.value.hint


@pytest.mark.parametrize(
    "returned",
    [
        (-1, -2),
        [np.float32(-1), Decimal(-2)],
        np.array([-1.0, -2.0]),
        [np.array(-1.0), np.array([-0.5, -1.5])],
        (value for value in [[-1, 0], [-2, 1e-9]]),
    ],
)
def test_numbers_of_many_kinds(returned: Any) -> None:
    engine = scorer(lambda prompts, response: returned)
    ids = engine.append(engine.tokenize("a b"), " c d").input_ids
    found = list(engine.score([ids[:2], ids[:1]], ids[2:]))
    assert [row.sum() for _, row in found] == pytest.approx([-1, -2])
    assert all(row.dtype == np.float64 for _, row in found)


# ---- functions that fail ---------------------------------------------------------------------


def failing(error: BaseException) -> Callable[..., Any]:
    def fail(*given: Any) -> Any:
        raise error

    return fail


@pytest.mark.parametrize("name", ["score", "generate", "pieces"])
def test_an_error_in_a_function_is_told_as_that(name: str) -> None:
    error = ValueError("no such prompt")
    functions: dict[str, Any] = {"score": sums, "generate": echo, name: failing(error)}
    model = backlit.load_model(from_function(**functions))
    with pytest.raises(CapabilityError) as raised:
        backlit.explain(model, PROMPT)
    assert raised.value.message == f"Your {name} function failed: ValueError: no such prompt"
    assert raised.value.hint.startswith(f"Look at {__file__}, line ")
    assert raised.value.__cause__ is error


def test_errors_of_iterators_are_told_too() -> None:
    def half(prompt: str, options: GenerationOptions) -> Iterator[str]:
        yield "well"
        raise StopAsyncIteration("lost the line")

    def scores(prompts: list[str], response: str) -> Iterator[float]:
        yield 1 / 0

    with pytest.raises(CapabilityError, match="generate function failed: StopAsyncIteration: lost"):
        wrote(half)
    with pytest.raises(CapabilityError, match="score function failed: ZeroDivisionError"):
        list(scorer(scores).score([[]], []))


def test_a_function_that_can_not_be_called() -> None:
    engine = scorer(lambda prompts: [-1.0])
    ids = engine.tokenize("a b").input_ids
    with pytest.raises(CapabilityError, match="takes 1 positional argument") as raised:
        list(engine.score([ids], ids))
    assert raised.value.hint == "Look at how it is called."


@pytest.mark.parametrize("error", [Cancelled(), OptionsError("No.", "Yes."), KeyboardInterrupt()])
def test_what_is_ours_or_the_persons_wish_passes(error: BaseException) -> None:
    engine = scorer(failing(error), generate=failing(error))
    prompt = engine.tokenize("a")
    for work in (
        engine.score([prompt.input_ids], prompt.input_ids),
        engine.generate(prompt, GenerationOptions()),
    ):
        with pytest.raises(type(error)) as raised:
            list(work)
        assert raised.value is error


# ---- in the flow -----------------------------------------------------------------------------


def test_load_model_takes_an_engine() -> None:
    engine = from_function(score=sums, name="mine")
    model = backlit.load_model(engine)
    assert (model.engine, model.name) == (engine, "mine")
    with pytest.raises(OptionsError, match="mine is loaded already: device, dtype can't"):
        backlit.load_model(engine, device="cpu", dtype="float32")


def test_a_map_is_checked_and_kept() -> None:
    model = backlit.load_model(from_function(score=sums, generate=echo))
    explanation = backlit.explain(model, PROMPT, granularity="word")
    assert explanation.metadata["source"] == "function"
    checked = backlit.check(explanation, model)
    assert checked.faithfulness[0].verdict == "holds"
    assert backlit.Explanation.from_json(checked.to_json()) == checked
    with pytest.raises(DataError, match="was a Python function") as raised:
        backlit.check(explanation)
    assert "pass the model" in raised.value.hint


# ---- in the service --------------------------------------------------------------------------


@pytest.fixture(params=[sums, summands])
def client(request: pytest.FixtureRequest) -> Iterator[Client]:
    engine = from_function(score=request.param, generate=echo, name="m")
    service = Service([ServedModel("m", "function", lambda source, progress: engine)], [])
    yield Client(service)
    service.close()


REFERENCE = wire.SequenceRef(prompt=PROMPT)


def test_the_page_knows_what_it_can_do(client: Client) -> None:
    model = client.answer(LoadRequest(model="m")).model
    assert (model.status, model.chat, model.metadata["source"]) == ("ready", False, "function")
    unavailable_ones = {method.name for method in BUILT_IN if method.needs != "score"}
    assert set(model.unavailable_methods) == unavailable_ones


def test_the_page_answers_explains_checks_and_mutes(client: Client) -> None:
    asked = GenerateRequest(
        model="m", reference=REFERENCE, options=GenerationOptions(max_new_tokens=5)
    )
    events = client.ask(asked)
    sequence = events[-1].generation.sequence  # type: ignore[union-attr]
    streamed = [t for e in events if isinstance(e, TokensEvent) for t in e.tokens]
    assert tuple(streamed) == sequence.tokens[sequence.prompt_length :]
    start, stop = sequence.prompt_length, len(sequence.tokens)
    reference = REFERENCE.model_copy(update={"response_ids": list(sequence.input_ids[start:])})
    common: dict[str, Any] = {"model": "m", "reference": reference, "target": (start, stop)}
    explained = client.answer(ExplainRequest(**common, method="occlusion", granularity="word"))
    found = explained.attribution.segments
    assert {s.text: s.score for s in found}[" dog"] == pytest.approx(1.0)
    checked = client.answer(
        CheckRequest(
            **common,
            spans=[(s.start, s.stop) for s in found],
            scores=[s.score for s in found],
            unit="word",
        )
    )
    assert checked.faithfulness.verdict == "holds"
    dog = next((s.start, s.stop) for s in found if s.text == " dog")
    muted = client.answer(MuteRequest(**common, spans=[dog]))
    assert muted.log_prob - muted.muted_log_prob == pytest.approx(1.0)
    costs = client.answer(EstimateRequest(**common, granularity="word")).costs
    assert costs["occlusion"].seconds > 0


def test_the_page_takes_given_responses_and_stopped_ones(client: Client) -> None:
    event = client.answer(RespondRequest(model="m", reference=REFERENCE, response=" Yes."))
    generation = event.generation
    assert (generation.response, generation.finish_reason) == (" Yes.", "given")
    known = {t.log_prob is None for t in generation.sequence.tokens[-2:]}
    assert len(known) == 1
    ids = [t.id for t in generation.sequence.tokens[-2:]]
    assert GenerationEvent.model_validate_json(event.model_dump_json()) == event
    again = client.answer(RespondRequest(model="m", reference=REFERENCE, response=ids))
    assert again.generation.sequence == generation.sequence
    unknown = client.answer(RespondRequest(model="m", reference=REFERENCE, response=[1]))
    assert (unknown.error.code, unknown.error.hint) == ("TargetError", "Generate the answer again.")
    reference = REFERENCE.model_copy(update={"muted": [(0, 6)]})
    event = client.answer(GenerateRequest(model="m", reference=reference))
    assert event.generation.sequence.prompt.text == "\nThe cat likes it warm"


def test_the_page_is_told_what_failed() -> None:
    engine = from_function(score=failing(ValueError("no such prompt")), name="m")
    service = Service([ServedModel("m", "function", lambda source, progress: engine)], [])
    client = Client(service)
    event = client.answer(RespondRequest(model="m", reference=REFERENCE, response=" Yes."))
    assert event.error.message == "Your score function failed: ValueError: no such prompt"
    event = client.answer(GenerateRequest(model="m", reference=REFERENCE))
    assert "without a generate function" in event.error.message
    service.close()
