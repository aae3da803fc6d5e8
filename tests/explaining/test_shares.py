"""The share of answers: counted as it should be, the same each time, never in nats."""

import math
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import backlit
from backlit.engines.base import Engine
from backlit.engines.metering import Meter
from backlit.engines.toy import ToyEngine
from backlit.errors import (
    BacklitError,
    CapabilityError,
    InputError,
    OptionsError,
    PatternError,
    TargetError,
    UnknownNameError,
)
from backlit.explaining.attribution import Segmenting
from backlit.explaining.draws import SAMPLES, TEMPERATURE, Drawing, drawing_of
from backlit.explaining.forecast import Calls, Forecast
from backlit.explaining.share_proofs import take_away
from backlit.explaining.shares import AnswerShare
from backlit.explanation.interval import newcombe, wilson
from backlit.methods import make_method
from backlit.model import Model
from backlit.types import REASONING, GenerationOptions, Message, Span, Target, TokenSequence

PROMPT = "Milk is cheap.\nBread is dear.\nThe sky is blue.\nGrass is green.\nWhat should I buy?\n"
ANSWER = "Buy milk now."
METHODS = ("occlusion", "sparse_ablation", "lime", "shapley")

Generate = Callable[[str, GenerationOptions], Any]


def buys(prompt: str, options: GenerationOptions) -> str:
    """Milk is bought nine times of ten, and once of five without its line."""
    likely = 0.9 if "Milk is cheap." in prompt else 0.2
    return " Buy\nMILK now." if random.Random(options.seed).random() < likely else " Buy bread."


def lost_from(first: int, samples: int) -> float:
    """Percentage points that are lost without the line about milk, by the seeds from one on."""
    seeds = [GenerationOptions(seed=first + number) for number in range(samples)]
    with_it, without = (
        sum("MILK" in buys(prompt, options) for options in seeds) for prompt in (PROMPT, "")
    )
    return 100 * with_it / samples - 100 * without / samples


class Writer:
    """A model that only writes, and remembers what it was asked."""

    def __init__(self, generate: Generate = buys) -> None:
        self.asked: list[tuple[str, GenerationOptions]] = []

        def told(prompt: str, options: GenerationOptions) -> Any:
            self.asked.append((prompt, options))
            return generate(prompt, options)

        self.model = backlit.load_model(backlit.from_function(generate=told, name="writer"))

    def explain(self, **given: Any) -> backlit.Explanation:
        asked = {"response": ANSWER, "target": " milk", "measure": "share", **given}
        return self.model.explain(asked.pop("prompt", PROMPT), progress=False, **asked)

    def share(self, target: Target | None = None, **given: Any) -> AnswerShare:
        sequence = self.model.engine.append(self.model.engine.tokenize(PROMPT), ANSWER)
        first = sequence.prompt_length
        chosen = target or Target(first, len(sequence.tokens))
        drawing = Drawing(given.pop("options", GenerationOptions()), **given)
        return self.model.share(sequence, chosen, drawing)


# ---- what is counted -----------------------------------------------------------------------------


def test_the_share_is_that_of_answers_with_the_words() -> None:
    share = Writer().share(pattern="(?i)milk", samples=200)
    right = sum("MILK" in buys(PROMPT, GenerationOptions(seed=n)) for n in range(200))
    assert share.value() == 100 * right / 200
    assert share.record().with_all.value == right / 200
    assert (share.record().with_all.low, share.record().with_all.high) == wilson(right, 200)


def test_white_space_and_case_do_not_matter() -> None:
    writer = Writer(lambda prompt, options: "\n\tBUY  Milk\nnow.  Or not.")
    assert writer.share(samples=3).value() == 100


@given(st.text(), st.text(), st.text(min_size=1).filter(str.strip))
def test_words_are_found_wherever_they_stand(before: str, behind: str, words: str) -> None:
    try:
        engine = backlit.from_function(
            generate=lambda prompt, options: f"{before} {words.swapcase()} {behind}"
        )
        sequence = engine.append(engine.tokenize("a"), words.lower())
    except BacklitError:
        return  # half characters
    if words.swapcase().casefold() != words.lower().casefold():
        return  # letters whose other case is not one of theirs
    options = GenerationOptions(max_new_tokens=10_000)
    share = AnswerShare(engine, sequence, Target(1, len(sequence.tokens)), Drawing(options, 1))
    assert share.value() == 100


