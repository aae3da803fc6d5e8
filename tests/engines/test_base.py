"""Engines as what a method needs, or a sentence that says why not."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any, get_args

import pytest

from backlit.engines import from_function
from backlit.engines.base import (
    Capability,
    Differentiable,
    Engine,
    Gated,
    Scorer,
    as_differentiable,
    as_gated,
    as_scorer,
)
from backlit.engines.toy import ToyEngine
from backlit.errors import CapabilityError

NARROWING = [(as_scorer, "score"), (as_differentiable, "gradient"), (as_gated, "gates")]


def test_the_toy_is_all_but_the_one_that_is_for_speed(toy: ToyEngine) -> None:
    assert toy.capabilities == set(get_args(Capability)) - {"batch"}
    for protocol in (Engine, Scorer, Differentiable, Gated):
        assert isinstance(toy, protocol)


@pytest.mark.parametrize(("narrow", "capability"), NARROWING)
def test_an_engine_is_taken_at_its_word(
    narrow: Callable[[Any], object], capability: Capability, toy: ToyEngine
) -> None:
    assert narrow(toy) is toy
    # what it says counts, not which methods there are: asking never runs or inspects a model
    silent = SimpleNamespace(name="mine", capabilities=frozenset({"generate"}), score=toy.score)
    with pytest.raises(CapabilityError, match="mine") as raised:
        narrow(silent)
    assert raised.value.hint
    assert narrow(SimpleNamespace(name="mine", capabilities=frozenset({capability})))


def test_a_function_that_only_writes_is_no_scorer() -> None:
    engine = from_function(generate=lambda prompt, options: "yes", name="writer")
    assert not isinstance(engine, Scorer)
    with pytest.raises(CapabilityError, match="writer can't say how likely"):
        as_scorer(engine)
