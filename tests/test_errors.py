"""One tree of errors: each says what happened and what to do, wherever it is sent."""

import copy
import errno
import pickle

import pytest

from backlit import errors
from backlit.errors import BacklitError, Cancelled, out_of_memory

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


@pytest.mark.parametrize(
    "error",
    [
        MemoryError(),
        OSError(errno.ENOMEM, "Cannot allocate memory"),
        RuntimeError("unable to mmap 9 bytes: Cannot allocate memory (12)"),
        RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate"),
    ],
)
def test_too_little_memory_is_known_by_many_names(error: Exception) -> None:
    assert out_of_memory(error) is not None


@pytest.mark.parametrize(
    "error",
    [
        OSError(errno.ENOSPC, "No space left"),
        ValueError("x"),
        errors.DataError("can't allocate memory"),
    ],
)
def test_other_errors_are_not_of_memory(error: Exception) -> None:
    assert out_of_memory(error) is None
