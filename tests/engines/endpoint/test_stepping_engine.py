from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from backlit.engines import open_engine
from backlit.engines.bounding import bounding
from backlit.engines.endpoint.listing import SLACK
from backlit.engines.endpoint.options import EndpointOptions
from backlit.engines.endpoint.stepped import SteppedText
from backlit.engines.endpoint.stepping_engine import SteppingChatEngine
from backlit.engines.toy import ToyEngine
from backlit.errors import TargetError
from backlit.methods import methods
from backlit.methods.base import unavailable
from backlit.model import load_model
from backlit.segments import segment
from backlit.testing import check_engine
from backlit.types import REASONING, GenerationOptions, Message, TokenSequence
from tests.support.endpoints import Fake, Kind, faked

PROMPT = "Analysis: the dish is bitter and you dislike bitter soup. Recommendation:"
OTHER = "The cat likes warm milk. The dog likes"
BEGUN = " Recommendation:"  # behind which the words that it writes elsewhere are not likely
CHAT = (Message("system", "Be brief."), Message("user", "what does the cat like?"))
KINDS: tuple[Kind, ...] = ("likeliest", "prefill")
FEW = GenerationOptions(max_new_tokens=8)
TOP = 5  # so that some of the few words that the model knows are not among them


@pytest.fixture(params=KINDS)
def fake(request: pytest.FixtureRequest) -> Iterator[Fake]:
    with faked(request.param) as one:
        yield one


def opened(fake: Fake, **options: Any) -> SteppedText:
    engine = open_engine(fake.source, endpoint=EndpointOptions(**options))
    assert isinstance(engine, SteppedText)
    return engine


def written(
    engine: SteppedText, prompt: Any = PROMPT, options: GenerationOptions = FEW
) -> TokenSequence:
    sequence = engine.tokenize(prompt)
    steps = engine.generate(sequence, options)
    return sequence.extended([token for step in steps for token in step.tokens])


def here(fake: Fake, prompt: str) -> str:
    """What the model reads where a prompt is text."""
    return fake.chat([{"role": "user", "content": prompt}]) if fake.kind == "prefill" else prompt


def truth(read: str, tokens: Sequence[str]) -> tuple[list[float], list[bool]]:
    """What the same model tells here: of each token, or what bounds it, and whether that does."""
    fake = Fake("likeliest")
    values: list[float] = []
    bounds: list[bool] = []
    for place, token in enumerate(tokens):
        log_probs = fake.all_log_probs(fake.ids(read + "".join(tokens[:place])))
        (token_id,) = fake.ids(token)
        best = np.sort(log_probs)[::-1][:TOP]
        listed = log_probs[token_id] >= best[-1]
        left = np.log(1 - np.exp(best).sum() + SLACK)
        values.append(float(log_probs[token_id] if listed else min(best[-1], left)))
        bounds.append(not listed)
    return values, bounds


def test_it_keeps_the_promises_of_an_engine(fake: Fake) -> None:
    check_engine(opened(fake), PROMPT)


@pytest.mark.parametrize("name", [n for n, m in methods().items() if m.facts.needs == ("score",)])
def test_every_method_that_scores_works(fake: Fake, name: str) -> None:
    engine = opened(fake)
    assert unavailable(methods()[name], engine) is None
    found = load_model(engine).explain(
        OTHER, method=name, granularity="sentence", options=GenerationOptions(max_new_tokens=3)
    )
    assert np.isfinite([one.score for one in found[0].segments]).all()


def test_what_it_writes_has_the_servers_tokens_and_how_likely_they_are(fake: Fake) -> None:
    engine = opened(fake)
    sequence = written(engine)
    toy = ToyEngine()
    prompt = toy.tokenize(here(fake, PROMPT))
    steps = toy.generate(prompt, FEW)
    expected = [token for step in steps for token in step.tokens]
    new = sequence.tokens[sequence.prompt_length :]
    assert [one.text for one in new] == [one.text for one in expected]
    assert [one.log_prob for one in new] == pytest.approx([one.log_prob for one in expected])
    for one, other in zip(new, expected, strict=True):
        assert [a.log_prob for a in one.alternatives] == pytest.approx(
            [a.log_prob for a in other.alternatives]
        )


