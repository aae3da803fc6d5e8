"""Any source becomes a folder: which part of the package does it, and what is kept."""

import sys
from pathlib import Path
from typing import Any

import pytest

from backlit import sources
from backlit.errors import IntegrityError, NotFoundError, UnsupportedModelError
from backlit.progress import SILENT
from backlit.sources import BUILT_IN, BuiltIn, ModelSource, copy_of, fetch, gguf, parse


def test_a_gguf_file_is_converted_once(
    tiny_gguf: Path, tmp_path: Path, cache: Path, log: Any, cheap_conversion: list[bytes]
) -> None:
    first = fetch(parse(str(tiny_gguf)), log)
    assert log.phases == ["check", "save"]
    assert ("check", tiny_gguf.stat().st_size, tiny_gguf.stat().st_size) in log.calls
    assert first.parent == cache
    assert first.name.startswith("tiny.Q8_0-")
    copy = tmp_path / "elsewhere" / tiny_gguf.name
    copy.parent.mkdir()
    copy.write_bytes(tiny_gguf.read_bytes())
    assert fetch(parse(str(copy)), log) == first, "the content is what counts"
    assert len(cheap_conversion) == 1
    copy.write_bytes(tiny_gguf.read_bytes() + b"more")
    assert fetch(parse(str(copy)), log) != first
    assert len(cheap_conversion) == 2


def test_a_damaged_copy_is_made_again(
    write_gguf: Any, tmp_path: Path, cheap_conversion: list[bytes]
) -> None:
    path = write_gguf(tmp_path / "tiny.gguf")
    folder = fetch(parse(str(path)), SILENT)
    (folder / "model.safetensors").unlink()
    assert fetch(parse(str(path)), SILENT) == folder
    assert (folder / "model.safetensors").exists()
    assert len(cheap_conversion) == 2


def test_another_format_of_what_is_written_is_another_copy(
    tiny_gguf: Path, monkeypatch: pytest.MonkeyPatch, cheap_conversion: list[bytes]
) -> None:
    first = fetch(parse(str(tiny_gguf)), SILENT)
    monkeypatch.setattr(sources, "_FORMAT_VERSION", sources._FORMAT_VERSION + 1)
    assert fetch(parse(str(tiny_gguf)), SILENT) != first


@pytest.mark.parametrize(
    ("content", "error", "message"),
    [
        (b"", IntegrityError, "is empty"),
        (b"<!doctype html>", UnsupportedModelError, "a web page"),
        (b"PK\x03\x04", UnsupportedModelError, "something else"),
    ],
)
def test_not_a_gguf_file(
    tmp_path: Path, cache: Path, content: bytes, error: type[Exception], message: str
) -> None:
    path = tmp_path / "x.gguf"
    path.write_bytes(content)
    with pytest.raises(error, match=message):
        fetch(parse(str(path)), SILENT)
    assert not cache.exists()


def test_a_file_that_is_no_model(tmp_path: Path) -> None:
    file = tmp_path / "weights.bin"
    file.write_bytes(b"x")
    with pytest.raises(UnsupportedModelError, match=r"nor a \.gguf file"):
        fetch(parse(str(file)), SILENT)


def test_a_file_that_may_not_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "x.gguf"
    path.write_bytes(b"GGUF")

    def refuse(path: Path) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(gguf, "check_magic", refuse)
    with pytest.raises(NotFoundError, match=r"x\.gguf can't be read: Permission denied"):
        fetch(parse(str(path)), SILENT)


def test_a_folder_comes_before_an_id_of_the_hub(
    write_folder: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_folder(tmp_path / "org" / "name")
    monkeypatch.chdir(tmp_path)
    assert fetch(parse("org/name"), SILENT) == tmp_path / "org" / "name"


def test_a_built_in_name_comes_before_a_folder(
    write_folder: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_folder(tmp_path / "smollm2")
    monkeypatch.chdir(tmp_path)
    fetched: list[BuiltIn] = []

    def fetch_built_in(model: BuiltIn, *_: object) -> Path:
        fetched.append(model)
        return tmp_path

    monkeypatch.setattr(sources, "_fetch_built_in", fetch_built_in)
    fetch(parse("smollm2"), SILENT)
    assert fetched == [BUILT_IN["smollm2"]]
    assert fetch(parse("./smollm2"), SILENT) == tmp_path / "smollm2"


def test_the_hub_and_the_web_are_asked_in_their_turn(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[str, ModelSource]] = []
    for name in ("hub", "web"):

        def fetch_there(source: ModelSource, *_: object, name: str = name, **__: object) -> Path:
            asked.append((name, source))
            return tmp_path

        monkeypatch.setattr(f"backlit.sources.{name}.fetch", fetch_there)
    names = ["org/name@v1", "https://a.example/m.gguf", "http://localhost/m.zip"]
    for name in names:
        assert fetch(parse(name), SILENT) == tmp_path
    assert asked == [("hub", parse(names[0])), ("web", parse(names[1])), ("web", parse(names[2]))]


def test_the_copy_of_a_built_in_model(cache: Path, write_folder: Any) -> None:
    model = BUILT_IN["smollm2"]
    assert copy_of(parse(model.name)) is None
    folder = write_folder(cache / sources._cache_key(model))
    assert copy_of(parse(model.name)) == folder
    (folder / "model.safetensors").unlink()
    assert copy_of(parse(model.name)) is None


def test_notices_go_to_standard_error(capsys: pytest.CaptureFixture[str]) -> None:
    sources.print_notice("Under terms.")
    assert capsys.readouterr() == ("", "Under terms.\n")


def test_nothing_heavy_is_imported_for_names_alone() -> None:
    import subprocess

    code = (
        "import sys, backlit.sources; "
        "print({'torch', 'transformers', 'httpx2', 'huggingface_hub'} & set(sys.modules))"
    )
    printed = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert printed.stdout.strip() == "set()"
