"""Loading models, and the verbs they have."""

import inspect
import threading

import pytest

import backlit
from backlit import pipeline
from backlit.engines.base import Engine
from backlit.engines.toy import ToyEngine
from backlit.errors import Cancelled, DataError, OptionsError, PromptError
from backlit.methods.occlusion import Occlusion
from backlit.model import Model, functions, load_model, model_of
from backlit.model.loaded import MAX_OBJECTIVES
from backlit.progress import Callback, Progress, Update, following
from backlit.types import Target

PROMPT = "Question: what does the dog like? Answer:"


@pytest.fixture
def model(toy: ToyEngine) -> Model:
    return Model(toy)


def test_load_model_knows_the_toy() -> None:
    assert load_model("toy").name == "toy"
    assert load_model("mine:toy").name == "mine"


def test_an_engine_is_taken_as_it_is(toy: ToyEngine) -> None:
    assert load_model(toy).engine is toy
    with pytest.raises(OptionsError, match="loaded already: device"):
        load_model(toy, device="cpu")
    with pytest.raises(OptionsError, match="brings its own tokenizer"):
        load_model("toy", object())
    with pytest.raises(OptionsError, match="A dict is no model"):
        load_model({})


def test_methods_and_functions_are_the_same(model: Model) -> None:
    by_method = model.explain(PROMPT, response=" cold water", granularity="word")
    by_function = backlit.explain(model, PROMPT, response=" cold water", granularity="word")
    assert by_method.attributions == by_function.attributions
    assert backlit.check(by_method, model).attributions == model.check(by_method).attributions
    signature = inspect.signature(backlit.explain)
    assert list(signature.parameters) == list(inspect.signature(pipeline.explain).parameters)
    assert list(inspect.signature(model.explain).parameters) == list(signature.parameters)[1:]


def test_a_name_is_loaded_once() -> None:
    first = backlit.explain("toy", PROMPT, response=" cold")
    second = backlit.explain("toy", PROMPT, response=" cold")
    assert first.attributions == second.attributions
    assert backlit.check(backlit.explain("toy", PROMPT, granularity="word"), "toy")


def test_generating_takes_messages_as_others_write_them(model: Model) -> None:
    chat = [{"role": "user", "content": "The dog likes"}]
    parts = [{"role": "user", "content": [{"type": "text", "text": "The dog likes"}]}]
    generation = model.generate(chat, max_new_tokens=3)
    assert generation.sequence.prompt.text == "[user]\nThe dog likes\nAnswer:"
    assert model.generate(parts, max_new_tokens=3) == generation
    with pytest.raises(PromptError, match="role 'human'"):
        model.generate([{"role": "human", "content": "The dog likes"}])


def test_progress_of_generating(model: Model) -> None:
    counts: list[tuple[str, int, int | None]] = []
    model.generate(
        PROMPT,
        max_new_tokens=4,
        progress=lambda phase, done, total, scores: counts.append((phase, done, total)),
    )
    assert counts[0] == ("generate", 0, 4)
    assert counts[-1] == ("generate", 4, 4)


def test_progress_may_stop_it(model: Model) -> None:
    def stop(*call: object) -> None:
        raise Cancelled

    for work in (
        lambda: model.generate(PROMPT, progress=stop),
        lambda: model.explain(PROMPT, response=" cold", progress=stop),
        lambda: model.check(model.explain(PROMPT, granularity="word"), progress=stop),
    ):
        with pytest.raises(Cancelled):
            work()


def test_whoever_waits_for_a_turn_can_be_stopped(model: Model) -> None:
    held, release = threading.Event(), threading.Event()

    def hold() -> None:
        with model.turn():
            held.set()
            release.wait(timeout=60)

    class Stopping(Callback):
        def check(self) -> None:
            raise Cancelled

    thread = threading.Thread(target=hold)
    thread.start()
    held.wait(timeout=60)
    try:
        with following(Stopping(lambda *call: None)), pytest.raises(Cancelled), model.turn():
            pass
    finally:
        release.set()
        thread.join()
    with model.turn(), model.turn():  # one thread may take it twice
        pass


def test_what_was_scored_is_known_and_the_oldest_makes_room(model: Model) -> None:
    sequence = model.engine.append(model.engine.tokenize(PROMPT), " the dog likes cold water.")
    targets = [
        Target(sequence.prompt_length, stop)
        for stop in range(sequence.prompt_length + 1, len(sequence.tokens) + 1)
    ]
    first = model.objective(sequence, targets[0])
    assert model.objective(sequence, targets[0]) is first
    other = model.with_batch_size(2)
    assert other.engine is model.engine
    assert other.batch_size == 2
    assert model.batch_size is None
    for start in range(1, MAX_OBJECTIVES + 1):
        model.objective(sequence, Target(start, start + 1))
    assert model.objective(sequence, targets[0]) is not first


