"""The methods there are. To add one, write its file and name it here."""

from functools import cache
from importlib.metadata import entry_points
from typing import Any

from backlit.engines.base import Engine
from backlit.errors import CapabilityError, OptionsError, UnknownNameError
from backlit.methods.attention import GateGradient, GateRelevance, Knockout
from backlit.methods.base import Method, Parameter, parameters, reason_against
from backlit.methods.gradient import GradL2, GradXInput, InputRelevance
from backlit.methods.integrated_gradients import IntegratedGradients
from backlit.methods.lime import Lime
from backlit.methods.occlusion import Occlusion
from backlit.methods.shapley import Shapley
from backlit.methods.sparse_ablation import SparseAblation
from backlit.types import ParameterValue, Quantity

BUILT_IN: tuple[type[Method], ...] = (
    GateRelevance,
    InputRelevance,
    GateGradient,
    GradL2,
    GradXInput,
    IntegratedGradients,
    Occlusion,
    Knockout,
    SparseAblation,
    Lime,
    Shapley,
)


@cache
def methods() -> dict[str, type[Method]]:
    """All methods by name: the built-in ones, then those of other packages, which register
    them under the entry point group `backlit.methods`.
    """
    registered = {method.facts.name: method for method in BUILT_IN}
    for entry in entry_points(group="backlit.methods"):
        method: type[Method] = entry.load()
        registered.setdefault(method.facts.name, method)
    return registered


def default_method(engine: Engine, measure: Quantity = "log_prob") -> str:
    """The method that Python, the command line and the page begin with: the first that `engine`
    can serve.

    Raises:
        CapabilityError: there is none.
    """
    for name, method in methods().items():
        if reason_against(method, engine, measure) is None:
            return name
    if "generate" not in engine.capabilities:
        raise CapabilityError(
            f"{engine.name} neither writes nor scores, so nothing can be explained.",
            "Pick another model.",
        )
    raise CapabilityError(
        f"{engine.name} only writes: it does not say how likely a given text is.",
        'Ask for the share of its answers, measure="share" (--measure share), or give it a score '
        "function.",
    )


def make_method(name: str, **params: ParameterValue) -> Method:
    """The method of that name with these parameters.

    Raises:
        UnknownNameError: no such method.
        OptionsError: no such parameter, or a value out of range.
    """
    if name not in methods():
        raise UnknownNameError(
            f"There is no method {name!r}.", f"Use one of {', '.join(methods())}."
        )
    method: Any = methods()[name]
    declared = {p.name: p for p in parameters(method)}
    for key, value in params.items():
        if key not in declared:
            known = ", ".join(declared) or "none"
            raise OptionsError(
                f"{method.facts.label} has no parameter {key!r}.", f"Its parameters: {known}."
            )
        _check(declared[key], value)
    chosen: Method = method(**params)
    return chosen


def _check(parameter: Parameter, value: ParameterValue) -> None:
    kind = type(parameter.default)
    fits = isinstance(value, kind) and isinstance(value, bool) == (kind is bool)
    if kind is float:
        fits = isinstance(value, int | float) and not isinstance(value, bool)
    low, high = parameter.minimum, parameter.maximum
    if fits and isinstance(value, int | float):
        fits = (low is None or value >= low) and (high is None or value <= high)
    if fits and parameter.choices:
        fits = value in parameter.choices
    if not fits:
        if parameter.choices:
            hint = f"Use one of {', '.join(parameter.choices)}."
        else:
            bounds = "".join(
                [
                    f" from {low}" if low is not None else "",
                    f" up to {high}" if high is not None else "",
                ]
            )
            hint = f"Use a value of type {kind.__name__}{bounds}."
        raise OptionsError(f"{parameter.label} can't be {value!r}.", hint)


__all__ = ["BUILT_IN", "Method", "default_method", "make_method", "methods"]
