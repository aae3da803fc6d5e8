from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backlit.errors import InputError, NotFoundError
from backlit.progress import SILENT
from backlit.sources import ModelSource, fetch, parse
from backlit.sources.address import is_hub_id, is_url, local_path, plain_name, shown


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


@pytest.mark.parametrize(
    ("text", "name", "url", "model"),
    [
        ("endpoint:http://localhost:8080", "localhost", "http://localhost:8080", None),
        ("endpoint:https://h.example/v1#org/big", "big", "https://h.example/v1", "org/big"),
        ("mine:endpoint:http://[::1]:80#m:7b", "mine", "http://[::1]:80", "m:7b"),
    ],
)
def test_parse_an_endpoint(text: str, name: str, url: str, model: str | None) -> None:
    assert parse(text) == ModelSource(name, url, endpoint=True, model=model)
    assert parse(shown(text)) == parse(text)


@pytest.mark.parametrize(
    "text", ["endpoint:", "endpoint:localhost:8080", "my:endpoint:ftp://h", "endpoint:http://[x"]
)
def test_an_endpoint_is_a_url(text: str) -> None:
    with pytest.raises(NotFoundError):
        parse(text)


def test_what_is_shown_of_an_endpoint_holds_no_secret() -> None:
    told = shown("my:endpoint:https://me:pa55@h.example:8/v1?key=pa55#org/model")
    assert told == "my:endpoint:https://h.example:8/v1#org/model"


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
        fetch(ModelSource("m", text), SILENT)


def test_a_path_is_local_if_something_is_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "model").mkdir()
    assert local_path("model") == local_path("~/model") == tmp_path / "model"
    assert local_path("other") is None


@pytest.mark.parametrize("source", ["a\0b", "x" * 5000, "~nobody-of-that-name/x"])
def test_what_can_be_no_path_is_not_local(source: str) -> None:
    assert local_path(source) is None


@pytest.mark.parametrize(
    ("source", "url"),
    [("https://a.example", True), ("HTTP://a", True), ("ftp://a", False), ("https:/a", False)],
)
def test_urls(source: str, url: bool) -> None:
    assert is_url(source) is url


@pytest.mark.parametrize(
    ("source", "hub_id"),
    [
        ("org/name", True),
        ("org/name.v2_x-y", True),
        ("name", False),
        ("a/b/c", False),
        ("./name", False),
        ("~/name", False),
        ("org/name.gguf", False),
        ("örg/name", False),
        ("org/na me", False),
    ],
)
def test_ids_of_the_hub(source: str, hub_id: bool) -> None:
    assert is_hub_id(source) is hub_id


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("tiny.Q4_1", "tiny.Q4_1"),
        ("a b/c", "a-b-c"),
        ("../..", "model"),
        ("--a--", "a"),
        ("é:1", "é-1"),
        ("x" * 99, "x" * 80),
        ("", "model"),
    ],
)
def test_names_are_fit_for_files(text: str, name: str) -> None:
    assert plain_name(text) == name


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (
            "https://me:hush@a.example:8443/a%20b.gguf?sig=hush#hush",
            "https://a.example:8443/a%20b.gguf",
        ),
        ("mine:https://me:hush@a.example/m.zip?sig=hush", "mine:https://a.example/m.zip"),
        ("mine:keras:ftp://me:hush@a.example/m", "mine:keras:ftp://a.example/m"),
        ("https://me:h@sh@a.example/m.zip", "https://a.example/m.zip"),
        ("https://me:hu/sh@a.example/m.zip", "https://…"),
        ("https://a.example?hush/m.zip", "https://a.example"),
        ("http://[::1]:80/m@v1.zip", "http://[::1]:80/m@v1.zip"),
        ("http://[::1", "http://…"),
        (
            f"https://a.example/m.zip?x=1#sha256={'a' * 64}",
            f"https://a.example/m.zip#sha256={'a' * 64}",
        ),
        ("hf://org/name", "hf://org/name"),
        ("kaggle://a/b/keras/c/1", "kaggle://a/b/keras/c/1"),
        ("org/name@v1", "org/name@v1"),
        ("mine:what?#is/this", "mine:what?#is/this"),
        ("C:\\models\\x.gguf", "C:\\models\\x.gguf"),
    ],
)
def test_what_is_shown_of_a_source_holds_no_secret(source: str, expected: str) -> None:
    assert shown(source) == expected
    assert shown(expected) == expected


def test_a_url_that_is_not_valid_has_no_name() -> None:
    with pytest.raises(NotFoundError, match="The URL is not valid"):
        parse("https://[::1/tiny.gguf")
