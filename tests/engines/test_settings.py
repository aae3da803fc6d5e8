"""What is recorded of a model and of how it was asked: what it takes, and its weights."""

import numpy as np

from backlit.engines.settings import as_taken, digest_of, untaken_by, weights_of
from backlit.engines.toy import ToyEngine
from backlit.types import GenerationOptions
from tests.support import tiny

ASKED = GenerationOptions(9, 0.5, 0.9, 3, ("\n",))


def test_a_model_that_takes_all_is_recorded_as_asked(toy: ToyEngine) -> None:
    assert untaken_by(toy) == frozenset()
    assert as_taken(toy, ASKED) == ASKED
    own = GenerationOptions(temperature=None)
    assert as_taken(toy, own).temperature == 1, "as which it was written"


def test_what_is_not_taken_is_left_to_the_model() -> None:
    class Own(ToyEngine):
        untaken = frozenset({"temperature", "top_p"})

    assert as_taken(Own(), ASKED) == GenerationOptions(9, None, 1.0, 3, ("\n",))
    Own.untaken = frozenset({"seed"})
    assert as_taken(Own(), ASKED) == GenerationOptions(9, 0.5, 0.9, None, ("\n",))


def test_a_temperature_of_none_writes_as_one_of_one(toy: ToyEngine) -> None:
    def ids(options: GenerationOptions) -> list[int]:
        steps = toy.generate(toy.tokenize("The cat likes"), options)
        return [token.id for step in steps for token in step.tokens]

    own, one = (GenerationOptions(30, temperature, seed=4) for temperature in (None, 1.0))
    assert ids(own) == ids(one) != ids(GenerationOptions(30, 0.0))


def test_weights_tell_models_of_one_name_apart() -> None:
    first, again = tiny.engine(), tiny.engine()
    known = weights_of(first)
    assert known is not None
    assert weights_of(again) == known
    parameter = next(again._model.parameters())
    parameter.data += 0.01
    assert weights_of(again) != known


def test_of_an_engine_without_weights_nothing_is_known(toy: ToyEngine) -> None:
    assert weights_of(toy) is None


def test_names_and_numbers_are_in_the_digest() -> None:
    one = digest_of([("a", np.array([1.0, 2.0]))])
    assert one == digest_of([("a", np.array([1, 2]))])
    assert one != digest_of([("b", np.array([1.0, 2.0]))])
    assert one != digest_of([("a", np.array([2.0, 1.0]))])
