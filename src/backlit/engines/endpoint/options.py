"""How a server is asked, as a person may choose it."""

import math
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from backlit.errors import GatedError, OptionsError

PARALLEL = 4  # requests in flight where a server does not say how many it takes
TIMEOUT = 120.0
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,99}")


@dataclass(frozen=True, slots=True)
class EndpointOptions:
    """What connecting to a server may be told.

    Attributes:
        api_key_env: name of the environment variable that holds the key; a key itself is nowhere
            but in the header of requests.
        tokenizer: a folder or a Hugging Face id, for servers that tell no tokens.
        parallel: requests in flight; None is what the server reports, or 4.
        max_calls: requests that the model has to work for, as long as the engine lives; None is
            without end.
        timeout: seconds without a byte, after which the server is taken to hang.
        price: dollars for a million prompt tokens, to tell what work costs; None if nobody knows.

    Raises:
        OptionsError: a number is out of range, or what should name a variable can't.
    """

    api_key_env: str | None = None
    tokenizer: str | None = None
    parallel: int | None = None
    max_calls: int | None = None
    timeout: float = TIMEOUT
    price: float | None = None

    def __post_init__(self) -> None:
        for name in ("parallel", "max_calls"):
            value: Any = getattr(self, name)
            if value is not None and (type(value) is not int or value < 1):
                raise OptionsError(f"{name} is {value!r}.", "Use 1 or more.")
        seconds: Any = self.timeout
        if type(seconds) not in (int, float) or not 0 < seconds < math.inf:
            raise OptionsError(f"timeout is {seconds!r}.", "Use some seconds.")
        price: Any = self.price
        if price is not None and (type(price) not in (int, float) or not 0 <= price < math.inf):
            raise OptionsError(f"price is {price!r}.", "Use dollars for a million prompt tokens.")
        named: Any = self.api_key_env
        if named is not None and not (isinstance(named, str) and _VARIABLE.fullmatch(named)):
            raise OptionsError(  # what was given may be the key itself, so it is not told
                "api_key_env is not the name of an environment variable.",
                "Put the key into a variable, and give its name: --api-key-env MY_KEY.",
            )

    def key(self) -> str | None:
        """The key, read from its variable.

        Raises:
            GatedError: the variable is not set, or holds what no header can.
        """
        if self.api_key_env is None:
            return None
        key = os.environ.get(self.api_key_env, "").strip()
        if not key:
            raise GatedError(
                f"The environment variable {self.api_key_env} is not set.",
                "Set it to the key and start again; --api-key-env takes its name, never the key.",
            )
        if not (key.isascii() and key.isprintable()):
            raise GatedError(
                f"The environment variable {self.api_key_env} holds signs that no key has.",
                "Copy the key again.",
            )
        return key


EndpointLike = EndpointOptions | Mapping[str, Any] | None
"""How a server is asked, as people may give it."""


def as_endpoint_options(options: EndpointLike) -> EndpointOptions | None:
    """The options that are meant; None if there are none.

    Raises:
        OptionsError: one that does not exist or is out of range.
    """
    if options is None or isinstance(options, EndpointOptions):
        return options
    if not isinstance(options, Mapping):
        raise OptionsError(
            f"A {type(options).__name__} is no set of options of endpoints.",
            "Give a mapping of their names.",
        )
    known = EndpointOptions.__dataclass_fields__
    for name in options:
        if name not in known:
            raise OptionsError(
                f"There is no option {name!r} of endpoints.", f"Use {', '.join(known)}."
            )
    return EndpointOptions(**options)
