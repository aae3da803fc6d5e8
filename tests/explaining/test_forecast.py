"""What is told of a server's calls and tokens is never less than what the server then counts."""

from collections.abc import Iterator
from typing import Any

import pytest

from backlit.data.base import Example
from backlit.engines.metering import Meter, meter_of
from backlit.explaining.asked import Asked
from backlit.explaining.attribution import Segmenting
from backlit.explaining.forecast import Calls, Forecast, of_grid, of_measures
from backlit.explaining.measuring import measure
from backlit.explaining.targets import select_target, with_foil
from backlit.explanation import Explanation, Generation, Variant
from backlit.methods import make_method
from backlit.methods.objective import Objective
from backlit.methods.occlusion import Occlusion
from backlit.model import Model, load_model
from backlit.progress import SILENT
from backlit.types import GenerationOptions, Message, Prompt
from tests.support.endpoints import KINDS, SAYS_SO, Fake, Kind, faked

PROMPT = """The dog was out all day.
It came home. It was hot there.

Bread is cheap.
People like to sing.

Question: what does the dog like?
Answer:"""
CHAT = (Message("system", "Be brief."), Message("user", "What does the dog like?"))
RESPONSE = " It was out. It likes cold water."
METHODS: dict[str, dict[str, Any]] = {
    "occlusion": {},
    "sparse_ablation": {"n_samples": 24},
    "lime": {"n_samples": 24},
    "shapley": {"n_samples": 24},
}


class Asking:
    """A model that a fake server runs, and what that was asked for since."""

    def __init__(self, fake: Fake, model: Model) -> None:
        self.fake, self.model = fake, model
        meter = meter_of(model.engine)
        assert meter is not None
        self.meter = meter
        self.generation = self.respond(PROMPT)

    def respond(self, prompt: Prompt) -> Generation:
        explanation = self.model.explain(prompt, response=RESPONSE, granularity="paragraph")
        return explanation.generation

    def forecast(self, foil: str | None = None, generation: Generation | None = None) -> Forecast:
        sequence = (generation or self.generation).sequence
        target = select_target(sequence, "cold water")
        if foil is not None:
            target = with_foil(self.model.engine, sequence, target, foil)
        return Forecast(Objective(self.model.engine, sequence, target), self.meter)

    def explained(self, method: str, **changes: Any) -> Explanation:
        return self.model.explain(
            changes.pop("generation", self.generation),
            target="cold water",
            method=make_method(method, **changes.pop("params", METHODS[method])),
            **changes,
        )

    def since(self, before: int) -> Calls:
        """What the server counts: prompts, and answers that are scored."""
        return Calls(self.now - before, of_tokens(self.fake, before))

    @property
    def now(self) -> int:
        return len(self.fake.of_model())


def _tokens(body: Any) -> int:
    scored = body["n_predict"] if body.get("grammar") else 0  # llama.cpp writes what it scores
    return len(body.get("prompt", body.get("input_ids"))) + scored


def of_tokens(fake: Fake, before: int) -> int:
    return sum(_tokens(body) for _, body in fake.of_model()[before:])


@pytest.fixture
def asking() -> Iterator[Asking]:
    with faked("sglang") as fake:  # the quickest of them
        yield Asking(fake, load_model(fake.source))


def covers(told: Calls | None, counted: Calls) -> bool:
    assert told is not None
    assert counted.count, "the server was asked for something"
    return told.count >= counted.count and told.tokens >= counted.tokens


@pytest.mark.parametrize("kind", KINDS)
def test_on_every_kind_of_server(kind: Kind) -> None:
    with faked(kind) as fake:
        asking = Asking(fake, load_model(fake.source))
        told = asking.forecast().explained(Occlusion(), Segmenting("line"))
        before = asking.now
        asking.explained("occlusion", granularity="line")
        assert covers(told, asking.since(before))


@pytest.mark.parametrize("foil", [None, " warm milk"])
@pytest.mark.parametrize("method", METHODS)
def test_a_map_takes_no_more_than_is_told(asking: Asking, method: str, foil: str | None) -> None:
    told = asking.forecast(foil).explained(
        make_method(method, **METHODS[method]), Segmenting("word")
    )
    before = asking.now
    asking.explained(method, granularity="word", foil=foil)
    counted = asking.since(before)
    assert covers(told, counted)
    if method == "occlusion":
        assert told is not None
        assert told.count == counted.count


def test_a_foil_doubles_the_calls(asking: Asking) -> None:
    for method, params in METHODS.items():
        made = make_method(method, **params)
        alone = asking.forecast().explained(made, Segmenting("word"))
        contrast = asking.forecast(" warm milk").explained(made, Segmenting("word"))
        assert alone is not None
        assert contrast is not None
        assert contrast.count == 2 * alone.count


def test_the_template_of_a_chat_is_taken_away_by_occlusion_alone() -> None:
    with faked("vllm") as fake:
        asking = Asking(fake, load_model(fake.source))
        generation = asking.respond(CHAT)
        forecast = asking.forecast(generation=generation)
        for method, params in METHODS.items():
            told = forecast.explained(make_method(method, **params), Segmenting("line"))
            before = asking.now
            asking.explained(method, granularity="line", generation=generation)
            counted = asking.since(before)
            assert told is not None
            assert told.count >= counted.count
            assert told.count <= 2**4 or method == "sparse_ablation", "no more than there are"


