"""Archives of models, and archives that were made to do harm."""

import gzip
import io
import json
import stat
import tarfile
import tracemalloc
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from backlit.errors import Cancelled, DiskError, IntegrityError, UnsupportedModelError
from backlit.progress import SILENT, Progress
from backlit.sources import archive, cache

CONFIG = json.dumps({"architectures": ["LlamaForCausalLM"], "model_type": "llama"}).encode()
FILES = {"config.json": CONFIG, "model.safetensors": b"weights", "tokenizer.json": b"{}"}
SUFFIXES = [".tar.gz", ".tgz", ".tar", ".zip"]

Unpack = Callable[..., Path]


@pytest.fixture
def unpack(tmp_path: Path) -> Unpack:
    """`unpack(content, suffix)` writes an archive and unpacks it into `tmp_path/in/out`."""

    def run(content: bytes, suffix: str = ".tar", progress: Progress = SILENT) -> Path:
        path = tmp_path / f"tiny{suffix}"
        path.write_bytes(content)
        (tmp_path / "in").mkdir()
        return archive.unpack(path, tmp_path / "in" / "out", progress)

    return run


def files_below(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def tar_of(*members: tarfile.TarInfo) -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as packed:
        for member in members:
            packed.addfile(member, io.BytesIO(bytes(member.size)))
    return stream.getvalue()


def member(name: str, kind: bytes = tarfile.REGTYPE, link: str = "", size: int = 0) -> Any:
    info = tarfile.TarInfo(name)
    info.type, info.linkname, info.size = kind, link, size
    return info


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("folder", ["", "tiny/", "a/b/", "./tiny/"])
def test_the_folder_with_the_configuration(
    unpack: Unpack, pack: Any, tmp_path: Path, suffix: str, folder: str, log: Any
) -> None:
    nested = FILES | {"extra/config.json": b"{}"}
    model = unpack(pack(nested, suffix, folder), suffix, log)
    assert model == tmp_path / "in" / "out" / folder
    assert files_below(model) == nested
    assert log.phases == ["unpack"]
    assert log.calls[-1] == ("unpack", sum(map(len, nested.values())), None)


@pytest.mark.parametrize(
    "name",
    ["../out", "/etc/out", "//etc/out", "a/../../x", "..\\out", "C:\\out", "C:out", "a\\..\\..\\x"],
)
@pytest.mark.parametrize("suffix", [".tar.gz", ".zip"])
def test_nothing_is_written_outside(
    unpack: Unpack, pack: Any, tmp_path: Path, name: str, suffix: str
) -> None:
    with pytest.raises(IntegrityError, match=r"tiny\..* was not unpacked: .* reaches outside"):
        unpack(pack({name: b"x", **FILES}, suffix, folder=""), suffix)
    assert files_below(tmp_path / "in") == {}


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE])
@pytest.mark.parametrize("link", ["/etc/passwd", "../../x", "config.json"])
def test_links_are_refused_wherever_they_lead(unpack: Unpack, kind: bytes, link: str) -> None:
    content = tar_of(member("config.json"), member("model.safetensors", kind, link))
    with pytest.raises(IntegrityError, match=r"model\.safetensors is a link"):
        unpack(content)


@pytest.mark.parametrize("kind", [tarfile.CHRTYPE, tarfile.BLKTYPE, tarfile.FIFOTYPE])
def test_devices_are_refused(unpack: Unpack, kind: bytes) -> None:
    with pytest.raises(IntegrityError, match=r"model\.safetensors is a device"):
        unpack(tar_of(member("model.safetensors", kind)))


def test_a_folder_outside_is_refused(unpack: Unpack, tmp_path: Path) -> None:
    with pytest.raises(IntegrityError, match="reaches outside"):
        unpack(tar_of(member("../x", tarfile.DIRTYPE)))
    assert not (tmp_path / "in" / "x").exists()


def test_links_in_zip_files_are_refused(unpack: Unpack) -> None:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as packed:
        entry = zipfile.ZipInfo("model.safetensors")
        entry.external_attr = (stat.S_IFLNK | 0o777) << 16
        packed.writestr(entry, "/etc/passwd")
    with pytest.raises(IntegrityError, match=r"model\.safetensors is a link"):
        unpack(stream.getvalue(), ".zip")


