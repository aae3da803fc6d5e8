"""Which framework runs Keras. It is settled before Keras is imported, and can't change after."""

import importlib
import importlib.util
import os
import sys
from typing import Any

from backlit.errors import MissingPackageError, OptionsError

VARIABLE = "KERAS_BACKEND"
DEFAULT = "torch"  # which Backlit brings along
BACKENDS = {"torch": "keras", "jax": "keras-jax", "tensorflow": "keras-tensorflow"}
"""The frameworks, and the extra that installs each."""

_SYNONYMS = {"pytorch": "torch", "tf": "tensorflow"}


def backend_name(asked: str) -> str:
    """What Keras calls a framework.

    Raises:
        OptionsError: there is no such framework, or none that can differentiate.
    """
    name = _SYNONYMS.get(asked.lower(), asked.lower())
    if name not in BACKENDS:
        raise OptionsError(
            f"There is no Keras backend {asked!r} here.", f"Use one of {', '.join(BACKENDS)}."
        )
    return name


def framework_module() -> Any:
    """The module for the framework that Keras runs on: `on_torch`, `on_jax` or `on_tensorflow`."""
    running = importlib.import_module("keras").config.backend()
    return importlib.import_module(f"backlit.engines.keras_hub.on_{running}")


def start_keras(asked: str | None = None) -> Any:
    """KerasHub, on a framework.

    Args:
        asked: `torch`, `jax` or `tensorflow`; left out, what the environment variable
            `KERAS_BACKEND` says, or torch.

    Raises:
        MissingPackageError: KerasHub or the framework is not installed.
        OptionsError: no such framework, or Keras runs on another already.
    """
    backend = backend_name(asked) if asked else None
    if "keras" in sys.modules:
        backend = _check_running(backend)
    else:
        backend = backend or backend_name(os.environ.get(VARIABLE) or DEFAULT)
        for package in ("keras", "keras_hub"):
            if importlib.util.find_spec(package) is None:
                raise _missing(package, backend)
        if importlib.util.find_spec(backend) is None:
            others = " or ".join(name for name in BACKENDS if importlib.util.find_spec(name))
            raise MissingPackageError(
                f"Keras is to run on {backend}, which is not installed.",
                f"Run: pip install 'backlit[{BACKENDS[backend]}]', or choose {others} instead "
                f"(--keras-backend, backend=, or {VARIABLE}).",
            )
        os.environ[VARIABLE] = backend
    try:
        return importlib.import_module("keras_hub")
    except ModuleNotFoundError as error:
        raise _missing(error.name or "a package", backend) from error


def _check_running(backend: str | None) -> str:
    """The framework that Keras runs on already, if that will do."""
    running: str = sys.modules["keras"].config.backend()
    if running not in BACKENDS:
        raise OptionsError(
            f"Keras runs on {running}, which has no gradients.",
            f"Restart Python and set {VARIABLE} to {', '.join(BACKENDS)} first.",
        )
    if backend is not None and backend != running:
        raise OptionsError(
            f"Keras runs on {running} in this process, and can't change to {backend}.",
            f"Restart Python (in a notebook: the kernel), and choose {backend} before Keras is "
            f"first used: {VARIABLE}={backend}.",
        )
    return running


def _missing(package: str, backend: str) -> MissingPackageError:
    extra = BACKENDS.get(backend, "keras")
    return MissingPackageError(
        f"Keras models need {package}, which is not installed.",
        f"Run: pip install 'backlit[{extra}]'",
    )