def test_it_scores_as_the_same_model_does_here_and_says_what_is_a_bound(fake: Fake) -> None:
    fake.most = TOP
    engine = opened(fake)
    sequence = written(engine)
    ids, start = sequence.input_ids, sequence.prompt_length + 2
    texts = [token.text for token in sequence.tokens[start:]]
    contexts = [ids[:start], engine.append(engine.tokenize(OTHER), BEGUN).input_ids]
    told = dict(engine.score(contexts, ids[start:]))
    assert bounding(engine) is engine
    begun = "".join(token.text for token in sequence.tokens[start - 2 : start])
    whole = here(fake, PROMPT) + begun
    some = []
    for index, read in enumerate((whole, here(fake, OTHER) + BEGUN)):
        values, bounds = truth(read, texts)
        assert told[index] == pytest.approx(values, abs=1e-6)
        assert engine.bounded(contexts[index], ids[start:]).tolist() == bounds
        some += bounds
    assert any(some), "nothing in this test is a bound"
    assert not all(some)


def test_a_bound_is_one(fake: Fake) -> None:
    fake.most = TOP
    engine = opened(fake)
    sequence = written(engine)
    start = sequence.prompt_length + 2
    answer = sequence.input_ids[start:]
    context = engine.append(engine.tokenize(OTHER), BEGUN).input_ids
    ((_, told),) = engine.score([context], answer)
    toy = ToyEngine()
    before = toy.tokenize(here(fake, OTHER) + BEGUN).input_ids
    after = [i for token in sequence.tokens[start:] for i in toy.tokenize(token.text).input_ids]
    ((_, exact),) = toy.score([before], after)
    mask = engine.bounded(context, answer)
    assert mask.any()
    assert np.allclose(told[~mask], exact[~mask], atol=1e-6)
    assert (told[mask] > exact[mask] + 1e-3).all()


def test_nothing_is_a_bound_that_was_not_asked_for(fake: Fake) -> None:
    engine = opened(fake)
    sequence = written(engine)
    answer = sequence.input_ids[sequence.prompt_length :]
    before = len(fake.of_model())
    typed = engine.append(engine.tokenize(PROMPT), " Avoid.").input_ids
    context = engine.tokenize(OTHER).input_ids
    assert not engine.bounded(context, answer, typed[sequence.prompt_length :]).any()
    assert len(fake.of_model()) == before


def test_an_answer_takes_a_call_for_each_token_and_nothing_is_asked_twice(fake: Fake) -> None:
    engine = opened(fake)
    sequence = written(engine)
    start, count = sequence.prompt_length, len(sequence.tokens) - sequence.prompt_length
    ids = sequence.input_ids
    contexts = [ids[:start], engine.tokenize(OTHER).input_ids]
    asked = len(fake.of_model())
    assert engine.meter.of_answer(ids[start:]) == count
    list(engine.score(contexts, ids[start:]))
    assert len(fake.of_model()) - asked == 2 * count
    # Other targets of the same answer stand behind what was asked already.
    list(engine.score(contexts, ids[start : start + 3]))
    list(engine.score([ids[: start + 2]], ids[start + 2 : start + 5]))
    list(engine.score([ids[: start + 1]], ids[start + 1 :], ids[start + 1 : start + 2]))
    engine.annotate(sequence)
    assert len(fake.of_model()) - asked == 2 * count
    bodies = [str(one) for one in fake.of_model()[asked:]]
    assert len(set(bodies)) == len(bodies)
    assert all(body["max_tokens"] == 1 for _, body in fake.of_model()[asked:])


