"""Every method keeps its promises on every engine; names and parameters are checked."""

from collections.abc import Mapping
from types import MappingProxyType

import pytest

from backlit.engines.base import CAPABILITIES, Engine
from backlit.engines.toy import ToyEngine
from backlit.errors import CapabilityError, OptionsError, UnknownNameError
from backlit.methods import BUILT_IN, make_method, methods
from backlit.methods.attention import GateGradient
from backlit.methods.base import Method, Parameter, unavailable
from backlit.methods.occlusion import Occlusion
from backlit.testing import check_method
from tests.support import tiny

PROMPT = "The cat likes warm milk. The dog likes cold water."


@pytest.mark.parametrize("method", BUILT_IN, ids=lambda m: m.name)
@pytest.mark.parametrize("family", ["toy", "llama", "gemma3, sliding", "gpt2"])
def test_keeps_its_promises(method: type[Method], family: str) -> None:
    engine: Engine = ToyEngine() if family == "toy" else tiny.engine(family)
    check_method(make_method(method.name), engine, PROMPT)


def test_built_in_methods_are_registered() -> None:
    assert list(methods())[: len(BUILT_IN)] == [m.name for m in BUILT_IN]
    for method in BUILT_IN:
        assert method.label
        assert method.description.endswith(".")
        assert "arXiv" in method.reference
        assert method.needs in CAPABILITIES
        assert method.kind in ("gradient", "perturbation")


def test_unknown_names_and_parameters() -> None:
    with pytest.raises(UnknownNameError, match="nope") as raised:
        make_method("nope")
    assert "occlusion" in raised.value.hint
    with pytest.raises(OptionsError, match="no parameter 'depth'"):
        make_method("occlusion", depth=3)


@pytest.mark.parametrize(
    ("parameter", "good", "bad"),
    [
        (Parameter("n", "N", "d", 5, minimum=1, maximum=9), [1, 9], [0, 10, 2.5, "3", True]),
        (Parameter("x", "X", "d", 0.5, minimum=0), [0, 2.5], [-1, "1", False]),
        (Parameter("b", "B", "d", True), [False], [0, "no"]),
        (Parameter("c", "C", "d", "a", choices=("a", "b")), ["b"], ["c", 1]),
    ],
)
def test_parameter_values_are_checked(
    parameter: Parameter, good: list[object], bad: list[object]
) -> None:
    from backlit.methods import _check

    for value in good:
        _check(parameter, value)  # type: ignore[arg-type]
    for value in bad:
        with pytest.raises(OptionsError) as raised:
            _check(parameter, value)  # type: ignore[arg-type]
        assert raised.value.hint


def test_an_engine_that_only_writes_serves_no_method() -> None:
    class Writer:
        """Has what `Engine` asks for, and no more."""

        name = "writer"
        metadata: Mapping[str, str] = MappingProxyType({})
        context_length = None
        chat = False
        tokenize = append = generate = ToyEngine.tokenize

    assert isinstance(Writer(), Engine)
    for method in BUILT_IN:
        reason = unavailable(method, Writer())  # type: ignore[arg-type]
        assert reason is not None
        assert "writer does not offer" in reason


@pytest.mark.parametrize("family", ["bloom, no rotary", "mamba, no cache to cut"])
def test_a_model_that_takes_no_mask_serves_no_attention_method(family: str) -> None:
    engine = tiny.engine(family)
    assert "attention mask" in (unavailable(GateGradient, engine) or "")
    assert unavailable(Occlusion, engine) is None
    with pytest.raises(CapabilityError, match="attention mask"):
        list(engine.knock_out([5, 6, 7], [(0, 1)], [8]))
