"""Checks that any engine must pass: `backlit.testing.check_engine`."""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from typing import cast, get_args

import numpy as np

from backlit.engines.base import (
    Batched,
    Capability,
    Differentiable,
    Engine,
    Gated,
    Scorer,
    as_differentiable,
    as_gated,
    as_scorer,
)
from backlit.errors import CapabilityError, PromptError, TargetError
from backlit.segments import segment
from backlit.types import GenerationOptions, Target, Token, TokenSequence

NEEDED: Mapping[Capability, Capability] = {
    "gradient": "score",
    "gates": "score",
    "relevance": "gradient",
    "batch": "generate",
}
TOLERANCE = 1e-3  # nats, between two ways to the same log-probability in float32
READERS = 4  # threads that read at once
MIN_READS = 4  # by each of them
READ_SECONDS = 0.001  # between two reads of one of them


def check_engine(engine: Engine, prompt: str, *, tolerance: float = TOLERANCE) -> None:
    """Check the promises of `Engine`, and those of each capability that it says it has.

    Args:
        engine: to check.
        prompt: some text that it can read.
        tolerance: nats, between two ways to the same log-probability.

    Raises:
        AssertionError: a promise is broken; the message says which.
    """
    capabilities = engine.capabilities
    unknown = capabilities - set(get_args(Capability))
    assert not unknown, f"capabilities that there are not: {sorted(unknown)}"
    for wider, narrower in NEEDED.items():
        assert wider not in capabilities or narrower in capabilities, f"{wider} but not {narrower}"
    sequence = engine.tokenize(prompt)
    _check_prompt(engine, sequence, prompt)
    written = _check_generate(engine, sequence)
    supplied = engine.append(sequence, [t.id for t in written.tokens[sequence.prompt_length :]])
    assert supplied.text == written.text, "ids given back as a response decode to other text"
    spans = [(t.start, t.stop) for t in supplied.tokens]
    assert spans == [(t.start, t.stop) for t in written.tokens], "… or to other spans"
    text = engine.append(sequence, " A given answer. 👩‍🚀 東京")
    assert text.text == prompt + " A given answer. 👩‍🚀 東京", "a given response lost characters"
    _check_reading_in_threads(engine, prompt, written)
    if "score" in capabilities:
        _check_score(as_scorer(engine), written, tolerance)
    if "batch" in capabilities:
        _check_batch(cast(Batched, engine), written, tolerance)
    if "gradient" in capabilities:
        _check_gradient(as_differentiable(engine), written, tolerance)
    if "gates" in capabilities:
        _check_gates(as_gated(engine), written, tolerance)
    if "relevance" in capabilities:
        _check_relevance(engine, written, tolerance)
    assert engine.capabilities == capabilities, "its capabilities changed"


def _check_prompt(engine: Engine, sequence: TokenSequence, prompt: str) -> None:
    assert sequence.text == prompt, "the text of a raw prompt is not what was typed"
    assert sequence.prompt_length == len(sequence.tokens), "a prompt alone is all prompt"
    assert "".join(s.text for s in segment(sequence, "line") if s.role == "prompt") == prompt
    for token in sequence.tokens:
        if token.stop > token.start:
            assert token.text == sequence.text[token.start : token.stop], "text is not its span"
    for bad in ("", "half \ud83d"):
        try:
            engine.tokenize(bad)
        except PromptError as error:
            assert error.hint, "an error without advice"
        else:
            raise AssertionError(f"tokenize({bad!r}) should raise PromptError")
    try:
        engine.append(sequence, "")
    except TargetError:
        pass
    else:
        raise AssertionError("append of an empty response should raise TargetError")


def _check_reading_in_threads(engine: Engine, prompt: str, written: TokenSequence) -> None:
    """Reading is safe from any thread: several read at once, while the engine writes."""
    sequence = written.prompt
    ids = written.input_ids[sequence.prompt_length :]
    by_text = engine.append(sequence, " and so on")
    by_ids = engine.append(sequence, ids)
    finished = Event()

    def read() -> None:
        reads = 0
        while not finished.wait(READ_SECONDS) or reads < MIN_READS:
            again = engine.append(engine.tokenize(prompt), " and so on")
            assert again == by_text, "threads that read at once read other tokens"
            assert engine.append(sequence, ids) == by_ids, "… or other text of ids"
            reads += 1

    def write() -> None:
        try:
            again = _written(engine, sequence, GenerationOptions(max_new_tokens=len(ids)))
        finally:
            finished.set()
        assert again == list(ids), "it writes other tokens while threads read"

    with ThreadPoolExecutor(READERS + 1) as threads:
        running = [threads.submit(read) for _ in range(READERS)]
        if "generate" in engine.capabilities:
            running.append(threads.submit(write))
        else:
            finished.set()
    for thread in running:
        error = thread.exception()
        if isinstance(error, AssertionError):
            raise error
        assert error is None, f"fails where threads read or write at once: {error!r}"