@pytest.mark.parametrize(
    ("response", "target", "said", "share"),
    [
        ("It is 4.", "4", "The total is 14 or 42.", 0),
        ("It is 4.", "4", "So: 4!", 100),
        ("no", "no", "I don't know.", 0),
        ("Yes.", "Yes", "Yesterday", 0),
        ("Yes.", "Yes", "yes", 100),
        ("Tarvika", "ika", "Tarvikan", 0),
        ("京都", "京都", "私は京都に", 100),
        ("It costs $5.", "$5", "US$5", 100),
        ("Adaは学生です", "Ada", "Adaは学生です", 100),
        ("7月に", "7", "7月に", 100),
        ("ราคา5บาท", "5", "ราคา5บาท", 100),
        ("7月に", "7", "17月に", 0),
    ],
)
def test_whole_words_are_found_as_whole_ones(
    response: str, target: str, said: str, share: float
) -> None:
    writer = Writer(lambda prompt, options: said)
    sequence = writer.model.engine.append(writer.model.engine.tokenize("a "), response)
    found = backlit.explaining.targets.select_target(sequence, target)
    drawn = writer.model.share(sequence, found, Drawing(GenerationOptions(max_new_tokens=50), 2))
    assert drawn.value() == share


def test_a_pattern_counts_in_place_of_the_words() -> None:
    assert Writer().share(pattern="bread|MILK").value() == 100
    assert Writer().share(pattern="juice").value() == 0


def test_a_pattern_that_takes_too_long_is_refused() -> None:
    writer = Writer(lambda prompt, options: "a" * 50_000 + "b")
    with pytest.raises(PatternError, match="seconds on an answer"):
        writer.share(pattern="(a|aa)+$", options=GenerationOptions(max_new_tokens=100_000)).value()


def test_what_a_model_reasons_is_not_its_answer() -> None:
    writer = Writer(lambda prompt, options: "<think>Buy milk now.</think>\nBuy bread.")
    assert writer.share(samples=2).value() == 0
    assert writer.share(samples=2).answers(writer.share().context) == ("\nBuy bread.",) * 2
    open_ended = Writer(lambda prompt, options: "<think>Buy milk now.")
    assert open_ended.share(samples=2).value() == 0


def test_of_a_target_in_the_reasoning_the_reasoning_is_read() -> None:
    writer = Writer(lambda prompt, options: "<think>Buy milk now.</think>\nBuy bread.")
    found = writer.model.explain(
        PROMPT, target="Buy milk", measure="share", samples=2, progress=False
    )
    assert found.generation.sequence.tokens[found[0].target.start].role == REASONING
    assert found[0].share is not None
    assert found[0].share.with_all.value == 1


# ---- how answers are drawn -----------------------------------------------------------------------


def test_every_prompt_has_the_same_seeds() -> None:
    writer = Writer()
    writer.explain(samples=4, options={"seed": 7})
    seeds: dict[str, list[int | None]] = {}
    for prompt, options in writer.asked:
        seeds.setdefault(prompt, []).append(options.seed)
    assert len(seeds) == 6
    assert all(each == [7, 8, 9, 10] for each in seeds.values())
    assert {options.temperature for _, options in writer.asked} == {TEMPERATURE}


def test_seeds_go_on_from_0_behind_the_last_one() -> None:
    last = 2**63 - 3
    writer = Writer()
    found = writer.explain(samples=4, options={"seed": last})
    seeds = {options.seed for _, options in writer.asked}
    assert seeds == {last, last + 1, last + 2, 0}
    writer.asked.clear()
    writer.model.prove(found, top=1, progress=False)
    assert {options.seed for _, options in writer.asked} == {1, 2, 3, 4}


def test_it_is_the_same_each_time() -> None:
    assert Writer().explain()[0] == Writer().explain()[0]
    assert Writer().explain()[0] != Writer().explain(options={"seed": 3})[0]


def test_another_temperature_is_kept_and_none_is_one() -> None:
    assert Drawing(GenerationOptions(temperature=0.4)).options.temperature == 0.4
    assert Drawing(GenerationOptions()).options.temperature == TEMPERATURE


