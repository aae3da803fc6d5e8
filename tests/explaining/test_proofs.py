"""Proofs: what taking segments away did, against the same done by hand."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import pytest

import backlit
from backlit.display.words import times_likely
from backlit.engines.base import FloatArray, GenerationStep
from backlit.engines.function import from_function
from backlit.engines.toy import ToyEngine
from backlit.errors import Cancelled, CapabilityError, InputError, OptionsError
from backlit.explaining.proofs import LITTLE, prove
from backlit.explanation import Proof, Rethought
from backlit.methods.objective import Objective
from backlit.model import Model
from backlit.progress import Callback
from backlit.types import GenerationOptions, Segment, Target, TokenSequence
from tests.support.bounding import BoundingEngine
from tests.support.linear import Recorder, before

PROMPT = "The bird likes ripe berries. The dog likes"


class Counting(ToyEngine):
    """The toy, and what it was asked to run."""

    def __init__(self) -> None:
        super().__init__()
        self.scored = self.written = 0

    def score(
        self, contexts: Sequence[Sequence[int]], *answers: Sequence[int]
    ) -> Iterator[tuple[int, FloatArray]]:
        self.scored += len(contexts)
        return super().score(contexts, *answers)

    def generate(
        self, prompt: TokenSequence, options: GenerationOptions
    ) -> Iterator[GenerationStep]:
        self.written += 1
        return super().generate(prompt, options)


def answered(engine: ToyEngine, count: int = 2) -> Objective:
    """The objective of what the toy writes itself."""
    generation = Model(engine).generate(PROMPT, max_new_tokens=count)
    sequence = generation.sequence
    return Objective(engine, sequence, Target(sequence.prompt_length, len(sequence.tokens)))


def test_each_is_taken_away_alone_and_the_model_asked_again() -> None:
    engine = Counting()
    objective = answered(engine)
    segments = before(objective)
    first = [segments[-1], segments[1]]
    engine.written = 0
    found = list(prove(objective, first))[:2]
    assert [proof.spans for proof in found] == [((s.start, s.stop),) for s in first]
    assert engine.written == 2  # what it says with everything there is the target
    target = objective.target
    ids = objective.sequence.input_ids
    for proof, segment in zip(found, first, strict=True):
        context = ids[: segment.start] + ids[segment.stop : target.start]
        ((_, log_probs),) = engine.score([context], ids[target.start :])
        assert proof.lost == pytest.approx(objective.value() - log_probs.sum())
        text = "".join(s.text for s in segments if s is not segment)
        written = Model(engine).generate(text, max_new_tokens=target.stop - target.start)
        assert proof.said == written.response
        wrote = written.sequence.input_ids[written.sequence.prompt_length :]
        assert proof.changed == (wrote != ids[target.start :])
    assert found[0].changed
    assert found[0].lost > 1


def test_those_that_do_nothing_alone_are_taken_away_together() -> None:
    """Two lines say the same, and each covers for the other."""
    lines = ["The dog likes cold water.", "The dog likes cold water.", "The bird sings."]
    prompt = "\n".join(lines) + "\nThe dog likes"

    def score(prompts: list[str], answer: str) -> list[float]:
        return [-0.1 if "cold water" in prompt else -5.0 for prompt in prompts]

    def write(context: str, options: object) -> Iterator[str]:
        yield " cold water" if "cold water" in context else " nothing"

    model = Model(from_function(score=score, generate=write, name="known"))
    explanation = model.explain(prompt, response=" cold water", method="occlusion")
    found = model.prove(explanation)[0]
    alone, together = found.proofs[:-1], found.proofs[-1]
    assert all(abs(proof.lost) < LITTLE for proof in alone)
    assert len(together.spans) > 1
    assert together.lost == pytest.approx(4.9)
    assert together.said == " nothing"
    assert together.changed
    sentence = together.sentence(explanation.generation.sequence)
    assert "together" in sentence
    assert "134 times less likely" in sentence
    assert sentence.endswith("the model says “nothing” instead.")
    shown = " ".join(str(model.prove(explanation)).split())  # lines are folded
    assert sentence in shown


def test_an_answer_of_somebody_else_is_compared_with_what_the_model_says() -> None:
    engine = Counting()
    sequence = engine.append(engine.tokenize(PROMPT), " sweet soup")
    sequence = engine.annotate(sequence)
    objective = Objective(engine, sequence, Target(sequence.prompt_length, len(sequence.tokens)))
    (proof,) = prove(objective, before(objective)[:1])
    assert engine.written == 2  # with everything there, and without it
    usual = Model(engine).generate(PROMPT, max_new_tokens=2).response
    assert proof.changed == (proof.said != usual)


def test_a_model_that_only_scores_says_nothing() -> None:
    def score(prompts: list[str], answer: str) -> list[float]:
        return [-float(len(prompt)) for prompt in prompts]

    engine = from_function(score=score, name="scores")
    explanation = Model(engine).explain("One. Two.\nThree.", response=" Four.", method="occlusion")
    (first, *_) = Model(engine).prove(explanation, top=1)[0].proofs
    assert first.said is None
    assert first.changed is None
    assert "instead" not in first.sentence(explanation.generation.sequence)


def test_against_a_foil_it_is_the_contrast_that_is_lost() -> None:
    model = Model(ToyEngine())
    explanation = model.explain(
        PROMPT, response=" cold water", foil=" warm milk", method="occlusion", granularity="word"
    )
    first = model.prove(explanation, top=1)[0].proofs[0]
    assert first.lost == pytest.approx(explanation[0].top(1)[0].score)


def test_without_the_whole_prompt_there_is_nothing_to_read() -> None:
    model = Model(ToyEngine())
    explanation = model.explain("The dog likes", response=" cold", granularity="paragraph")
    with pytest.raises(InputError, match="Nothing would be left"):
        model.prove(explanation)


def test_what_is_known_is_not_run_again() -> None:
    engine = Counting()
    model = Model(engine)
    explanation = model.explain(PROMPT, response=" cold", method="occlusion", granularity="word")
    engine.scored = 0
    model.prove(explanation)
    assert engine.scored <= 1  # those together


def test_progress_is_told_and_may_stop_it() -> None:
    objective = answered(ToyEngine())
    segments = before(objective)[:3]
    recorder = Recorder()
    list(prove(objective, segments, recorder))
    assert [(c.phase, c.done, c.total) for c in recorder.calls] == [
        ("prove", done, 3) for done in range(4)
    ]

    def stop(*_: object) -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        list(prove(objective, segments, Callback(stop)))


def test_what_can_not_be_proved_is_told() -> None:
    class Writer(ToyEngine):
        capabilities: Any = frozenset({"generate"})

    objective = answered(Writer())
    with pytest.raises(CapabilityError):
        list(prove(objective, before(objective)))
    model = Model(ToyEngine())
    explanation = model.explain(PROMPT, granularity="word")
    with pytest.raises(OptionsError, match="top is 0"):
        model.prove(explanation, top=0)
    with pytest.raises(OptionsError, match="no maps"):
        model.prove(explanation.generation)  # type: ignore[arg-type]


def test_the_function_finds_the_model_and_a_file_keeps_what_it_found(tmp_path: Any) -> None:
    explanation = backlit.explain("toy", PROMPT, granularity="word")
    proved = backlit.prove(explanation, top=2)
    assert proved[0].scores.tolist() == explanation[0].scores.tolist()
    assert len(proved[0].proofs) >= 2
    proved.save(tmp_path / "why.json")
    assert backlit.load_explanation(tmp_path / "why.json") == proved
    with pytest.raises(OptionsError, match="takes an explanation first"):
        backlit.prove("toy")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("proof", "told"),
    [
        (Proof(((0, 99),), 1.0, ""), "not before its target"),
        (Proof((), 1.0, ""), "not before its target"),
        (Proof(((0, 1),), math.inf, ""), "no number"),
        (Proof(((0, 1),), 1.0, "", said="x"), "only half"),
    ],
)
def test_proofs_that_can_not_be_are_refused(proof: Proof, told: str) -> None:
    explanation = backlit.explain("toy", PROMPT, granularity="token")
    lying = replace(explanation, attributions=(replace(explanation[0], proofs=(proof,)),))
    data = lying.to_json().replace("Infinity", "1e999")
    with pytest.raises(backlit.BacklitError, match=f"{told}|finite|explanation"):
        backlit.Explanation.from_json(data)


@pytest.mark.parametrize(
    ("proof", "sentence"),
    [
        (
            Proof(((0, 1),), 0.0, times_likely(0.0), " x", False),
            "about as likely as before, and the model still",
        ),
        (
            Proof(((0, 1),), -2.0, times_likely(-2.0), " a\n b", True),
            "7.4 times more likely, and the model says “a b”",
        ),
    ],
)
def test_a_proof_in_words(proof: Proof, sentence: str) -> None:
    explanation = backlit.explain("toy", PROMPT, granularity="token")
    segment: Segment = explanation[0].segments[0]
    assert f"Without “{segment.text}”, the target is {sentence}" in proof.sentence(
        explanation.generation.sequence
    )


# ---- what stands before the target, written anew -------------------------------------------


def reasoner(asked: list[GenerationOptions] | None = None) -> Model:
    """It finds soup bad where it reads of bitter things, and goes by what it found."""

    def score(prompts: list[str], answer: str) -> list[float]:
        return [
            (-0.2 if "Found: bad" in prompt else -4.2) - (0 if "bitter" in prompt else 1.5)
            for prompt in prompts
        ]

    def write(context: str, options: GenerationOptions) -> Iterator[str]:
        if asked is not None:
            asked.append(options)
        found = "bad" if "bitter" in context else "good"
        if "Found:" in context:
            found = "bad" if "Found: bad" in context else "good"
        else:
            yield f"Found: {found}.\n"
        yield "" if "So:" in context else "So:"
        yield " avoid" if found == "bad" else " try"

    return Model(from_function(score=score, generate=write, name="reasoner"))


REASONED = "You dislike bitter soup.\nThis is soup.\n"


def test_the_direct_and_the_total_effect() -> None:
    model = reasoner()
    explanation = model.explain(
        REASONED, response="Found: bad.\nSo: avoid", target="avoid", method="occlusion"
    )
    (proof,) = model.prove(explanation, without="You dislike bitter", think_again=1)[0].proofs
    assert proof.lost == pytest.approx(1.5)
    assert proof.again is not None
    assert proof.again.lost == pytest.approx(5.5)
    assert proof.again.written == ("Found: good.\n",)
    assert proof.again.change == times_likely(5.5)
    assert proof.again.control == pytest.approx(0)
    assert proof.again.control_change is None
    assert "anew, the target is 245 times less likely" in proof.sentence(
        explanation.generation.sequence
    )


def test_what_comes_of_writing_anew_alone_is_told_apart() -> None:
    """The response is somebody else's: the model would have found it good anyway."""
    model = reasoner()
    explanation = model.explain(
        "This is soup.\nIt is hot.\n",
        response="Found: bad.\nSo: avoid",
        target="avoid",
        method="occlusion",
    )
    (proof,) = model.prove(explanation, without="It is hot.", think_again=1)[0].proofs
    assert proof.again is not None
    assert proof.again.control == pytest.approx(4)
    assert proof.again.control_change == times_likely(4)
    assert proof.again.lost == pytest.approx(0)


