"""Unpacking archives of Hugging Face folders, which may come from strangers.

Only plain files and folders, only inside the destination, and no more bytes than a model that
packs to this size could have.
"""

import errno
import tarfile
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from stat import S_ISLNK
from typing import IO

from backlit.errors import IntegrityError, UnsupportedModelError
from backlit.progress import Progress
from backlit.sources.cache import check_free_space

MAX_FILES = 10_000
MAX_GROWTH = 20  # times the archive's size; weights hardly shrink when packed
MAX_HEADER = 100_000  # bytes; hundreds may be nested, and a path has at most a few thousand
MIN_SIZE_LIMIT = 100_000_000  # bytes that may be unpacked, however small the archive

_BLOCK = 1 << 20
_File = tuple[str, int, Callable[[], IO[bytes] | None]]
"""Name, declared size in bytes, and a way to open a file of an archive."""


def unpack(archive: Path, destination: Path, progress: Progress) -> Path:
    """The folder in an unpacked archive that holds `config.json`.

    Raises:
        IntegrityError: the archive is broken, reaches outside its folder, holds links or
            devices, or unpacks to more than a model would.
        UnsupportedModelError: it holds no `config.json`, or several.
        DiskError: no room.
    """
    destination.mkdir(exist_ok=True)
    limit = max(MIN_SIZE_LIMIT, MAX_GROWTH * archive.stat().st_size)
    files = _zip_files if archive.suffix == ".zip" else _tar_files
    written = 0
    with _archive_errors(archive):
        for count, (name, size, open_file) in enumerate(files(archive, destination), 1):
            if count > MAX_FILES or written + size > limit:
                raise _refusal(archive, "it unpacks to far more than a model would")
            path = _path_inside(destination, name)
            if path is None:
                raise _refusal(archive, f"{name!r} reaches outside its folder")
            check_free_space(destination, size)
            path.parent.mkdir(parents=True, exist_ok=True)
            source = open_file()
            assert source is not None  # only links and devices have no content
            with source, path.open("xb") as output:
                while block := source.read(_BLOCK):
                    written += len(block)
                    if written > limit:  # a size that was declared need not be true
                        raise _refusal(archive, "it unpacks to far more than a model would")
                    output.write(block)
                    progress("unpack", written, None)
    return _model_folder(archive, destination)


def _tar_files(archive: Path, destination: Path) -> Iterator[_File]:
    """The files of a tar archive that Python's own filter for data lets through (PEP 706)."""
    if not hasattr(tarfile, "data_filter"):
        raise UnsupportedModelError(
            f"{archive.name} can't be unpacked safely by this version of Python.",
            "Use Python 3.11.4 or newer, or pack the folder as .zip.",
        )
    with tarfile.open(archive, "r:*", tarinfo=_Member) as packed:
        for count, member in enumerate(packed):
            if count > 2 * MAX_FILES:  # folders too, all of which tarfile remembers
                raise _refusal(archive, "it holds far more files and folders than a model would")
            if member.issym() or member.islnk():  # the filter lets those inside pass
                raise _refusal(archive, f"{member.name} is a link")
            try:
                safe = tarfile.data_filter(member, str(destination))
            except tarfile.SpecialFileError as error:
                raise _refusal(archive, f"{member.name} is a device") from error
            except tarfile.FilterError as error:
                raise _refusal(archive, f"{member.name!r} reaches outside its folder") from error
            if safe.name != member.name:  # the filter would take off the first slash
                raise _refusal(archive, f"{member.name!r} reaches outside its folder")
            if safe.isreg():
                yield safe.name, safe.size, lambda safe=safe: packed.extractfile(safe)  # type: ignore[misc]


class _Refused(Exception):  # noqa: N818  no error of tarfile's, some of which it passes over
    """Why a member is not read."""


class _Member(tarfile.TarInfo):
    """A member of a tar archive whose headers are no larger than names are.

    Beside files, tar holds headers with content, such as long names, which tarfile reads into
    memory whole, whatever size they declare and however little they were packed to.
    """

    @classmethod
    def frombuf(cls, buf: bytes | bytearray, encoding: str, errors: str) -> "_Member":
        member = super().frombuf(buf, encoding, errors)
        has_header = member.type not in tarfile.REGULAR_TYPES
        if has_header and member.size > MAX_HEADER:
            raise _Refused(f"a header in it has {member.size:,} bytes")
        if member.type == tarfile.GNUTYPE_SPARSE:
            cls._refuse_sparse()
        return member

    def _proc_gnusparse_10(self, *_: object) -> None:
        self._refuse_sparse()  # its list of holes has no limit

    @staticmethod
    def _refuse_sparse() -> None:
        raise _Refused("a file in it has holes (a sparse file)")


def _zip_files(archive: Path, destination: Path) -> Iterator[_File]:
    with zipfile.ZipFile(archive) as packed:
        for entry in packed.infolist():
            if S_ISLNK(entry.external_attr >> 16):
                raise _refusal(archive, f"{entry.filename} is a link")
            if entry.flag_bits & 1:
                raise _refusal(archive, f"{entry.filename} is encrypted")
            if not entry.is_dir():
                # The name as it was written: `filename` is cleaned of what should be refused.
                yield (
                    entry.orig_filename,
                    entry.file_size,
                    lambda entry=entry: packed.open(entry),  # type: ignore[misc]
                )


def _path_inside(destination: Path, name: str) -> Path | None:
    """Where a file belongs, if its name stays inside on every system, Windows included."""
    parts = PurePosixPath(name).parts
    outside = name.startswith("/") or ".." in parts or any(sign in name for sign in "\\:\0")
    return None if outside or not parts else destination.joinpath(*parts)


@contextmanager
def _archive_errors(archive: Path) -> Iterator[None]:
    """Raise the libraries' errors about an archive as ours, each with a hint."""
    try:
        yield
    except _Refused as error:
        raise _refusal(archive, str(error)) from error
    except (FileExistsError, NotADirectoryError) as error:
        raise _refusal(archive, "two of its files have the same name") from error
    except (tarfile.TarError, zipfile.BadZipFile, EOFError, ValueError, RuntimeError) as error:
        raise _broken(archive, error) from error
    except OSError as error:
        if error.errno == errno.ENAMETOOLONG:
            raise _refusal(archive, "the name of a file in it is too long") from error
        if error.errno is not None:  # the disk's; a broken gzip stream has no number
            raise
        raise _broken(archive, error) from error
    except Exception as error:  # zlib.error and lzma.LZMAError have no common parent
        if type(error).__module__ not in ("zlib", "lzma", "_lzma"):
            raise
        raise _broken(archive, error) from error


def _model_folder(archive: Path, destination: Path) -> Path:
    folders = [path.parent for path in destination.rglob("config.json")]
    depth = min((len(path.parts) for path in folders), default=0)
    models = [path for path in folders if len(path.parts) == depth]
    if len(models) != 1:
        raise UnsupportedModelError(
            f"{archive.name} holds {f'{len(models)} models' if models else 'no config.json'}.",
            "Pack one folder that was written by save_pretrained.",
        )
    return models[0]


def _refusal(archive: Path, reason: str) -> IntegrityError:
    return IntegrityError(
        f"{archive.name} was not unpacked: {reason}.",
        "If you trust it, unpack it yourself and name the folder.",
    )


def _broken(archive: Path, error: Exception) -> IntegrityError:
    reason = (str(error).splitlines() or [type(error).__name__])[0].rstrip(":.")
    return IntegrityError(f"{archive.name} is broken or cut short: {reason}.", "Fetch it again.")