def _check_generate(engine: Engine, sequence: TokenSequence) -> TokenSequence:
    options = GenerationOptions(max_new_tokens=6)
    try:
        writing = engine.generate(sequence, options)
    except CapabilityError as error:
        assert error.hint, "an error without advice"
        assert "generate" not in engine.capabilities, "says that it writes, and does not"
        assert "score" in engine.capabilities, "neither writes nor scores"
        return engine.append(sequence, " and so on, and on")
    assert "generate" in engine.capabilities, "writes, and does not say so"
    steps = list(writing)
    assert steps[-1].finish_reason is not None, "the last step has no finish_reason"
    assert all(step.finish_reason is None for step in steps[:-1]), "ended before the last step"
    tokens = [token for step in steps for token in step.tokens]
    assert 0 < len(tokens) <= options.max_new_tokens, f"wrote {len(tokens)} tokens, not 1 to 6"
    assert all(one.role == "response" for one in tokens), "a response token without its role"
    if _tells_log_probs(tokens):
        for token in tokens:
            own = token.log_prob or 0.0
            values = [a.log_prob for a in token.alternatives] or [own]
            assert values == sorted(values, reverse=True), "alternatives are not best first"
            assert abs(values[0] - own) < 1e-4, "greedy, but not the best alternative"
    again = _written(engine, sequence, options)
    assert again == [t.id for t in tokens], "greedy generation differs the second time"
    sampled = GenerationOptions(max_new_tokens=6, temperature=2.0, seed=3)
    first = _written(engine, sequence, sampled)
    assert first == _written(engine, sequence, sampled), "the same seed wrote different tokens"
    stopped = engine.generate(sequence, options)
    next(stopped)
    stopped.close()  # type: ignore[attr-defined]
    return sequence.extended(tokens)


def _written(engine: Engine, prompt: TokenSequence, options: GenerationOptions) -> list[int]:
    return [token.id for step in engine.generate(prompt, options) for token in step.tokens]


def _tells_log_probs(tokens: Sequence[Token]) -> bool:
    """Whether it does: of all tokens or of none, with five alternatives each or with none."""
    known = [token.log_prob for token in tokens if token.log_prob is not None]
    assert len(known) in (0, len(tokens)), "log-probabilities of some tokens but not of all"
    assert all(value <= 1e-6 for value in known), "a log-probability over 0"
    counts = {len(token.alternatives) for token in tokens}
    assert counts in ({0}, {5}), "not five alternatives for all tokens, nor none"
    assert known or counts == {0}, "alternatives, but no log-probabilities"
    return bool(known)