def test_of_a_target_in_one_line_the_first_line_is_told() -> None:
    def write(context: str, options: GenerationOptions) -> Iterator[str]:
        yield from (
            ("\nTry", " it", ".\n", "Next", " one") if "sweet" not in context else (" Avoid",)
        )

    model = Model(
        from_function(
            score=lambda prompts, answer: [-5.0] * len(prompts), generate=write, name="known"
        )
    )
    for response, said in (
        ("Avoid it now please", "\nTry it."),
        ("Avoid\nit\nnow", "\nTry it.\n"),
    ):
        explanation = model.explain("It is sweet.\nIs it?", response=response, method="occlusion")
        (proof,) = model.prove(explanation, without="It is sweet.\n")[0].proofs
        assert proof.said == said
        assert proof.changed


def test_samples_have_seeds_of_their_own() -> None:
    asked: list[GenerationOptions] = []
    model = reasoner(asked)
    explanation = model.explain(
        REASONED, response="Found: bad.\nSo: avoid", target="avoid", method="occlusion"
    )
    (proof,) = model.prove(explanation, without="You dislike bitter", think_again=3)[0].proofs
    assert proof.again is not None
    assert len(proof.again.written) == len(proof.again.said) == 3
    assert proof.again.changed == 1
    seeds = [options.seed for options in asked if options.temperature == 1]
    assert sorted(seeds, key=str) == [0, 0, 1, 1, 2, 2]  # without the part, and with it
    assert "in 100% of samples" in proof.sentence(explanation.generation.sequence)


