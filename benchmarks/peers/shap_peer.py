"""shap: two model-agnostic estimators of Shapley values, on a function of masks."""

from collections.abc import Callable
from importlib import import_module
from typing import Any

import numpy as np

from backlit.engines.base import FloatArray


def kernel(value: Callable[[Any], Any], n: int, samples: int, seed: int) -> FloatArray:
    """`KernelExplainer` on `samples` coalitions; no feature selection, which is for more
    features than samples can tell apart: `(n,)`.
    """
    np.random.seed(seed)
    explainer = _shap().KernelExplainer(lambda rows: value(rows > 0.5), np.zeros((1, n)))
    found = explainer.shap_values(np.ones((1, n)), nsamples=samples, l1_reg=0, silent=True)
    return np.asarray(found, dtype=np.float64).reshape(n)


def permutation(value: Callable[[Any], Any], n: int, samples: int, seed: int) -> FloatArray:
    """`PermutationExplainer` on `samples` permutations, each also run backwards: `(n,)`."""
    shap = _shap()
    masker = shap.maskers.Independent(np.zeros((1, n)))
    explainer = shap.PermutationExplainer(lambda rows: value(rows > 0.5), masker, seed=seed)
    found = explainer(np.ones((1, n)), max_evals=samples * (2 * n + 1), silent=True)
    return np.asarray(found.values, dtype=np.float64).reshape(n)


def _shap() -> Any:
    return import_module("shap")
