"""GGUF to safetensors: a program of its own, run by `gguf.convert`.

    python -m backlit.sources.conversion FILE.gguf FOLDER

Writes to standard output one JSON object a line: `{"phase", "done", "total"}`, or
`{"error", "message", "hint"}` with the name of an error class. It ends when its standard
input closes, which it does when the process that started it dies.
"""

import functools
import json
import os
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
    GgufConfig,
    PreTrainedModel,
    modeling_gguf_pytorch_utils,
)
from transformers.utils import logging

from backlit.errors import DiskError, IntegrityError, SourceError, UnsupportedModelError
from backlit.sources.cache import check_free_space

Send = Callable[[dict[str, Any]], None]
"""`send(line)`: one line for the process that waits."""

_GGUFReader = gguf.GGUFReader


def counted(items: Any, phase: str, send: Send) -> Iterator[Any]:
    """The items, in place of a tqdm over them: sends how far the loop is, and draws nothing."""
    total = len(items)
    for done, item in enumerate(items):
        send({"phase": phase, "done": done, "total": total})
        yield item
    send({"phase": phase, "done": total, "total": total})


def convert(path: Path, folder: Path, send: Send) -> None:
    """Read a GGUF file and write a Hugging Face folder.

    Raises:
        UnsupportedModelError: an architecture or tokenizer that transformers can't read.
        IntegrityError: the file is broken.
        DiskError: no room for the result.
    """

    def bar(factory: Callable[..., Any], args: tuple[Any, ...], keywords: dict[str, Any]) -> Any:
        if args and isinstance(args[0], Sized) and "Writing" in keywords.get("desc", ""):
            return counted(args[0], "save", send)
        return factory(*args, **{**keywords, "disable": True})

    logging.set_tqdm_hook(bar)
    # The loop that takes the time uses a tqdm that no hook reaches.
    vars(modeling_gguf_pytorch_utils)["tqdm"] = lambda items, **_: counted(items, "convert", send)
    vars(gguf)["GGUFReader"] = _read_once
    try:
        tokenizer = AutoTokenizer.from_pretrained(str(path.parent), gguf_file=path.name)
        loaded: Any = AutoModelForCausalLM.from_pretrained(
            str(path.parent),
            gguf_file=path.name,
            dtype=torch.float32,
            output_loading_info=True,
            # Plain weights: transformers could also keep them in their GGUF blocks.
            quantization_config=GgufConfig(dequantize=True),
        )
    except Exception as error:
        raise _conversion_error(path, error) from error
    model, loading_info = loaded
    if missing := loading_info["missing_keys"]:  # transformers would leave these at random values
        raise UnsupportedModelError(
            f"{path.name} lacks {len(missing)} of its model's weights ({min(missing)} …).",
            "If it is one of several files, join them first (gguf-split --merge).",
        )
    _remove_quantization_marks(model)
    models = folder.parent.parent
    check_free_space(models, 4 * sum(parameter.numel() for parameter in model.parameters()))
    send({"phase": "save", "done": 0, "total": None})
    try:
        model.save_pretrained(folder)
        tokenizer.save_pretrained(folder)
    except Exception as error:
        if "No space left" in str(error) or "os error 28" in str(error):
            raise DiskError(
                f"The disk is full: there was no room for the model in {models}.",
                "Make room there, or set BACKLIT_CACHE to a folder on another disk.",
            ) from error
        raise
    for file in folder.iterdir():  # safetensors are written for their owner only
        file.chmod((folder / "config.json").stat().st_mode)


@functools.cache
def _read_once(path: str) -> gguf.GGUFReader:
    """Read a GGUF file once; transformers does so three times, ten seconds each for Gemma 3.

    The reader takes a slice for every token of the vocabulary, which is slow on a memmap and
    quick on a plain array of the same memory.
    """
    memmap = np.memmap
    vars(np)["memmap"] = lambda *args, **keywords: memmap(*args, **keywords).view(np.ndarray)
    try:
        return _GGUFReader(path)
    finally:
        vars(np)["memmap"] = memmap


def _remove_quantization_marks(model: PreTrainedModel) -> None:
    """Take off the marks of quantization that make `save_pretrained` refuse plain weights."""
    for owner, name in ((model, "hf_quantizer"), (model.config, "quantization_config")):
        if getattr(owner, name, None) is not None:
            delattr(owner, name)


def _conversion_error(path: Path, error: Exception) -> SourceError:
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
    output = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # what libraries print must not mix with it

    def send(line: dict[str, Any]) -> None:
        output.write(json.dumps(line) + "\n")
        output.flush()

    def end_with_parent() -> None:
        sys.stdin.buffer.read()
        os._exit(1)

    threading.Thread(target=end_with_parent, daemon=True).start()
    try:
        convert(Path(sys.argv[1]), Path(sys.argv[2]), send)
    except SourceError as error:
        send({"error": error.code, "message": error.message, "hint": error.hint})
    sys.stdout.flush()
    output.close()
    os._exit(0)  # the thread above may sit in a read that an orderly end would wait for


if __name__ == "__main__":
    main()
