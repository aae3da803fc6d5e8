"""Why a folder can't be opened: one sentence, whatever the libraries raise."""

import errno
from pathlib import Path

import pytest
from safetensors import SafetensorError
from safetensors.numpy import save_file

from backlit.engines.huggingface.opening import opening_error
from backlit.errors import (
    BacklitError,
    CapabilityError,
    IntegrityError,
    OptionsError,
    UnsupportedModelError,
)


@pytest.mark.parametrize(
    ("error", "kind", "message"),
    [
        (ValueError("No.\nMore."), UnsupportedModelError, "tiny could not be opened from .*: No"),
        (TypeError(), UnsupportedModelError, "TypeError"),
        (ValueError("Of field 'x':\n    not a number"), UnsupportedModelError, "'x': not a number"),
        (
            ValueError("Please pass `trust_remote_code=True`."),
            UnsupportedModelError,
            r"runs Python code of its own.*--trust-remote-code",
        ),
        (OSError(errno.ENOMEM, "Cannot allocate memory"), CapabilityError, "not enough memory"),
        (SafetensorError("Cannot allocate memory"), CapabilityError, "not enough memory"),
        (SafetensorError("header too small"), IntegrityError, "is damaged: header too small"),
        (OptionsError("As it is.", "So."), OptionsError, "As it is"),
    ],
)
def test_one_sentence(
    tmp_path: Path, error: Exception, kind: type[BacklitError], message: str
) -> None:
    told = opening_error(error, "tiny", tmp_path)
    assert type(told) is kind
    assert "\n" not in str(told)
    assert told.hint
    with pytest.raises(kind, match=message):
        raise told


def test_the_damaged_file_is_named(tmp_path: Path) -> None:
    save_file({}, tmp_path / "a.safetensors")
    (tmp_path / "b.safetensors").write_bytes(b"")
    told = opening_error(SafetensorError("no"), "tiny", tmp_path)
    assert told.message == f"{tmp_path / 'b.safetensors'} is damaged: no."