def test_several_parts_are_taken_away_together() -> None:
    model = Model(ToyEngine())
    explanation = model.explain(PROMPT, response=" cold water", granularity="word")
    (proof,) = model.prove(explanation, without=[" ripe berries", (1, 2)])[0].proofs
    assert len(proof.spans) == 2
    ids = explanation.generation.sequence.input_ids
    left = [i for i in range(len(ids) - 2) if not any(a <= i < b for a, b in proof.spans)]
    objective = model.objective(explanation.generation.sequence, explanation[0].target)
    ((_, value),) = objective.score([[ids[i] for i in left]])
    assert proof.lost == pytest.approx(objective.value() - value)
    assert proof.again is None


def test_nothing_is_written_anew_where_nothing_stands() -> None:
    model = reasoner()
    explanation = model.explain(
        REASONED, response="Found: bad.\nSo: avoid", target="bad", method="occlusion"
    )
    (proof,) = model.prove(explanation, without="This is soup.", think_again=1)[0].proofs
    assert proof.again is None
    later = model.explain(
        REASONED, response="Found: bad.\nSo: avoid", target="avoid", method="occlusion"
    )
    (proof,) = model.prove(later, without="Found", think_again=1)[0].proofs
    assert proof.again is None  # it would be written anew itself


@pytest.mark.parametrize("times", [-1, 101])
def test_samples_are_bounded(times: int) -> None:
    model = Model(ToyEngine())
    explanation = model.explain(PROMPT, response=" cold water", granularity="word")
    with pytest.raises(OptionsError, match="think_again"):
        model.prove(explanation, think_again=times)


