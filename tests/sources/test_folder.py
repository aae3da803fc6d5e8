import json
from pathlib import Path
from typing import Any

import pytest

from backlit.errors import IntegrityError, UnsupportedModelError
from backlit.progress import SILENT
from backlit.sources import fetch, parse
from backlit.sources.folder import is_whole, read_config, read_index


def get(folder: Path, **options: Any) -> Path:
    return fetch(parse(str(folder)), SILENT, **options)


def test_a_folder_is_used_where_it_lies(write_folder: Any, tmp_path: Path, cache: Path) -> None:
    folder = write_folder(tmp_path / "mine")
    assert get(folder) == folder
    assert not cache.exists()


@pytest.mark.parametrize(
    "config",
    [
        {"architectures": ["GPT2LMHeadModel"], "model_type": "gpt2"},
        {"architectures": ["Gemma3ForConditionalGeneration"], "model_type": "gemma3"},
        {"architectures": None, "model_type": "llama"},
    ],
)
def test_whatever_transformers_loads_as_a_causal_model_is_one(
    write_folder: Any, tmp_path: Path, config: dict[str, Any]
) -> None:
    folder = write_folder(tmp_path / "mine", **config)
    assert get(folder) == folder


@pytest.mark.parametrize(
    "config",
    [
        {"architectures": ["BertForMaskedLM"], "model_type": "bert"},
        {"architectures": ["T5ForConditionalGeneration"], "model_type": "t5"},
        {"architectures": ["LlamaForSequenceClassification"]},
        {"architectures": [], "model_type": "no-such-type"},
    ],
)
def test_other_kinds_of_models_are_refused(
    write_folder: Any, tmp_path: Path, config: dict[str, Any]
) -> None:
    folder = write_folder(tmp_path / "mine", **config)
    with pytest.raises(UnsupportedModelError, match="not a causal language model"):
        get(folder)


def test_code_in_a_checkpoint_needs_trust(write_folder: Any, tmp_path: Path) -> None:
    own = {"auto_map": {"AutoModelForCausalLM": "modeling.Mine"}, "model_type": "mine"}
    folder = write_folder(tmp_path / "mine", **own, architectures=["MineForCausalLM"])
    with pytest.raises(UnsupportedModelError, match="--trust-remote-code"):
        get(folder)
    assert get(folder, trust_remote_code=True) == folder


def test_code_is_not_needed_where_transformers_has_its_own(
    write_folder: Any, tmp_path: Path
) -> None:
    folder = write_folder(tmp_path / "mine", auto_map={"AutoModelForCausalLM": "modeling.Mine"})
    assert get(folder) == folder


@pytest.mark.parametrize("name", ["pytorch_model.bin", "model.pt", "model.pkl"])
def test_pickles_are_refused(write_folder: Any, tmp_path: Path, name: str) -> None:
    folder = write_folder(tmp_path / "mine")
    (folder / "model.safetensors").rename(folder / name)
    with pytest.raises(UnsupportedModelError, match=r"run code.*save_pretrained"):
        get(folder)


def test_shards(write_folder: Any, tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "mine")
    (folder / "model.safetensors").rename(folder / "model-00001-of-00002.safetensors")
    shards = {f"w{i}": f"model-0000{i}-of-00002.safetensors" for i in (1, 2)}
    index = folder / "model.safetensors.index.json"
    index.write_text(json.dumps({"weight_map": shards}))
    with pytest.raises(IntegrityError, match=r"1 of its weight files \(model-00002"):
        get(folder)
    (folder / "model-00002-of-00002.safetensors").write_bytes(b"more")
    assert get(folder) == folder
    index.write_text("[]")
    with pytest.raises(IntegrityError, match="not an index"):
        get(folder)


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        (lambda f: (f / "config.json").unlink(), UnsupportedModelError, r"no config\.json"),
        (lambda f: (f / "config.json").write_text("{"), IntegrityError, "not valid JSON"),
        (lambda f: (f / "config.json").write_text("[]"), IntegrityError, "not a JSON object"),
        (lambda f: (f / "tokenizer.json").unlink(), UnsupportedModelError, "no tokenizer"),
        (lambda f: (f / "model.safetensors").unlink(), UnsupportedModelError, "save_pretrained"),
    ],
)
def test_what_is_missing_is_named(
    write_folder: Any, tmp_path: Path, change: Any, error: type[Exception], message: str
) -> None:
    folder = write_folder(tmp_path / "mine")
    change(folder)
    with pytest.raises(error, match=message):
        get(folder)


def test_an_adapter_is_told_from_a_model(write_folder: Any, tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "mine")
    (folder / "model.safetensors").rename(folder / "adapter_model.safetensors")
    (folder / "adapter_config.json").write_text("{}")
    with pytest.raises(UnsupportedModelError, match=r"adapter.*Merge"):
        get(folder)


def test_a_folder_of_gguf_files_points_to_one(tmp_path: Path) -> None:
    (tmp_path / "a.gguf").write_bytes(b"GGUF")
    with pytest.raises(UnsupportedModelError, match=r"Name the file instead: .*a\.gguf"):
        get(tmp_path)


def test_a_folder_is_whole_with_a_configuration_and_all_weights(
    write_folder: Any, tmp_path: Path
) -> None:
    folder = write_folder(tmp_path / "mine")
    assert is_whole(folder)
    (folder / "model.safetensors").rename(folder / "a.safetensors")
    assert not is_whole(folder)
    index = folder / "model.safetensors.index.json"
    index.write_text('{"weight_map": {"w": "a.safetensors"}}')
    assert is_whole(folder)
    index.write_text('{"weight_map": {"w": "a.safetensors", "v": "b.safetensors"}}')
    assert not is_whole(folder)
    (folder / "model.safetensors").touch()
    assert is_whole(folder), "one file serves, whatever an index says"
    (folder / "config.json").unlink()
    assert not is_whole(folder)
    assert not is_whole(tmp_path / "nowhere")


@pytest.mark.parametrize("content", ["{", "[]", '{"weight_map": []}', '{"weight_map": null}', "3"])
def test_what_is_no_index_of_weights(tmp_path: Path, content: str) -> None:
    (tmp_path / "index.json").write_text(content)
    with pytest.raises(IntegrityError, match=r"index\.json is not an index of weights"):
        read_index(tmp_path / "index.json")


def test_a_configuration_is_read_as_utf8(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_bytes('{"name": "çilek"}'.encode())
    assert read_config(tmp_path / "config.json") == {"name": "çilek"}
    (tmp_path / "config.json").write_bytes(b'{"name": "\xe7"}')
    with pytest.raises(IntegrityError, match="not valid JSON"):
        read_config(tmp_path / "config.json")
