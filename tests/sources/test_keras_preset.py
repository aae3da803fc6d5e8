import json
from collections.abc import Callable
from pathlib import Path

import pytest

from backlit.errors import IntegrityError, UnsupportedModelError
from backlit.sources.keras_preset import check, is_preset

CONFIG = {
    "module": "keras_hub.src.models.gemma.gemma_backbone",
    "class_name": "GemmaBackbone",
    "config": {"dtype": {"module": "keras", "class_name": "DTypePolicy", "config": {}}},
    "registered_name": "keras_hub>GemmaBackbone",
}
FOREIGN = {"module": "os", "class_name": "system", "config": {}}
PARTS = ["config.json", "tokenizer.json", "assets/tokenizer", "model.weights.h5"]


@pytest.fixture
def preset(tmp_path: Path) -> Path:
    folder = tmp_path / "preset"
    (folder / "assets/tokenizer").mkdir(parents=True)
    (folder / "assets/tokenizer/vocabulary.spm").write_bytes(b"pieces")
    (folder / "config.json").write_text(json.dumps(CONFIG))
    (folder / "tokenizer.json").write_text(json.dumps(CONFIG | {"class_name": "GemmaTokenizer"}))
    (folder / "model.weights.h5").write_bytes(b"weights")
    return folder


def remove(path: Path) -> None:
    path.rename(path.with_name("elsewhere"))


def shard(folder: Path, weights: object) -> list[Path]:
    """Two files in place of one, and an index that names them."""
    (folder / "model.weights.h5").unlink()
    (folder / "model.weights.json").write_text(json.dumps({"weight_map": weights}))
    shards = [folder / f"model_0000{i}.weights.h5" for i in range(2)]
    for path in shards:
        path.write_bytes(b"weights")
    return shards


def test_a_whole_preset(preset: Path) -> None:
    assert is_preset(preset)
    assert check(preset) == preset


@pytest.mark.parametrize("part", PARTS)
def test_a_part_that_is_missing_is_named(preset: Path, part: str) -> None:
    remove(preset / part)
    with pytest.raises(IntegrityError) as caught:
        check(preset)
    assert caught.value.message == f"The preset in {preset} lacks {part}."


@pytest.mark.parametrize(
    "weights",
    [
        {"/layers/a": "model_00000.weights.h5", "/layers/b": "model_00001.weights.h5"},
        {"/layers/a": ["model_00000.weights.h5", "model_00001.weights.h5"]},
    ],
)
def test_weights_in_several_files_must_all_be_there(preset: Path, weights: object) -> None:
    shards = shard(preset, weights)
    assert check(preset) == preset
    shards[1].unlink()
    with pytest.raises(IntegrityError, match=r"lacks model_00001\.weights\.h5"):
        check(preset)


@pytest.mark.parametrize("name", ["config.json", "tokenizer.json", "task.json"])
@pytest.mark.parametrize("content", ["{", "[]", "\x00"])
def test_a_broken_file_is_named(preset: Path, name: str, content: str) -> None:
    (preset / name).write_text(content)
    with pytest.raises(IntegrityError, match=rf"{name} is not .*JSON"):
        check(preset)


@pytest.mark.parametrize("name", ["config.json", "tokenizer.json", "task.json"])
@pytest.mark.parametrize(
    "wrap",
    [
        lambda foreign: foreign,
        lambda foreign: CONFIG | {"config": {"activation": foreign}},
        lambda foreign: CONFIG | {"config": {"layers": [[], [{"inner": [foreign]}]]}},
        lambda foreign: CONFIG | {"build_config": foreign},
    ],
)
def test_code_of_others_is_refused_unless_trusted(
    preset: Path, name: str, wrap: Callable[[object], object]
) -> None:
    (preset / name).write_text(json.dumps(wrap(FOREIGN)))
    with pytest.raises(UnsupportedModelError, match=r"code of os\. .*--trust-remote-code"):
        check(preset)
    assert check(preset, trust_remote_code=True) == preset


@pytest.mark.parametrize("module", ["keras_evil", "keras-hub", "kerashub.models", ".keras"])
def test_a_module_that_only_looks_like_keras_is_refused(preset: Path, module: str) -> None:
    (preset / "task.json").write_text(json.dumps(FOREIGN | {"module": module}))
    with pytest.raises(UnsupportedModelError, match="wants to run Python code"):
        check(preset)


def test_no_module_hides_code_of_others_in_it(preset: Path) -> None:
    outer = CONFIG | {"module": "", "config": {"activation": FOREIGN}}
    (preset / "config.json").write_text(json.dumps(outer))
    with pytest.raises(UnsupportedModelError, match="code of os"):
        check(preset)


@pytest.mark.parametrize("module", ["keras.layers", "keras_nlp.src", "builtins", None])
def test_keras_s_own_code_is_not_refused(preset: Path, module: str | None) -> None:
    (preset / "task.json").write_text(json.dumps(CONFIG | {"module": module}))
    assert check(preset) == preset


def test_a_folder_of_another_kind_is_no_preset(
    tmp_path: Path, write_folder: Callable[..., Path]
) -> None:
    assert not is_preset(write_folder(tmp_path / "llama"))
    assert not is_preset(tmp_path)
    assert not is_preset(tmp_path / "nowhere")


@pytest.mark.parametrize("content", [b"{", b"[]", b"null", b"\xff\xfe", b'{"class_name": "A"}'])
def test_a_configuration_that_can_not_be_read_is_no_presets(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "config.json").write_bytes(content)
    assert not is_preset(tmp_path)
