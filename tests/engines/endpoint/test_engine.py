from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from backlit.engines import open_engine
from backlit.engines.base import as_scorer
from backlit.engines.endpoint.engine import EndpointEngine
from backlit.engines.endpoint.options import EndpointOptions
from backlit.engines.toy import ToyEngine
from backlit.errors import Cancelled, EndpointError, PromptError, TargetError
from backlit.methods import default_method, methods
from backlit.methods.base import unavailable
from backlit.model import Model, load_model
from backlit.progress import Callback
from backlit.testing import check_engine, check_method
from backlit.types import GenerationOptions, Message, Prompt
from tests.support.endpoints import CONTEXT, KINDS, Cut, Fake, Kind, Odd, faked
from tests.support.service import until

PROMPT = "Analysis: the dish is bitter and you dislike bitter soup. Recommendation:"
LINES = "The cat likes warm milk.\nThe dog likes cold water.\nI like sweet soup.\nThe cat likes"


@pytest.fixture(params=KINDS)
def fake(request: pytest.FixtureRequest) -> Iterator[Fake]:
    kind: Kind = request.param
    with faked(kind) as one:
        yield one


def test_every_server_keeps_the_promises_of_an_engine(fake: Fake) -> None:
    check_engine(open_engine(fake.source), PROMPT)


def test_it_reads_writes_and_scores_as_the_same_model_does_here(fake: Fake) -> None:
    here, there = ToyEngine(), open_engine(fake.source)
    prompts: list[Prompt] = [LINES, "Ümlaut 👩‍🚀 東京"]
    if fake.kind != "sglang":  # which renders no chats
        prompts.append((Message("user", "what does the cat like?"),))
    for prompt in prompts:
        assert here.tokenize(prompt) == there.tokenize(prompt)
    sequence = here.tokenize(LINES)
    for options in (
        GenerationOptions(max_new_tokens=12),
        GenerationOptions(max_new_tokens=12, stop=("\n",)),
        GenerationOptions(max_new_tokens=12, temperature=1.5, top_p=0.9, seed=3),
        GenerationOptions(max_new_tokens=500),
    ):
        wrote, expected = (list(e.generate(sequence, options)) for e in (there, here))
        tokens = [t for step in expected for t in step.tokens]
        if fake.kind == "sglang" and options.temperature == 1.5:  # what it tells is not plain
            tokens = [replace(token, log_prob=None, alternatives=()) for token in tokens]
        assert [t for step in wrote for t in step.tokens] == tokens
        assert wrote[-1].finish_reason == expected[-1].finish_reason


@pytest.mark.parametrize("name", [n for n, m in methods().items() if m.facts.needs == ("score",)])
def test_every_method_that_scores_works(name: str) -> None:
    with faked("llama") as fake:
        check_method(methods()[name](), open_engine(fake.source), PROMPT)


def test_what_needs_weights_is_said_not_to_be_offered() -> None:
    with faked("llama") as fake:
        engine = open_engine(fake.source)
        for name, method in methods().items():
            reason = unavailable(method, engine)
            if method.facts.needs == ("score",):
                assert reason is None
            else:
                assert reason is not None
                assert engine.name in reason, name
        assert unavailable(methods()[default_method(engine)], engine) is None


def asked(fake: Fake) -> list[str]:
    """Requests that the model had to work for, as one can tell them apart."""
    return [str(one) for one in fake.of_model()]


def test_occlusion_takes_a_call_for_each_segment_and_asks_nothing_twice(fake: Fake) -> None:
    model = load_model(fake.source)
    generation = model.explain(LINES, response=" warm milk.", granularity="word").generation
    fake.asked.clear()
    model = load_model(fake.source)
    probing = len(fake.of_model())
    explanation = model.explain(generation, method="occlusion", granularity="word")
    spent = asked(fake)[probing:]
    assert len(explanation[0].segments) > 10
    assert len(spent) <= len(explanation[0].segments) + 2
    assert len(set(spent)) == len(spent)
    model.explain(generation, method="occlusion", granularity="word")
    assert asked(fake)[probing + len(spent) :] == [], "all of that was known"
    for _ in range(2):
        model.prove(explanation)
        model.check(explanation)
        model.explain(generation, method="sparse_ablation", granularity="word")
    assert len(set(asked(fake)[probing:])) == len(asked(fake)[probing:])