def test_answers_are_as_long_as_the_one_with_the_target() -> None:
    writer = Writer()
    writer.share(options=GenerationOptions(max_new_tokens=1), samples=1).value()
    ((_, options),) = writer.asked
    assert options.max_new_tokens == len(writer.model.engine.tokenize(ANSWER).tokens)


def test_nothing_is_drawn_twice() -> None:
    writer = Writer()
    found = writer.explain(samples=4)
    known = len(writer.asked)
    assert known == 4 * 6
    writer.explain(samples=4)
    assert len(writer.asked) == known
    writer.model.prove(found, progress=False)
    assert len({(prompt, one.seed) for prompt, one in writer.asked}) == len(writer.asked)


def test_the_share_approaches_the_probability() -> None:
    """Of one token after temperature 1, against the engine's own probabilities."""
    engine = ToyEngine()
    sequence = engine.append(engine.tokenize("The cat likes"), " warm")
    target = Target(sequence.prompt_length, len(sequence.tokens))
    count = 1_000
    drawing = Drawing(GenerationOptions(max_new_tokens=1), count)
    share = AnswerShare(engine, sequence, target, drawing)
    contexts = [share.context, share.context[1:], share.context[-1:]]
    known = dict(engine.score(contexts, sequence.input_ids[target.start :]))
    for index, value in share.score(contexts):
        p = math.exp(known[index].sum())
        assert value / 100 == pytest.approx(p, abs=4 * math.sqrt(p * (1 - p) / count) + 1e-3)


# ---- what is read --------------------------------------------------------------------------------


class Reading(ToyEngine):
    """Remembers the sequences that it was to answer."""

    def __init__(self) -> None:
        super().__init__()
        self.read: list[TokenSequence] = []

    def generate(self, prompt: TokenSequence, options: GenerationOptions) -> Iterator[Any]:
        self.read.append(prompt)
        return super().generate(prompt, options)


def test_what_is_left_keeps_its_text_and_roles() -> None:
    engine = Reading()
    model = Model(engine)
    chat = (Message("system", "Be brief é."), Message("user", "The cat likes é 🦄?"))
    model.explain(
        chat, response=" warm milk", measure="share", samples=1, granularity="word", progress=False
    )
    whole = engine.tokenize(chat)
    texts = set()
    for one in engine.read:
        assert one.prompt_length == len(one.tokens)
        assert engine.tokenize(one.text).input_ids == one.input_ids
        assert all(t.text == one.text[t.start : t.stop] for t in one.tokens)
        left = iter(whole.tokens)
        assert all(any((t.id, t.role) == (u.id, u.role) for u in left) for t in one.tokens)
        texts.add(one.text)
    assert whole.text in texts
    assert len(texts) > 8


def test_what_is_put_in_has_the_role_of_what_stood_there() -> None:
    engine = Reading()
    chat = (Message("system", "Be brief."), Message("user", "The cat likes?"))
    Model(engine).explain(
        chat,
        response=" warm milk",
        measure="share",
        samples=1,
        method="occlusion",
        replacement="water 🦄",
        progress=False,
    )
    whole = engine.tokenize(chat)
    assert any("water 🦄" in one.text for one in engine.read)
    for one in engine.read:
        assert all(t.text == one.text[t.start : t.stop] for t in one.tokens)
        assert {t.role for t in one.tokens} <= {t.role for t in whole.tokens}


# ---- maps ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", METHODS)
def test_every_method_of_altered_prompts_finds_the_line(method: str) -> None:
    found = Writer().explain(method=method, samples=20)[0]
    whole = sum("MILK" in buys(PROMPT, GenerationOptions(seed=n)) for n in range(20))
    without = sum("MILK" in buys("", GenerationOptions(seed=n)) for n in range(20))
    assert found.measure == "share"
    assert found.target_log_prob is None
    assert found.scores[0] == pytest.approx(5 * (whole - without), abs=2)
    assert np.abs(found.scores[1:]).max() < 2
    assert [one.role for one in found.segments] == ["prompt"] * 5
    if method == "occlusion":
        low, high = newcombe(whole, 20, without, 20)
        assert found.segments[0].interval == pytest.approx((100 * low, 100 * high))
    else:
        assert all(one.standard_error is not None for one in found.segments)


