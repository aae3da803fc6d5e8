"""The methods that are meant, in any of the forms that people name them in."""

from collections.abc import Sequence

from backlit.engines.base import Engine
from backlit.errors import OptionsError
from backlit.methods import Method, default_method, make_method, methods
from backlit.types import GenerationOptions, ParameterValue, Quantity

RENAMED = {"select": "target", "report": "progress"}  # arguments of earlier versions


def as_methods(
    engine: Engine,
    method: str | Method | Sequence[str | Method] | None,
    params: dict[str, ParameterValue],
    measure: Quantity = "log_prob",
) -> list[Method]:
    """The methods that are meant.

    Args:
        engine: chooses the first that it can serve if no method is given.
        method: a name, a method object, or several.
        params: of the one that is given by its name.
        measure: what is measured; of a share, the first method is one that can tell it.

    Raises:
        UnknownNameError: no such method.
        OptionsError: no such parameter or a value out of range, something that is no method, or
            parameters for several.
    """
    for old, new in RENAMED.items():
        if old in params:
            raise OptionsError(f"{old}= is called {new}= now.", f"Write {new}= instead.")
    for name in params:
        if name in GenerationOptions.__dataclass_fields__ and name != "seed":
            raise OptionsError(
                f"{name} is an option of generating, not of a method.",
                f"Give options=backlit.GenerationOptions({name}=…).",
            )
    names = method if method is not None else default_method(engine, measure)
    several = list(names) if isinstance(names, Sequence) and not isinstance(names, str) else [names]
    if not several:
        raise OptionsError("No method is given.", "Name one, or leave the method out.")
    if params and (len(several) > 1 or not isinstance(several[0], str)):
        raise OptionsError("Parameters go with one method's name.", "Set them on method objects.")
    return [_method(one, params) for one in several]


def _method(method: object, params: dict[str, ParameterValue]) -> Method:
    if isinstance(method, str):
        return make_method(method, **params)
    if isinstance(method, type) and hasattr(method, "facts"):
        return method()  # type: ignore[no-any-return]
    if not isinstance(method, Method):
        raise OptionsError(
            f"A {type(method).__name__} is no method.",
            f"Use a name, or a method object; the names are {', '.join(methods())}.",
        )
    return method
