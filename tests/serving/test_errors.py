"""What a person is told of an error, and what they are not."""

import pytest
from pydantic import ValidationError

from backlit.errors import Cancelled, OfflineError
from backlit.serving import wire
from backlit.serving.errors import BUG, error_info, refusal


class OutOfMemoryError(RuntimeError):
    """Torch's has this name, and is of this kind."""


def test_an_error_of_ours_is_told_as_it_is() -> None:
    info = error_info(OfflineError("No network.", "Connect, and try again."))
    assert info == wire.ErrorInfo(
        code="OfflineError", message="No network.", hint="Connect, and try again."
    )
    assert error_info(Cancelled()).code == "Cancelled"


@pytest.mark.parametrize(
    "error",
    [
        MemoryError(),
        OutOfMemoryError("CUDA out of memory."),
        RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried 9 TB."),
    ],
)
def test_running_out_of_memory_is_told_as_that(error: BaseException) -> None:
    info = error_info(error)
    assert info.code == "CapabilityError"
    assert "not enough memory" in info.message
    assert "smaller model" in info.hint


@pytest.mark.parametrize("error", [ZeroDivisionError("secret"), RuntimeError("secret")])
def test_of_a_bug_nothing_internal_is_told(error: BaseException) -> None:
    info = error_info(error)
    assert info.code == BUG
    assert "secret" not in info.message + info.hint


@pytest.mark.parametrize(
    ("request_", "code", "said"),
    [
        ({"prompt": "half \ud83d"}, "PromptError", "half a character"),
        ({"prompt": "a" * 2_000_001}, "PromptError", "longer than 2,000,000 characters"),
        ({"prompt": "a", "muted": [[0]]}, "InputError", "muted.0.1: Field required"),
        ("text", "InputError", "can't be read: Input should be"),
    ],
)
def test_a_request_that_cannot_be_read(request_: object, code: str, said: str) -> None:
    with pytest.raises(ValidationError) as raised:
        wire.SequenceRef.model_validate(request_)
    info = refusal(raised.value.errors()[0])
    assert info.code == code
    assert said in info.message
    assert info.hint
