"""From what a person names to a folder; KerasHub is only a list of names here."""

import json
import sys
from importlib import import_module, util
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from backlit.engines import open_engine
from backlit.engines.keras_hub import load, presets
from backlit.engines.keras_hub.runtime import VARIABLE
from backlit.errors import (
    IntegrityError,
    MissingPackageError,
    NotFoundError,
    OptionsError,
    UnsupportedModelError,
)
from backlit.progress import SILENT
from backlit.sources import ModelSource, parse
from backlit.types import Message
from tests.support import tiny

HANDLE = "keras/gemma2/keras/gemma2_instruct_2b_en/2"
PRESET = {"module": "keras_hub.src.models", "class_name": "GemmaBackbone", "config": {}}
LLAMA = {"model_type": "llama", "architectures": ["LlamaForCausalLM"]}


def make_hub() -> SimpleNamespace:
    texts = {"gemma2_instruct_2b_en": {"kaggle_handle": f"kaggle://{HANDLE}"}}
    everything = texts | {"bert_base_en": {"kaggle_handle": "kaggle://keras/bert/keras/b/3"}}
    models = SimpleNamespace(
        CausalLM=SimpleNamespace(presets=texts), Backbone=SimpleNamespace(presets=everything)
    )
    return SimpleNamespace(models=models, __version__="0.99")


def write_preset(folder: Path, config: object = PRESET) -> Path:
    (folder / "assets/tokenizer").mkdir(parents=True)
    (folder / "config.json").write_text(json.dumps(config))
    (folder / "tokenizer.json").write_text("{}")
    (folder / "model.weights.h5").write_bytes(b"weights")
    return folder


def write_huggingface(folder: Path, config: object = LLAMA) -> Path:
    folder.mkdir(parents=True)
    (folder / "config.json").write_text(json.dumps(config))
    (folder / "model.safetensors").write_bytes(b"weights")
    (folder / "tokenizer.json").write_text("{}")
    return folder


def folder_of(text: str, **options: Any) -> Path:
    return presets.folder_of(parse(text), make_hub(), SILENT, **options)


@pytest.fixture
def from_kaggle(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[str]:
    """Kaggle has a whole preset for any address; the addresses that were asked for."""
    asked: list[str] = []
    preset = write_preset(tmp_path / "kaggle")

    def fetch(handle: str, _progress: object) -> Path:
        asked.append(handle)
        return preset

    monkeypatch.setattr("backlit.sources.kaggle.fetch", fetch)
    return asked


@pytest.fixture
def from_hub(monkeypatch: pytest.MonkeyPatch) -> dict[ModelSource, Path]:
    """What the Hugging Face hub has."""
    found: dict[ModelSource, Path] = {}

    def fetch(
        source: ModelSource, _progress: object, *, trust_remote_code: bool, keras: bool
    ) -> Path:
        assert keras
        return found[source]

    monkeypatch.setattr("backlit.sources.hub.fetch", fetch)
    return found


# ---- folders --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "handle"),
    [
        ("keras:gemma2_instruct_2b_en", HANDLE),
        ("gemma2_2b_it:gemma2_instruct_2b_en", HANDLE),
        ("kaggle://me/gemma2/keras/mine", "me/gemma2/keras/mine"),
        ("mine:kaggle://me/gemma2/keras/mine/3", "me/gemma2/keras/mine/3"),
    ],
)
def test_a_preset_is_fetched_from_its_address_on_kaggle(
    text: str, handle: str, from_kaggle: list[str], tmp_path: Path
) -> None:
    assert folder_of(text) == tmp_path / "kaggle"
    assert from_kaggle == [handle]


@pytest.mark.parametrize(
    ("name", "kind", "message"),
    [
        (
            "gemma2_instruct_2b_enn",
            NotFoundError,
            r"KerasHub 0\.99 has no preset gemma2_instruct_2b_enn\. "
            r"Did you mean gemma2_instruct_2b_en\?",
        ),
        ("Gemma2_Instruct_2B_EN", NotFoundError, r"Did you mean gemma2_instruct_2b_en\?"),
        ("xyz", NotFoundError, r"no preset xyz\. Name a preset \(see https://keras"),
        ("bert_base_en", UnsupportedModelError, r"bert_base_en is not a causal language model"),
    ],
)
def test_a_wrong_preset_says_what_is_right(
    name: str, kind: type[Exception], message: str, from_kaggle: list[str]
) -> None:
    with pytest.raises(kind, match=message):
        folder_of(f"keras:{name}")
    assert from_kaggle == []


