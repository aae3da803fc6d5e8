"""A model of KerasHub on the page, in a notebook and at the command line, on its framework."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from backlit import Explanation
from tests.support.lab import lab
from tests.support.page import choose, finished, generate, granularity, mapped, serve, type_prompt

pytestmark = [pytest.mark.browser, pytest.mark.keras]

PROMPT = "The cat likes warm milk. The dog likes cold water. I like sweet soup. The dog likes"
CODELAB = "gemma2_2b_it:gemma2_instruct_2b_en"


@pytest.fixture(scope="module")
def preset(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that holds a preset, as `save_to_preset` writes it."""
    from tests.support import tiny_keras

    folder = tmp_path_factory.mktemp("presets") / "tiny"
    tiny_keras.causal_lm().save_to_preset(str(folder))
    tiny_keras.reader("Gemma3").save_to_preset(str(folder))
    return folder


@pytest.fixture(scope="module")
def framework() -> str:
    import keras

    return str(keras.config.backend())


@pytest.fixture
def nowhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No network, no credentials, nothing fetched before."""
    for name in ("KAGGLE_USERNAME", "KAGGLE_KEY", "KAGGLE_API_TOKEN", "KAGGLE_CONFIG_DIR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("KAGGLEHUB_CACHE", str(tmp_path / "kagglehub"))
    for name in ("HTTPS_PROXY", "https_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")  # where nobody listens


@pytest.fixture
def url(preset: Path, nowhere: None) -> Iterator[str]:
    with serve(str(preset), CODELAB, "toy", f"gone:keras:{preset}-gone") as found:
        yield found


def status(page: Page, name: str) -> None:
    expect(page.get_by_test_id("model-status")).to_have_attribute("data-status", name)


def test_the_main_job_on_the_page(page: Page, url: str, framework: str) -> None:
    page.goto(url)
    type_prompt(page, PROMPT)
    generate(page)
    if framework != "torch":
        expect(page.get_by_test_id("writing")).to_contain_text("Compiling, once per length")
    finished(page)
    granularity(page, "Sentence")
    page.get_by_test_id("answer-text").locator("[data-token]").first.click()
    if framework != "torch":
        expect(page.get_by_test_id("influences")).to_contain_text("Compiling, once per length")
    mapped(page)
    rows = page.get_by_test_id("influence")
    expect(rows).to_have_count(4)  # sentences
    for method in ("occlusion", "grad_x_input", "grad_l2"):
        page.get_by_test_id("method-select").select_option(method)
        mapped(page)
        expect(page.get_by_test_id("influences")).not_to_contain_text("Compiling")
    rows.first.get_by_test_id("mute").click()
    expect(page.get_by_test_id("mute-result")).to_contain_text("likely")
    gated = page.get_by_test_id("method-select").locator("option[value=gate_gradient]")
    expect(gated).to_be_disabled()


def test_a_model_that_can_not_be_had_leaves_the_others(page: Page, url: str) -> None:
    page.goto(url)
    type_prompt(page, PROMPT)
    generate(page)
    finished(page)
    page.get_by_test_id("answer-text").locator("[data-token]").first.click()
    mapped(page)
    choice = page.get_by_test_id("model-select")
    choice.select_option("gemma2_2b_it")
    status(page, "failed")
    told = page.get_by_role("alert")
    expect(told).to_contain_text("Kaggle did not answer")
    expect(told).to_contain_text("https://www.kaggle.com/models/keras/gemma2")
    expect(told).to_contain_text("kaggle.json")
    # the map is still that of the model which wrote, with the methods that it can serve
    mapped(page)
    expect(page.get_by_test_id("method-select")).to_have_value("input_relevance")
    choice.select_option("gone")
    status(page, "failed")
    choice.select_option("toy")
    status(page, "ready")
    type_prompt(page, PROMPT)
    generate(page)
    finished(page)


def test_the_main_job_in_a_notebook(
    page: Page, preset: Path, framework: str, tmp_path: Path
) -> None:
    with lab(tmp_path) as jupyter:
        jupyter.write(
            "keras",
            f"""\
import backlit
rows = [{{"prompt": {PROMPT!r}, "id": "pets"}}]
widget = backlit.make_notebook_widget(
    [rows], ["tiny:{preset}"], dl_framework="kerasnlp", dl_runtime="{framework}",
    precision="float32", batch_size=1, max_examples=5, height=720,
)
widget.render()
""",
            "print(widget.explanation.metadata['backend'], widget.explanation.metadata['engine'])",
            'backlit.make_notebook_widget(models=["toy"], dl_framework="transformers", '
            'dl_runtime="jax")',
        )
        notebook = jupyter.open(page, "keras")
        notebook.run(0)
        widget = notebook.widget()
        choose(widget, "pets")
        widget.get_by_test_id("generate").click()
        answer = widget.get_by_test_id("answer-text")
        expect(answer).to_have_attribute("data-finish", re.compile("stop|length"))
        answer.locator("[data-token]").first.click()
        expect(widget.get_by_test_id("influence").first).to_be_visible()
        expect(widget.get_by_test_id("influences")).to_have_attribute("aria-busy", "false")
        assert notebook.run(1).split() == [framework, "keras_hub"]
        assert "Models of transformers run on torch, not on jax." in notebook.run(2)
        jupyter.end_kernels()


def run(*arguments: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "backlit", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)


def test_the_main_job_at_the_command_line(preset: Path, framework: str) -> None:
    done = run(
        *("explain", "--model", str(preset), "--keras-backend", framework, "--format", "json"),
        *("--prompt", PROMPT, "--response", " cold water.", "--method", "grad_x_input"),
        *("--granularity", "sentence"),
    )
    assert done.returncode == 0, done.stderr
    found = Explanation.from_json(done.stdout)
    assert found.metadata["backend"] == framework
    assert len(found.attributions[0].segments) == 5  # four sentences, and the start


def test_the_codelabs_own_string_says_what_to_do(nowhere: None) -> None:
    done = run("explain", "--model", CODELAB, "--prompt", "Hello")
    assert done.returncode == 1
    assert done.stderr.count("Traceback") == 0
    assert "Error: Kaggle did not answer" in done.stderr
    told = " ".join(done.stderr.split())
    for hint in (
        *("Check the network", "https://www.kaggle.com/models/keras/gemma2", "kaggle.json"),
        *("KAGGLE_USERNAME", "KAGGLE_API_TOKEN"),
    ):
        assert hint in told


def test_another_framework_in_the_same_process(preset: Path, framework: str) -> None:
    other = "jax" if framework == "torch" else "torch"
    code = (
        "import backlit\n"
        f"backlit.load_model({str(preset)!r}, backend={framework!r})\n"
        f"backlit.load_model({str(preset)!r}, backend={other!r})\n"
    )
    environment = {k: v for k, v in os.environ.items() if k != "KERAS_BACKEND"}
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
        env=environment,
    )
    assert f"Keras runs on {framework} in this process, and can't change to {other}" in done.stderr
    assert "Restart Python" in done.stderr
