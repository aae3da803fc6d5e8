"""A llama.cpp that drafts says of drafted tokens that they were certain, whatever they were."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from backlit.engines import open_engine
from backlit.engines.base import as_scorer
from backlit.engines.conformance import check_engine
from backlit.engines.endpoint import connecting
from backlit.engines.endpoint.client import Client
from backlit.engines.endpoint.llama_cpp import LlamaCpp
from backlit.engines.endpoint.options import EndpointOptions
from backlit.engines.endpoint.probe import ByIds
from backlit.engines.endpoint.reading import LlamaCppReading
from backlit.engines.endpoint.vocabulary import ServerTokenizer
from backlit.engines.metering import meter_of
from backlit.engines.toy import ToyEngine
from backlit.errors import EndpointError
from backlit.model import load_model
from backlit.sources import parse
from backlit.types import GenerationOptions, Token
from tests.support.endpoints import SAYS_SO, Fake, faked, is_piece

PROMPT = "The dog likes"
RESPONSES = (" warm milk, or not.", " 東京 is 👩‍🚀 and é.", "a1é東b2", "東京東京", "ab👩‍🚀c")
HOW = [
    {"pauses": pauses, "counts_ahead": ahead} for pauses in (False, True) for ahead in (False, True)
]
ROUTE = "llama.cpp's /completion"
ONE_BY_ONE = f"{ROUTE}, a token at a time"


def scripted(fake: Fake, response: str, most: int) -> list[Token]:
    """What it will write, as the model that is here sees it, with no part of a character."""
    here = ToyEngine()
    prompt = here.tokenize(PROMPT)
    start = prompt.prompt_length
    fake.script = here.append(prompt, response).input_ids[start:]
    ids = list(fake.script[:most])
    while is_piece(b"".join(map(fake.piece, ids))):
        ids.pop()
    return list(here.annotate(here.append(prompt, ids)).tokens[start:])


def test_it_is_asked_for_a_token_at_a_time() -> None:
    with faked("llama", drafts=True, settings=SAYS_SO) as fake:
        here, there = ToyEngine(), open_engine(fake.source)
        assert there.metadata["route"] == ONE_BY_ONE
        assert there.metadata["calls"] == "each token"
        check_engine(there, PROMPT)
        sequence = here.append(here.tokenize(PROMPT), " warm milk, or not.")
        ids, start = sequence.input_ids, sequence.prompt_length
        contexts = [ids[:start], ids[1:start]]
        count = len(fake.of_model())
        found = dict(as_scorer(there).score(contexts, ids[start:]))
        meter, tokens = meter_of(there), len(ids) - start
        assert meter is not None
        assert meter.of_answer(ids[start:]) == tokens
        assert len(fake.of_model()) - count == len(contexts) * tokens
        for index, values in as_scorer(here).score(contexts, ids[start:]):
            assert np.allclose(found[index], values, atol=1e-6)


@pytest.mark.parametrize(
    ("settings", "route"),
    [
        ({"speculative.types": "ngram-mod"}, ONE_BY_ONE),
        ({"speculative.types": "ngram-mod,draft-simple"}, ONE_BY_ONE),
        ({"speculative.types": "none,draft-simple"}, ONE_BY_ONE),
        ({"speculative.type": "draft"}, ONE_BY_ONE),
        ({"speculative.types": "none"}, ROUTE),
        ({"speculative.type": "none"}, ROUTE),
        ({"speculative.types": ""}, ROUTE),
        ({"speculative.types": None}, ROUTE),
        ({}, ROUTE),
        (None, ROUTE),
    ],
)
def test_whether_it_drafts_is_what_it_says(settings: Any, route: str) -> None:
    with faked("llama", settings=settings) as fake:
        assert open_engine(fake.source).metadata["route"] == route


def test_one_that_can_be_believed_neither_way_is_tried_one_way_alone() -> None:
    """A token at a time would be no better: it is what the other way is compared with."""
    with faked("llama") as fake:

        def spoil(path: str, body: Any, answer: Any) -> Any:
            if path == "/completion" and body.get("grammar"):
                for entry in answer["completion_probabilities"]:
                    entry["logprob"] -= 1
            return answer

        fake.spoil = spoil
        with pytest.raises(EndpointError) as caught:
            open_engine(fake.source)
    assert caught.value.message.count(ROUTE) == 1


@pytest.mark.parametrize("most", [40, 5])
@pytest.mark.parametrize("how", HOW, ids=str)
@pytest.mark.parametrize("response", RESPONSES)
def test_what_it_writes_is_kept_and_nothing_is_told_of_it_until_it_is_scored(
    response: str, how: dict[str, bool], most: int
) -> None:
    with faked("llama", drafts=True, settings=SAYS_SO, **how) as fake:
        engine = open_engine(fake.source)
        expected = scripted(fake, response, most)
        prompt = engine.tokenize(PROMPT)
        before = len(fake.of_model())
        steps = list(engine.generate(prompt, GenerationOptions(max_new_tokens=most)))
        wrote = [token for step in steps for token in step.tokens]
        assert len(fake.of_model()) == before + 1, "nothing is looked up to be thrown away"
        assert [(t.id, t.text, t.log_prob) for t in wrote] == [
            (t.id, t.text, None) for t in expected
        ]
        assert steps[-1].finish_reason == ("length" if len(fake.script) >= most else "stop")
        whole = engine.append(prompt, [token.id for token in wrote])
        scored = as_scorer(engine).annotate(whole).tokens[prompt.prompt_length :]
        for token, other in zip(scored, expected, strict=True):
            assert token.log_prob == pytest.approx(other.log_prob, abs=1e-6)


@pytest.mark.parametrize("how", HOW, ids=str)
@pytest.mark.parametrize("response", RESPONSES)
def test_one_that_does_not_say_so_is_found_out(response: str, how: dict[str, bool]) -> None:
    with faked("llama", drafts=True, settings={}, **how) as fake:
        model = load_model(fake.source)
        assert model.engine.metadata["route"] == ROUTE
        expected = scripted(fake, response, 40)
        options = GenerationOptions(max_new_tokens=40)
        wrote = [
            token
            for step in model.engine.generate(model.engine.tokenize(PROMPT), options)
            for token in step.tokens
        ]
        assert [token.id for token in wrote] == [token.id for token in expected]
        for token, other in zip(wrote, expected, strict=True):
            assert token.log_prob in (None, pytest.approx(other.log_prob))
        assert None in {token.log_prob for token in wrote}, "of what is drafted nothing is told"
        with pytest.raises(EndpointError, match="drafts what it writes"):
            model.explain(PROMPT, response=" warm milk.", method="occlusion")


@pytest.mark.parametrize(
    ("event", "problem"),
    [
        ({"content": "a", "tokens": []}, "text without its tokens"),
        ({"content": "", "tokens_predicted": 9}, "a character of several tokens"),
    ],
)
def test_an_event_that_lacks_something_is_an_error(event: dict[str, Any], problem: str) -> None:
    with faked("llama") as fake:
        engine = open_engine(fake.source)

        def spoil(path: str, body: Any, answer: Any) -> Any:
            def events() -> Iterator[Any]:
                for one in answer:
                    told = one | event
                    if told.get("tokens") == []:
                        told.pop("completion_probabilities", None)
                    yield told

            return events() if isinstance(answer, Iterator) else answer

        fake.spoil = spoil
        with pytest.raises(EndpointError, match=problem):
            list(engine.generate(engine.tokenize(PROMPT), GenerationOptions(max_new_tokens=3)))


def test_what_scores_an_answer_in_one_call_is_used_before_a_token_at_a_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Believed(ByIds):
        name = "another way"

    def other(client: Client, model: str | None) -> Believed:
        tokenizer = ServerTokenizer(LlamaCppReading(client, model))
        return Believed(client, LlamaCpp(one_by_one=True), model, tokenizer)

    monkeypatch.setattr(connecting, "Echo", other)
    with faked("llama", drafts=True, settings=SAYS_SO) as fake:
        seen = connecting.look_at(parse(fake.source), EndpointOptions())
    assert isinstance(seen.found.way, Believed)
    assert [trial.name for trial in seen.found.trials][-2:] == [ROUTE, "another way"]