def test_maps_are_those_of_the_same_model_here(fake: Fake) -> None:
    here, there = Model(ToyEngine()), load_model(fake.source)
    for method in ("occlusion", "sparse_ablation", "shapley"):
        one, other = (
            model.explain(
                LINES,
                response=" warm milk.",
                target="milk",
                foil="water",
                method=method,
                granularity="line",
            )[0]
            for model in (here, there)
        )
        assert np.allclose(one.scores, other.scores, atol=1e-6), method


def test_prompts_that_begin_alike_follow_each_other() -> None:
    with faked("llama") as fake:
        model = load_model(fake.source, endpoint={"parallel": 1})
        explanation = model.explain(LINES, response=" warm milk.", method="occlusion")
        known = len(fake.asked)
        model.explain(explanation.generation, method="sparse_ablation", granularity="word")
        prompts = [body["prompt"] for path, body in fake.asked[known:] if path == "/completion"]
        chunks = [prompts[:1], *(prompts[i : i + 32] for i in range(1, len(prompts), 32))]
        assert len(prompts) > 32
        in_order = sum(a <= b for a, b in pairwise(prompts))
        assert in_order >= len(prompts) - 2 * len(chunks)


def test_pieces_of_characters_are_scored_where_a_server_can(fake: Fake) -> None:
    model = load_model(fake.source)
    asked: dict[str, Any] = {"response": " 東京 is", "granularity": "word", "method": "occlusion"}
    rest = model.explain(LINES, target="is", **asked)
    assert rest[0].scores.any(), "a target behind them has none of them"
    there = model.explain(LINES, target="東京", **asked)
    here = Model(ToyEngine()).explain(LINES, target="東京", **asked)
    assert np.allclose(here[0].scores, there[0].scores, atol=1e-6)
    told, expected = (
        [token.log_prob for token in one.generation.sequence.tokens[-3:]] for one in (there, here)
    )
    assert told == pytest.approx(expected)


def test_pieces_of_characters_are_written_also_where_they_are_not_told(fake: Fake) -> None:
    here, there = ToyEngine(), open_engine(fake.source)
    prompt = here.tokenize(LINES)
    fake.script = [*here.append(prompt, " 東京 is 👩‍🚀").input_ids[prompt.prompt_length :], 65]
    options = GenerationOptions(max_new_tokens=len(fake.script))
    wrote = [t for step in there.generate(prompt, options) for t in step.tokens]
    expected = here.annotate(here.append(prompt, fake.script)).tokens[prompt.prompt_length :]
    assert [(t.id, t.text, t.start, t.stop) for t in wrote] == [
        (t.id, t.text, t.start, t.stop) for t in expected
    ]
    for one, other in zip(wrote, expected, strict=True):
        assert one.log_prob == pytest.approx(other.log_prob)
        assert one.alternatives[0].id == other.alternatives[0].id


def test_log_probabilities_are_told_where_they_are_plain_at_any_temperature() -> None:
    with faked("sglang", plain=True) as fake:
        engine = open_engine(fake.source)
        options = GenerationOptions(max_new_tokens=4, temperature=1.5, seed=3)
        wrote = [t for s in engine.generate(engine.tokenize(LINES), options) for t in s.tokens]
        assert all(token.log_prob is not None for token in wrote)


