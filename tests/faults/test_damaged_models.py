"""Damaged files: what is Backlit's own is made anew, what is a person's is named in a sentence."""

import errno
import json
import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from transformers import AutoModelForCausalLM

from backlit.engines import open_engine
from backlit.errors import (
    CapabilityError,
    IntegrityError,
    NotFoundError,
    OfflineError,
    UnsupportedModelError,
)
from backlit.progress import Callback
from backlit.sources import gguf, manifest
from tests.support import tiny

Damage = Callable[[Path], None]


def weights(change: Callable[[bytes], bytes], name: str = "model.safetensors") -> Damage:
    def damage(folder: Path) -> None:
        (folder / name).write_bytes(change((folder / name).read_bytes()))

    return damage


def noise(content: bytes) -> bytes:
    """Other numbers in the weights, of the same size."""
    start = int.from_bytes(content[:8], "little") + 8
    return content[:start] + os.urandom(len(content) - start)


def cut(name: str) -> Damage:
    return weights(lambda content: content[: len(content) // 2], name)


def same_size(name: str) -> Damage:
    return weights(lambda content: b"{" * len(content), name)


DAMAGES: dict[str, Damage] = {
    "weights cut short": cut("model.safetensors"),
    "empty weights": weights(lambda content: b""),
    "a garbled header": weights(lambda content: content[:8] + b"garbage!" * 8 + content[72:]),
    "noise in the weights": weights(noise),
    "no weights": lambda folder: (folder / "model.safetensors").unlink(),
    "no tokenizer": lambda folder: (folder / "tokenizer.json").unlink(),
    "a tokenizer cut short": cut("tokenizer.json"),
    "a garbled tokenizer": same_size("tokenizer.json"),
    "no configuration": lambda folder: (folder / "config.json").unlink(),
    "a configuration cut short": cut("config.json"),
    "a garbled configuration": same_size("config.json"),
    "a garbled manifest": same_size(manifest.FILE),
}


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models") / "tiny"
    tiny.model().save_pretrained(folder)
    tiny.tokenizer("byte_level").save_pretrained(folder)
    return folder


@pytest.fixture
def source(
    tmp_path: Path, whole: Path, monkeypatch: pytest.MonkeyPatch
) -> tuple[str, Path, list[Path]]:
    """A source, the folder of its copy in the cache, and what was made so far."""
    monkeypatch.setenv("BACKLIT_CACHE", str(tmp_path / "cache"))
    made: list[Path] = []

    def convert(path: Path, folder: Path, progress: object) -> None:
        made.append(folder)
        shutil.copytree(whole, folder, dirs_exist_ok=True)

    monkeypatch.setattr(gguf, "convert", convert)
    (tmp_path / "tiny.gguf").write_bytes(b"GGUF")
    name = str(tmp_path / "tiny.gguf")
    open_engine(name)
    (folder,) = (path for path in (tmp_path / "cache" / "models").iterdir() if path.is_dir())
    return name, folder, made


def reads(folder: Path, whole: Path) -> bool:
    names = {path.name for path in whole.iterdir()}
    return all((folder / name).read_bytes() == (whole / name).read_bytes() for name in names)


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_copy_is_noticed_told_and_made_anew(
    source: tuple[str, Path, list[Path]],
    whole: Path,
    damage: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    name, folder, made = source
    DAMAGES[damage](folder)
    open_engine(name).tokenize("The cat")
    assert len(made) == 2
    (told,) = caplog.messages
    assert told == f"The copy of a model in {folder} is damaged, so it is made again."
    assert reads(folder, whole)
    open_engine(name)
    assert len(made) == 2
    assert len(caplog.messages) == 1


@pytest.mark.parametrize("damage", sorted(DAMAGES.keys() - {"noise in the weights"}))
def test_a_copy_of_an_earlier_version_too(
    source: tuple[str, Path, list[Path]], whole: Path, damage: str
) -> None:
    name, folder, made = source
    DAMAGES[damage](folder)
    (folder / manifest.FILE).unlink()
    open_engine(name).tokenize("The cat")
    assert len(made) == (1 if damage == "a garbled manifest" else 2)
    assert reads(folder, whole)


def test_damage_that_nothing_shows_is_found_once_it_can_not_be_opened(
    source: tuple[str, Path, list[Path]], caplog: pytest.LogCaptureFixture
) -> None:
    name, folder, made = source
    tokenizer = folder / "tokenizer.json"
    before = tokenizer.stat().st_mtime_ns
    same_size("tokenizer.json")(folder)
    os.utime(tokenizer, ns=(before, before))
    phases: list[str] = []
    open_engine(name, progress=Callback(lambda phase, *_: phases.append(phase)))
    assert len(made) == 2
    assert "is damaged" in caplog.text
    first_load = phases.index("load")
    assert "check" in phases[first_load:], "hashes are told of"


def test_what_is_whole_is_not_made_again_for_an_error_of_another_cause(
    source: tuple[str, Path, list[Path]], monkeypatch: pytest.MonkeyPatch
) -> None:
    name, _, made = source

    def refuse(*_: object, **__: object) -> None:
        raise ValueError("of a kind that is not known")

    monkeypatch.setattr(AutoModelForCausalLM, "from_pretrained", refuse)
    with pytest.raises(UnsupportedModelError, match="of a kind that is not known"):
        open_engine(name)
    assert len(made) == 1


def test_it_is_made_anew_once(
    source: tuple[str, Path, list[Path]], whole: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name, folder, made = source
    (folder / manifest.FILE).unlink()

    def refuse(*_: object, **__: object) -> None:
        raise ValueError("of a kind that is not known")

    monkeypatch.setattr(AutoModelForCausalLM, "from_pretrained", refuse)
    for _ in range(2):
        with pytest.raises(UnsupportedModelError, match="of a kind that is not known"):
            open_engine(name)
        assert len(made) == 2


def test_what_was_there_stays_if_it_can_not_be_made_anew(
    source: tuple[str, Path, list[Path]], monkeypatch: pytest.MonkeyPatch
) -> None:
    name, folder, _ = source
    same_size("tokenizer.json")(folder)

    def fail(path: Path, folder: Path, progress: object) -> None:
        raise OfflineError("No network.", "Connect.")

    monkeypatch.setattr(gguf, "convert", fail)
    with pytest.raises(OfflineError):
        open_engine(name)
    assert (folder / "model.safetensors").is_file()


def test_a_copy_that_was_only_touched_is_looked_at_once(
    source: tuple[str, Path, list[Path]], monkeypatch: pytest.MonkeyPatch
) -> None:
    name, folder, made = source
    for path in folder.iterdir():
        os.utime(path, (time.time(), 1e9))
    phases: list[list[str]] = []
    for _ in range(2):
        phases.append([])
        follower = Callback(lambda phase, done, total, *_: phases[-1].append(f"{phase} {total}"))
        open_engine(name, progress=follower)
    assert len(made) == 1
    size = sum(path.stat().st_size for path in folder.iterdir() if path.name != manifest.FILE)
    assert f"check {size}" in phases[0]
    assert f"check {size}" not in phases[1]


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        ("weights cut short", r"tiny/model\.safetensors is damaged: "),
        ("empty weights", r"tiny/model\.safetensors is damaged: "),
        ("a garbled header", r"tiny/model\.safetensors is damaged: "),
        ("a configuration cut short", r"tiny/config\.json is not valid JSON"),
        ("a tokenizer cut short", r"tiny could not be opened from .*tiny: "),
        ("no tokenizer", "has no tokenizer"),
    ],
)
def test_a_folder_of_ones_own_is_named(
    whole: Path, tmp_path: Path, damage: str, message: str
) -> None:
    folder = tmp_path / "tiny"
    shutil.copytree(whole, folder)
    DAMAGES[damage](folder)
    with pytest.raises((IntegrityError, UnsupportedModelError), match=message) as raised:
        open_engine(str(folder))
    assert "\n" not in str(raised.value)
    assert raised.value.hint


def test_a_broken_shard_is_named(whole: Path, tmp_path: Path) -> None:
    folder = tmp_path / "tiny"
    shutil.copytree(whole, folder)
    tiny.model().save_pretrained(folder, max_shard_size="20KB")
    (folder / "model.safetensors").unlink()
    second = sorted(folder.glob("model-*.safetensors"))[1]
    cut(second.name)(folder)
    with pytest.raises(IntegrityError, match=second.name):
        open_engine(str(folder))


@pytest.mark.parametrize(
    "error",
    [
        OSError(errno.ENOMEM, "Cannot allocate memory"),
        OSError("Cannot allocate memory (os error 12)"),
        RuntimeError("unable to mmap 540 bytes from file: Cannot allocate memory (12)"),
        MemoryError(),
    ],
)
def test_too_little_memory_is_no_fault_of_the_model(
    source: tuple[str, Path, list[Path]], monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    name, _, made = source

    def fail(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(AutoModelForCausalLM, "from_pretrained", fail)
    with pytest.raises(CapabilityError, match="not enough memory"):
        open_engine(name)
    assert len(made) == 1


def test_a_pipe_is_no_model(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "x.gguf")
    with pytest.raises((UnsupportedModelError, NotFoundError), match=r"nor a \.gguf file"):
        open_engine(str(tmp_path / "x.gguf"))


@pytest.mark.model
def test_the_default_model_is_made_anew(
    smollm2: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    from backlit import sources
    from backlit.sources.cache import models_folder

    kept = sources.copy_of(sources.parse("smollm2"))
    assert kept is not None
    monkeypatch.setenv("BACKLIT_CACHE", str(tmp_path))
    copy = models_folder() / kept.name
    shutil.copytree(kept, copy)
    with (copy / "model.safetensors").open("r+b") as file:
        file.truncate(100_000_000)
    fetched: list[Path] = []

    def convert(path: Path, folder: Path, progress: object) -> None:
        fetched.append(path)
        shutil.copytree(kept, folder, dirs_exist_ok=True)

    monkeypatch.setattr("backlit.sources.wheels.collect", lambda *_: tmp_path / "x.gguf")
    monkeypatch.setattr(gguf, "convert", convert)
    engine = open_engine("smollm2", device="cpu")
    assert len(fetched) == 1
    assert "so it is made again" in caplog.text
    assert json.loads((copy / "config.json").read_text())["model_type"] == "llama"
    assert engine.tokenize("Hello").tokens
