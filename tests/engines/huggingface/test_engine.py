"""The transformers engine, on tiny random models of many families and tokenizers of each kind."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from backlit.engines.huggingface import engine as huggingface
from backlit.engines.huggingface import gradients as huggingface_gradients
from backlit.engines.huggingface.engine import HuggingFaceEngine
from backlit.errors import Cancelled, OptionsError, PromptError, TargetError, UnsupportedModelError
from backlit.progress import cancellable
from backlit.segments import segment
from backlit.testing import check_engine
from backlit.types import GenerationOptions, Message, Target
from tests.support import tiny

KINDS = ["byte_level", "sentencepiece", "wordpiece"]
HARD = [
    "plain words, and more.",
    "👩‍🚀 and 👍🏽 in 東京 𒀀",
    "İstanbul'da ılık süt, ğüşöç",
    "e\u0301 a\u0308 combining",
    "tabs\tand\r\nlines\n\n  indented  \n",
    " leading and trailing ",
]
ENGINES = {kind: tiny.engine(kind=kind) for kind in KINDS}


@pytest.mark.parametrize("family", tiny.FAMILIES)
def test_keeps_the_promises_of_engines(family: str) -> None:
    check_engine(tiny.engine(family), "The cat likes warm milk and the dog likes water.")


@pytest.mark.parametrize("family", tiny.FAMILIES)
def test_reused_prefixes_score_as_whole_contexts_do(family: str) -> None:
    engine = tiny.engine(family)
    ids = engine.tokenize("The cat likes warm milk. The dog likes cold water, and so on.").input_ids
    contexts = [ids, *(ids[:i] + ids[i + 3 :] for i in range(0, len(ids) - 3, 2)), ids[:1]]
    target = ids[2:6]
    reused = dict(engine.score(contexts, target))
    expected_reuse = not family.startswith(("mamba", "bloom"))
    assert engine._scorer.reuse is expected_reuse
    engine._scorer.reuse = False
    whole = dict(engine.score(contexts, target))
    assert sorted(reused) == sorted(whole) == list(range(len(contexts)))
    for index, log_probs in whole.items():
        np.testing.assert_allclose(reused[index], log_probs, atol=1e-4)


@pytest.mark.parametrize("family", tiny.FAMILIES)
def test_gradient_is_that_of_plain_autograd(family: str) -> None:
    engine = tiny.engine(family)
    ids = engine.tokenize("The cat likes warm milk. The dog likes cold water.").input_ids
    target = Target(5, 9)
    found = engine.gradient(ids, target)
    # Independently: nudge the embedding of one token, and see what the log-probability does.
    model = engine._model
    layer = model.get_input_embeddings()

    def objective(nudge: torch.Tensor, position: int) -> float:
        def add(module: torch.nn.Module, args: object, output: torch.Tensor) -> torch.Tensor:
            output = output.clone()
            output[0, position] += nudge
            return output

        handle = layer.register_forward_hook(add)
        with torch.no_grad():
            logits = model(input_ids=torch.tensor([ids]), use_cache=False).logits[0]
        handle.remove()
        log_probs = logits.log_softmax(-1)
        return sum(float(log_probs[t - 1, ids[t]]) for t in range(target.start, target.stop))

    random = np.random.default_rng(0)
    for position in (0, 3, 6):
        direction = random.normal(size=found.gradient.shape[1])
        step = torch.tensor(direction) * 1e-3
        slope = (objective(step, position) - objective(-step, position)) / 2e-3
        assert slope == pytest.approx(found.gradient[position] @ direction, rel=1e-2, abs=1e-3)


def test_gradient_leaves_the_model_as_it_was() -> None:
    engine = tiny.engine()
    ids = engine.tokenize("The cat likes").input_ids
    before = [w.clone() for w in engine._model.parameters()]
    engine.gradient(ids, Target(2, 4))
    assert all(w.grad is None and not w.requires_grad for w in engine._model.parameters())
    assert all(torch.equal(a, b) for a, b in zip(before, engine._model.parameters(), strict=True))
    assert not engine._model.get_input_embeddings()._forward_hooks


@pytest.mark.parametrize("family", ["llama", "gemma3, sliding", "gpt2"])
def test_long_inputs_are_run_again_rather_than_kept(
    family: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = tiny.engine(family)
    ids = engine.tokenize("The cat likes warm milk. The dog likes cold water.").input_ids
    target = Target(5, 9)
    kept = engine.gradient(ids, target), engine.gate_gradient(ids, target)
    monkeypatch.setattr(huggingface_gradients, "LONG", 1)
    again = engine.gradient(ids, target), engine.gate_gradient(ids, target)
    np.testing.assert_allclose(again[0].gradient, kept[0].gradient, atol=1e-5)
    np.testing.assert_allclose(again[1].edges, kept[1].edges, atol=1e-5)
    assert not any("forward" in vars(layer) for layer in engine._model.modules())


def test_long_work_is_cancelled_between_layers() -> None:
    engine = tiny.engine("llama")
    ids = engine.tokenize("The cat likes warm milk.").input_ids
    target = Target(4, 6)
    for calls in range(1, 6):  # three layers forward, then back
        left = iter(range(calls))

        def check(left: Iterator[int] = left) -> None:
            if next(left, None) is None:
                raise Cancelled

        with cancellable(check), pytest.raises(Cancelled):
            engine.gradient(ids, target)
    engine.gradient(ids, target)  # nothing is left behind
    with cancellable(check), pytest.raises(Cancelled):
        list(engine.score([ids[:4], ids[:3]], ids[4:]))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("text", HARD)
def test_tokens_tile_the_text(kind: str, text: str) -> None:
    check_tiling(ENGINES[kind], text)


@pytest.mark.parametrize("kind", KINDS)
@given(text=st.text(min_size=1, max_size=40).filter(lambda t: t.strip()))
@settings(max_examples=60, deadline=None)
def test_tokens_tile_any_text(kind: str, text: str) -> None:
    if "\ud800" <= max(text) <= "\udfff" or any("\ud800" <= c <= "\udfff" for c in text):
        with pytest.raises(PromptError):
            ENGINES[kind].tokenize(text)
        return
    try:
        check_tiling(ENGINES[kind], text)
    except PromptError:
        assert kind == "wordpiece"  # whose normalizer may leave nothing of control characters


def check_tiling(engine: HuggingFaceEngine, text: str) -> None:
    sequence = engine.tokenize(text)
    assert "".join(s.text for s in segment(sequence, "token") if s.role == "prompt") == text
    for token in sequence.tokens:
        if token.stop > token.start:
            assert token.text == text[token.start : token.stop]


@pytest.mark.parametrize("kind", ["byte_level", "sentencepiece"])
@pytest.mark.parametrize("text", HARD)
def test_a_response_is_shown_as_its_ids_decode(kind: str, text: str) -> None:
    engine = ENGINES[kind]
    prompt = engine.tokenize("The cat likes")
    by_text = engine.append(prompt, text)
    by_ids = engine.append(prompt, [t.id for t in by_text.tokens[prompt.prompt_length :]])
    assert by_text.text == by_ids.text == "The cat likes" + text
    assert "".join(s.text for s in segment(by_ids, "token") if s.role == "response") == text


def test_pieces_of_a_character_share_its_span() -> None:
    sequence = ENGINES["byte_level"].tokenize("a𒀀b")
    spans = [(t.start, t.stop) for t in sequence.tokens]
    assert spans == [(0, 1), (1, 2), (1, 2), (1, 2), (1, 2), (2, 3)]
    assert [s.text for s in segment(sequence, "token")] == ["a", "𒀀", "b"]
    assert [s.stop - s.start for s in segment(sequence, "token")] == [1, 4, 1]


def test_a_character_cut_short_is_no_mojibake() -> None:
    engine = ENGINES["byte_level"]
    prompt = engine.tokenize("a")
    whole = engine.append(prompt, "x𒀀")
    cut = engine.append(prompt, [t.id for t in whole.tokens[1:-1]])
    assert cut.text == "ax"
    assert [s.text for s in segment(cut, "token")] == ["a", "x"]


def test_added_tokens_are_the_templates() -> None:
    sequence = ENGINES["sentencepiece"].tokenize("The cat")
    first = sequence.tokens[0]
    assert (first.text, first.start, first.stop) == ("<s>", 0, 0)
    assert (first.role, first.special) == ("template", True)
    assert {t.role for t in sequence.tokens[1:]} == {"prompt"}


def test_an_unknown_character_can_be_no_target() -> None:
    engine = ENGINES["wordpiece"]
    with pytest.raises(TargetError, match="no token for"):
        engine.append(engine.tokenize("the cat"), " likes ☃")


def test_chat_marks_what_the_template_added() -> None:
    engine = ENGINES["byte_level"]
    sequence = engine.tokenize(
        (Message("system", "system"), Message("user", "  The cat?\n"), Message("assistant", "Yes"))
    )
    assert sequence.text == (
        "<s>system\nsystem</s>\n<s>user\nThe cat?</s>\n<s>assistant\nYes</s>\n<s>assistant\n"
    )
    by_role = [(s.role, s.text) for s in segment(sequence, "paragraph")]
    assert by_role == [
        ("template", "<s>system\n"),
        ("system", "system"),
        ("template", "</s>\n<s>user\n"),
        ("user", "The cat?"),
        ("template", "</s>\n<s>assistant\n"),
        ("assistant", "Yes"),
        ("template", "</s>\n<s>assistant\n"),
    ]


def test_messages_need_a_chat_template() -> None:
    engine = tiny.engine()
    engine._tokenizer.chat_template = None
    plain = HuggingFaceEngine(engine._model, engine._tokenizer, "plain", "tiny")
    assert not plain.chat
    with pytest.raises(PromptError, match="no chat template"):
        plain.tokenize((Message("user", "hi"),))


def test_a_template_that_refuses_says_why() -> None:
    engine = tiny.engine()
    engine._tokenizer.chat_template = "{{ raise_exception('roles must take turns') }}"
    with pytest.raises(PromptError, match="roles must take turns"):
        engine.tokenize((Message("user", "hi"),))


def test_too_long_says_how_long() -> None:
    engine = ENGINES["byte_level"]
    with pytest.raises(PromptError, match="reads at most 512"):
        engine.tokenize("x" * 2_000)


def test_the_context_bounds_the_response() -> None:
    engine = tiny.engine()
    engine.context_length = 20
    engine._ends = frozenset()
    prompt = engine.tokenize("The cat likes warm")
    steps = list(engine.generate(prompt, GenerationOptions(max_new_tokens=100)))
    assert steps[-1].finish_reason == "context"
    assert len(prompt.tokens) + sum(len(s.tokens) for s in steps) == 20


def test_stop_strings_end_a_response() -> None:
    engine = tiny.engine()
    prompt = engine.tokenize("The cat likes warm")

    def write(stop: tuple[str, ...]) -> tuple[str, str | None]:
        sequence, reason = prompt, None
        for step in engine.generate(prompt, GenerationOptions(max_new_tokens=8, stop=stop)):
            sequence, reason = sequence.extended(step.tokens), step.finish_reason
        return sequence.text[len(prompt.text) :], reason

    free, reason = write(())
    assert reason == "length"
    stopped, reason = write((free[2],))
    assert reason == "stop"
    assert free.startswith(stopped)
    assert stopped.index(free[2]) < len(stopped) < len(free)


def test_an_end_token_is_no_part_of_the_response() -> None:
    engine = tiny.engine()
    prompt = engine.tokenize("The cat likes warm")
    first = next(iter(engine.generate(prompt, GenerationOptions(max_new_tokens=1)))).tokens[0]
    engine._ends = frozenset({first.id})
    steps = list(engine.generate(prompt, GenerationOptions(max_new_tokens=5)))
    assert [s.finish_reason for s in steps] == ["stop"]
    assert steps[0].tokens == ()


def test_top_p_of_almost_nothing_is_greedy() -> None:
    engine = tiny.engine()
    prompt = engine.tokenize("The cat likes warm")
    greedy, narrow = (
        [t.id for s in engine.generate(prompt, options) for t in s.tokens]
        for options in (
            GenerationOptions(max_new_tokens=6),
            GenerationOptions(max_new_tokens=6, temperature=5.0, top_p=1e-6, seed=1),
        )
    )
    assert greedy == narrow


def test_loads_a_saved_folder(tmp_path: Path) -> None:
    engine = tiny.engine()
    engine._model.save_pretrained(tmp_path)
    engine._tokenizer.save_pretrained(tmp_path)
    loaded = huggingface.load(tmp_path, "mine", "tiny", device="cpu")
    assert loaded.metadata["dtype"] == "float32"
    assert loaded.metadata["device"] == "cpu"
    ids = engine.tokenize("The cat likes").input_ids
    assert loaded.tokenize("The cat likes").input_ids == ids
    ((_, a),) = engine.score([ids[:2]], ids[2:])
    ((_, b),) = loaded.score([ids[:2]], ids[2:])
    np.testing.assert_allclose(a, b, atol=1e-5)
    half = huggingface.load(tmp_path, "mine", "tiny", device="cpu", dtype="bfloat16")
    assert half.metadata["dtype"] == "bfloat16"
    mapped = huggingface.load(tmp_path, "mine", "tiny", device_map="cpu", dtype="float32")
    ((_, c),) = mapped.score([ids[:2]], ids[2:])
    np.testing.assert_allclose(a, c, atol=1e-5)
    with pytest.raises(OptionsError, match="no dtype"):
        huggingface.load(tmp_path, "mine", "tiny", dtype="float8")
    with pytest.raises(OptionsError, match="can't be used here"):
        huggingface.load(tmp_path, "mine", "tiny", device="tpu")


def test_a_broken_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text('{"model_type": "nothing known"}')
    with pytest.raises(UnsupportedModelError, match="could not be opened"):
        huggingface.load(tmp_path, "mine", "tiny")