def _check_score(engine: Scorer, written: TokenSequence, tolerance: float) -> None:
    ids, start = written.input_ids, written.prompt_length
    context, target = ids[:start], ids[start:]
    contexts = [context, context[:1] + context[2:], context[: start // 2], context]
    scores = dict(engine.score(contexts, target))
    assert sorted(scores) == [0, 1, 2, 3], "not every context was scored once"
    assert scores[0].shape == (len(target),), "not one log-probability for each target token"
    tells = _tells_log_probs(written.tokens[start:])
    if tells:
        wrote = [token.log_prob or 0.0 for token in written.tokens[start:]]
        assert np.allclose(scores[0], wrote, atol=tolerance), "score differs from generate"
    assert np.allclose(scores[0], scores[3], atol=tolerance), "the same context scored twice"
    for index, row in enumerate(contexts):
        ((_, alone),) = engine.score([row], target)
        assert np.allclose(alone, scores[index], atol=tolerance), "scores depend on the company"
    first = dict(engine.score(contexts, target[:1]))
    both = dict(engine.score(contexts, target, target[:1]))
    for index, measured in both.items():
        whole = [*scores[index], *first[index]]
        assert np.allclose(measured, whole, atol=tolerance), "two answers differ from one at a time"
    annotated = engine.annotate(written)
    assert annotated.text == written.text, "annotate changed the text"
    assert annotated.input_ids == ids, "annotate changed the ids"
    if _tells_log_probs(annotated.tokens[start:]):
        values = [token.log_prob or 0.0 for token in annotated.tokens[start:]]
        assert np.allclose(values, scores[0], atol=tolerance), "annotate differs"
        for index, measured in first.items():
            alike = np.allclose(measured, scores[index][:1], atol=tolerance)
            assert alike, "a log-probability depends on what comes after the token"
    else:
        assert not tells, "annotate left out log-probabilities"
    for old, new in zip(written.tokens, annotated.tokens, strict=True):
        assert len(new.alternatives) >= len(old.alternatives), "annotate gave no alternatives"


def _check_batch(engine: Batched, written: TokenSequence, tolerance: float) -> None:
    ids, start = written.input_ids, written.prompt_length
    if "score" in engine.capabilities:
        contexts, answers = (ids[:start], ids[: start // 2], ids[:start]), (ids[start:], ids[:1])
        pairs = list(zip(contexts, (*answers, answers[0]), strict=True))
        together = dict(engine.score_batch(contexts, [answer for _, answer in pairs]))
        alone = [engine.score([context], answer) for context, answer in pairs]
        for index, ((_, log_probs),) in enumerate(alone):
            assert np.allclose(together.pop(index), log_probs, atol=tolerance), "together differs"
        assert not together, "not every context was scored once"
    options = [GenerationOptions(max_new_tokens=count) for count in (6, 2)]
    expected = [_written(engine, written.prompt, chosen) for chosen in options]
    for index, step in engine.generate_batch([written.prompt] * 2, options):
        assert all(expected[index].pop(0) == token.id for token in step.tokens), "together differs"
    assert expected == [[], []], "together less is written than alone"


def _check_gradient(engine: Differentiable, written: TokenSequence, tolerance: float) -> None:
    start, stop = written.prompt_length, len(written.tokens)
    ids = written.input_ids
    annotated = engine.annotate(written)
    assert _tells_log_probs(annotated.tokens[start:]), (
        "it has log-probabilities, but annotate has not"
    )
    result = engine.gradient(ids, Target(start, stop))
    assert result.gradient.shape == result.embeddings.shape, "one gradient for each embedding"
    assert len(result.gradient) == stop - 1, "embeddings up to the target's last but one"
    ((_, log_probs),) = engine.score([ids[:start]], ids[start:])
    assert np.allclose(result.log_probs, log_probs, atol=tolerance), "log-probabilities differ"
    early = engine.gradient(ids, Target(start, start + 1))
    assert len(early.gradient) == start, "what comes after the target was run"
    scale = np.abs(result.gradient).max()
    context = result.embeddings[:start]
    assert np.allclose(engine.embed(ids[:start]), context, atol=1e-5), "embed differs"
    there = np.stack([context, 0.5 * context])
    values, gradients = engine.gradient_at(ids, Target(start, stop), there)
    assert np.allclose(values[0], log_probs.sum(), atol=tolerance), "another value at the prompt"
    assert np.allclose(gradients[0], result.gradient[:start], atol=1e-3 * scale), "another gradient"
    forward = engine.score_at(ids, Target(start, stop), there)
    assert np.allclose(values, forward, atol=tolerance), "score_at differs from gradient_at"


def _check_gates(engine: Gated, written: TokenSequence, tolerance: float) -> None:
    start, stop = written.prompt_length, len(written.tokens)
    ids = written.input_ids
    result = engine.gate_gradient(ids, Target(start, stop))
    assert result.edges.shape == (stop - 1, stop - 1), "not one gate for each edge"
    assert not np.triu(result.edges, 1).any(), "a gate on what is not seen"
    ((_, log_probs),) = engine.score([ids[:start]], ids[start:])
    assert np.allclose(result.log_probs, log_probs, atol=tolerance), "log-probabilities differ"
    spans = [(0, 0), (0, 1), (1, start)]
    knocked = dict(engine.knock_out(ids[:start], spans, ids[start:]))
    assert np.allclose(knocked[0], log_probs, atol=tolerance), "hiding nothing changes something"
    again = dict(engine.knock_out(ids[:start], spans[1:2], ids[start:]))
    assert np.allclose(knocked[1], again[0], atol=tolerance), "a span depends on the company"


def _check_relevance(engine: Engine, written: TokenSequence, tolerance: float) -> None:
    ids, target = written.input_ids, Target(written.prompt_length, len(written.tokens))
    plain = as_differentiable(engine).gradient(ids, target)
    shared = as_differentiable(engine).gradient(ids, target, shared=True)
    assert shared.gradient.shape == plain.gradient.shape, "not one share for each gradient"
    assert np.isfinite(shared.gradient).all(), "a share is not finite"
    same = np.allclose(shared.log_probs, plain.log_probs, atol=tolerance)
    assert same, "sharing products changes log-probabilities"
    again = as_differentiable(engine).gradient(ids, target)
    scale = np.abs(plain.gradient).max()
    left = np.allclose(again.gradient, plain.gradient, atol=1e-3 * scale)
    assert left, "sharing products once changes later gradients"
    only_last = [0.0] * (target.stop - target.start - 1) + [1.0]
    last = Target(target.stop - 1, target.stop)
    weighed = as_differentiable(engine).gradient(ids, target, shared=True, weights=only_last)
    alone = as_differentiable(engine).gradient(ids, last, shared=True)
    same = np.allclose(weighed.gradient, alone.gradient, atol=1e-3 * scale)
    assert same, "a token that weighs nothing is asked about"
    if "gates" in engine.capabilities:
        gated = as_gated(engine)
        edges = gated.gate_gradient(ids, target, shared=True).edges
        assert np.isfinite(edges).all(), "a share of a gate is not finite"
        assert not np.triu(edges, 1).any(), "a share of what is not seen"
        weighed_edges = gated.gate_gradient(ids, target, shared=True, weights=only_last).edges
        alone_edges = gated.gate_gradient(ids, last, shared=True).edges
        same = np.allclose(weighed_edges, alone_edges, atol=1e-3 * np.abs(edges).max())
        assert same, "a token that weighs nothing is asked about at the gates"
