"""One tree of errors: each says what happened and what to do, wherever it is sent."""

import copy
import pickle

import pytest

from backlit import errors
from backlit.errors import BacklitError, Cancelled

KINDS = [kind for kind in vars(errors).values() if isinstance(kind, type)]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_every_error_is_in_the_tree_and_survives_a_process(kind: type[BacklitError]) -> None:
    assert issubclass(kind, BacklitError)
    error = kind("It broke.", "Fix it.")
    for again in (pickle.loads(pickle.dumps(error)), copy.copy(error)):
        assert type(again) is kind
        assert again.message == "It broke."
    assert (error.code, str(error)) == (kind.__name__, "It broke. Fix it.")
    assert error._render_traceback_() == [f"{kind.__name__}: It broke.", "Fix it."]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_the_tree_is_told_of_in_the_module(kind: type[BacklitError]) -> None:
    assert kind.__name__ in (errors.__doc__ or "")


def test_a_stop_needs_no_words() -> None:
    assert str(Cancelled()) == "Stopped."