def test_without_everything_there_is_nothing_to_read() -> None:
    model = Model(ToyEngine())
    explanation = model.explain(PROMPT, response=" cold water", granularity="word")
    with pytest.raises(InputError, match="Nothing would be left"):
        model.prove(explanation, without=(0, explanation[0].target.start))


def test_a_model_that_writes_nothing_can_not_think_again() -> None:
    model = Model(from_function(score=lambda prompts, answer: [-1.0] * len(prompts), name="scores"))
    explanation = model.explain(
        "One.\nTwo.", response=" Four. Five.", target="Five", method="occlusion"
    )
    with pytest.raises(CapabilityError, match="can't think again"):
        model.prove(explanation, think_again=1)


@pytest.mark.parametrize(
    ("again", "told"),
    [
        (Rethought((), 1.0, "", (), 0.0), "only half of what was written anew"),
        (Rethought(("a",), 1.0, "", ("b", "c"), 0.0), "only half of what was written anew"),
        (Rethought(("a",), 1.0, "", ("b",), 2.0), "no number"),
    ],
)
def test_rethoughts_that_can_not_be_are_refused(again: Rethought, told: str) -> None:
    explanation = backlit.explain("toy", PROMPT, granularity="token")
    proof = Proof(((0, 1),), 1.0, "", again=again)
    lying = replace(explanation, attributions=(replace(explanation[0], proofs=(proof,)),))
    with pytest.raises(backlit.BacklitError, match=told):
        backlit.Explanation.from_json(lying.to_json())


def test_a_loss_that_is_a_bound_is_said_as_one() -> None:
    """The toy's own answer, of which a server tells the three likeliest tokens."""
    objective = answered(BoundingEngine(top=3))
    last = before(objective)[-1]
    (proof,) = prove(objective, [last])
    (exact,) = prove(answered(ToyEngine()), [last])
    assert proof.bound == "at_least"
    assert proof.lost < exact.lost
    assert proof.change == times_likely(proof.lost, "at_least")
    assert proof.change.startswith("at least ")
    assert (proof.said, proof.changed) == (exact.said, exact.changed)
    assert "is at least" in proof.sentence(objective.sequence)
    assert exact.bound is None
    assert "at least" not in exact.change
