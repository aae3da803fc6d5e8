"""On llama.cpp's own server, with the default model in it."""

from collections.abc import Iterator
from pathlib import Path

import httpx2
import numpy as np
import pytest

from backlit.data import load_dataset
from backlit.explanation import Explanation, load_explanation
from backlit.model import Model, load_model
from backlit.testing import check_engine
from backlit.types import GenerationOptions, Message
from scripts.llama_server import dequantised, running
from tests.support.command import run

pytestmark = [pytest.mark.model, pytest.mark.process]

MISTAKE = "You have to try it."
TOLERANCE = 0.02  # nats
OPTIONS = GenerationOptions(max_new_tokens=60, stop=("\n\n",))
SIX = GenerationOptions(max_new_tokens=6)
GREEDY = {"n_predict": 6, "temperature": 0}
FEW = GenerationOptions(max_new_tokens=8, stop=("\n",))
FESTIVAL = "The lantern festival is held in Tarvika.\n"
SHORT = f"""\
It often rains here.
{FESTIVAL}Bread is cheap.
People like to sing.
Question: where is the lantern festival held? Answer: It is held in"""


@pytest.fixture(scope="module")
def exact_url(llama_weights: Path) -> Iterator[str]:
    with running(dequantised(llama_weights), exact=True) as address:
        yield address


@pytest.fixture(scope="module")
def model(llama_url: str) -> Model:
    return load_model(f"endpoint:{llama_url}")


@pytest.fixture(scope="module")
def prompt() -> str:
    (example,) = (e for e in load_dataset("sample_prompts").examples if e.id == "fewshot-mistake")
    assert isinstance(example.prompt, str)
    return example.prompt


def top_of(explanation: Explanation) -> str:
    """The first of the prompt's lines."""
    (first,) = explanation[0].top(1, "prompt")
    return first.text


def test_it_keeps_the_promises_of_an_engine(model: Model) -> None:
    check_engine(model.engine, "The capital of France is")


def test_it_reads_as_the_same_model_does_here(model: Model, smollm2: Model) -> None:
    for prompt in (
        "The café 👩‍🚀 東京",
        "<|im_start|>user\nHi<|im_end|>",
        (Message("system", "Be brief."), Message("user", "Hi!")),
    ):
        there, here = (one.engine.tokenize(prompt) for one in (model, smollm2))
        assert there.text == here.text
        assert there.input_ids == here.input_ids


def test_scores_are_those_of_the_same_weights_here(
    exact_url: str, smollm2: Model, prompt: str
) -> None:
    here = smollm2.explain(prompt, method="occlusion", options=OPTIONS, target=MISTAKE)
    ids = here.generation.sequence.input_ids[here.generation.sequence.prompt_length :]
    there = load_model(f"endpoint:{exact_url}").explain(
        prompt, response=ids, method="occlusion", target=MISTAKE
    )
    assert np.abs(here[0].scores - there[0].scores).max() < TOLERANCE
    assert top_of(here) == top_of(there)
    for one, other in zip(
        there.generation.sequence.tokens, here.generation.sequence.tokens, strict=True
    ):
        assert one.id == other.id
        if other.log_prob is not None:
            assert one.log_prob == pytest.approx(other.log_prob, abs=TOLERANCE)


def test_the_command_finds_the_mistaken_line(llama_url: str, prompt: str, tmp_path: Path) -> None:
    (tmp_path / "prompt.txt").write_text(prompt)
    result = run(
        *(
            "explain",
            "--model",
            f"endpoint:{llama_url}",
            "--prompt-file",
            str(tmp_path / "prompt.txt"),
        ),
        *("--method", "occlusion", "--granularity", "line", "--target", MISTAKE),
        *("--max-new-tokens", "60", "--stop", r"\n\n", "--output", str(tmp_path / "why.json")),
    )
    assert result.exit_code == 0, result.output
    found = load_explanation(tmp_path / "why.json")
    assert MISTAKE in found.generation.response
    first, second = found[0].top(2, "prompt")
    line = prompt.rindex(f"Recommendation: {MISTAKE}")
    assert found.generation.sequence.tokens[first.start].start == line
    assert first.score > 1.5 * second.score
    assert found.metadata["route"] == "llama.cpp's /completion"