def test_of_all_coalitions_the_error_is_that_of_the_shares() -> None:
    """By the definition of Shapley values, over all orders of two players."""
    prompt = "Milk is cheap.\nBread is dear.\n"
    writer = Writer()
    found = writer.explain(prompt=prompt, method="shapley", samples=10)[0]
    sequence = writer.model.engine.append(writer.model.engine.tokenize(prompt), ANSWER)
    share = writer.model.share(sequence, found.target, Drawing(GenerationOptions(), 10))
    first, second = found.segments
    ids = share.context
    parts = [ids[-1:], ids[: first.stop], ids[second.start :], ids]
    values = np.array([value for _, value in sorted(share.score(parts))])
    error = math.sqrt(share.noise(values).sum() / 4)
    assert [one.standard_error for one in found.segments] == pytest.approx([error, error])


def test_from_coarse_to_fine() -> None:
    found = Writer().explain(granularity="word", budget=30, samples=5)[0]
    assert found.coarse_to_fine
    assert found.segments[-1].stop == found.target.start - 1  # " Buy" is no segment


def test_a_check_and_proofs_speak_of_the_share() -> None:
    writer = Writer()
    checked = writer.model.prove(
        writer.model.check(writer.explain(samples=20), progress=False), progress=False
    )
    one = checked[0]
    assert one.faithfulness is not None
    assert one.faithfulness.verdict == "holds"
    assert one.proofs[0].lost == lost_from(20, 20), "by other draws than those of the map"
    assert one.scores[0] == lost_from(0, 20)
    assert one.proofs[0].sure
    told = str(checked) + str(checked.report().written("md")) + str(checked.finding())
    assert "share of answers with these words is" in told
    assert "percentage points lower" in told
    for wrong in ("nats", "times less", "log p", "likely"):
        assert wrong not in told


def test_what_does_nothing_alone_is_taken_away_together() -> None:
    writer = Writer(lambda prompt, options: "Buy milk now." if "is" in prompt else "No.")
    proved = writer.model.prove(writer.explain(samples=20, granularity="line"), top=4)
    assert [len(proof.spans) for proof in proved[0].proofs] == [1, 1, 1, 1, 4]
    assert proved[0].proofs[-1].lost == 100
    assert "No part alone" in str(proved.finding())


def test_nothing_stands_out_of_what_chance_may_do() -> None:
    writer = Writer(lambda prompt, options: "Buy milk now.")
    found = writer.model.prove(writer.explain(), progress=False).finding()
    assert found is not None
    assert "Nothing stands out" in found
    assert "chance" in found


def by_chance(world: int) -> Generate:
    """Says it every other time, whatever the prompt."""

    def write(prompt: str, options: GenerationOptions) -> str:
        drawn = random.Random(f"{world} {options.seed} {prompt}").random()
        return " Buy milk." if drawn < 0.5 else " Buy bread."

    return write


def test_chance_alone_seldom_proves_a_map() -> None:
    """Where no part matters, hardly any map is proved or holds up."""
    prompt = "".join(f"Fact {number} is true.\n" for number in range(10))
    proved = held = 0
    worlds = 30
    for world in range(worlds):
        writer = Writer(by_chance(world))
        found = writer.explain(prompt=prompt, method="occlusion", granularity="line")
        tried = writer.model.prove(found, progress=False)
        proved += any(proof.sure for proof in tried[0].proofs)
        checked = writer.model.check(found, progress=False)[0].faithfulness
        assert checked is not None
        held += checked.verdict == "holds"
    assert proved <= worlds / 4
    assert held <= worlds / 4


def test_what_is_counted_more_often_is_told_with_its_own_interval() -> None:
    writer = Writer(lambda prompt, options: " bread" if "Bread" in prompt else " milk")
    found = writer.model.prove(writer.explain(), without="Bread is dear.", progress=False)
    (proof,) = found[0].proofs
    assert proof.lost < 0
    low, high = map(int, proof.ends())
    assert 0 < low < high
    assert f"higher ({low} to {high})" in proof.sentence(found.generation.sequence)


def test_what_no_answer_says_is_told() -> None:
    found = Writer().explain(matching="juice")[0]
    assert any("nothing can be lost" in note for note in found.notes)


