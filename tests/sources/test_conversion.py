"""Conversions are real here: a llama of two thin layers goes through transformers."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from backlit.errors import IntegrityError, SourceError, UnsupportedModelError
from backlit.progress import SILENT
from backlit.sources import fetch, parse

pytestmark = pytest.mark.process


@pytest.fixture(scope="module")
def converted(tiny_gguf: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tiny model, converted once for the tests that only look at it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("BACKLIT_CACHE", str(tmp_path_factory.mktemp("shared")))
        return fetch(parse(str(tiny_gguf)), SILENT)


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


def test_the_conversion_ends_with_the_process_that_wants_it(
    tiny_gguf: Path, tmp_path: Path
) -> None:
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(p for p in sys.path if p)}
    command = [sys.executable, "-P", "-m", "backlit.sources.conversion"]
    finished = subprocess.run(
        [*command, str(tiny_gguf), str(tmp_path)],
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
    )
    assert finished.returncode == 1
    assert not (tmp_path / "tokenizer.json").exists()


def test_weights_that_are_missing_are_not_made_up(write_gguf: Any, tmp_path: Path) -> None:
    path = write_gguf(tmp_path / "half.gguf", layers=1)
    with pytest.raises(UnsupportedModelError, match=r"lacks 9 of its model's weights.*--merge"):
        fetch(parse(str(path)), SILENT)


def test_an_unknown_architecture_is_named(write_gguf: Any, tmp_path: Path) -> None:
    path = write_gguf(tmp_path / "odd.gguf", architecture="oddity")
    with pytest.raises(UnsupportedModelError, match=r"can't read odd\.gguf.*oddity"):
        fetch(parse(str(path)), SILENT)


@pytest.mark.parametrize("share", [0.9, 0.2])
def test_a_file_cut_short_is_broken(
    tiny_gguf: Path, tmp_path: Path, cache: Path, share: float
) -> None:
    path = tmp_path / "cut.gguf"
    content = tiny_gguf.read_bytes()
    path.write_bytes(content[: int(len(content) * share)])
    with pytest.raises(IntegrityError, match=r"cut\.gguf is broken or cut short"):
        fetch(parse(str(path)), SILENT)
    assert [f.suffix for f in cache.iterdir()] == [".lock"]


def test_a_loop_is_counted_without_being_changed() -> None:
    from backlit.sources.conversion import counted

    lines: list[dict[str, Any]] = []
    items: Iterator[str] = counted(["a", "b"], "save", lines.append)
    assert next(items) == "a"
    assert lines == [{"phase": "save", "done": 0, "total": 2}]
    assert list(items) == ["b"]
    assert [line["done"] for line in lines] == [0, 1, 2]
    assert list(counted([], "save", lines.append)) == []


def test_what_went_wrong_is_one_line_of_json(write_gguf: Any, tmp_path: Path) -> None:
    """The other tests see errors as `gguf.convert` raises them again."""
    path = write_gguf(tmp_path / "odd.gguf", architecture="oddity")
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(p for p in sys.path if p)}
    with subprocess.Popen(
        [sys.executable, "-P", "-m", "backlit.sources.conversion", str(path), str(tmp_path)],
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None
        *_, last = [json.loads(line) for line in process.stdout]
        assert process.wait() == 0
    assert last["error"] == "UnsupportedModelError"
    assert "oddity" in last["message"]
    assert "Hugging Face folder" in last["hint"]


@pytest.mark.parametrize(
    ("error", "kind", "message"),
    [
        (ValueError("gpt9 is not supported yet.\nMore."), UnsupportedModelError, "gpt9 is not"),
        (MemoryError(), SourceError, "Memory ran out"),
        (ValueError("bad magic\nand more"), IntegrityError, r"cut short \(bad magic\)"),
        (KeyError(), IntegrityError, r"cut short \(KeyError\)"),
    ],
)
def test_errors_of_libraries_are_translated(
    error: Exception, kind: type[SourceError], message: str
) -> None:
    from backlit.sources.conversion import _conversion_error

    translated = _conversion_error(Path("a.gguf"), error)
    assert type(translated) is kind
    assert re.search(message, translated.message)
    assert translated.hint


def test_a_file_is_read_once(tiny_gguf: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import numpy as np

    from backlit.sources.conversion import _read_once

    memmap = np.memmap
    reader = _read_once(str(tiny_gguf))
    assert _read_once(str(tiny_gguf)) is reader
    assert np.memmap is memmap, "left as it was"
    assert type(reader.data) is np.ndarray, "not a memmap, whose slices are slow"
