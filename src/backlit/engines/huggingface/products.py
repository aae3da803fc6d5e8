"""Shared products: on the way back, the factors of a product share its gradient.

A gradient asks of every factor what changes if it alone does, so a product's effect is counted
once for each factor, and a factor that is large already (attention that is sure of itself)
shows nothing. Here the factors of a product share it: of two, each gets a half of its gradient.
That is each factor's Aumann-Shapley share of a product (Sundararajan et al. 2017,
arXiv:1703.01365, section 3). Attention is the product of weights and values, the weights those
of a product of queries and keys; so values get a half, queries and keys a quarter each. A gated
feed-forward network is a product of two branches, a mixture of experts one of experts and their
weights. Others came to like rules by other roads: GIM (Edin et al. 2025, arXiv:2505.17630),
AttnLRP (Achtibat et al. 2024, arXiv:2402.05602), RelP (Rezaei Jafari et al. 2025,
arXiv:2508.21258).

The way forward stays what it is, to the last bit.
"""

import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from inspect import unwrap
from typing import Any

import torch

from backlit.display.words import unreached

REGISTRY = "ALL_ATTENTION_FUNCTIONS"  # where the code of a family looks its attention up
EAGER = "eager"  # the one that is not in there, but a function beside the family's code
GATED = (
    {"gate_proj", "up_proj", "down_proj"},
    {"gate_up_proj", "down_proj"},
    {"w1", "w2", "w3"},
)
SHARED_EXPERT = ("shared_expert", "shared_expert_gate")  # factors of a product, as Qwen has them


class Products:
    """The products of a model's layers, whose gradients can be shared for a while.

    Args:
        module: a `PreTrainedModel`.
        layers: its decoder's layers.
    """

    def __init__(self, module: Any, layers: Sequence[Any]) -> None:
        self._attention = [m for m in module.modules() if _looks_attention_up(m)]
        self._networks = [m for m in module.modules() if _is_gated(m)]
        self._factors = [
            getattr(m, name)
            for m in module.modules()
            if all(hasattr(m, part) for part in SHARED_EXPERT)
            for name in SHARED_EXPERT
        ]
        missed = sum(not any(_looks_attention_up(m) for m in layer.modules()) for layer in layers)
        self._missed, self._layers = missed, len(layers)

    @property
    def notes(self) -> tuple[str, ...]:
        """Sentences for people: where products could not be shared."""
        return (unreached(self._missed, self._layers),) if self._missed else ()

    def __bool__(self) -> bool:
        """Whether there is any attention whose products can be shared."""
        return bool(self._attention)

    @contextmanager
    def shared(self) -> Iterator[None]:
        """Share them in all passes that begin and end in here.

        Of one model only one gradient may be computed at a time, as of an engine.
        """
        with ExitStack() as stack:
            stack.enter_context(_sharing(self._attention))
            for network in self._networks:
                hook = network.register_forward_pre_hook(_share_network, with_kwargs=True)
                stack.callback(hook.remove)
            for factor in self._factors:
                hook = factor.register_forward_hook(lambda module, args, out: _part(out, 0.5))
                stack.callback(hook.remove)
            yield


def _looks_attention_up(module: Any) -> bool:
    """Whether a module's forward pass calls an attention function of the registry."""
    code = getattr(unwrap(type(module).forward), "__code__", None)
    return code is not None and REGISTRY in code.co_names and REGISTRY in _names_beside(module)


def _is_gated(module: Any) -> bool:
    """Whether a module is a gated feed-forward network, or many of them as experts."""
    return any(all(hasattr(module, name) for name in names) for names in GATED)


def _share_network(
    module: Any, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """Halve what goes back through the branches; with experts, also what their weights get.

    All that goes back to a network's input goes through its product, so that halving it there is
    halving it at both factors.
    """
    values = [*args, *kwargs.values()]
    first, *others = values
    routed = [_is_routing(value) for value in others]
    parts = [_part(first, 0.25 if any(routed) else 0.5)]
    parts += [
        _part(v, 0.5) if is_weight else v for v, is_weight in zip(others, routed, strict=True)
    ]
    count = len(args)
    return tuple(parts[:count]), dict(zip(kwargs, parts[count:], strict=True))


def _is_routing(value: Any) -> bool:
    return isinstance(value, torch.Tensor) and value.is_floating_point()


def _part(value: Any, part: float) -> Any:
    """The same value, of whose gradient only a part goes on back."""
    if not isinstance(value, torch.Tensor) or not value.requires_grad:
        return value
    value = value.view_as(value)  # a hook on it is not one on what else it is used for
    value.register_hook(lambda gradient: gradient * part)
    return value


# ---- the registry of attention functions ---------------------------------------------------

_lock = threading.Lock()
_shared: Counter[Any] = Counter()  # modules that share now
_wrapped: Counter[tuple[int, str]] = Counter()  # entries that are wrapped now
_were: dict[tuple[int, str], Any] = {}  # what stood in the registry before, None if nothing


@contextmanager
def _sharing(modules: Sequence[Any]) -> Iterator[None]:
    """Wrap the functions that these look up; for all other modules these do what they did."""
    entries = {
        (id(registry), name): registry
        for registry, name in ((_names_beside(m)[REGISTRY], _implementation(m)) for m in modules)
    }
    with _lock:
        _shared.update(modules)
        for entry, registry in entries.items():
            _wrapped[entry] += 1
            if _wrapped[entry] == 1:
                local = registry._local_mapping
                _were[entry] = local.get(entry[1])
                local[entry[1]] = _wrapper(registry.get(entry[1]))
    try:
        yield
    finally:
        with _lock:
            _shared.subtract(modules)
            for module in modules:
                if not _shared[module]:
                    del _shared[module]
            for entry, registry in entries.items():
                _wrapped[entry] -= 1
                if not _wrapped[entry]:
                    del _wrapped[entry]
                    before = _were.pop(entry)
                    if before is None:
                        del registry[entry[1]]
                    else:
                        registry[entry[1]] = before


def _names_beside(module: Any) -> dict[str, Any]:
    """What the code of a module's forward pass knows by name."""
    names: dict[str, Any] = unwrap(type(module).forward).__globals__
    return names


def _implementation(module: Any) -> str:
    name: str = module.config._attn_implementation or EAGER
    return name


def _wrapper(function: Callable[..., Any] | None) -> Callable[..., Any]:
    """An attention function that shares for modules that do; None is the family's own."""

    def attention(
        module: Any,
        query: torch.Tensor,
        key: torch.Tensor,
        value: torch.Tensor,
        *args: Any,
        **more: Any,
    ) -> Any:
        run = function
        if run is None:
            run = _names_beside(module)["eager_attention_forward"]
        if module in _shared:
            query, key, value = _part(query, 0.25), _part(key, 0.25), _part(value, 0.5)
        return run(module, query, key, value, *args, **more)

    return attention