def thinks(silent: Callable[[str, GenerationOptions], bool]) -> Generate:
    """Writes nothing but what it thinks, if anything, where it is silent."""

    def generate(prompt: str, options: GenerationOptions) -> Any:
        if silent(prompt, options):
            even = (options.seed or 0) % 2 == 0
            return [("<think>\nMilk is" if even else "", "length")]
        return " Buy milk."

    return generate


def test_answers_that_ended_before_they_began_are_told_of() -> None:
    writer = Writer(thinks(lambda prompt, options: "dear" not in prompt or options.seed == 3))
    (found,) = writer.explain(samples=4, method="occlusion").attributions
    # once with everything there and without each of four lines, always without the one on bread
    assert found.notes[0] == (
        "In 9 of 24 answers the model used up its 128 tokens before it answered; "
        "allow more: max_new_tokens, the longest answer."
    )
    (found,) = writer.explain(samples=3, method="occlusion", target="Buy").attributions
    assert "In 3 of 18 answers" in found.notes[0]
    (found,) = Writer(lambda *_: [("", "stop")]).explain(samples=3).attributions
    assert not any("used up" in note for note in found.notes), "it had nothing to say"


def test_where_no_answer_begins_the_length_is_to_be_raised() -> None:
    writer = Writer(thinks(lambda prompt, options: options.max_new_tokens < 30))
    with pytest.raises(OptionsError, match=r"In all 3 answers .* its 20 tokens") as raised:
        writer.explain(samples=3, options={"max_new_tokens": 20})
    assert "max_new_tokens" in raised.value.hint
    assert len(writer.asked) <= 3 * 6
    found = writer.explain(samples=3, options={"max_new_tokens": 40})
    assert found[0].share is not None
    assert found[0].share.with_all.value == 1


def test_in_a_target_of_the_reasoning_nothing_is_missed() -> None:
    writer = Writer(lambda prompt, options: [("<think>\nMilk is cheap, so", "length")])
    found = writer.explain(
        samples=2, response="<think>\nMilk is cheap.\n</think>\nYes", target="Milk"
    )
    assert found[0].share is not None
    assert found[0].share.with_all.value == 1
    assert not any("used up" in note for note in found[0].notes)


def test_what_a_model_does_not_take_is_not_recorded() -> None:
    writer = Writer()
    options = GenerationOptions(temperature=0.5, top_p=0.9, seed=2)
    (plain,) = writer.explain(samples=2, options=options).attributions
    assert plain.share is not None
    assert plain.share.options == options
    assert not any("takes no" in note for note in plain.notes)
    vars(writer.model.engine)["untaken"] = frozenset({"temperature", "top_p", "seed"})
    explanation = writer.explain(samples=2, options=replace(options, seed=9))
    (found,) = explanation.attributions
    assert found.share is not None
    assert found.share.options == GenerationOptions(temperature=None)
    assert "The model takes no temperature: answers are drawn at its own." in found.notes
    assert any("takes no seed, so draws do not repeat" in note for note in found.notes)
    read = backlit.Explanation.from_json(explanation.to_json())
    assert read == explanation
    checked = writer.model.check(read, progress=False)
    assert checked[0].share == found.share


def test_a_part_can_be_taken_away_of_the_prompt_alone() -> None:
    writer = Writer()
    found = writer.explain(samples=5)
    taken = writer.model.prove(found, without="Milk is cheap.", progress=False)
    assert taken[0].proofs[0].lost == lost_from(5, 5)
    with pytest.raises(InputError, match="written anew"):
        writer.model.prove(found, without="Buy", progress=False)
    with pytest.raises(InputError, match="Nothing would be left"):
        writer.model.prove(found, without=(0, found[0].target.start - 1), progress=False)


@pytest.mark.parametrize("spans", [(), ((5, 3),), ((-3, -1),), ((2, 2),)])
def test_nothing_is_counted_where_nothing_is_taken_away(spans: tuple[Span, ...]) -> None:
    writer = Writer()
    share = writer.share(samples=3)
    with pytest.raises(InputError, match="nothing to take away"):
        take_away(share, spans)
    assert not writer.asked


