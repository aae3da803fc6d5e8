"""Why transformers can't open a folder, in a sentence."""

from pathlib import Path

import transformers
from safetensors import SafetensorError, safe_open

from backlit.errors import BacklitError, IntegrityError, UnsupportedModelError, out_of_memory
from backlit.sources.folder import own_code_error


def opening_error(error: Exception, name: str, folder: Path) -> BacklitError:
    """What to raise in place of an error of the libraries that read a folder.

    Args:
        error: of transformers, or of what it calls.
        name: what people call the model.
        folder: which holds it.
    """
    if isinstance(error, BacklitError):
        return error
    if memory := out_of_memory(error):
        return memory
    if isinstance(error, SafetensorError):
        return IntegrityError(
            f"{_damaged_file(folder)} is damaged: {_first_line(error)}.",
            "Fetch or save it again.",
        )
    if "trust_remote_code" in str(error):
        return own_code_error(name)
    return UnsupportedModelError(
        f"{name} could not be opened from {folder}: {_first_line(error)}.",
        "It must be a whole causal language model in safetensors that this version of "
        f"transformers ({transformers.__version__}) knows.",
    )


def _damaged_file(folder: Path) -> Path:
    """The first file of weights that can't be read, or the folder if each can."""
    for path in sorted(folder.glob("*.safetensors")):
        try:
            with safe_open(path, "np"):
                pass
        except (SafetensorError, OSError):
            return path
    return folder


def _first_line(error: Exception) -> str:
    """What it says, without what only its own library's readers could use."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    if len(lines) > 1 and lines[0].endswith(":"):  # which says the field, the next line why
        return " ".join(lines[:2])
    return (lines or [type(error).__name__])[0].rstrip(".")