def test_what_takes_a_segments_place_is_read_too(asking: Asking) -> None:
    params = {"replacement": " something that is longer than a word"}
    for method in METHODS:
        whole = METHODS[method] | params
        told = asking.forecast().explained(make_method(method, **whole), Segmenting("word"))
        before = asking.now
        asking.explained(method, granularity="word", params=whole)
        assert covers(told, asking.since(before))


@pytest.mark.parametrize("budget", [1, 12, 20_000])
@pytest.mark.parametrize("method", METHODS)
def test_from_coarse_to_fine_it_is_no_more_than_the_budget(method: str, budget: int) -> None:
    with faked("sglang") as fake:
        asking = Asking(fake, load_model(fake.source))
        segmenting = Segmenting("token", budget=budget)
        made = make_method(method, **METHODS[method])
        told = asking.forecast().explained(made, segmenting)
        before = asking.now
        asking.explained(method, granularity="token", budget=budget)
        assert covers(told, asking.since(before))
        if method == "occlusion" and budget == 12:
            assert told is not None
            assert told.count == 1 + budget


@pytest.mark.parametrize("foil", [None, " warm milk"])
def test_so_do_checks_proofs_and_ways_through_the_answer(asking: Asking, foil: str | None) -> None:
    explanation = asking.explained("occlusion", granularity="word", foil=foil)
    forecast = asking.forecast(foil)
    before = asking.now
    asking.model.check(explanation)
    assert covers(forecast.checked(len(explanation[0].segments)), asking.since(before))
    for again in (0, 1, 3):
        before = asking.now
        asking.model.prove(explanation, top=5, think_again=again)
        assert covers(forecast.proved(5, again), asking.since(before))
    before = asking.now
    asking.model.trace(explanation, budget=1)
    assert covers(forecast.traced(Occlusion(), Segmenting("word"), 1), asking.since(before))


def test_a_method_that_says_nothing_of_its_prompts_has_no_forecast(asking: Asking) -> None:
    method = make_method("grad_l2")
    assert asking.forecast().explained(method, Segmenting("word")) is None
    assert asking.forecast().traced(method, Segmenting("word"), 5) is None


def test_where_each_token_takes_a_call_there_are_as_many(asking: Asking) -> None:
    sequence = asking.generation.sequence
    objective = Objective(asking.model.engine, sequence, select_target(sequence, "cold water"))
    (answer,) = objective.answers
    each = Meter("http://a", asking.meter.counter, of_answer=len)
    one, several = (Forecast(objective, meter).checked(10) for meter in (asking.meter, each))
    assert len(answer) > 1
    assert several.count == len(answer) * one.count


# The one with most letters has fewer tokens than the others.
OF_MANY_TOKENS = ("cold water cold water", "a1!b2?c3;d4:", "1a?2b!3c:4d;")
SERVERS: dict[str, dict[str, Any]] = {
    **{kind: {"kind": kind} for kind in KINDS},
    "llama that drafts": {"kind": "llama", "drafts": True, "settings": SAYS_SO},
    "steps of text": {"kind": "likeliest"},
    "steps of messages": {"kind": "prefill"},
}


@pytest.fixture(params=SERVERS)
def server(request: pytest.FixtureRequest) -> Iterator[tuple[Fake, Model, Meter]]:
    with faked(**SERVERS[request.param]) as fake:
        model = load_model(fake.source)
        meter = meter_of(model.engine)
        assert meter is not None
        yield fake, model, meter


@pytest.mark.parametrize("answer", [None, " {drink}."])
@pytest.mark.parametrize("effects", [True, False])
def test_a_grid_takes_no_more_calls(
    server: tuple[Fake, Model, Meter], answer: str | None, effects: bool
) -> None:
    fake, model, meter = server
    variants = [Variant("a", "The {animal} likes\nto drink"), Variant("b", "One\n\nThe {animal}")]
    rows = [
        Example(name, "", fields={"animal": name, "drink": drink})
        for name, drink in zip(("cat", "dog", "old dog"), OF_MANY_TOKENS, strict=True)
    ]
    rows.append(Example("nothing", ""))
    asked = Asked(
        GenerationOptions(max_new_tokens=5, temperature=0.7, seed=3),
        2,
        answer=answer,
        effects=effects,
    )
    told = of_grid(model.engine, meter, variants, rows, asked)
    before = len(fake.of_model())
    model.grid(variants, rows, options=asked.options, samples=2, answer=answer, effects=effects)
    counted = len(fake.of_model()) - before
    assert told.count >= counted > 0
    if meter.unit == "token":
        assert told.tokens >= 0.8 * of_tokens(fake, before), "about as many"


def test_measures_of_targets_take_no_more_calls(server: tuple[Fake, Model, Meter]) -> None:
    fake, model, meter = server
    rows = [Example(text, "The dog likes", f" {text}") for text in OF_MANY_TOKENS]
    asked = GenerationOptions()
    told = of_measures(model.engine, meter, rows, ["log_prob"])
    before = len(fake.of_model())
    assert len(measure(model.engine, rows, ["log_prob"], asked, SILENT)) == len(rows)
    counted = len(fake.of_model()) - before
    assert told.count >= counted > 0
    if not meter.one_by_one:
        assert told.count == counted
