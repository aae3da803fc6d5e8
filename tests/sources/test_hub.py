"""The hub's own library, talking to a small hub on this machine."""

import hashlib
import json
import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from huggingface_hub import constants

from backlit.errors import (
    Cancelled,
    GatedError,
    NotFoundError,
    OfflineError,
    UnsupportedModelError,
)
from backlit.progress import SILENT, Callback, Progress
from backlit.sources import copy_of, fetch, parse
from backlit.sources.hub import fetch as fetch_of_hub
from backlit.sources.keras_preset import is_preset

CONFIG = json.dumps({"architectures": ["LlamaForCausalLM"], "model_type": "llama"}).encode()
FILES = {
    "config.json": CONFIG,
    "model.safetensors": b"weights" * 10_000,
    "tokenizer.json": b"{}",
    "chat_template.jinja": b"{{ messages }}",
    "modeling.py": b"raise RuntimeError",
    "pytorch_model.bin": b"pickle",
    "consolidated.safetensors": b"the same again",
    "onnx/config.json": b"{}",
}
SHA = "a" * 40


class Hub(ThreadingHTTPServer):
    """Repositories by id; `status` and `code` answer in their place."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.repositories: dict[str, dict[str, bytes]] = {"org/tiny": dict(FILES)}
        self.gated: set[str] = set()
        self.down = False
        self.fetched: list[str] = []


class Handler(BaseHTTPRequestHandler):
    server: Hub

    def do_GET(self) -> None:
        path = unquote(self.path.partition("?")[0])
        if self.server.down:
            return self.answer(503, b"")
        if match := re.fullmatch(r"/api/models/([^/]+/[^/]+?)(/(?:revision|tree)/(.+))?", path):
            name, kind, revision = match[1], match[2] or "", match[3]
            if name not in self.server.repositories:
                return self.answer(401, b"", code="RepoNotFound")
            if revision not in (None, "main", "v1", SHA):
                return self.answer(404, b"", code="RevisionNotFound")
            files = self.server.repositories[name]
            if kind.startswith("/tree"):
                tree = [
                    {"type": "file", "path": n, "size": len(c), "oid": self.etag(c)}
                    for n, c in files.items()
                ]
                return self.answer(200, json.dumps(tree).encode())
            siblings = [
                {"rfilename": n, "size": len(c), "blobId": self.etag(c)} for n, c in files.items()
            ]
            info = {"id": name, "sha": SHA, "siblings": siblings, "gated": False, "private": False}
            return self.answer(200, json.dumps(info).encode())
        match = re.fullmatch(r"/([^/]+/[^/]+)/resolve/([^/]+)/(.+)", path)
        assert match, path
        name, file = match[1], match[3]
        if name in self.server.gated:
            return self.answer(403, b"", code="GatedRepo")
        content = self.server.repositories[name].get(file)
        if content is None:
            return self.answer(404, b"", code="EntryNotFound")
        if self.command == "GET":
            self.server.fetched.append(file)
        return self.answer(200, content)

    do_HEAD = do_GET

    def answer(self, status: int, content: bytes, code: str | None = None) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        self.send_header("ETag", f'"{self.etag(content)}"')
        self.send_header("X-Repo-Commit", SHA)
        if code:
            self.send_header("X-Error-Code", code)
            self.send_header("X-Error-Message", code)
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(content)

    @staticmethod
    def etag(content: bytes) -> str:
        return hashlib.sha1(content, usedforsecurity=False).hexdigest()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Hub]:
    with Hub() as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        endpoint = f"http://127.0.0.1:{server.server_port}"
        monkeypatch.setattr(constants, "ENDPOINT", endpoint)
        template = endpoint + "/{repo_id}/resolve/{revision}/{filename}"
        monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", template)
        monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
        monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
        yield server
        server.shutdown()


def get(text: str, progress: Progress = SILENT, **options: Any) -> Path:
    return fetch(parse(text), progress, **options)


def test_only_what_is_needed_is_fetched(hub: Hub, log: Any) -> None:
    folder = get("org/tiny", log)
    names = ["chat_template.jinja", "config.json", "model.safetensors", "tokenizer.json"]
    assert sorted(f.name for f in folder.iterdir()) == names
    assert (folder / "model.safetensors").read_bytes() == FILES["model.safetensors"]
    assert sorted(hub.fetched) == names
    assert log.phases == ["download"]
    size = sum(len(FILES[name]) for name in names if name != "config.json")
    assert log.calls[-1] == ("download", size, size)
    assert get("org/tiny") == folder
    assert sorted(hub.fetched) == names, "the cache serves"


def test_what_is_here_is_known_without_asking(hub: Hub) -> None:
    assert copy_of(parse("org/tiny")) is None
    folder = get("org/tiny")
    hub.down, asked = True, len(hub.fetched)
    for name in ("org/tiny", "mine:org/tiny", f"org/tiny@{SHA}", "hf://org/tiny"):
        assert copy_of(parse(name)) == folder
    assert copy_of(parse("org/tiny@v2")) is copy_of(parse("org/other")) is None
    assert len(hub.fetched) == asked
    (folder / "model.safetensors").unlink()
    assert copy_of(parse("org/tiny")) is None


def test_code_comes_only_with_trust(hub: Hub) -> None:
    folder = get("org/tiny", trust_remote_code=True)
    assert (folder / "modeling.py").exists()


@pytest.mark.parametrize("revision", ["v1", SHA])
def test_a_revision_is_pinned(hub: Hub, revision: str) -> None:
    assert get(f"org/tiny@{revision}").name == SHA


def test_offline_the_cache_serves(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = get("org/tiny")
    hub.down = True
    assert get("org/tiny") == folder
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    assert get("org/tiny") == folder
    with pytest.raises(OfflineError, match="no whole copy of org/other"):
        get("org/other")
    with pytest.raises(OfflineError, match="no whole copy"):
        get("org/tiny", trust_remote_code=True)


def test_a_hub_that_is_not_there(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(constants, "ENDPOINT", "http://127.0.0.1:9")
    with pytest.raises(OfflineError, match=r"did not answer.*HF_HUB_OFFLINE"):
        get("org/tiny")


def test_a_copy_that_is_not_whole_does_not_serve(hub: Hub) -> None:
    folder = get("org/tiny")
    (folder / "model.safetensors").unlink()
    hub.down = True
    with pytest.raises(OfflineError, match="no whole copy"):
        get("org/tiny")


def test_a_wrong_id(hub: Hub) -> None:
    with pytest.raises(NotFoundError, match=r"no model org/tny.*spelling.*built-in"):
        get("org/tny")


def test_an_id_that_can_be_none(hub: Hub) -> None:
    with pytest.raises(NotFoundError, match="can't be a Hugging Face id"):
        get("org/--tiny..")


def test_a_wrong_revision(hub: Hub) -> None:
    with pytest.raises(NotFoundError, match="org/tiny has no revision v9"):
        get("org/tiny@v9")


def test_a_gated_model(hub: Hub) -> None:
    hub.gated.add("org/tiny")
    with pytest.raises(GatedError, match=r"Accept it at http.*/org/tiny, then run: hf auth login"):
        get("org/tiny")


def test_other_kinds_are_refused_before_their_weights_come(hub: Hub) -> None:
    config = {"architectures": ["BertForMaskedLM"], "model_type": "bert"}
    hub.repositories["org/tiny"]["config.json"] = json.dumps(config).encode()
    with pytest.raises(UnsupportedModelError, match="org/tiny is not a causal language model"):
        get("org/tiny")
    assert hub.fetched == ["config.json"]


@pytest.mark.parametrize(
    ("files", "message"),
    [
        (["config.json", "pytorch_model.bin", "tokenizer.json"], "no safetensors"),
        (["config.json", "tiny.Q4.gguf"], r"GGUF files only.*/resolve/main/tiny\.Q4\.gguf"),
        (["adapter_config.json", "adapter_model.safetensors"], "an adapter"),
        (["README.md", "model.safetensors"], r"no config\.json"),
    ],
)
def test_formats_that_are_refused(hub: Hub, files: list[str], message: str) -> None:
    hub.repositories["org/tiny"] = {name: FILES.get(name, b"{}") for name in files}
    with pytest.raises(UnsupportedModelError, match=message):
        get("org/tiny")
    assert hub.fetched == []


KERAS = {
    "config.json": json.dumps({"class_name": "GemmaBackbone", "config": {}}).encode(),
    "tokenizer.json": b'{"class_name": "GemmaTokenizer"}',
    "task.json": b'{"class_name": "GemmaCausalLM"}',
    "assets/tokenizer/vocabulary.spm": b"pieces",
    "README.md": b"read me",
    "extra.bin": b"pickle",
}
ONE = {"model.weights.h5": b"weights" * 10_000}
SHARDS = {
    "model.weights.json": b'{"weight_map": {}}',
    "model_00000.weights.h5": b"some weights",
    "model_00001.weights.h5": b"more weights",
}


def get_keras(text: str, progress: Progress = SILENT) -> Path:
    return fetch_of_hub(parse(text), progress, keras=True)


@pytest.mark.parametrize("weights", [ONE, SHARDS], ids=["one file", "shards"])
def test_a_preset_of_keras_comes_whole(hub: Hub, weights: dict[str, bytes], log: Any) -> None:
    hub.repositories["org/keras"] = KERAS | weights
    folder = get_keras("org/keras", log)
    names = (KERAS | weights).keys() - {"README.md", "extra.bin"}
    assert {str(f.relative_to(folder)) for f in folder.rglob("*") if f.is_file()} == names
    assert set(hub.fetched) == names
    assert is_preset(folder)
    size = sum(len((KERAS | weights)[name]) for name in names)
    assert log.calls[-1] == ("download", size, size)


def test_offline_a_preset_in_the_cache_serves(hub: Hub) -> None:
    hub.repositories["org/keras"] = KERAS | ONE
    folder = get_keras("org/keras@v1")
    hub.down = True
    assert get_keras("org/keras@v1") == folder
    with pytest.raises(OfflineError, match="no whole copy of org/other"):
        get_keras("org/other")


def test_for_keras_a_model_of_transformers_will_do_too(hub: Hub) -> None:
    folder = get_keras("org/tiny")
    assert folder == get("org/tiny")
    assert "onnx/config.json" not in hub.fetched
    del hub.repositories["org/tiny"]["model.safetensors"]
    del hub.repositories["org/tiny"]["consolidated.safetensors"]
    with pytest.raises(UnsupportedModelError, match="no safetensors"):
        get_keras("org/tiny")


def test_offline_a_model_of_transformers_serves_keras_too(hub: Hub) -> None:
    folder = get_keras("org/tiny")
    hub.down = True
    assert get_keras("org/tiny") == folder


def test_transformers_is_given_no_preset_of_keras(hub: Hub) -> None:
    hub.repositories["org/keras"] = KERAS | ONE
    with pytest.raises(UnsupportedModelError, match="no safetensors"):
        get("org/keras")
    assert hub.fetched == []


def test_a_download_is_stopped(hub: Hub) -> None:
    @Callback
    def progress(_phase: str, done: int, _total: int | None, scores: object) -> None:
        if done:
            raise Cancelled

    with pytest.raises(Cancelled):
        get("org/tiny", progress)
