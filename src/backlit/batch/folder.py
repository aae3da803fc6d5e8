"""The folder of a batch: on this machine, or wherever `fsspec` reaches."""

import os
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from backlit.errors import BacklitError, DiskError, MissingPackageError, OptionsError

ROOM = "Check that it may be written to and has room, then run the same again to go on."


class Folder:
    """Files by their names, with `/` between folders.

    Args:
        address: a path, or a URL such as `s3://bucket/batch`, for which fsspec's package of that
            scheme has to be installed.

    Raises:
        OptionsError: there is no such scheme.
        MissingPackageError: its package is not installed.
    """

    def __init__(self, address: str | Path) -> None:
        import fsspec

        self.name = str(address)
        self.is_local = "://" not in self.name
        if self.is_local:
            address = Path(address).expanduser().absolute()
        try:
            found: tuple[Any, str] = fsspec.core.url_to_fs(str(address))
        except ImportError as error:
            raise MissingPackageError(f"{self.name} can't be reached: {error}.") from error
        except ValueError as error:
            raise OptionsError(
                f"{self.name} is no folder that can be reached: {error}.", "Give a path or a URL."
            ) from error
        self._files, self._root = found

    def path(self, name: str = "") -> str:
        """Where a file is, as its file system says it."""
        return f"{self._root}/{name}" if name else self._root

    def make(self) -> None:
        """Make it, if it is not there.

        Raises:
            DiskError: it can't be made.
        """
        with self._writing("made"):
            self._files.makedirs(self.path("parts"), exist_ok=True)

    def is_file(self) -> bool:
        """Whether something else than a folder is there."""
        with self._reading():
            return bool(self._files.isfile(self._root))

    def names(self, within: str = "") -> list[str]:
        """What is in it or in a folder of it, in order; nothing if that is not there."""
        try:
            with self._reading():
                found = self._files.ls(self.path(within), detail=False, refresh=True)
        except (FileNotFoundError, NotADirectoryError):
            return []
        return sorted(one.rstrip("/").rpartition("/")[2] for one in found)

    def size(self, name: str) -> int | None:
        """How many bytes a file has; None if there is none."""
        try:
            with self._reading():
                return int(self._files.info(self.path(name))["size"])
        except FileNotFoundError:
            return None

    def read(self, name: str, start: int | None = None, stop: int | None = None) -> bytes:
        """What a file holds, or a part of that; b"" if there is none."""
        try:
            with self._reading():
                return bytes(self._files.cat_file(self.path(name), start=start, end=stop))
        except FileNotFoundError:
            return b""

    @contextmanager
    def opened(self, name: str) -> Iterator[IO[bytes]]:
        """A file to read."""
        with self._files.open(self.path(name), "rb") as file:
            yield file

    @contextmanager
    def writing(self, name: str) -> Iterator[IO[bytes]]:
        """A file to write: there whole once the block is done, or as it was before.

        Raises:
            DiskError: it can't be written.
        """
        path = self.path(name)
        if not self.is_local:  # an object is there once it is closed, whatever was the reason
            with tempfile.TemporaryFile() as whole:
                yield whole
                whole.seek(0)
                with self._writing("written to"), self._files.open(path, "wb") as there:
                    shutil.copyfileobj(whole, there)
            return
        partial = Path(path).with_name(f".{secrets.token_hex(8)}.part")
        try:
            with self._writing("written to"):
                with partial.open("xb") as file:
                    yield file
                    file.flush()
                    os.fsync(file.fileno())
                partial.replace(path)
                self._settle(Path(path).parent)
        finally:
            partial.unlink(missing_ok=True)

    def write(self, name: str, data: bytes) -> None:
        """A file, whole or not at all.

        Raises:
            DiskError: it can't be written.
        """
        with self.writing(name) as file:
            file.write(data)

    def append(self, name: str, data: bytes) -> None:
        """More at the end of a file on this machine: on its disk once this returns, or not at all.

        Raises:
            DiskError: it can't be written; the file is as it was.
        """
        path = Path(self.path(name))
        with self._writing("written to"):
            is_new = not path.exists()
            with path.open("ab") as file:
                before = file.tell()
                try:
                    file.write(data)
                    file.flush()
                    os.fsync(file.fileno())
                except OSError:
                    os.truncate(path, before)
                    raise
            if is_new:
                self._settle(path.parent)

    def _settle(self, folder: Path) -> None:
        """See that a new name is on the disk; not where the system can't."""
        if os.name == "nt":
            return
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    @contextmanager
    def _reading(self) -> Iterator[None]:
        try:
            yield
        except (FileNotFoundError, NotADirectoryError):
            raise
        except Exception as error:
            if self._is_its_own(error):
                raise DiskError(
                    f"{self.name} can't be read: {_reason(error)}.", "Check its permissions."
                ) from error
            raise

    @contextmanager
    def _writing(self, what: str) -> Iterator[None]:
        try:
            yield
        except Exception as error:
            if self._is_its_own(error):
                raise DiskError(
                    f"{self.name} could not be {what}: {_reason(error)}.", ROOM
                ) from error
            raise

    def _is_its_own(self, error: Exception) -> bool:
        """Whether an error is of the file system; every store has some that Python doesn't know."""
        return not isinstance(error, BacklitError) and (
            isinstance(error, OSError) or not self.is_local
        )


def _reason(error: Exception) -> str:
    return str(getattr(error, "strerror", None) or error)