def test_the_first_is_told_first_also_where_it_is_answered_last(fake: Fake) -> None:
    engine = as_scorer(open_engine(fake.source, endpoint=EndpointOptions(parallel=3)))
    ids = engine.tokenize(LINES).input_ids
    contexts = [ids[:4], ids, ids[:8]]
    answered: list[int] = []

    def spoil(path: str, body: Any, answer: Any) -> Any:
        length = len(body.get("prompt") or body["input_ids"])
        if length <= 6:  # the first context, and an answer
            until(lambda: len(answered) == 4)
        else:
            answered.append(length)
        return answer

    fake.spoil = spoil
    order = [index for index, _ in engine.score(contexts, ids[3:5], ids[5:6])]
    assert len(answered) == 4
    assert order[0] == 0
    assert sorted(order) == [0, 1, 2]


def test_a_token_that_is_not_told_is_missed() -> None:
    with faked("llama") as fake:
        engine = open_engine(fake.source)

        def spoil(path: str, body: Any, answer: Any) -> Any:
            def events() -> Iterator[Any]:
                for number, event in enumerate(answer):
                    if number != 1:
                        yield event

            return events() if isinstance(answer, Iterator) else answer

        fake.spoil = spoil
        writing = engine.generate(engine.tokenize(PROMPT), GenerationOptions(max_new_tokens=9))
        with pytest.raises(EndpointError, match="a character of several tokens"):
            list(writing)


def test_what_is_the_same_is_written_once(fake: Fake) -> None:
    engine = open_engine(fake.source)
    assert isinstance(engine, EndpointEngine)
    prompt = engine.tokenize(LINES)
    before = len(fake.of_model())
    texts = ["", ""]
    for index, step in engine.generate_batch([prompt] * 2, [GenerationOptions()] * 2):
        texts[index] += "".join(token.text for token in step.tokens)
    assert texts[0] == texts[1] != ""
    assert len(fake.of_model()) == before + 1
    drawn = GenerationOptions(temperature=1.0)
    before = _streams(fake)
    list(engine.generate_batch([prompt] * 2, [drawn] * 2))
    assert _streams(fake) == before + 2, "what is drawn is drawn for each"


def _streams(fake: Fake) -> int:
    """What was written; parts of characters may have been looked up, too."""
    return sum(body.get("stream", False) for _, body in fake.of_model())


def test_an_answer_is_looked_at_once(fake: Fake) -> None:
    engine = open_engine(fake.source)
    sequence = engine.append(engine.tokenize(LINES), " warm milk.")
    before = len(fake.of_model())
    assert engine.annotate(sequence) == engine.annotate(sequence)  # type: ignore[attr-defined]
    assert len(fake.of_model()) == before + 1


def test_answers_are_written_side_by_side(fake: Fake) -> None:
    engine = open_engine(fake.source, endpoint=EndpointOptions(parallel=3))
    prompts = [engine.tokenize(f"The {animal} likes") for animal in ("cat", "dog", "bird")]
    options = GenerationOptions(max_new_tokens=4)
    alone = [
        "".join(t.text for s in engine.generate(p, options) for t in s.tokens) for p in prompts
    ]
    again = open_engine(fake.source, endpoint=EndpointOptions(parallel=3))
    assert isinstance(again, EndpointEngine)

    def spoil(path: str, body: Any, answer: Any) -> Any:
        if isinstance(answer, Iterator) and fake.most_in_flight < 3:
            until(lambda: fake.most_in_flight == 3)
        return answer

    fake.spoil = spoil
    texts = ["", "", ""]
    for index, step in again.generate_batch(prompts, [options] * 3):
        texts[index] += "".join(token.text for token in step.tokens)
    assert texts == alone
    spent = len(fake.of_model())
    for _ in again.generate_batch(prompts, [options] * 3):
        pass
    assert len(fake.of_model()) == spent, "what was written is remembered"


