"""Reading a file of prompts wherever `fsspec` reaches, with a limit on its size."""

from backlit.data.base import MAX_BYTES, too_large
from backlit.errors import DataError, MissingPackageError


def read_stored(address: str) -> bytes:
    """The bytes at a URL such as `s3://bucket/rows.jsonl`.

    Raises:
        DataError: no such scheme, nothing there, too large, or it can't be read.
        MissingPackageError: what reaches the scheme is not installed.
    """
    import fsspec

    try:
        with fsspec.open(address, "rb") as file:
            data = bytes(file.read(MAX_BYTES + 1))
    except ImportError as error:
        raise MissingPackageError(
            f"{address} can't be reached: {error}.", "Install what it names, and try again."
        ) from error
    except FileNotFoundError as error:
        raise DataError(f"There is no file {address}.", "Check the address.") from error
    except Exception as error:  # every store has errors of its own
        reason = getattr(error, "strerror", None) or error
        raise DataError(
            f"{address} can't be read ({reason}).", "Check the address, and who may read there."
        ) from error
    if len(data) > MAX_BYTES:
        raise too_large(address, MAX_BYTES)
    return data