def test_calls_of_an_answer_go_out_together(fake: Fake) -> None:
    engine = opened(fake, parallel=3)
    sequence = written(engine)
    fake.go.clear()
    fake.most_in_flight = 0
    scoring = engine.score(
        [sequence.input_ids[: sequence.prompt_length]], sequence.input_ids[sequence.prompt_length :]
    )
    fake.spoil = lambda path, body, answer: _set_when_three(fake, answer)
    assert len(list(scoring)) == 1
    assert fake.most_in_flight == 3


def _set_when_three(fake: Fake, answer: Any) -> Any:
    if fake.most_in_flight >= 3:
        fake.go.set()
    return answer


def test_a_typed_answer_is_scored_as_the_likeliest_tokens_that_it_is_made_of(fake: Fake) -> None:
    engine = opened(fake)
    text = " the cat likes warm milk."
    sequence = engine.append(engine.tokenize(OTHER), text)
    start = sequence.prompt_length
    before = len(fake.of_model())
    annotated = engine.annotate(sequence)
    calls = len(fake.of_model()) - before
    read = here(fake, OTHER)
    toy = ToyEngine()
    tokens = engine.stepping.settled(engine.begun(sequence.input_ids[:start]), text)
    assert tokens is not None
    assert not tokens.is_open
    ids = [toy.tokenize(one).input_ids[0] for one in tokens.texts]
    ((_, values),) = toy.score([toy.tokenize(read).input_ids], ids)
    assert calls == len(tokens) == engine.meter.of_answer(sequence.input_ids[start:])
    told = [one.log_prob for one in annotated.tokens[start:]]
    assert told == pytest.approx(values.tolist())
    ((_, again),) = engine.score([sequence.input_ids[: start + 2]], sequence.input_ids[start + 2 :])
    assert again == pytest.approx(values[2:])
    assert len(fake.of_model()) - before == calls, "a part of it asks nothing"


@pytest.mark.parametrize("text", [" 東京", " xylophone", "👩‍🚀"])
def test_of_a_typed_answer_that_is_not_likely_a_bound_is_known(fake: Fake, text: str) -> None:
    engine = opened(fake)
    prompt = engine.tokenize(PROMPT)
    sequence = engine.append(prompt, text)
    assert engine.annotate(sequence) == sequence, "it can still be shown"
    answer = sequence.input_ids[prompt.prompt_length :]
    ((_, told),) = engine.score([prompt.input_ids], answer)
    assert engine.bounded(prompt.input_ids, answer).all()
    assert told.sum() <= 0
    with pytest.raises(TargetError, match="does not say how likely"):
        load_model(engine).explain(PROMPT, response=text, method="occlusion")


def test_what_a_rest_is_cut_into_is_left_open_elsewhere_too(fake: Fake) -> None:
    """Behind another prompt it may be likely, so that all it is cut into has to be counted."""
    fake.most = TOP
    engine = opened(fake)
    start = len(engine.tokenize(PROMPT).tokens)
    answer = engine.append(engine.tokenize(PROMPT), " warm milk").input_ids[start:]
    here_, there = (engine.tokenize(one).input_ids for one in (PROMPT, OTHER))
    told = dict(engine.score([here_, there], answer))
    assert engine.bounded(here_, answer).any()
    assert engine.bounded(there, answer).any()
    toy = ToyEngine()
    ids = [i for word in (" warm", " milk") for i in toy.tokenize(word).input_ids]
    for index, read in enumerate((PROMPT, OTHER)):
        ((_, exact),) = toy.score([toy.tokenize(here(fake, read)).input_ids], ids)
        assert told[index].sum() >= exact.sum() - 1e-6


def test_what_is_asked_of_other_prompts_before_changes_nothing(fake: Fake) -> None:
    fake.most = TOP
    text = " the cat likes warm milk."
    told = []
    for order in ((PROMPT, OTHER), (OTHER, PROMPT)):
        engine = opened(fake)
        found = {}
        for one in order:
            sequence = engine.append(engine.tokenize(one), text)
            start = sequence.prompt_length
            ((_, found[one]),) = engine.score(
                [sequence.input_ids[:start]], sequence.input_ids[start:]
            )
        told.append(found)
    assert all((told[0][one] == told[1][one]).all() for one in (PROMPT, OTHER))


