"""What a method declares: facts, parameters, and who can serve it."""

from collections.abc import Sequence
from dataclasses import FrozenInstanceError, dataclass, replace
from typing import Any, ClassVar, get_args

import pytest

from backlit.engines.base import Capability
from backlit.engines.toy import ToyEngine
from backlit.methods.base import (
    Facts,
    MethodKind,
    Parameter,
    Scores,
    parameter,
    parameters,
    params_of,
    unavailable,
)
from backlit.methods.objective import Objective
from backlit.methods.occlusion import Occlusion
from backlit.progress import Progress
from backlit.types import Segment


@dataclass(frozen=True, slots=True)
class Declared:
    """A method that only declares."""

    facts: ClassVar[Facts] = replace(Occlusion.facts, name="declared", label="Declared")

    depth: int = parameter(3, "Depth", "How deep.", minimum=1, maximum=9)
    way: str = parameter("up", "Way", "Which way.", choices=("up", "down"))

    def forward_passes(self, segments: int) -> float:
        return 1

    def attribute(
        self, objective: Objective, segments: Sequence[Segment], progress: Progress
    ) -> Scores:
        raise NotImplementedError


def test_parameters_are_the_fields_in_order() -> None:
    assert parameters(Declared) == (
        Parameter("depth", "Depth", "How deep.", 3, 1, 9),
        Parameter("way", "Way", "Which way.", "up", choices=("up", "down")),
    )
    assert parameters(Occlusion)[0].name == "replacement"


def test_params_are_the_values_a_method_was_made_with() -> None:
    assert params_of(Declared(depth=5)) == {"depth": 5, "way": "up"}


def test_a_parameter_without_a_default_is_a_mistake_of_its_author() -> None:
    @dataclass(frozen=True)
    class Forgetful(Declared):
        depth: int  # no default

    with pytest.raises(AssertionError, match=r"declared\.depth needs a default"):
        parameters(Forgetful)


def test_methods_and_their_facts_do_not_change() -> None:
    with pytest.raises(FrozenInstanceError):
        Declared().depth = 4  # type: ignore[misc]
    with pytest.raises(FrozenInstanceError):
        Declared.facts.name = "other"  # type: ignore[misc]


def test_kinds_are_two() -> None:
    assert get_args(MethodKind) == ("gradient", "perturbation")


@pytest.mark.parametrize(
    ("needs", "words"),
    [
        ("generate", "responses"),
        ("score", "log-probabilities of given text"),
        ("gradient", "gradients"),
        ("gates", "an attention mask that can be changed"),
        ("relevance", "attention whose products can be shared on the way back"),
    ],
)
def test_what_an_engine_lacks_is_said(needs: Capability, words: str) -> None:
    class Needy(Declared):
        facts = replace(Declared.facts, needs=("score", needs))

    class Poor(ToyEngine):
        capabilities: Any = frozenset(get_args(Capability)) - {needs}

    assert unavailable(Needy, ToyEngine()) is None
    reason = unavailable(Needy, Poor(name="poor"))
    assert reason == f"Declared needs {words}, which poor does not offer."
