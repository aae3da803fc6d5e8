"""Keras on PyTorch: operations run one by one, so any shape will do."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import keras
import torch

from backlit.progress import current

VERSION = torch.__version__
COMPILES = False  # whether a function is compiled when it first runs
PADS = False  # whether that is done for each shape, so that few shapes are better


def accelerated() -> bool:
    """Whether there is something faster than a CPU."""
    return torch.cuda.is_available()


def function(model: Any, run: Callable[..., Any]) -> Callable[..., Any]:
    """`run`, without gradients."""

    def call(*args: Any) -> Any:
        with torch.no_grad():
            return run(*args)

    return call


def steps(model: Any, run: Callable[..., Any], cache: Any) -> Callable[..., Any]:
    """`run`, without gradients."""
    return function(model, run)


def gradient(model: Any, run: Callable[..., Any]) -> Callable[..., tuple[Any, Any]]:
    """As `on_jax.gradient`."""

    def call(mask: Any, leaf: Any, *args: Any) -> tuple[Any, Any]:
        place = keras.ops.convert_to_tensor(leaf, dtype="float32").requires_grad_()
        with _frozen(model), torch.enable_grad():
            log_probs = run(place, *args)  # (places,)
            total = (log_probs * keras.ops.convert_to_tensor(mask)).sum()
        (slope,) = torch.autograd.grad(total, place)
        return log_probs.detach(), slope

    return call


def numpy(tensor: Any) -> Any:
    """A tensor as an array."""
    return tensor.detach().cpu().numpy()


def watch(hidden: Any) -> None:
    """Let the way back be cancelled too, at this tensor."""
    if isinstance(hidden, torch.Tensor) and hidden.requires_grad:
        check = current().check
        hidden.register_hook(lambda gradient: check())  # type: ignore[no-untyped-call]


def shapes(run: Callable[..., Any], *args: Any) -> Any:
    """The shapes and dtypes of what `run` returns, in its structure."""
    with torch.no_grad():
        return run(*args)


@contextmanager
def _frozen(model: Any) -> Iterator[None]:
    """No gradients of weights, which would keep every layer's input."""
    thawed = [v.value for v in model.variables if v.value.requires_grad]
    for weight in thawed:
        weight.requires_grad_(False)
    try:
        yield
    finally:
        for weight in thawed:
            weight.requires_grad_(True)