def test_words_of_several_tokens_get_their_sums(fake: Fake) -> None:
    """A word that was typed may be several tokens of the server's."""
    engine = opened(fake)
    prompt = engine.tokenize(PROMPT)
    sequence = written(engine)
    text = "".join(token.text for token in sequence.tokens[sequence.prompt_length :])
    typed = engine.append(prompt, text)
    start = prompt.prompt_length
    ((_, told),) = engine.score([prompt.input_ids], sequence.input_ids[start:])
    ((_, words),) = engine.score([prompt.input_ids], typed.input_ids[start:])
    assert words.sum() == pytest.approx(told.sum())
    assert len(words) == len(typed.tokens) - start


def test_occlusion_shows_what_the_same_model_does_here() -> None:
    with faked("likeliest") as fake:
        model = load_model(fake.source)
        found = model.explain(OTHER, method="occlusion", granularity="word", options=FEW)
        toy = load_model("toy")
        expected = toy.explain(OTHER, method="occlusion", granularity="word", options=FEW)
        assert found[0].top(1)[0].text.strip() == expected[0].top(1)[0].text.strip()


def test_what_is_told_after_a_temperature_is_left_out(fake: Fake) -> None:
    def spoil(path: str, body: Any, answer: Any) -> Any:
        if body and body.get("temperature", 0) > 1 and isinstance(answer, dict):
            values = answer["choices"][0]["logprobs"]
            if "content" in values:
                for one in values["content"]:
                    for other in one["top_logprobs"]:
                        other["logprob"] /= 3
            else:
                values["top_logprobs"] = [
                    {text: value / 3 for text, value in one.items()}
                    for one in values["top_logprobs"]
                ]
        return answer

    fake.spoil = spoil
    engine = opened(fake)
    for temperature, told in ((0.0, True), (1.0, True), (0.7, False)):
        options = replace(FEW, temperature=temperature, seed=1)
        new = written(engine, options=options).tokens[engine.tokenize(PROMPT).prompt_length :]
        assert all((one.log_prob is not None) == told for one in new)
        assert all(bool(one.alternatives) == told for one in new)
        assert all(map(engine.is_single, [one.id for one in new]))


def test_an_answer_given_back_has_the_same_tokens(fake: Fake) -> None:
    engine = opened(fake)
    sequence = written(engine)
    prompt = engine.tokenize(PROMPT)
    again = engine.append(prompt, sequence.input_ids[prompt.prompt_length :])
    assert again.input_ids == sequence.input_ids
    assert again.text == sequence.text


# ---- chats --------------------------------------------------------------------------------------


@pytest.fixture
def chat() -> Iterator[Fake]:
    with faked("prefill") as one:
        yield one


def test_messages_and_what_is_begun_are_sent_apart(chat: Fake) -> None:
    engine = opened(chat)
    sequence = written(engine, CHAT)
    start = sequence.prompt_length
    list(engine.score([sequence.input_ids[: start + 2]], sequence.input_ids[start + 2 : start + 3]))
    begun = "".join(token.text for token in sequence.tokens[start : start + 2])
    told = [(one["role"], one["content"]) for one in chat.of_model()[-1][1]["messages"]]
    assert told == [*((one.role, one.content) for one in CHAT), ("assistant", begun)]


def test_parts_of_a_chat_and_of_its_answer_are_left_out(chat: Fake) -> None:
    engine = opened(chat)
    sequence = written(engine, CHAT)
    start = sequence.prompt_length
    left = sequence.without([(1, 3), (start, start + 1)])
    begun = engine.begun(left.input_ids)
    assert begun.messages == (Message("system", "."), CHAT[1])
    assert begun.text == "".join(token.text for token in sequence.tokens[start + 1 :])


