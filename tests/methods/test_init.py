"""The methods there are, by name: built in or of other packages, with checked parameters."""

import re
from collections.abc import Iterator
from dataclasses import replace
from types import SimpleNamespace
from typing import Any, get_args

import pytest

import backlit.methods
from backlit.engines.base import Capability
from backlit.engines.toy import ToyEngine
from backlit.errors import CapabilityError, OptionsError, UnknownNameError
from backlit.methods import BUILT_IN, _check, default_method, make_method, methods
from backlit.methods.base import Method, MethodKind, Parameter, parameters
from backlit.methods.lime import Lime
from backlit.methods.occlusion import Occlusion
from backlit.types import ParameterValue


@pytest.mark.parametrize("method", BUILT_IN, ids=lambda m: m.facts.name)
def test_built_in_methods_say_what_people_need_to_know(method: type[Method]) -> None:
    facts = method.facts
    assert methods()[facts.name] is method
    assert re.fullmatch("[a-z][a-z0-9_]*", facts.name)
    assert facts.label
    assert facts.description.endswith(".")
    assert re.search(r"arXiv:\d{4}\.\d{4,5}", facts.reference)
    assert facts.needs
    assert set(facts.needs) <= set(get_args(Capability))
    assert facts.kind in get_args(MethodKind)
    assert re.match("nats|relevance", facts.unit)
    assert (method.__doc__ or "").strip()


def test_built_in_methods_come_first_in_their_order() -> None:
    assert list(methods())[: len(BUILT_IN)] == [m.facts.name for m in BUILT_IN]


@pytest.fixture
def registry(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Any]]:
    """Entry points of other packages, which a test may add to."""
    entries: list[Any] = []
    monkeypatch.setattr(
        backlit.methods,
        "entry_points",
        lambda group: entries if group == "backlit.methods" else [],
    )
    methods.cache_clear()
    yield entries
    methods.cache_clear()


def test_other_packages_add_methods_but_replace_none(registry: list[Any]) -> None:
    class Theirs(Occlusion):
        facts = replace(Occlusion.facts, name="theirs")

    class Impostor(Occlusion): ...

    registry += [SimpleNamespace(load=lambda: Theirs), SimpleNamespace(load=lambda: Impostor)]
    assert methods()["theirs"] is Theirs
    assert list(methods())[-1] == "theirs"
    assert methods()["occlusion"] is Occlusion
    assert isinstance(make_method("theirs"), Theirs)


@pytest.mark.parametrize(
    ("capabilities", "name"),
    [
        ({"generate", "score", "gradient", "gates", "relevance"}, "gate_relevance"),
        ({"generate", "score", "gradient", "relevance"}, "input_relevance"),
        ({"generate", "score", "gradient", "gates"}, "gate_gradient"),
        ({"generate", "score", "gradient"}, "grad_l2"),
        ({"score"}, "occlusion"),
    ],
)
def test_the_default_is_the_first_that_the_engine_serves(
    capabilities: set[Capability], name: str
) -> None:
    assert default_method(_engine(capabilities)) == name


def test_an_engine_that_only_writes_has_no_default() -> None:
    with pytest.raises(CapabilityError, match="writer only writes") as raised:
        default_method(_engine({"generate"}))
    assert "score function" in raised.value.hint


def _engine(capabilities: set[Capability]) -> ToyEngine:
    engine = ToyEngine(name="writer")
    engine.capabilities = frozenset(capabilities)
    return engine


def test_a_method_is_made_by_name_and_parameters() -> None:
    assert make_method("lime", n_samples=16, seed=3) == Lime(n_samples=16, seed=3)
    assert make_method("lime", kernel_width=1) == Lime(kernel_width=1)


def test_unknown_names_and_parameters() -> None:
    with pytest.raises(UnknownNameError, match="nope") as unknown:
        make_method("nope")
    assert "occlusion" in unknown.value.hint
    with pytest.raises(OptionsError, match="Occlusion has no parameter 'depth'") as raised:
        make_method("occlusion", depth=3)
    assert raised.value.hint == "Its parameters: replacement."
    with pytest.raises(OptionsError) as raised:
        make_method("grad_l2", depth=3)
    assert raised.value.hint == "Its parameters: none."


@pytest.mark.parametrize(
    ("parameter", "good", "bad", "hint"),
    [
        (
            Parameter("n", "N", "d", 5, minimum=1, maximum=9),
            [1, 9],
            [0, 10, 2.5, "3", True],
            "Use a value of type int from 1 up to 9.",
        ),
        (
            Parameter("x", "X", "d", 0.5, minimum=0),
            [0, 2.5],
            [-1, "1", False],
            "Use a value of type float from 0.",
        ),
        (Parameter("b", "B", "d", True), [False], [0, "no"], "Use a value of type bool."),
        (Parameter("c", "C", "d", "a", choices=("a", "b")), ["b"], ["c", 1], "Use one of a, b."),
    ],
)
def test_parameter_values_are_checked(
    parameter: Parameter, good: list[ParameterValue], bad: list[ParameterValue], hint: str
) -> None:
    for value in good:
        _check(parameter, value)
    for value in bad:
        with pytest.raises(OptionsError, match=f"{parameter.label} can't be") as raised:
            _check(parameter, value)
        assert raised.value.hint == hint


@pytest.mark.parametrize("method", BUILT_IN, ids=lambda m: m.facts.name)
def test_defaults_pass_their_own_check(method: type[Method]) -> None:
    for declared in parameters(method):
        _check(declared, declared.default)


@pytest.mark.parametrize("segments", [1, 100, 1_024, 8_000])
@pytest.mark.parametrize("name", methods())
def test_every_cost_is_a_number(name: str, segments: int) -> None:
    assert 0 < make_method(name).forward_passes(segments) < 100_000
