"""The methods that a command is given, and their parameters."""

from typing import TYPE_CHECKING

import typer

from backlit.errors import OptionsError

if TYPE_CHECKING:
    from backlit.methods import Method
    from backlit.types import ParameterValue


def methods_of(names: list[str] | None, settings: list[str]) -> "list[Method] | None":
    """The methods, each with the parameters that it knows; None leaves the choice to the model.

    Raises:
        OptionsError: a parameter that none of them knows, or a value that does not fit.
    """
    from backlit.methods import make_method, methods
    from backlit.methods.base import parameters

    if not names:
        if settings:
            raise typer.BadParameter("--param needs --method.")
        return None
    values: dict[str, str] = {}
    for setting in settings:
        name, equals, value = setting.partition("=")
        if not equals:
            raise OptionsError(f"--param {setting!r} has no value.", "Write it as NAME=VALUE.")
        values[name] = value
    used: set[str] = set()
    chosen = []
    for name in names:
        declared = {p.name: p for p in parameters(methods()[name])} if name in methods() else {}
        own = {k: _parsed(v, declared[k].default) for k, v in values.items() if k in declared}
        used |= own.keys()
        chosen.append(make_method(name, **own))
    for name in values.keys() - used:
        raise OptionsError(
            f"{' and '.join(names)} has no parameter {name!r}.", "See `backlit methods`."
        )
    return chosen


def _parsed(text: str, default: "ParameterValue") -> "ParameterValue":
    """A value of the default's type, or the text, which is then refused as it stands."""
    try:
        if isinstance(default, bool):
            return {"true": True, "false": False}[text.lower()]
        return type(default)(text)
    except (ValueError, KeyError):
        return text