# ---- what can't be -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asked", "error"),
    [
        ({"foil": " bread"}, OptionsError),
        ({"samples": 0}, OptionsError),
        ({"samples": 1_001}, OptionsError),
        ({"samples": True}, OptionsError),
        ({"matching": "("}, PatternError),
        ({"measure": "likelihood"}, UnknownNameError),
        ({"measure": "log_prob", "samples": 3}, OptionsError),
        ({"measure": "log_prob", "matching": "a"}, OptionsError),
        ({"response": "Buy  \n", "target": "  \n"}, BacklitError),
        ({"method": "gate_relevance"}, CapabilityError),
        ({"method": "grad_l2"}, CapabilityError),
        ({"method": "knockout"}, CapabilityError),
    ],
)
def test_what_can_not_be_is_refused(asked: dict[str, Any], error: type[BacklitError]) -> None:
    writer = Writer()
    with pytest.raises(error) as refused:
        writer.explain(**asked)
    assert refused.value.hint
    assert not writer.asked


def test_words_are_more_than_white_space() -> None:
    engine = Writer().model.engine
    sequence = engine.append(engine.tokenize("a"), " \n")
    with pytest.raises(TargetError, match="white space"):
        AnswerShare(engine, sequence, Target(1, 2), Drawing(GenerationOptions()))


def test_who_writes_nothing_has_no_share() -> None:
    engine = backlit.from_function(score=lambda prompts, response: [0.0] * len(prompts))
    with pytest.raises(CapabilityError, match="neither"):
        backlit.explain(engine, "a b", response="c", measure="share", progress=False)
    sequence = engine.append(engine.tokenize("a"), "b")
    with pytest.raises(CapabilityError, match="no answers"):
        AnswerShare(engine, sequence, Target(1, 2), Drawing(GenerationOptions()))


def test_who_only_writes_is_told_of_the_share() -> None:
    for asked in ({}, {"method": "occlusion"}):
        with pytest.raises(CapabilityError) as refused:
            Writer().explain(measure="log_prob", **asked)
        assert 'measure="share"' in refused.value.hint


def test_a_share_is_not_traced_and_thinks_nothing_again() -> None:
    writer = Writer()
    found = writer.explain(samples=2)
    with pytest.raises(OptionsError, match="followed back"):
        writer.model.trace(found, progress=False)
    with pytest.raises(OptionsError, match="written anew"):
        writer.model.prove(found, think_again=1, progress=False)


# ---- what it takes -------------------------------------------------------------------------------


class NoCounter:
    calls = 0
    price = None


@pytest.mark.parametrize("method", METHODS)
def test_as_many_calls_as_are_told_at_most(method: str) -> None:
    writer = Writer()
    found = writer.explain(method=method, samples=3)
    share = writer.share(found[0].target, samples=3)
    forecast = Forecast(share, Meter("here", NoCounter()))
    told = forecast.explained(make_method(method), Segmenting())
    assert told is not None
    assert len(writer.asked) <= told.count
    assert told.tokens == told.count * len(share.context)
    if method == "occlusion":
        assert len(writer.asked) == told.count == 3 * 6
    before = len(writer.asked)
    writer.model.check(found, progress=False)
    assert len(writer.asked) - before <= forecast.checked(5).count
    assert forecast.proved(3) == Calls(3 * 5, 3 * 5 * len(share.context))


def test_left_out_ten_answers_are_drawn() -> None:
    assert SAMPLES == 10
    drawing = drawing_of(GenerationOptions(), "share", SAMPLES, None)
    assert drawing is not None
    assert drawing.samples == 10


def contexts_of(share: AnswerShare) -> Sequence[Sequence[int]]:
    return [share.context, share.context[1:]]


def test_answers_come_together_where_they_can() -> None:
    """All answers after several prompts are one batch."""
    sizes = []

    class Batching(ToyEngine):
        capabilities = ToyEngine.capabilities | {"batch"}

        def generate_batch(self, prompts: Any, options: Any) -> Iterator[Any]:
            sizes.append(len(prompts))
            for index, (prompt, chosen) in enumerate(zip(prompts, options, strict=True)):
                for step in self.generate(prompt, chosen):
                    yield index, step

    engine: Engine = Batching()
    sequence = engine.append(engine.tokenize("The cat likes"), " warm milk")
    share = AnswerShare(engine, sequence, Target(3, 5), Drawing(GenerationOptions(), 5))
    assert len(dict(share.score(contexts_of(share)))) == 2
    assert sizes == [10]
