"""Model folders of strangers: what they say wrongly is told in a sentence, and runs no code."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from backlit.engines import open_engine
from backlit.errors import IntegrityError, SourceError, UnsupportedModelError
from tests.support.command import run

Change = Callable[[dict[str, Any]], dict[str, Any]]


@pytest.fixture
def folder(tiny_folder: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(tiny_folder, tmp_path / "tiny"))


def rewrite(path: Path, **values: Any) -> None:
    path.write_text(json.dumps(json.loads(path.read_text()) | values))


@pytest.mark.parametrize(
    "values",
    [
        {"hidden_size": "x"},
        {"max_position_embeddings": "x"},
        {"eos_token_id": "x"},
        {"architectures": 5},
        {"architectures": "Llama"},
        {"auto_map": 5},
        {"num_hidden_layers": 1_000_000},
        {"num_hidden_layers": 7},
        {"num_attention_heads": 0},
        {"rope_scaling": "x", "rope_parameters": "x"},
        {"dtype": "x"},
        {"quantization_config": 5},
        {"vocab_size": -1},
        {"vocab_size": 7},
    ],
)
def test_a_configuration_with_anything_in_it(folder: Path, values: dict[str, Any]) -> None:
    rewrite(folder / "config.json", **values)
    result = run("explain", "--model", str(folder), "--prompt", "The cat", "--response", " x")
    if result.exit_code == 0:
        return  # transformers makes the best of it
    assert result.exit_code == 1, result.output
    assert "Traceback" not in result.output
    error, hint = result.stderr.strip().splitlines()[-2:]
    assert error.startswith("Error: ")
    assert hint
    assert "L, l, a, m, a" not in error


def test_a_tokenizer_settings_file_with_anything_in_it(folder: Path) -> None:
    for values in ({"auto_map": 5}, {"tokenizer_class": 5}, {"extra_special_tokens": 5}):
        rewrite(folder / "tokenizer_config.json", **values)
        with pytest.raises(SourceError):
            open_engine(str(folder))


def test_end_tokens_that_are_no_ids_end_nothing(folder: Path) -> None:
    (folder / "generation_config.json").write_text('{"eos_token_id": ["x", 7]}')
    assert open_engine(str(folder))._ends == {2, 7}  # type: ignore[attr-defined]


@pytest.mark.parametrize("outside", ["../secret.safetensors", "/etc/passwd"])
def test_an_index_that_leads_outside_is_refused_before_anything_is_opened(
    folder: Path, outside: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "model.safetensors").rename(folder.parent / "secret.safetensors")
    index = {"metadata": {}, "weight_map": {"model.embed_tokens.weight": outside}}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index))

    def opened(*_: object, **__: object) -> None:
        raise AssertionError("was opened")

    monkeypatch.setattr("transformers.AutoModelForCausalLM.from_pretrained", opened)
    with pytest.raises(IntegrityError, match="names a file outside its folder"):
        open_engine(str(folder))


@pytest.mark.parametrize("place", ["tokenizer_config.json", "config.json"])
def test_code_of_its_own_says_how_to_trust_it(folder: Path, place: str) -> None:
    if place == "config.json":
        rewrite(folder / place, model_type="mine", auto_map={"AutoConfig": "mine.Config"})
    else:
        own = {"AutoTokenizer": ["mine.Tokenizer", None]}
        rewrite(folder / place, tokenizer_class="Mine", auto_map=own)
    (folder / "mine.py").write_text("raise SystemExit('was run')")
    with pytest.raises(UnsupportedModelError, match=r"Python code of its own.*trust-remote-code"):
        open_engine(str(folder))
