"""GGUF to safetensors: a program of its own, run by `gguf.convert`.

    python -m backlit.sources.conversion FILE.gguf FOLDER

Reports on standard output, one JSON object a line: `{"phase", "done", "total"}`, or
`{"error", "message", "hint"}` with the name of an error class. It ends when its standard
input closes, which it does when the process that started it dies.
"""

import functools
import json
import os
import shutil
import sys
import threading
from collections.abc import Callable, Iterator, Sized
from pathlib import Path
from typing import Any

import gguf
import numpy as np
import torch
from transformers import (
    AutoModelForCausalLM,
    AutoTokenizer,
    PreTrainedModel,
    modeling_gguf_pytorch_utils,
)
from transformers.utils import logging

from backlit.errors import DiskError, IntegrityError, SourceError, UnsupportedModelError

Report = Callable[[dict[str, Any]], None]

_Reader = gguf.GGUFReader
_OVERHEAD = 50_000_000  # bytes for the tokenizer and the rest


class Bar:
    """Stands in for tqdm: says how far a loop is, and draws nothing."""

    def __init__(self, items: Any, phase: str, total: int, report: Report) -> None:
        self._items, self._phase, self._total, self._report = items, phase, total, report

    def __iter__(self) -> Iterator[Any]:
        for done, item in enumerate(self._items):
            self._report({"phase": self._phase, "done": done, "total": self._total})
            yield item
        self._report({"phase": self._phase, "done": self._total, "total": self._total})


def convert(path: Path, folder: Path, report: Report) -> None:
    """Read a GGUF file and write a Hugging Face folder.

    Raises:
        UnsupportedModelError: an architecture or tokenizer that transformers can't read.
        IntegrityError: the file is broken.
        DiskError: no room for the result.
    """

    def bar(factory: Callable[..., Any], args: tuple[Any, ...], keywords: dict[str, Any]) -> Any:
        if args and isinstance(args[0], Sized) and "Writing" in keywords.get("desc", ""):
            return Bar(args[0], "save", len(args[0]), report)
        return factory(*args, **{**keywords, "disable": True})

    if hasattr(logging, "set_tqdm_hook"):  # not in the first 5.x
        logging.set_tqdm_hook(bar)
    # The loop that takes the time uses a tqdm that no hook reaches.
    vars(modeling_gguf_pytorch_utils)["tqdm"] = lambda items, **_: Bar(
        items, "convert", len(items), report
    )
    vars(gguf)["GGUFReader"] = _reader
    try:
        tokenizer = AutoTokenizer.from_pretrained(str(path.parent), gguf_file=path.name)
        loaded: Any = AutoModelForCausalLM.from_pretrained(
            str(path.parent),
            gguf_file=path.name,
            dtype=torch.float32,
            output_loading_info=True,
            **_dequantized(),
        )
    except Exception as error:
        raise _refusal(path, error) from error
    model, found = loaded
    if found["missing_keys"]:  # transformers would leave these at random values
        raise UnsupportedModelError(
            f"{path.name} lacks {len(found['missing_keys'])} of its model's weights "
            f"({min(found['missing_keys'])} …).",
            "If it is one of several files, join them first (gguf-split --merge).",
        )
    _forget_quantization(model)
    need = 4 * sum(parameter.numel() for parameter in model.parameters()) + _OVERHEAD
    free = shutil.disk_usage(folder).free
    if free < need:
        raise DiskError(
            f"The model needs {need / 1e6:,.0f} MB in {folder.parent.parent}, where "
            f"{free / 1e6:,.0f} MB are free.",
            "Make room there, or set BACKLIT_CACHE to a folder on another disk.",
        )
    report({"phase": "save", "done": 0, "total": None})
    try:
        model.save_pretrained(folder)
        tokenizer.save_pretrained(folder)
    except Exception as error:
        if "No space left" in str(error) or "os error 28" in str(error):
            raise DiskError(
                f"The disk is full: there was no room for the model in {folder.parent.parent}.",
                "Make room there, or set BACKLIT_CACHE to a folder on another disk.",
            ) from error
        raise
    for written in folder.iterdir():  # safetensors are written for their owner only
        written.chmod((folder / "config.json").stat().st_mode)


@functools.cache
def _reader(path: str) -> gguf.GGUFReader:
    """Reads a GGUF file once; transformers does so three times, ten seconds each for Gemma 3.

    The reader takes a slice for every token of the vocabulary, which is slow on a memmap and
    quick on a plain array of the same memory.
    """
    memmap = np.memmap
    vars(np)["memmap"] = lambda *args, **keywords: memmap(*args, **keywords).view(np.ndarray)
    try:
        return _Reader(path)
    finally:
        vars(np)["memmap"] = memmap


def _dequantized() -> dict[str, Any]:
    """Ask for plain weights, where transformers could also keep them in their GGUF blocks."""
    try:
        from transformers import GgufConfig
    except ImportError:  # older ones always dequantize
        return {}
    return {"quantization_config": GgufConfig(dequantize=True)}


def _forget_quantization(model: PreTrainedModel) -> None:
    """Take off the marks of quantization that make `save_pretrained` refuse plain weights."""
    for owner, name in ((model, "hf_quantizer"), (model.config, "quantization_config")):
        if getattr(owner, name, None) is not None:
            delattr(owner, name)


def _refusal(path: Path, error: Exception) -> SourceError:
    reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
    if "not supported" in reason or "Unknown" in reason:
        return UnsupportedModelError(
            f"transformers can't read {path.name}: {reason}",
            "Name a Hugging Face folder of the same model instead.",
        )
    if isinstance(error, MemoryError):
        return SourceError(
            f"Memory ran out while {path.name} was converted.",
            "Close other programs, or choose a smaller model.",
        )
    return IntegrityError(
        f"{path.name} is broken or cut short ({reason}).",
        "Fetch it again; if it stays so, name a Hugging Face folder of the same model instead.",
    )


def main() -> None:
    """Convert what the command line names."""
    reports = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # libraries may print; reports must not mix

    def report(message: dict[str, Any]) -> None:
        reports.write(json.dumps(message) + "\n")
        reports.flush()

    def end_with_parent() -> None:
        sys.stdin.buffer.read()
        os._exit(1)

    threading.Thread(target=end_with_parent, daemon=True).start()
    try:
        convert(Path(sys.argv[1]), Path(sys.argv[2]), report)
    except SourceError as error:
        report({"error": error.code, "message": error.message, "hint": error.hint})
    sys.stdout.flush()
    reports.close()
    os._exit(0)  # the thread above may sit in a read that an orderly end would wait for


if __name__ == "__main__":
    main()
