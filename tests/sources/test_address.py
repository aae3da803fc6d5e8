from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backlit.errors import InputError, NotFoundError
from backlit.sources import BUILT_IN, BuiltIn, ModelSource, fetch, parse


@pytest.mark.parametrize(
    ("text", "name", "source", "revision"),
    [
        ("smollm2", "smollm2", "smollm2", None),
        ("small:smollm2", "small", "smollm2", None),
        (" my.model-2:gemma3 ", "my.model-2", "gemma3", None),
        ("org/name", "name", "org/name", None),
        ("org/name@v1.0", "name", "org/name", "v1.0"),
        ("org/name@refs/pr/1", "name", "org/name", "refs/pr/1"),
        ("mine:org/name@abc123", "mine", "org/name", "abc123"),
        ("https://a.example/b/tiny.Q4.gguf", "tiny.Q4", "https://a.example/b/tiny.Q4.gguf", None),
        ("http://127.0.0.1:8/m.tar.gz", "m", "http://127.0.0.1:8/m.tar.gz", None),
        ("web:https://a.example/m.tgz?x=1", "web", "https://a.example/m.tgz?x=1", None),
        ("https://a.example/a%20b.zip", "a-b", "https://a.example/a%20b.zip", None),
        (r"C:\models\tiny", "tiny", r"C:\models\tiny", None),
        ("C:/models/tiny.gguf", "tiny", "C:/models/tiny.gguf", None),
        (r"mine:C:\models\tiny", "mine", r"C:\models\tiny", None),
        ("/srv/models/tiny/", "tiny", "/srv/models/tiny/", None),
        ("./a:b", "a-b", "./a:b", None),
        ("~/m/çilek.gguf", "çilek", "~/m/çilek.gguf", None),
        ("s3://bucket/m", "m", "s3://bucket/m", None),
    ],
)
def test_parse(text: str, name: str, source: str, revision: str | None) -> None:
    assert parse(text) == ModelSource(name, source, revision)


GEMMA = "kaggle://keras/gemma2/keras/gemma2_instruct_2b_en"


@pytest.mark.parametrize(
    ("text", "name", "source", "revision"),
    [
        ("keras:gemma3", "gemma3", "gemma3", None),
        (" keras: gemma3 ", "gemma3", "gemma3", None),
        ("mine:keras:gemma3", "mine", "gemma3", None),
        ("keras:org/name@v1.0", "name", "org/name", "v1.0"),
        ("mine:keras:org/name@v1.0", "mine", "org/name", "v1.0"),
        ("keras:/srv/models/tiny/", "tiny", "/srv/models/tiny/", None),
        (r"mine:keras:C:\models\tiny", "mine", r"C:\models\tiny", None),
        (GEMMA, "gemma2_instruct_2b_en", GEMMA, None),
        (f"{GEMMA}/2", "gemma2_instruct_2b_en", f"{GEMMA}/2", None),
        (f"keras:{GEMMA}", "gemma2_instruct_2b_en", GEMMA, None),
        (f"mine:{GEMMA}/2", "mine", f"{GEMMA}/2", None),
        (f"mine:keras:{GEMMA}/2", "mine", f"{GEMMA}/2", None),
        ("kaggle://too/short", "model", "kaggle://too/short", None),
        ("hf://org/name", "name", "hf://org/name", None),
        ("mine:hf://org/name", "mine", "hf://org/name", None),
    ],
)
def test_parse_what_keras_runs(text: str, name: str, source: str, revision: str | None) -> None:
    assert parse(text) == ModelSource(name, source, revision, keras=True)


def test_a_revision_of_hf() -> None:
    assert parse("hf://org/name@v1") == ModelSource("name", "hf://org/name", "v1", keras=True)


@pytest.mark.parametrize("text", ["keras", "mine:keras", "gemma2_instruct_2b_en", "./keras:gemma3"])
def test_without_its_prefix_a_source_is_not_said_to_be_kerass(text: str) -> None:
    assert not parse(text).keras


@pytest.mark.parametrize("text", ["", "  ", "name: ", "keras:", "name:keras: "])
def test_nothing_to_parse(text: str) -> None:
    with pytest.raises(InputError, match=r"empty.*smollm2, gemma3"):
        parse(text)


def test_a_folder_whose_name_has_an_at_sign_is_that_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "org" / "name@2").mkdir(parents=True)
    monkeypatch.chdir(tmp_path)
    assert parse("org/name@2") == ModelSource("name-2", "org/name@2", None)


@given(st.text(min_size=1))
def test_any_text_is_parsed_or_refused(text: str) -> None:
    try:
        source = parse(text)
    except InputError:
        return
    assert source.name
    assert source.source in text
    assert not set(source.name) & set('/\\:"')


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("smolm2", r"no model called smolm2\. Did you mean smollm2\?.*gemma3.*org/name@revision"),
        ("Gemma", r"Did you mean gemma3\?"),
        ("llama", r"no model called llama\. Name a built-in model"),
        ("./nowhere", r"no file or folder \./nowhere"),
        ("/nowhere/at/all", r"no file or folder"),
        (r"C:\nowhere", r"no file or folder"),
        ("nowhere.gguf", r"no file or folder nowhere\.gguf"),
        ("~nobody-here/x", r"no file or folder"),
        ("s3://bucket/m", r"can't be fetched by s3"),
        ("x" * 5000, r"no model called"),
        ("a/b/c", r"no model called a/b/c"),
        ("gemma2_2b_en", r"If that is a preset of KerasHub, run: pip install 'backlit\[keras\]'"),
    ],
)
def test_a_wrong_name_says_what_is_right(text: str, message: str) -> None:
    with pytest.raises(NotFoundError, match=message):
        fetch(ModelSource("m", text), lambda *_: None)


@pytest.mark.parametrize("model", BUILT_IN.values(), ids=list(BUILT_IN))
def test_built_in_models_are_pinned(model: BuiltIn) -> None:
    assert parse(model.name).source == model.name
    assert len(model.gguf_sha256) == 64
    assert all(len(wheel.sha256) == 64 and wheel.size > 0 for wheel in model.wheels)
    assert any(wheel.part for wheel in model.wheels)
    assert any(wheel.documents for wheel in model.wheels), "its licence must come along"
