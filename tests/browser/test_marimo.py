"""The widget in a real marimo in Chromium, on the toy model."""

import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from textwrap import indent
from urllib.error import URLError
from urllib.request import urlopen

import pytest
from playwright.sync_api import Page, expect

from backlit.serving.listening import bind
from tests.browser.test_jupyterlab import MAKE, RENDER, SLOW, explained, generated, mapped

pytestmark = pytest.mark.browser

SECONDS = 60


@contextmanager
def marimo(page: Page, folder: Path, *cells: str) -> Iterator[str]:
    """Marimo's editor on a notebook of these cells; its address."""
    parts = ["import marimo", "app = marimo.App(width='full')"]
    parts += [f"@app.cell\ndef _():\n{indent(cell, '    ')}\n    return" for cell in cells]
    path = folder / "notebook.py"
    path.write_text("\n\n\n".join([*parts, 'if __name__ == "__main__":\n    app.run()\n']))
    (folder / "pyproject.toml").write_text("[tool.marimo.runtime]\nauto_instantiate = true\n")
    sock = bind("127.0.0.1", 0)
    port = sock.getsockname()[1]
    sock.close()
    options = ["--headless", "--no-token", "--skip-update-check", "--port", str(port)]
    command = [sys.executable, "-m", "marimo", "edit", str(path), *options]
    process = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL)
    address = f"http://127.0.0.1:{port}"
    deadline = time.monotonic() + SECONDS
    try:
        while True:
            try:
                urlopen(f"{address}/health").close()
            except URLError:
                assert time.monotonic() < deadline, "marimo did not start"
                time.sleep(0.1)
            else:
                break
        yield address
        page.goto("about:blank")  # marimo's own page complains when its server goes first
    finally:
        process.terminate()
        process.wait(timeout=30)


def read(path: Path, text: str) -> None:
    """Wait until Python has written this."""
    deadline = time.monotonic() + SECONDS
    while not path.exists() or path.read_text() != text:
        assert time.monotonic() < deadline, path.exists() and path.read_text()
        time.sleep(0.1)


def test_the_page_and_python_follow_each_other(page: Page, tmp_path: Path) -> None:
    told, asked = tmp_path / "told", tmp_path / "asked"
    watch = f"""\
import pathlib
def follow(change):
    if change.new is None:
        return
    pathlib.Path({str(told)!r}).write_text(widget.selection.text)
    if widget.selection.text == "water" and not pathlib.Path({str(asked)!r}).exists():
        pathlib.Path({str(asked)!r}).write_text("once")
        widget.selection = "cold"
widget.observe(follow, "explanation")"""
    with marimo(page, tmp_path, f"{RENDER}\n{watch}") as address:
        page.goto(address)
        widget = page.locator(".app")
        expect(widget.get_by_test_id("example")).to_contain_text("pets")
        generated(widget)
        widget.get_by_text("Word", exact=True).click()
        explained(widget, "water")
        expect(widget.get_by_test_id("target-card")).to_contain_text("cold")
        mapped(widget)
        read(told, "cold")


def test_as_the_last_expression_of_a_cell(page: Page, tmp_path: Path) -> None:
    with marimo(page, tmp_path, f"{MAKE}widget") as address:
        page.goto(address)
        widget = page.locator(".app")
        generated(widget)
        explained(widget, "water")


def test_a_tab_of_its_own(page: Page, tmp_path: Path) -> None:
    with marimo(page, tmp_path, f"{MAKE}widget.render(open_in_new_tab=True)") as address:
        page.goto(address)
        link = page.get_by_role("link", name="Open Backlit in a new tab")
        expect(link).to_have_attribute("href", re.compile(r"^http://127\.0\.0\.1:\d+/\?code="))


def test_stopping(page: Page, tmp_path: Path) -> None:
    told = tmp_path / "told"
    slow = SLOW.replace("stopped.append(number)", f"open({str(told)!r}, 'w').write('stopped')")
    with marimo(page, tmp_path, slow) as address:
        page.goto(address)
        widget = page.locator(".app")
        widget.get_by_test_id("generate").click()
        expect(widget.get_by_test_id("answer-text")).to_contain_text("word3")
        widget.get_by_test_id("stop").click()
        expect(widget.get_by_test_id("answer-text")).to_have_attribute("data-finish", "cancelled")
        read(told, "stopped")


def test_other_examples_instead(page: Page, tmp_path: Path) -> None:
    cell = f"{MAKE}widget.render(data=[{{'prompt': 'One two three', 'id': 'counting'}}])"
    with marimo(page, tmp_path, cell) as address:
        page.goto(address)
        expect(page.locator(".app").get_by_test_id("example")).to_contain_text("counting")