def test_encrypted_zip_files_are_refused(unpack: Unpack, pack: Any) -> None:
    content = bytearray(pack({"config.json": CONFIG}, ".zip", folder=""))
    flags = content.rindex(b"PK\x01\x02") + 8  # in the directory at the end
    content[flags] |= 1
    with pytest.raises(IntegrityError, match=r"config\.json is encrypted"):
        unpack(bytes(content), ".zip")


def test_permissions_of_the_archive_are_not_taken(unpack: Unpack) -> None:
    program = member("config.json", size=1)
    program.mode = 0o6777
    mode = (unpack(tar_of(program)) / "config.json").stat().st_mode
    assert mode & 0o7111 == 0


def test_a_python_without_the_filter_unpacks_no_tar(
    unpack: Unpack, pack: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(tarfile, "data_filter")
    with pytest.raises(UnsupportedModelError, match=r"Python 3\.11\.4 or newer, or pack .* \.zip"):
        unpack(pack(FILES))


@pytest.mark.parametrize("suffix", [".tar.gz", ".zip"])
def test_bombs_do_not_go_off(
    unpack: Unpack, pack: Any, tmp_path: Path, suffix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archive, "MIN_SIZE_LIMIT", 1000)
    with pytest.raises(IntegrityError, match="far more than a model"):
        unpack(pack({**FILES, "bomb": bytes(1_000_000)}, suffix), suffix)
    assert "tiny/bomb" not in files_below(tmp_path / "in" / "out")


def test_a_size_that_was_declared_is_not_trusted(
    unpack: Unpack, pack: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archive, "MIN_SIZE_LIMIT", 1000)
    liar = ("bomb", 0, lambda: io.BytesIO(bytes(1_000_000)))
    monkeypatch.setattr(archive, "_zip_files", lambda *_: iter([liar]))
    with pytest.raises(IntegrityError, match="far more than a model"):
        unpack(pack(FILES, ".zip"), ".zip")


@pytest.mark.parametrize("suffix", [".tar.gz", ".zip"])
def test_the_number_of_files_has_a_limit(
    unpack: Unpack, pack: Any, suffix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archive, "MAX_FILES", len(FILES))
    with pytest.raises(IntegrityError, match="far more than a model"):
        unpack(pack({**FILES, "more": b""}, suffix), suffix)


def test_as_many_files_as_the_limit_are_fine(
    unpack: Unpack, pack: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archive, "MAX_FILES", len(FILES))
    assert files_below(unpack(pack(FILES), ".tar.gz")) == FILES


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize(
    "damage",
    [lambda b: b[: len(b) // 2], lambda b: b"not an archive at all", lambda b: b""],
    ids=["cut short", "text", "empty"],
)
def test_broken_archives(
    unpack: Unpack, pack: Any, suffix: str, damage: Callable[[bytes], bytes]
) -> None:
    noise = {**FILES, "noise": bytes(range(256)) * 200}
    with pytest.raises(IntegrityError, match=r"tiny\..* is broken or cut short") as caught:
        unpack(damage(pack(noise, suffix)), suffix)
    assert caught.value.hint == "Fetch it again."
    assert "\n" not in caught.value.message


@pytest.mark.parametrize("suffix", [".tar.gz", ".zip"])
def test_packed_bytes_that_were_damaged(unpack: Unpack, pack: Any, suffix: str) -> None:
    content = bytearray(pack({**FILES, "noise": bytes(range(256)) * 20}, suffix))
    middle = len(content) // 2
    content[middle : middle + 20] = b"\xff" * 20
    with pytest.raises(IntegrityError, match="is broken or cut short"):
        unpack(bytes(content), suffix)


def test_a_file_twice_in_a_zip(unpack: Unpack, pack: Any) -> None:
    stream = io.BytesIO(pack(FILES, ".zip"))
    with zipfile.ZipFile(stream, "a") as packed, pytest.warns(UserWarning, match="Duplicate"):
        packed.writestr("tiny/config.json", b"{}")
    with pytest.raises(IntegrityError, match="same name"):
        unpack(stream.getvalue(), ".zip")


def header(kind: bytes, size: int) -> bytes:
    """The start of a member: what follows is only said."""
    info = tarfile.TarInfo("header")
    info.type, info.size = kind, size
    return info.tobuf(tarfile.GNU_FORMAT)


@pytest.mark.parametrize(
    "kind",
    [
        tarfile.GNUTYPE_LONGNAME,
        tarfile.GNUTYPE_LONGLINK,
        tarfile.XHDTYPE,
        tarfile.XGLTYPE,
        tarfile.SOLARIS_XHDTYPE,
    ],
)
@pytest.mark.parametrize("suffix", [".tar", ".tar.gz"])
def test_headers_do_not_grow(
    unpack: Unpack, kind: bytes, suffix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = header(kind, 50_000_000) + bytes(50_000_000)
    content = gzip.compress(content, 1) if suffix == ".tar.gz" else content
    tracemalloc.start()
    with pytest.raises(IntegrityError, match="was not unpacked: a header in it has 50,000,000 b"):
        unpack(content, suffix)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 5_000_000


@pytest.mark.parametrize("form", [tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_long_names_are_no_harm(unpack: Unpack, form: int) -> None:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w", format=form) as packed:
        for name in ("config.json", "/".join(["folder" * 30] * 10) + "/ü.txt"):
            packed.addfile(member(name, size=1), io.BytesIO(b"x"))
    assert len(files_below(unpack(stream.getvalue()))) == 2


@pytest.mark.parametrize("old", [True, False])
def test_files_with_holes_are_refused(unpack: Unpack, old: bool) -> None:
    if old:
        content = header(tarfile.GNUTYPE_SPARSE, 0)
    else:
        info = member("weights", size=512)
        info.pax_headers = {"GNU.sparse.major": "1", "GNU.sparse.minor": "0"}
        content = info.tobuf(tarfile.PAX_FORMAT) + b"200\n" + b"1\n" * 10_000_000
    with pytest.raises(IntegrityError, match="was not unpacked: a file in it has holes"):
        unpack(content)


def test_folders_without_end_are_refused(unpack: Unpack, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "MAX_FILES", 10)
    folders = [member(f"{number}", tarfile.DIRTYPE) for number in range(30)]
    with pytest.raises(IntegrityError, match="far more files and folders"):
        unpack(tar_of(*folders))


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_name_too_long_for_the_disk(unpack: Unpack, pack: Any, suffix: str) -> None:
    with pytest.raises(IntegrityError, match="the name of a file in it is too long") as caught:
        unpack(pack({**FILES, "x" * 300: b""}, suffix), suffix)
    assert caught.value.hint


@pytest.mark.parametrize("names", [("a", "a"), ("a", "a/b"), ("a/b", "a")])
def test_a_name_twice_in_a_tar(unpack: Unpack, names: tuple[str, str]) -> None:
    with pytest.raises(IntegrityError, match="same name"):
        unpack(tar_of(*map(member, names)))


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({"readme.txt": b""}, "holds no config.json"),
        ({"a/config.json": CONFIG, "b/config.json": CONFIG}, "holds 2 models"),
    ],
)
def test_archives_without_a_model(
    unpack: Unpack, pack: Any, files: dict[str, bytes], message: str
) -> None:
    with pytest.raises(UnsupportedModelError, match=message) as caught:
        unpack(pack(files), ".tgz")
    assert "save_pretrained" in caught.value.hint


def test_no_room(unpack: Unpack, pack: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache, "_MARGIN", 10**18)
    with pytest.raises(DiskError, match="MB are free"):
        unpack(pack(FILES), ".tgz")


def test_errors_of_the_disk_are_not_those_of_the_archive(
    unpack: Unpack, pack: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(archive, "check_free_space", fail)
    with pytest.raises(OSError, match="No space left"):
        unpack(pack(FILES), ".tgz")


def test_it_is_stopped_in_the_middle_of_a_file(
    unpack: Unpack, pack: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stop_at: Any
) -> None:
    monkeypatch.setattr(archive, "_BLOCK", 10)
    with pytest.raises(Cancelled):
        unpack(pack({"config.json": bytes(100)}), ".tgz", stop_at("unpack"))
    assert len(files_below(tmp_path / "in" / "out")["tiny/config.json"]) == 10
