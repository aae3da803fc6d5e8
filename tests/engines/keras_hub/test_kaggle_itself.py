"""Kaggle's own library and KerasHub's own list of presets, against a Kaggle on this machine."""

import json
import os
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib import import_module
from pathlib import Path
from typing import Any

import keras_hub
import pytest

from backlit.engines import open_engine
from backlit.errors import (
    GatedError,
    NotFoundError,
    OfflineError,
    SourceError,
    UnsupportedModelError,
)
from backlit.progress import SILENT
from backlit.sources import kaggle
from backlit.sources.address import PRESET_NAME

HANDLE = "keras/gemma2/keras/gemma2_instruct_2b_en"
PAGE = "https://www.kaggle.com/models/keras/gemma2"
SECRET = "0123456789abcdef-secret"
FILES = {
    "config.json": b"{}",
    "model.weights.h5": b"weights" * 1000,
    "assets/tokenizer/vocabulary.spm": b"pieces",
}


class Kaggle(ThreadingHTTPServer):
    """One preset; `status` answers in its place."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.status = 200
        self.asked: list[str] = []


class Handler(BaseHTTPRequestHandler):
    server: Kaggle

    def do_POST(self) -> None:
        request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        name = self.path.rpartition("/")[2]
        self.server.asked.append(name)
        if self.server.status != 200:
            return self.answer(b'{"message": "no"}', "application/json")
        if name == "GetModelInstance":
            return self.answer(b'{"versionNumber": 2}', "application/json")
        if name == "ListModelInstanceVersionFiles":
            listed = {"files": [{"name": name} for name in FILES], "nextPageToken": ""}
            return self.answer(json.dumps(listed).encode(), "application/json")
        return self.answer(FILES[request["path"]], "application/octet-stream")

    def answer(self, content: bytes, kind: str) -> None:
        self.send_response(self.server.status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(autouse=True)
def offline(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Nobody is logged in, nothing is here, and nothing listens; the addresses of Kaggle."""
    for name in [name for name in os.environ if name.startswith("KAGGLE")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    monkeypatch.setenv("KAGGLE_CONFIG_DIR", str(tmp_path))  # as HOME was read at import
    monkeypatch.setenv("KAGGLEHUB_CACHE", str(tmp_path / "kagglehub"))
    monkeypatch.setenv("KAGGLE_API_ENVIRONMENT", "TEST")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("KERAS_BACKEND", os.environ.get("KERAS_BACKEND", "torch"))
    known = import_module("kagglesdk.kaggle_env")
    addresses = known._env_to_endpoint
    monkeypatch.setitem(addresses, known.KaggleEnv.TEST, "http://127.0.0.1:9")
    return addresses


@pytest.fixture
def server(offline: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Kaggle]:
    with Kaggle() as made:
        threading.Thread(target=made.serve_forever, daemon=True).start()
        test = import_module("kagglesdk.kaggle_env").KaggleEnv.TEST
        monkeypatch.setitem(offline, test, f"http://127.0.0.1:{made.server_port}")
        yield made
        made.shutdown()


def get(handle: str = HANDLE) -> Path:
    return kaggle.fetch(handle, SILENT)


def write_key(folder: Path) -> None:
    (folder / "kaggle.json").write_text(json.dumps({"username": "someone", "key": SECRET}))


# ---- downloading ------------------------------------------------------------------------------


@pytest.mark.parametrize("version", ["", "/2"])
def test_a_preset_comes_whole_and_once(version: str, server: Kaggle, tmp_path: Path) -> None:
    folder = get(HANDLE + version)
    assert folder == tmp_path / "kagglehub/models" / HANDLE / "2"
    for name, content in FILES.items():
        assert (folder / name).read_bytes() == content
    server.asked.clear()
    assert get(HANDLE + version) == folder
    assert "DownloadModelInstanceVersion" not in server.asked


def test_a_copy_of_a_version_needs_no_network(server: Kaggle) -> None:
    folder = get(f"{HANDLE}/2")
    server.status = 503
    server.asked.clear()
    assert get(f"{HANDLE}/2") == folder
    assert server.asked == []


def test_a_copy_of_whatever_version_needs_no_network(server: Kaggle) -> None:
    folder = get()
    server.status = 503
    assert get() == folder


@pytest.mark.parametrize("version", ["", "/2"])
@pytest.mark.parametrize("known", [False, True], ids=["a stranger", "logged in"])
@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (401, GatedError),
        (403, GatedError),
        (404, NotFoundError),
        (418, SourceError),
        (429, OfflineError),
        (500, OfflineError),
    ],
)
def test_what_kaggle_answers_is_said(
    status: int,
    kind: type[SourceError],
    known: bool,
    version: str,
    server: Kaggle,
    tmp_path: Path,
) -> None:
    server.status = status
    if known:
        write_key(tmp_path)
    with pytest.raises(SourceError) as caught:
        get(HANDLE + version)
    assert type(caught.value) is kind
    said = str(caught.value)
    assert SECRET not in said
    assert "gemma2_instruct_2b_en" in said
    if kind is GatedError:
        assert ("no credentials" in said) is not known
        assert PAGE in said
        assert "KAGGLE_USERNAME" in said


