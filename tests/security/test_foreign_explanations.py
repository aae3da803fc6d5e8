"""Explanations of strangers do not decide what is fetched."""

import json
from pathlib import Path

import pytest

import backlit
from backlit.errors import DataError
from backlit.explanation import load_explanation
from tests.security.conftest import Shop
from tests.support.command import explain_toy, run


@pytest.fixture
def why(tmp_path: Path) -> Path:
    path = tmp_path / "why.json"
    prompt = "I like sweet soup. You like sour bread. The bird likes"
    made = explain_toy(
        "--prompt", prompt, "--response", " ripe berries", "--granularity", "word",
        "--method", "occlusion", "--format", "json", "--output", str(path),
    )  # fmt: skip
    assert made.exit_code == 0, made.output
    return path


def of(why: Path, source: str) -> Path:
    """The explanation, made of another model as it says."""
    whole = json.loads(why.read_text())
    whole["metadata"] |= {"source": source, "dtype": "float32"}
    why.write_text(json.dumps(whole))
    return why


def test_a_url_is_not_asked(why: Path, shop: Shop, cache: Path) -> None:
    of(why, shop.url)
    checked = run("check", str(why))
    assert checked.exit_code == 1
    said = " ".join(checked.output.split())
    assert f"checking would fetch {shop.plain}" in said
    assert f"--model {shop.plain}" in said
    with pytest.raises(DataError, match="not on this machine"):
        backlit.check(load_explanation(why))
    assert not shop.asked
    assert not cache.exists()


def test_naming_it_is_agreeing(why: Path, shop: Shop, cache: Path) -> None:
    of(why, shop.url)
    checked = run("check", str(why), "--model", shop.url)
    assert shop.asked
    assert "other tokens" in checked.output, "the toy made it"


@pytest.mark.parametrize(
    "source",
    [
        "org/name",
        "org/name@v1",
        "mine:org/name",
        "keras:org/name",
        "hf://org/name",
        "kaggle://a/b/keras/c",
        "keras:gemma2_instruct_2b_en",
        "https://a.example/tiny.gguf",
        "no-such-model",
    ],
)
def test_nothing_is_fetched_from_anywhere(
    why: Path, source: str, cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fetched(*_: object, **__: object) -> None:
        raise AssertionError("was fetched")

    monkeypatch.setattr("backlit.model.loading.load_model", fetched)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "hub"))
    with pytest.raises(DataError, match="not on this machine") as raised:
        backlit.check(load_explanation(of(why, source)))
    assert f"--model {source}" in raised.value.hint


@pytest.mark.parametrize("source", ["toy", "mine:toy"])
def test_what_is_built_in_is_loaded(why: Path, source: str) -> None:
    assert run("check", str(of(why, source))).exit_code == 0


def test_what_is_on_this_machine_is_loaded(why: Path, tiny_folder: Path) -> None:
    checked = run("check", str(of(why, str(tiny_folder))))
    assert "other tokens" in checked.output, "the toy made it"


def test_what_the_hub_gave_before_is_loaded(
    why: Path, tiny_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    commit = "0" * 40
    model = tmp_path / "hub" / "models--org--name"
    (model / "refs").mkdir(parents=True)
    (model / "refs" / "main").write_text(commit)
    (model / "snapshots").mkdir()
    (model / "snapshots" / commit).symlink_to(tiny_folder)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    checked = run("check", str(of(why, "org/name")))
    assert "other tokens" in checked.output, "the toy made it"
