"""A tiny model in each form, made here: only the tests marked for a real model need a network."""

import io
import json
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import gguf
import numpy as np
import pytest
from transformers.convert_slow_tokenizer import bytes_to_unicode

BYTES: list[str] = list(bytes_to_unicode().values())  # type: ignore[no-untyped-call]
WIDTH, LAYERS, HEADS, KEY_HEADS, INNER = 32, 2, 4, 2, 64


class Log:
    """A progress callable that remembers, and stops the work at a phase if asked to."""

    def __init__(self, stop_at: str | None = None) -> None:
        self.calls: list[tuple[str, int, int | None]] = []
        self.stop_at = stop_at

    def __call__(self, phase: str, done: int, total: int | None) -> None:
        from backlit.errors import Cancelled

        self.calls.append((phase, done, total))
        if phase == self.stop_at:
            raise Cancelled

    @property
    def phases(self) -> list[str]:
        """In order, each once."""
        return list(dict.fromkeys(call[0] for call in self.calls))


def _write_gguf(
    path: Path, *, seed: int = 0, layers: int = LAYERS, architecture: str = "llama"
) -> Path:
    """A llama of two thin layers; `layers` fewer than that leaves weights out."""
    tokens = ["<|endoftext|>", "<|im_start|>", "<|im_end|>", *BYTES]
    tokens += ["he", "ll"]
    writer = gguf.GGUFWriter(str(path), architecture)
    writer.add_context_length(64)
    writer.add_embedding_length(WIDTH)
    writer.add_block_count(LAYERS)
    writer.add_feed_forward_length(INNER)
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(KEY_HEADS)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_rope_freq_base(10000.0)
    writer.add_rope_dimension_count(WIDTH // HEADS)
    writer.add_vocab_size(len(tokens))
    writer.add_tokenizer_model("gpt2")
    writer.add_token_list(tokens)
    writer.add_token_merges(["h e", "l l"])
    writer.add_token_types([3] * 3 + [1] * (len(tokens) - 3))
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(2)
    random = np.random.default_rng(seed)

    def add(name: str, *shape: int) -> None:
        values = random.normal(0, 0.3, shape).astype(np.float32)
        if len(shape) == 2:  # norms stay plain; Q8_0 is what a quantized file has
            kind = gguf.GGMLQuantizationType.Q8_0
            writer.add_tensor(name, gguf.quantize(values, kind), raw_dtype=kind)
        else:
            writer.add_tensor(name, values)

    add("token_embd.weight", len(tokens), WIDTH)
    add("output_norm.weight", WIDTH)
    keys = KEY_HEADS * WIDTH // HEADS
    for layer in range(layers):
        block = f"blk.{layer}."
        for norm in ("attn_norm", "ffn_norm"):
            add(f"{block}{norm}.weight", WIDTH)
        add(f"{block}attn_q.weight", WIDTH, WIDTH)
        add(f"{block}attn_k.weight", keys, WIDTH)
        add(f"{block}attn_v.weight", keys, WIDTH)
        add(f"{block}attn_output.weight", WIDTH, WIDTH)
        add(f"{block}ffn_gate.weight", INNER, WIDTH)
        add(f"{block}ffn_up.weight", INNER, WIDTH)
        add(f"{block}ffn_down.weight", WIDTH, INNER)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


@pytest.fixture(scope="session")
def tiny_gguf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return _write_gguf(tmp_path_factory.mktemp("gguf") / "tiny.Q8_0.gguf")


def _write_folder(folder: Path, **config: object) -> Path:
    """What a Hugging Face folder looks like from outside; its weights are not read here."""
    folder.mkdir(parents=True, exist_ok=True)
    content = {"model_type": "llama", "architectures": ["LlamaForCausalLM"], **config}
    (folder / "config.json").write_text(json.dumps(content))
    (folder / "model.safetensors").write_bytes(b"weights")
    (folder / "tokenizer.json").write_text("{}")
    return folder


def _pack(files: dict[str, bytes], suffix: str = ".tar.gz", folder: str = "tiny/") -> bytes:
    """An archive of files, all of them in `folder`."""
    stream = io.BytesIO()
    if suffix == ".zip":
        with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as zipped:
            if folder:
                zipped.mkdir(folder.rstrip("/"))
            for name, content in files.items():
                zipped.writestr(folder + name, content)
        return stream.getvalue()
    with tarfile.open(fileobj=stream, mode="w" if suffix == ".tar" else "w:gz") as packed:
        if folder:
            member = tarfile.TarInfo(folder)
            member.type = tarfile.DIRTYPE
            packed.addfile(member)
        for name, content in files.items():
            member = tarfile.TarInfo(folder + name)
            member.size = len(content)
            packed.addfile(member, io.BytesIO(content))
    return stream.getvalue()


@pytest.fixture(scope="session")
def pack() -> Callable[..., bytes]:
    return _pack


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache of its own for each test; the folder of its models."""
    monkeypatch.setenv("BACKLIT_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache" / "models"


@pytest.fixture
def log() -> Log:
    return Log()


@pytest.fixture
def stop_at() -> type[Log]:
    """`stop_at("convert")` is a progress callable that cancels at that phase."""
    return Log


@pytest.fixture(scope="session")
def write_gguf() -> Callable[..., Path]:
    return _write_gguf


@pytest.fixture(scope="session")
def write_folder() -> Callable[..., Path]:
    return _write_folder


@pytest.fixture
def cheap_conversion(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """Conversion without transformers; the contents of the files that were converted."""
    from backlit.sources import gguf as gguf_files

    converted: list[bytes] = []

    def convert(path: Path, folder: Path, progress: object) -> None:
        gguf_files.check_magic(path)
        converted.append(path.read_bytes())
        _write_folder(folder)

    monkeypatch.setattr(gguf_files, "convert", convert)
    return converted
