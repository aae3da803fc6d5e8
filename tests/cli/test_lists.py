"""`backlit models` and `backlit methods`."""

from tests.support.command import run


def test_lists_of_models_and_methods() -> None:
    models = run("models").stdout
    assert all(name in models for name in ("smollm2", "gemma3", "toy", "org/name@revision"))
    methods = run("methods").stdout
    assert all(name in methods for name in ("occlusion", "grad_l2", "grad_x_input", "arXiv"))