def test_partial_results_are_kept_when_work_is_stopped(fake: Fake) -> None:
    model = load_model(fake.source, endpoint={"parallel": 1})
    generation = model.explain(LINES, response=" milk", granularity="line").generation
    before = len(fake.of_model())

    def stop(phase: str, done: int, *_: object) -> None:
        if phase == "explain" and done >= 3:
            raise Cancelled

    with pytest.raises(Cancelled):
        model.explain(generation, method="occlusion", granularity="word", progress=Callback(stop))
    spent = asked(fake)[before:]
    model.explain(generation, method="occlusion", granularity="word")
    later = asked(fake)[before + len(spent) :]
    assert len(spent) >= 3
    assert len(set(spent) - set(later)) >= 3, "what was told is asked again"


def test_a_server_that_dies_in_mid_answer_is_told_of(fake: Fake) -> None:
    engine = open_engine(fake.source)

    def spoil(path: str, body: Any, answer: Any) -> Any:
        def events() -> Iterator[Any]:
            yield next(answer)
            raise Cut

        return events() if isinstance(answer, Iterator) else answer

    fake.spoil = spoil
    writing = engine.generate(engine.tokenize(PROMPT), GenerationOptions(max_new_tokens=9))
    assert next(writing).tokens
    with pytest.raises(EndpointError, match="ended its answer without a reason"):
        list(writing)


def test_what_the_server_can_not_read_is_refused_before_it_is_sent(fake: Fake) -> None:
    engine = open_engine(fake.source)
    assert engine.context_length == CONTEXT - 2, "it has room to write"
    fake.asked.clear()
    with pytest.raises(PromptError, match="510"):
        engine.tokenize("x " * CONTEXT)
    assert not fake.of_model()


def test_a_context_that_is_exceeded_all_the_same_is_said() -> None:
    with faked("vllm") as fake:
        engine = open_engine(fake.source)
        assert isinstance(engine, EndpointEngine)
        with pytest.raises(PromptError, match="maximum context length is 512"):
            list(engine.score([[65] * CONTEXT], [66]))


def test_a_model_that_the_server_lacks_is_named() -> None:
    with faked("vllm") as fake, pytest.raises(EndpointError, match="no model called other"):
        open_engine(f"{fake.source}#other")


def test_a_server_of_several_models_wants_one_named() -> None:
    with faked("vllm") as fake:

        def spoil(path: str, body: Any, answer: Any) -> Any:
            if path == "/v1/models":
                answer["data"] += [{"id": f"another-{i}"} for i in range(9)]
            return answer

        fake.spoil = spoil
        with pytest.raises(EndpointError, match="10 models") as error:
            open_engine(fake.source)
        assert "toy-model, another-0" in error.value.hint
        assert open_engine(f"{fake.source}#toy-model").metadata["model"] == "toy-model"
        with pytest.raises(EndpointError, match="no model called other"):
            open_engine(f"{fake.source}#other")


def test_ids_that_the_server_does_not_know_are_refused() -> None:
    with faked("llama") as fake:
        engine = open_engine(fake.source)
        with pytest.raises(TargetError, match="ids that this model does not know"):
            engine.append(engine.tokenize("a"), [10**6])


def test_a_model_without_a_chat_template_says_so() -> None:
    with faked("llama") as fake:

        def spoil(path: str, body: Any, answer: Any) -> Any:
            if path == "/apply-template":
                raise Odd(400, '{"error": {"message": "no template"}}')
            return answer

        fake.spoil = spoil
        engine = open_engine(fake.source)
        assert not engine.chat
        with pytest.raises(PromptError, match="no chat template"):
            engine.tokenize((Message("user", "hi"),))


def test_a_server_that_tells_nothing_of_itself_is_tried_all_the_same() -> None:
    with faked("llama") as fake:

        def spoil(path: str, body: Any, answer: Any) -> Any:
            if path in ("/props", "/v1/models"):
                raise Odd(404, "")
            return answer

        fake.spoil = spoil
        engine = open_engine(fake.source)
        assert engine.context_length is None
        assert engine.tokenize("The cat").input_ids == ToyEngine().tokenize("The cat").input_ids