@pytest.mark.parametrize("method", ["sparse_ablation", "lime", "shapley"])
def test_methods_agree_on_what_matters(model: Model, method: str) -> None:
    found = model.explain(SHORT, method=method, n_samples=16, options=FEW, target="Tarvika")
    assert top_of(found) == FESTIVAL


def test_coarse_to_fine_reaches_words(model: Model) -> None:
    found = model.explain(
        SHORT, method="occlusion", granularity="word", budget=40, options=FEW, target="Tarvika"
    )
    assert found[0].coarse_to_fine
    assert {one.level for one in found[0].segments} >= {"word", "line"}
    assert "Tarvika" in "".join(one.text for one in found[0].top(3, "prompt"))


def test_why_not_something_else(model: Model) -> None:
    found = model.explain(SHORT, response=" Tarvika", foil=" Paris", method="occlusion")
    assert top_of(found) == FESTIVAL


def test_what_it_says_without_a_line(model: Model) -> None:
    found = model.explain(SHORT, method="occlusion", options=FEW, target="Tarvika")
    (proof,) = model.prove(found, without=FESTIVAL.strip())[0].proofs
    assert proof.lost > 10
    assert proof.said
    assert proof.changed
    assert "Tarvika" not in proof.said


def test_a_map_is_checked(model: Model) -> None:
    found = model.explain(SHORT, response=" Tarvika", method="occlusion", granularity="sentence")
    checked = model.check(found)[0].faithfulness
    assert checked is not None
    assert checked.verdict in ("holds", "weak")


def test_pieces_of_characters_are_scored_and_written(exact_url: str, smollm2: Model) -> None:
    model = load_model(f"endpoint:{exact_url}")
    response = " Tarvika 👩‍🚀."
    here, there = (
        one.explain(SHORT, response=response, target="👩‍🚀", method="occlusion", granularity="line")
        for one in (smollm2, model)
    )
    assert there.generation.response == response
    assert np.abs(here[0].scores - there[0].scores).max() < TOLERANCE
    prompt = "Here is a list of emojis: 😀 😃 🦩 🧿 🫠 𠀀 and again: 😀 😃 🦩"
    tokens, others = (
        [t for step in one.engine.generate(one.engine.tokenize(prompt), SIX) for t in step.tokens]
        for one in (model, smollm2)
    )
    assert [(t.id, t.text, t.start) for t in tokens] == [(t.id, t.text, t.start) for t in others]
    assert "🧿" in "".join(token.text for token in tokens)
    for token, other in zip(tokens, others, strict=True):
        assert token.log_prob == pytest.approx(other.log_prob, abs=TOLERANCE)


def test_what_it_drafts_is_scored_and_written_all_the_same(
    llama_weights: Path, smollm2: Model
) -> None:
    """The sample says the same several times, so that it has something to draft from."""
    text = f"{FESTIVAL * 3}Bread is cheap.\n{FESTIVAL}The lantern festival is"
    with running(dequantised(llama_weights), exact=True, drafts=True) as url:
        model = load_model(f"endpoint:{url}")
        told = httpx2.post(f"{url}/completion", json={"prompt": text, "n_probs": 1, **GREEDY})
        assert told.json()["timings"]["draft_n_accepted"] > 2
        assert told.json()["completion_probabilities"][-1]["logprob"] == 0
        wrote = [
            [t.id for s in one.engine.generate(one.engine.tokenize(text), SIX) for t in s.tokens]
            for one in (smollm2, model)
        ]
        assert wrote[0] == wrote[1]
        here, there = (
            one.explain(text, response=wrote[0], method="occlusion", granularity="line")
            for one in (smollm2, model)
        )
    assert np.abs(here[0].scores - there[0].scores).max() < TOLERANCE
    pairs = zip(there.generation.sequence.tokens, here.generation.sequence.tokens, strict=True)
    for one, other in pairs:
        if other.role == "response":
            assert one.log_prob == pytest.approx(other.log_prob, abs=TOLERANCE)


def test_it_samples_as_it_is_asked_to(model: Model) -> None:
    sequence = model.engine.tokenize(SHORT)
    texts = {
        "".join(
            token.text
            for step in model.engine.generate(
                sequence, GenerationOptions(max_new_tokens=4, temperature=2.0, seed=seed)
            )
            for token in step.tokens
        )
        for seed in range(6)
    }
    assert len(texts) > 1