def test_words_put_in_the_place_of_others_stay_in_the_prompt(chat: Fake) -> None:
    engine = opened(chat)
    prompt = engine.tokenize("what does the cat like?")
    put = engine.append(prompt, " bird").input_ids[prompt.prompt_length :]
    ids = prompt.input_ids
    begun = engine.begun([*ids[:-3], *put, *ids[-1:]])
    assert begun.text == ""
    assert begun.messages == (Message("user", "what does the cat bird"),)


def test_words_put_in_the_place_of_a_messages_end_are_no_answer(chat: Fake) -> None:
    engine = opened(chat)
    prompt = engine.tokenize(CHAT)
    sequence = engine.append(prompt, " the cat likes milk")
    start = prompt.prompt_length
    ids, answer = sequence.input_ids, sequence.input_ids[start:]
    put = engine.append(prompt, " x").input_ids[start:]
    for context, begun in ((put, ""), ((*put, *answer[:2]), " the cat")):
        told = engine.begun([*ids[: start - 1], *context], answer[len(context) - len(put) :])
        assert [one.role for one in told.messages] == ["system", "user"]
        assert told.messages[-1].content.endswith(" x")
        assert told.text == begun


def test_words_put_in_the_place_of_the_last_ones_stay_in_the_prompt(chat: Fake) -> None:
    engine = opened(chat)
    sequence = written(engine, "what does the cat like")
    start = sequence.prompt_length
    last = segment(sequence, "word", stop=start)[-1]
    assert last.text.strip() == "like"
    assert last.stop == start, "it goes with what says where the prompt ends"
    put = engine.append(sequence.prompt, " eat").input_ids[start:]
    ids = sequence.input_ids
    begun = engine.begun([*ids[: last.start], *put, *ids[start : start + 2]])
    assert begun.messages == (Message("user", "what does the cat eat"),)
    assert begun.text == "".join(token.text for token in sequence.tokens[start : start + 2])


def test_an_answer_is_gone_on_with_from_its_middle(chat: Fake) -> None:
    engine = opened(chat)
    assert isinstance(engine, SteppingChatEngine)
    sequence = written(engine, CHAT)
    start = sequence.prompt_length
    middle = TokenSequence(
        sequence.text[: sequence.tokens[start + 3].start], sequence.tokens[: start + 3], start
    )
    options = GenerationOptions(max_new_tokens=5)
    rest = [token.text for step in engine.generate(middle, options) for token in step.tokens]
    assert rest == [token.text for token in sequence.tokens[start + 3 : start + 8]]
    (batch,) = {
        tuple(t.text for _, s in engine.generate_batch([middle], [options]) for t in s.tokens)
    }
    assert list(batch) == rest


def test_nothing_behind_thoughts_is_scored(chat: Fake) -> None:
    chat.thinks = "Dogs drink water ."
    model = load_model(chat.source)
    generation = model.generate(CHAT, max_new_tokens=12)
    new = generation.sequence.tokens[generation.sequence.prompt_length :]
    assert {token.role for token in new} == {REASONING, "response"}
    assert all(token.log_prob is None for token in new)
    with pytest.raises(TargetError, match="what the model thought"):
        model.explain(generation, method="occlusion")
    engine = model.engine
    assert isinstance(engine, SteppedText)
    again = engine.append(engine.tokenize(CHAT), generation.response)
    assert engine.annotate(again) == again, "it can still be shown"


def test_a_server_that_only_writes_tells_how_likely_that_is() -> None:
    with faked("prefill", style=None) as fake:
        generation = load_model(fake.source).generate(CHAT, max_new_tokens=6)
        toy = load_model("toy").generate(CHAT, max_new_tokens=6)
        start, first = generation.sequence.prompt_length, toy.sequence.prompt_length
        told = [one.log_prob for one in generation.sequence.tokens[start:]]
        assert told == pytest.approx([one.log_prob for one in toy.sequence.tokens[first:]])
