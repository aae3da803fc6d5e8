"""A text to a file, whole or not at all."""

from pathlib import Path

from backlit.errors import DiskError


def write_file(path: str | Path, text: str) -> None:
    """Write a text as UTF-8; what stood there before stays if that fails.

    Raises:
        DiskError: the file can't be written.
    """
    path = Path(path)
    if not path.name or path.is_dir():
        raise DiskError(f"{path} could not be written: it is a folder.", "Name a file.")
    partial = path.with_name(f".{path.name}.part")
    try:
        partial.write_text(text, encoding="utf-8")
        partial.replace(path)
    except OSError as error:
        partial.unlink(missing_ok=True)
        raise DiskError(
            f"{path} could not be written: {error.strerror}.",
            "Check that the folder exists, may be written to and has room.",
        ) from error