def test_the_model_of_an_explanation(model: Model) -> None:
    explanation = model.explain(PROMPT, response=" cold")
    assert model_of(explanation).name == "toy"
    nameless = backlit.Explanation(explanation.generation, explanation.attributions)
    with pytest.raises(DataError, match="does not say its model"):
        model_of(nameless)
    function = backlit.Explanation(explanation.generation, (), {"source": "function"})
    with pytest.raises(DataError, match="Python function"):
        backlit.check(function)


def test_its_repr_says_what_it_is(toy: ToyEngine) -> None:
    assert repr(load_model("mine:toy")) == "<Model mine: toy, float64, cpu>"

    def write(prompt: str, options: object) -> str:
        return "x"

    engine: Engine = backlit.from_function(generate=write, name="mine")
    assert repr(load_model(engine)) == "<Model mine: function>"


@pytest.mark.parametrize("size", [0, -1])
def test_a_batch_has_at_least_one(toy: ToyEngine, size: int) -> None:
    with pytest.raises(OptionsError, match="batch_size"):
        Model(toy, size)
    with pytest.raises(OptionsError, match="batch_size"):
        Model(toy).with_batch_size(size)


def test_models_of_one_engine_take_turns(toy: ToyEngine) -> None:
    first, second = Model(toy), Model(toy)
    inside, release = threading.Event(), threading.Event()

    def hold() -> None:
        with first.turn():
            inside.set()
            release.wait(timeout=60)

    class Impatient(Progress):
        def report(self, update: Update) -> None:
            assert update.phase == "wait"
            raise Cancelled

    thread = threading.Thread(target=hold)
    thread.start()
    inside.wait(timeout=60)
    try:
        with following(Impatient()), pytest.raises(Cancelled), second.turn():
            pass
    finally:
        release.set()
        thread.join()


def test_a_model_is_whatever_can_be_loaded(toy: ToyEngine, model: Model) -> None:
    assert load_model(model) is model
    assert backlit.explain(toy, PROMPT, response=" cold").generation.model == "toy"
    explanation = model.explain(PROMPT, granularity="word")
    assert backlit.check(explanation, toy)[0].faithfulness  # type: ignore[arg-type]
    with pytest.raises(OptionsError, match="takes an explanation first"):
        backlit.check(model, explanation)  # type: ignore[arg-type]
    with pytest.raises(OptionsError, match="has no maps"):
        model.check(explanation.generation)  # type: ignore[arg-type]
    with pytest.raises(OptionsError, match="no model that can be used"):
        backlit.explain(object(), PROMPT)


def test_what_was_loaded_by_name_is_used_again(monkeypatch: pytest.MonkeyPatch) -> None:
    loads: list[str] = []
    real = functions.load_model  # type: ignore[attr-defined]

    def counting(source: str, *arguments: object, **options: object) -> Model:
        loads.append(source)
        return real(source, *arguments, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(functions, "load_model", counting)
    explanation = backlit.explain("once:toy", PROMPT, granularity="word")
    backlit.explain("once:toy", PROMPT)
    backlit.check(explanation)
    assert loads.count("once:toy") == 1


def test_options_of_generating(model: Model) -> None:
    options = backlit.GenerationOptions(max_new_tokens=2)
    assert model.generate(PROMPT, options=options) == model.generate(PROMPT, max_new_tokens=2)
    explanation = model.explain(PROMPT, options={"max_new_tokens": 2})
    assert explanation.generation.options == options
    with pytest.raises(OptionsError, match="option of generating"):
        model.explain(PROMPT, max_new_tokens=2)
    with pytest.raises(OptionsError, match="no set of generation options"):
        model.generate(PROMPT, options=3)  # type: ignore[arg-type]
    assert backlit.GenerationOptions(stop="ab").stop == ("ab",)  # type: ignore[arg-type]
    assert backlit.GenerationOptions(stop=["ab"]).stop == ("ab",)  # type: ignore[arg-type]
    for wrong in ({"max_new_tokens": "3"}, {"max_new_tokens": 3.5}, {"seed": 1.5}, {"top_p": None}):
        with pytest.raises(OptionsError, match="number"):
            backlit.GenerationOptions(**wrong)


def test_methods_in_every_form(model: Model) -> None:
    explanation = model.explain(PROMPT, response=" cold", method=[Occlusion, "grad_l2"])  # type: ignore[list-item]
    assert [one.method for one in explanation] == ["occlusion", "grad_l2"]
    for wrong in ([], 3, [None], object()):
        with pytest.raises(OptionsError, match="method"):
            model.explain(PROMPT, response=" cold", method=wrong)  # type: ignore[arg-type]


@pytest.mark.parametrize("budget", [0, -1, True, 1.5, "a"])
def test_a_budget_is_at_least_one_segment(model: Model, budget: object) -> None:
    with pytest.raises(OptionsError, match="budget"):
        model.explain(PROMPT, response=" cold", budget=budget)  # type: ignore[arg-type]