@pytest.mark.parametrize("known", [False, True], ids=["a stranger", "logged in"])
def test_nothing_listens(known: bool, tmp_path: Path) -> None:
    if known:
        write_key(tmp_path)
    with pytest.raises(OfflineError, match="no whole copy of gemma2_instruct_2b_en") as caught:
        get()
    for part in (PAGE, "kaggle.json", "KAGGLE_USERNAME"):
        assert (part in caught.value.hint) is not known
    assert SECRET not in str(caught.value)


@pytest.mark.parametrize(
    ("handle", "key"),
    [(HANDLE, "{"), (HANDLE, '{"username": "someone"}'), (f"{HANDLE}/newest", None)],
)
def test_what_the_person_wrote_wrong_is_said(
    handle: str, key: str | None, server: Kaggle, tmp_path: Path
) -> None:
    if key is not None:
        (tmp_path / "kaggle.json").write_text(key)
    with pytest.raises(SourceError):
        get(handle)


# ---- names of presets ---------------------------------------------------------------------------


def test_the_codelabs_own_model_says_how_to_have_it() -> None:
    with pytest.raises(OfflineError, match="no whole copy of gemma2_instruct_2b_en") as caught:
        open_engine("gemma2_2b_it:gemma2_instruct_2b_en")
    for part in (PAGE, "kaggle.json", "KAGGLE_USERNAME"):
        assert part in caught.value.hint


@pytest.mark.parametrize("text", ["keras:bert_base_en", "bert_base_en"])
def test_a_preset_of_another_kind_is_refused(text: str) -> None:
    with pytest.raises(UnsupportedModelError, match="bert_base_en is not a causal language model"):
        open_engine(text)


def test_a_name_that_is_nearly_right() -> None:
    with pytest.raises(NotFoundError, match=r"Did you mean gemma2_instruct_2b_en"):
        open_engine("keras:gemma2_instruct_2b_enn")


def test_a_name_that_is_nearly_right_without_its_prefix() -> None:
    with pytest.raises(NotFoundError, match=r"Did you mean gemma2_instruct_2b_en"):
        open_engine("gemma2_instruct_2b_enn")


def test_keras_hubs_list_is_as_it_is_read() -> None:
    presets = keras_hub.models.CausalLM.presets
    assert len(presets) > 100
    # Without keras: before it, all but one that reads pictures.
    assert [name for name in presets if not PRESET_NAME.fullmatch(name)] == ["parseq"]
    for name, preset in presets.items():
        handle = preset["kaggle_handle"].removeprefix(kaggle.SCHEME)
        assert len(handle.split("/")) == 5, "with its version, so that a copy needs no network"
        assert handle.split("/")[2].lower() == "keras"
        assert name in keras_hub.models.Backbone.presets
