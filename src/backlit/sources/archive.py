"""Archives of Hugging Face folders, unpacked as strangers' archives should be.

Only plain files and folders, only inside the destination, and no more bytes than a model that
packs to this size could have.
"""

import tarfile
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath
from typing import IO

from backlit.errors import IntegrityError, UnsupportedModelError
from backlit.progress import Progress
from backlit.sources.cache import check_room

MOST_FILES = 10_000
MOST_GROWTH = 20  # times the archive's size; weights hardly shrink when packed
ALWAYS_ALLOWED = 100_000_000  # bytes, however small the archive

_BLOCK = 1 << 20
_Member = tuple[str, int, Callable[[], IO[bytes]]]


def unpack(archive: Path, destination: Path, progress: Progress) -> Path:
    """The folder in an unpacked archive that holds `config.json`.

    Raises:
        IntegrityError: the archive is broken, reaches outside its folder, holds links or
            devices, or unpacks to more than a model would.
        UnsupportedModelError: it holds no `config.json`, or several.
        DiskError: no room.
    """
    limit = max(ALWAYS_ALLOWED, MOST_GROWTH * archive.stat().st_size)
    written = 0
    try:
        for count, (name, size, read) in enumerate(_members(archive), 1):
            if count > MOST_FILES or written + size > limit:
                raise _refused(archive, "it unpacks to far more than a model would")
            path = destination / _inside(archive, name)
            check_room(destination, size)
            path.parent.mkdir(parents=True, exist_ok=True)
            with read() as source, path.open("xb") as target:
                while block := source.read(_BLOCK):
                    written += len(block)
                    if written > limit:  # a size that was declared need not be true
                        raise _refused(archive, "it unpacks to far more than a model would")
                    target.write(block)
                    progress("unpack", written, None)
    except (FileExistsError, NotADirectoryError) as error:
        raise _refused(archive, "two of its files have the same name") from error
    except (tarfile.TarError, zipfile.BadZipFile, EOFError, ValueError, RuntimeError) as error:
        raise IntegrityError(
            f"{archive.name} is broken or cut short: {error}.", "Fetch it again."
        ) from error
    except OSError as error:
        if error.errno is not None:  # the disk's; a broken gzip stream has no number
            raise
        raise IntegrityError(f"{archive.name} is broken: {error}.", "Fetch it again.") from error
    except Exception as error:  # zlib.error and lzma.LZMAError have no common parent
        if type(error).__module__ not in ("zlib", "lzma", "_lzma"):
            raise
        raise IntegrityError(f"{archive.name} is broken: {error}.", "Fetch it again.") from error
    return _model_folder(archive, destination)


def _members(archive: Path) -> Iterator[_Member]:
    """Name, declared size and a way to read each file."""
    if archive.suffix == ".zip":
        with zipfile.ZipFile(archive) as packed:
            for entry in packed.infolist():
                mode = entry.external_attr >> 16
                if (mode & 0o170000) == 0o120000:
                    raise _refused(archive, f"{entry.filename} is a link")
                if entry.flag_bits & 1:
                    raise _refused(archive, f"{entry.filename} is encrypted")
                if not entry.is_dir():
                    yield entry.orig_filename, entry.file_size, _opener(packed, entry)
        return
    with tarfile.open(archive, "r:*") as tape:
        for member in tape:
            if member.isdir():
                continue
            file = tape.extractfile(member) if member.isreg() else None
            if file is None:
                raise _refused(archive, f"{member.name} is a link or a device")
            yield member.name, member.size, lambda file=file: file  # type: ignore[misc]


def _opener(packed: zipfile.ZipFile, entry: zipfile.ZipInfo) -> Callable[[], IO[bytes]]:
    return lambda: packed.open(entry)


def _inside(archive: Path, name: str) -> Path:
    parts = PurePosixPath(name).parts
    if (
        not parts
        or name.startswith("/")
        or ".." in parts
        or any(character in name for character in "\\:\0")
    ):
        raise _refused(archive, f"{name!r} reaches outside its folder")
    return Path(*parts)


def _model_folder(archive: Path, destination: Path) -> Path:
    found = sorted(path.parent for path in destination.rglob("config.json"))
    top = [path for path in found if len(path.parts) == min(len(p.parts) for p in found)]
    if len(top) != 1:
        what = "no config.json" if not top else f"{len(top)} models"
        raise UnsupportedModelError(
            f"{archive.name} holds {what}.",
            "Pack one folder that was written by save_pretrained.",
        )
    return top[0]


def _refused(archive: Path, reason: str) -> IntegrityError:
    return IntegrityError(
        f"{archive.name} was not unpacked: {reason}.",
        "If you trust it, unpack it yourself and name the folder.",
    )
