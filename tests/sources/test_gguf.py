"""Conversions are real here: a llama of two thin layers goes through transformers."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from backlit.errors import Cancelled, DiskError, IntegrityError, SourceError, UnsupportedModelError
from backlit.sources import fetch, gguf, parse

FETCH = """
import os, signal, sys
from backlit.sources import cache, fetch, parse
path, die_at = sys.argv[1:]
phases = []
def die(*_):
    os.kill(os.getpid(), signal.SIGKILL)
def progress(phase, done, total):
    if phase not in phases:
        phases.append(phase)
    if phase == die_at:
        die()
if die_at == "rename":
    cache.Path.replace = die
print(fetch(parse(path), progress), *phases, sep="|")
"""


def start(path: Path, die_at: str = "never") -> "subprocess.Popen[str]":
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(p for p in sys.path if p)}
    return subprocess.Popen(
        [sys.executable, "-c", FETCH, str(path), die_at],
        stdout=subprocess.PIPE,
        text=True,
        env=environment,
    )


@pytest.fixture(scope="module")
def converted(tiny_gguf: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tiny model, converted once for the tests that only look at it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("BACKLIT_CACHE", str(tmp_path_factory.mktemp("shared")))
        return fetch(parse(str(tiny_gguf)), lambda *_: None)


def test_the_folder_gives_the_logits_of_the_gguf_file(tiny_gguf: Path, converted: Path) -> None:
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer, GgufConfig

    path, file = str(tiny_gguf.parent), tiny_gguf.name
    before = AutoModelForCausalLM.from_pretrained(
        path,
        gguf_file=file,
        dtype=torch.float32,
        quantization_config=GgufConfig(dequantize=True),
    )
    after = AutoModelForCausalLM.from_pretrained(converted)
    assert after.dtype == torch.float32
    text = "hell, 👩‍🚀 东京\r\n\tİstanbul"
    ids = AutoTokenizer.from_pretrained(path, gguf_file=file)(text, return_tensors="pt").input_ids
    tokenizer = AutoTokenizer.from_pretrained(converted)
    assert torch.equal(tokenizer(text, return_tensors="pt").input_ids, ids)
    assert tokenizer.eos_token == "<|im_end|>"
    with torch.no_grad():
        assert torch.equal(before(ids).logits, after(ids).logits)


def test_it_is_converted_once(
    tiny_gguf: Path, cache: Path, log: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = fetch(parse(str(tiny_gguf)), log)
    assert log.phases == ["check", "convert", "save"]
    assert first.parent == cache
    assert first.name.startswith("tiny.Q8_0-")
    assert {f.stat().st_mode & 0o777 for f in first.iterdir()} == {
        (first / "config.json").stat().st_mode & 0o777
    }
    copy = tiny_gguf.parent / "copy" / tiny_gguf.name
    copy.parent.mkdir()
    copy.write_bytes(tiny_gguf.read_bytes())
    monkeypatch.setattr(gguf, "convert", None)
    assert fetch(parse(str(copy)), lambda *_: None) == first, "the content is what counts"


def test_a_damaged_copy_is_made_again(
    write_gguf: Any, tmp_path: Path, cheap_conversion: list[bytes]
) -> None:
    path = write_gguf(tmp_path / "tiny.gguf")
    folder = fetch(parse(str(path)), lambda *_: None)
    (folder / "model.safetensors").unlink()
    assert fetch(parse(str(path)), lambda *_: None) == folder
    assert (folder / "model.safetensors").exists()
    assert len(cheap_conversion) == 2


def test_progress_is_shown_in_steps(write_gguf: Any, tmp_path: Path, log: Any) -> None:
    folder = tmp_path / "out"
    folder.mkdir()
    gguf.convert(write_gguf(tmp_path / "tiny.gguf"), folder, log)
    totals = {total for phase, _, total in log.calls if phase == "convert"}
    steps = [done for phase, done, total in log.calls if phase == "convert" and total]
    assert len(totals - {None}) == 1
    assert steps == sorted(steps)
    assert steps[-1] == max(totals - {None})


def test_nothing_is_left_when_it_is_stopped(tiny_gguf: Path, cache: Path, stop_at: Any) -> None:
    began = time.monotonic()
    with pytest.raises(Cancelled):
        fetch(parse(str(tiny_gguf)), stop_at("convert"))
    assert time.monotonic() - began < 2
    assert [f.suffix for f in cache.iterdir()] == [".lock"]


@pytest.mark.parametrize("moment", ["convert", "save", "rename"])
def test_a_killed_conversion_leaves_nothing_that_looks_finished(
    tiny_gguf: Path, cache: Path, moment: str, cheap_conversion: list[bytes]
) -> None:
    with start(tiny_gguf, die_at=moment) as process:
        process.communicate()
    assert process.returncode == -signal.SIGKILL
    assert list(cache.glob("tiny*")) == []
    assert len(list(cache.glob(".*.partial"))) == 1
    folder = fetch(parse(str(tiny_gguf)), lambda *_: None)
    assert folder.is_dir()
    assert list(cache.glob(".*.partial")) == [], "the next start cleans up"


def test_the_next_start_of_another_model_cleans_up_too(
    write_gguf: Any, tmp_path: Path, cache: Path, cheap_conversion: list[bytes]
) -> None:
    stale = cache / ".other-1234.abcd1234.partial"
    stale.mkdir(parents=True)
    fetch(parse(str(write_gguf(tmp_path / "tiny.gguf"))), lambda *_: None)
    assert not stale.exists()


def test_two_at_once_convert_once(tiny_gguf: Path, cache: Path) -> None:
    with start(tiny_gguf) as first, start(tiny_gguf) as second:
        told = [process.communicate()[0].strip().split("|") for process in (first, second)]
    assert told[0][0] == told[1][0]
    assert sorted("convert" in phases for phases in told) == [False, True]
    assert sorted("wait" in phases for phases in told) == [False, True]


def test_the_conversion_ends_with_the_process_that_wants_it(
    tiny_gguf: Path, tmp_path: Path
) -> None:
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(p for p in sys.path if p)}
    command = [sys.executable, "-P", "-m", "backlit.sources.conversion"]
    done = subprocess.run(
        [*command, str(tiny_gguf), str(tmp_path)],
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
    )
    assert done.returncode == 1
    assert not (tmp_path / "tokenizer.json").exists()


def test_weights_that_are_missing_are_not_made_up(write_gguf: Any, tmp_path: Path) -> None:
    path = write_gguf(tmp_path / "half.gguf", layers=1)
    with pytest.raises(UnsupportedModelError, match=r"lacks 9 of its model's weights.*--merge"):
        fetch(parse(str(path)), lambda *_: None)


def test_an_unknown_architecture_is_named(write_gguf: Any, tmp_path: Path) -> None:
    path = write_gguf(tmp_path / "odd.gguf", architecture="oddity")
    with pytest.raises(UnsupportedModelError, match=r"can't read odd\.gguf.*oddity"):
        fetch(parse(str(path)), lambda *_: None)


@pytest.mark.parametrize("share", [0.9, 0.2])
def test_a_file_cut_short_is_broken(
    tiny_gguf: Path, tmp_path: Path, cache: Path, share: float
) -> None:
    path = tmp_path / "cut.gguf"
    content = tiny_gguf.read_bytes()
    path.write_bytes(content[: int(len(content) * share)])
    with pytest.raises(IntegrityError, match=r"cut\.gguf is broken or cut short"):
        fetch(parse(str(path)), lambda *_: None)
    assert [f.suffix for f in cache.iterdir()] == [".lock"]


@pytest.mark.parametrize(
    ("content", "error", "message"),
    [
        (b"", IntegrityError, "is empty"),
        (b"<!doctype html>", UnsupportedModelError, "a web page"),
        (b"PK\x03\x04", UnsupportedModelError, "something else"),
    ],
)
def test_not_a_gguf_file(
    tmp_path: Path, content: bytes, error: type[Exception], message: str
) -> None:
    path = tmp_path / "x.gguf"
    path.write_bytes(content)
    with pytest.raises(error, match=message):
        fetch(parse(str(path)), lambda *_: None)


def test_a_conversion_that_crashes_says_why(
    tiny_gguf: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    log: Any,
) -> None:
    script = tmp_path / "python"
    script.write_text("#!/bin/sh\necho 'Something: odd' >&2\nexit 3\n")
    script.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(script))
    folder = tmp_path / "out"
    folder.mkdir()
    with pytest.raises(UnsupportedModelError, match="could not be converted: Something: odd"):
        gguf.convert(tiny_gguf, folder, log)
    assert "Something: odd" in caplog.text
    script.write_text("#!/bin/sh\nkill -9 $$\n")
    with pytest.raises(SourceError, match="memory ran out"):
        gguf.convert(tiny_gguf, folder, log)


def test_a_full_disk_is_noticed_before(
    tiny_gguf: Path, cache: Path, monkeypatch: pytest.MonkeyPatch, cheap_conversion: list[bytes]
) -> None:
    import shutil
    from types import SimpleNamespace

    from backlit.sources.cache import check_room

    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=1_000_000))
    with pytest.raises(DiskError, match=r"needs 5 MB in .*1 MB are free.*BACKLIT_CACHE"):
        check_room(cache, 5_000_000)


@pytest.mark.parametrize(
    ("number", "message"), [(28, "The disk is full"), (13, "can't be written"), (30, "can't be")]
)
def test_the_disk_is_named_when_it_fails(
    tiny_gguf: Path, cache: Path, monkeypatch: pytest.MonkeyPatch, number: int, message: str
) -> None:
    def fail(*_: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(gguf, "convert", fail)
    with pytest.raises(DiskError, match=rf"{message}.*BACKLIT_CACHE"):
        fetch(parse(str(tiny_gguf)), lambda *_: None)
    assert list(cache.glob(".*.partial")) == []


def test_a_cache_that_cannot_be_a_folder(
    tiny_gguf: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("BACKLIT_CACHE", str(tmp_path / "file"))
    with pytest.raises(DiskError, match="BACKLIT_CACHE"):
        fetch(parse(str(tiny_gguf)), lambda *_: None)
