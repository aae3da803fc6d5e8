"""Versions of the file: which can be read, and how an older one becomes one of today."""

from typing import Any

from backlit.errors import DataError

SCHEMA_VERSION = 3


def upgraded(value: dict[str, Any]) -> dict[str, Any]:
    """An explanation's JSON as today's version would have written it.

    Raises:
        DataError: of a version that can't be read, or damaged.
    """
    version = value.get("schema_version")
    if isinstance(version, int | float) and not 2 <= version <= SCHEMA_VERSION:
        raise DataError(
            f"The explanation has schema {version}; this version reads 2 to {SCHEMA_VERSION}.",
            "Upgrade Backlit." if version > SCHEMA_VERSION else "Make the explanation again.",
        )
    return _from_2(value) if version == 2 else value


def _from_2(value: dict[str, Any]) -> dict[str, Any]:
    """Checks stood beside the maps they are of, and named them by index."""
    value = {**value, "schema_version": SCHEMA_VERSION}
    names = {"map": "map_order", "random": "random_orders"}
    try:
        maps = [dict(one) for one in value["attributions"]]
        for check in value.pop("faithfulness", ()):
            renamed = {names.get(k, k): v for k, v in check.items() if k != "attribution"}
            maps[check["attribution"]]["faithfulness"] = renamed
    except (KeyError, IndexError, TypeError, ValueError, AttributeError) as error:
        raise DataError(
            "This is not an explanation: what was checked does not fit its maps.",
            "Make the explanation again.",
        ) from error
    return {**value, "attributions": maps}