def test_a_preset_of_kaggle_must_be_whole(from_kaggle: list[str], tmp_path: Path) -> None:
    (tmp_path / "kaggle/tokenizer.json").unlink()
    with pytest.raises(IntegrityError, match=r"lacks tokenizer\.json"):
        folder_of("keras:gemma2_instruct_2b_en")


def test_a_preset_on_this_machine_is_read_where_it_is(
    tmp_path: Path, from_kaggle: list[str]
) -> None:
    folder = write_preset(tmp_path / "mine")
    assert folder_of(f"keras:{folder}") == folder
    (folder / "model.weights.h5").unlink()
    with pytest.raises(IntegrityError, match=r"lacks model\.weights\.h5"):
        folder_of(f"keras:{folder}")
    assert from_kaggle == []


def test_a_hugging_face_folder_is_checked_as_such(tmp_path: Path) -> None:
    folder = write_huggingface(tmp_path / "llama")
    assert folder_of(f"keras:{folder}") == folder
    (folder / "tokenizer.json").unlink()
    with pytest.raises(UnsupportedModelError, match="has no tokenizer"):
        folder_of(f"keras:{folder}")


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("keras:org/llama", ModelSource("llama", "org/llama")),
        ("keras:org/llama@v1", ModelSource("llama", "org/llama", "v1")),
        ("hf://org/llama", ModelSource("llama", "org/llama")),
        ("small:hf://org/llama", ModelSource("small", "org/llama")),
    ],
)
@pytest.mark.parametrize("write", [write_preset, write_huggingface])
def test_the_hugging_face_hub_has_both_kinds(
    write: Any, text: str, wanted: ModelSource, from_hub: dict[ModelSource, Path], tmp_path: Path
) -> None:
    from_hub[wanted] = write(tmp_path / "from hub")
    assert folder_of(text) == tmp_path / "from hub"


def test_a_preset_of_the_hugging_face_hub_must_be_whole(
    from_hub: dict[ModelSource, Path], tmp_path: Path
) -> None:
    folder = write_preset(tmp_path / "from hub")
    (folder / "model.weights.h5").unlink()
    from_hub[ModelSource("gemma", "org/gemma")] = folder
    with pytest.raises(IntegrityError, match=r"lacks model\.weights\.h5"):
        folder_of("hf://org/gemma")


@pytest.mark.parametrize("place", ["folder", "kaggle", "hub"])
def test_code_of_others_runs_only_with_trust(
    place: str, from_kaggle: list[str], from_hub: dict[ModelSource, Path], tmp_path: Path
) -> None:
    own = write_preset(tmp_path / "own")
    from_hub[ModelSource("own", "org/own")] = own
    texts = {"folder": f"keras:{own}", "kaggle": "keras:gemma2_instruct_2b_en"}
    folder = tmp_path / "kaggle" if place == "kaggle" else own
    (folder / "task.json").write_text('{"module": "os", "class_name": "system"}')
    text = texts.get(place, "hf://org/own")
    with pytest.raises(UnsupportedModelError, match="Python code of os"):
        folder_of(text)
    assert folder_of(text, trust_remote_code=True) == folder


# ---- what a folder says -----------------------------------------------------------------------

TURNS = SimpleNamespace(get_vocabulary=lambda: ["a", "<start_of_turn>", "<end_of_turn>"])
NO_TURNS = SimpleNamespace(get_vocabulary=lambda: ["a", "b"])
MESSAGES = [Message("user", "Hello")]


@pytest.mark.parametrize(
    "source",
    [
        "gemma gemma2_instruct_2b_en",
        "gemma-2-2b-it org/gemma-2-2b-it",
        "gemma2_2b_it kaggle://keras/gemma2/keras/gemma2_2b_it",
        "gemma_it_tuned /srv/gemma_it_tuned",
        "Gemma Gemma-Instruct",
    ],
)
def test_presets_made_for_chat_have_turns(source: str, tmp_path: Path) -> None:
    folder = write_preset(tmp_path / "preset")
    template = presets.template_of(folder, source, TURNS)
    assert template is not None
    assert template(MESSAGES).startswith("<bos><start_of_turn>user\nHello<end_of_turn>\n")
    assert presets.template_of(folder, source, NO_TURNS) is None


@pytest.mark.parametrize(
    "source", ["gemma2_2b_en gemma2_2b_en", "x /srv/gemma_items", "x org/gemma-8bit"]
)
def test_presets_not_made_for_chat_have_none(source: str, tmp_path: Path) -> None:
    assert presets.template_of(write_preset(tmp_path / "preset"), source, TURNS) is None


