"""Passwords and signatures in a model's URL are used, and nowhere kept or shown."""

import json
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

import backlit
from backlit.errors import BacklitError
from backlit.model import load_model
from backlit.notebook.arguments import read_models
from backlit.serving.access import Access
from backlit.serving.http import create_app
from backlit.serving.models import ServedModel
from backlit.serving.service import Service
from tests.security.conftest import PASSWORD, SIGNATURE, TOKEN, Shop
from tests.support.command import run

EXPLAIN = ("--prompt", "The cat likes warm milk. The dog likes", "--response", " cold water",
           "--granularity", "word", "--method", "occlusion", "--format", "json")  # fmt: skip


def no_secret(text: str) -> None:
    assert PASSWORD not in text
    assert SIGNATURE not in text


def nothing_kept(folder: Path) -> None:
    """No name and no file below a folder holds a secret."""
    paths = list(folder.rglob("*"))
    assert paths
    for path in paths:
        no_secret(str(path.relative_to(folder)))
        if path.is_file():
            no_secret(path.read_bytes().decode("latin-1"))


def test_what_is_saved_logged_and_cached(
    shop: Shop, cache: Path, tmp_path: Path, all_logged: pytest.LogCaptureFixture
) -> None:
    why = tmp_path / "why.json"
    made = run("explain", "--model", shop.url, *EXPLAIN, "--output", str(why))
    assert made.exit_code == 0, made.output
    assert json.loads(why.read_text())["metadata"]["source"] == shop.plain
    no_secret(why.read_text())
    no_secret(made.output)
    nothing_kept(cache)
    assert "HTTP Request" in all_logged.text
    no_secret(all_logged.text)


def test_a_check_finds_the_copy_without_the_password(
    shop: Shop, cache: Path, tmp_path: Path
) -> None:
    why = tmp_path / "why.json"
    assert run("explain", "--model", shop.url, *EXPLAIN, "--output", str(why)).exit_code == 0
    asked = len(shop.asked)
    checked = run("check", str(why))
    assert checked.exit_code == 0, checked.output
    assert "random orders" in " ".join(checked.output.split())
    assert len(shop.asked) == asked, "nobody was asked for it"


def test_another_signature_finds_the_same_copy(shop: Shop, cache: Path) -> None:
    load_model(shop.url)
    load_model(f"{shop.url}&expires=tomorrow")
    assert len([path for path in (cache / "models").iterdir() if path.is_dir()]) == 1


def test_what_a_page_is_told(shop: Shop, cache: Path) -> None:
    served = ServedModel("tiny", shop.url)
    service = Service([served], [])
    with TestClient(
        create_app(service, Access(TOKEN)),
        base_url="http://127.0.0.1:8400",
        headers={"Authorization": f"Bearer {TOKEN}"},
    ) as client:
        for source in ({}, {"source": shop.plain}):
            state: dict[str, Any] = client.get("/api/state").json()
            (model,) = state["models"]
            assert model["source"] == shop.plain
            assert source.items() <= model["metadata"].items()
            no_secret(json.dumps(state))
            served.load(lambda: None)
    service.close()


def test_what_a_saved_notebook_holds(shop: Shop, cache: Path) -> None:
    widget = backlit.make_notebook_widget([[{"prompt": "The cat likes"}]], [shop.url])
    no_secret(repr(widget.get_state()))
    no_secret(repr(widget))
    widget.close()
    no_secret(read_models(shop.url, None, None)[0].name)


def test_what_errors_say(shop: Shop, cache: Path) -> None:
    query = f"sig={SIGNATURE}"
    for source in (
        shop.url.replace(SIGNATURE, SIGNATURE[::-1]),  # refused by the server
        shop.url.replace("http://", "ftp://"),
        shop.url.replace("http://", "https://"),
        shop.url.replace("127.0.0.1", "host.example"),  # not https
        shop.url.replace("127.0.0.1", "[::1"),
        shop.url.replace(PASSWORD, f"{PASSWORD}/with-a-slash"),
        shop.url.replace(".tar.gz", ".exe"),
        f"{shop.plain}#{query}",
        f"keras:{shop.url}",
        f"mine:{shop.url.replace('http', 'gopher')}",
    ):
        with pytest.raises(BacklitError) as raised:
            load_model(source)
        no_secret(str(raised.value))
        no_secret(json.dumps(ServedModel("tiny", source).info.model_dump()))
    with pytest.raises(BacklitError) as raised:
        load_model(shop.url, object())
    no_secret(str(raised.value))
