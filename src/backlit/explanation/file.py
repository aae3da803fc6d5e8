"""A text to a file, whole or not at all."""

import secrets
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
    # A name that nobody can foresee, and opened only if it is new: who else may write in the
    # folder could have put a link to another file there. Permissions are those of any new file.
    partial = path.with_name(f".{secrets.token_hex(8)}.part")
    try:
        with partial.open("x", encoding="utf-8") as file:
            file.write(text)
        partial.replace(path)
    except OSError as error:
        partial.unlink(missing_ok=True)
        raise DiskError(
            f"{path} could not be written: {error.strerror}.",
            "Check that the folder exists, may be written to and has room.",
        ) from error