def test_a_hugging_face_folder_has_its_own_template(tmp_path: Path) -> None:
    folder = write_huggingface(tmp_path / "gemma-2b-it")
    assert presets.template_of(folder, "gemma-2b-it", TURNS) is None
    reader = tiny.tokenizer("byte_level")
    reader.chat_template = tiny.TEMPLATE
    reader.save_pretrained(folder)
    template = presets.template_of(folder, "gemma-2b-it", TURNS)
    assert template is not None
    assert template(MESSAGES) == "<s>user\nHello</s>\n<s>assistant\n"


@pytest.mark.parametrize(
    ("config", "architecture", "length"),
    [
        (PRESET, "GemmaCausalLM", 8_192),
        (PRESET, "Gemma3CausalLM", 32_768),
        (PRESET, "LlamaCausalLM", None),
        (LLAMA | {"max_position_embeddings": 512}, "LlamaCausalLM", 512),
        (LLAMA | {"max_position_embeddings": 512}, "GemmaCausalLM", 512),
        ({"text_config": {"max_position_embeddings": 64}}, "Gemma3CausalLM", 64),
    ],
)
def test_the_most_tokens_are_the_folders_or_the_familys(
    config: object, architecture: str, length: int | None, tmp_path: Path
) -> None:
    (tmp_path / "config.json").write_text(json.dumps(config))
    assert presets.context_length_of(tmp_path, architecture) == length


# ---- who runs what ------------------------------------------------------------------------------


@pytest.fixture
def no_keras(monkeypatch: pytest.MonkeyPatch) -> None:
    """An environment without Keras, and a network that must not be asked."""
    found = util.find_spec

    def find_spec(name: str, package: str | None = None) -> object:
        return None if name in ("keras", "keras_hub") else found(name, package)

    monkeypatch.setattr(util, "find_spec", find_spec)
    monkeypatch.setattr("backlit.engines.find_spec", find_spec)
    for name in ("keras", "keras_hub"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    monkeypatch.delenv(VARIABLE, raising=False)


def test_a_backend_of_keras_is_refused_for_what_transformers_runs(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    fetched: list[ModelSource] = []

    def fetch(wanted: ModelSource, *_: object, **__: object) -> Path:
        fetched.append(wanted)
        raise NotFoundError("asked for")

    monkeypatch.setattr(import_module("backlit.engines"), "fetch", fetch)
    for backend in ("jax", "tf"):
        with pytest.raises(OptionsError, match=r"run by transformers on PyTorch.*keras:smollm2"):
            open_engine("smollm2", backend=backend)
    with pytest.raises(OptionsError, match="no Keras backend 'mxnet'"):
        open_engine("smollm2", backend="mxnet")
    assert fetched == []
    for backend in ("torch", "PyTorch"):
        with pytest.raises(NotFoundError, match="asked for"):
            open_engine("smollm2", backend=backend)
    assert len(fetched) == 2


def test_a_presets_name_says_what_to_install(no_keras: None) -> None:
    with pytest.raises(NotFoundError) as caught:
        open_engine("gemma2_2b_it:gemma2_instruct_2b_en")
    assert "no model called gemma2_instruct_2b_en" in caught.value.message
    assert "pip install 'backlit[keras]'" in caught.value.hint


@pytest.mark.parametrize(
    "text", ["keras:gemma2_instruct_2b_en", "keras:smollm2", "hf://org/name", "keras:org/name"]
)
def test_what_keras_must_run_says_what_to_install(text: str, no_keras: None) -> None:
    with pytest.raises(MissingPackageError, match=r"need keras,.*pip install 'backlit\[keras\]'"):
        open_engine(text)


def test_a_folder_of_a_preset_is_keras_s(no_keras: None, tmp_path: Path) -> None:
    folder = write_preset(tmp_path / "preset")
    with pytest.raises(MissingPackageError, match=r"need keras,.*pip install 'backlit\[keras\]'"):
        open_engine(str(folder))
    with pytest.raises(MissingPackageError, match=r"backlit\[keras-jax\]"):
        open_engine(str(folder), backend="jax")


def test_a_wrong_dtype_is_refused_before_keras_starts(no_keras: None) -> None:
    with pytest.raises(OptionsError, match=r"no dtype 'int8'.*float32, bfloat16, float16"):
        load(parse("keras:gemma3"), "keras:gemma3", SILENT, dtype="int8")
