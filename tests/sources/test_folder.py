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


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({"hidden_size": "32"}, "hidden_size is not a number above 0"),
        ({"hidden_size": 32.5}, "hidden_size is not a number above 0"),
        ({"max_position_embeddings": "long"}, "max_position_embeddings is not a number above 0"),
        ({"max_position_embeddings": -1}, "max_position_embeddings is not a number above 0"),
        ({"eos_token_id": "</s>"}, "eos_token_id is not an id or a list of ids"),
        ({"eos_token_id": [1, "</s>"]}, "eos_token_id is not an id or a list of ids"),
        ({"architectures": 5}, "architectures is not a list of names"),
        ({"architectures": "LlamaForCausalLM"}, "architectures is not a list of names"),
        ({"architectures": [5]}, "architectures is not a list of names"),
        ({"auto_map": 5}, "auto_map is not an object"),
        ({"auto_map": "AutoModelForCausalLM"}, "auto_map is not an object"),
        ({"model_type": 5}, "model_type is not a name"),
        ({"num_hidden_layers": 1_000_000}, "num_hidden_layers is not at most 10,000"),
        ({"n_layer": 10**12}, "n_layer is not at most 10,000"),
        ({"text_config": {"vocab_size": "x"}}, "vocab_size is not a number above 0"),
    ],
)
def test_a_configuration_that_can_not_be_right(
    write_folder: Any, tmp_path: Path, config: dict[str, Any], message: str
) -> None:
    folder = write_folder(tmp_path / "mine", **config)
    for trust in (False, True):
        with pytest.raises(IntegrityError, match=message) as raised:
            get(folder, trust_remote_code=trust)
        assert raised.value.hint


def test_what_a_configuration_may_leave_open(write_folder: Any, tmp_path: Path) -> None:
    open_ = {"auto_map": None, "eos_token_id": [1, 2], "pad_token_id": None, "hidden_size": None}
    folder = write_folder(tmp_path / "mine", **open_, _attn_implementation="sdpa")
    assert get(folder) == folder


@pytest.mark.parametrize(
    "config",
    [
        {"_attn_implementation": "evil/kernel"},
        {"attn_implementation": "evil/kernel:function"},
        {"_attn_implementation": {"": "sdpa", "text_config": "evil/kernel"}},
        {"text_config": {"_attn_implementation_internal": "evil/kernel"}},
        {"experts_implementation": "evil/kernel"},
    ],
)
def test_kernels_of_strangers_need_trust(
    write_folder: Any, tmp_path: Path, config: dict[str, Any]
) -> None:
    folder = write_folder(tmp_path / "mine", **config)
    with pytest.raises(UnsupportedModelError, match=r"code of evil/kernel.*--trust-remote-code"):
        get(folder)
    assert get(folder, trust_remote_code=True) == folder


@pytest.mark.parametrize(
    "name", ["../x", "/etc/passwd", "a/../../x", "..", "", "C:x", "..\\x", "sub/x", 5, None]
)
def test_weights_outside_the_folder_are_refused(
    write_folder: Any, tmp_path: Path, name: object
) -> None:
    folder = write_folder(tmp_path / "mine")
    (folder / "model.safetensors").rename(folder / "a.safetensors")
    weights = {"w0": "a.safetensors", "w1": name}
    (folder / "model.safetensors.index.json").write_text(json.dumps({"weight_map": weights}))
    with pytest.raises(IntegrityError, match="names a file outside its folder"):
        get(folder)
    assert not is_whole(folder)


def test_json_without_end_is_not_json(write_folder: Any, tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "mine")
    (folder / "config.json").write_text("[" * 200_000)
    with pytest.raises(IntegrityError, match="not valid JSON"):
        get(folder)


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
