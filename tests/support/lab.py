"""A real JupyterLab, and notebooks in it, driven as a person does."""

import json
import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.request import Request, urlopen

import nbformat
from playwright.sync_api import Locator, Page, expect

TRIES = 5
OLD_KERNEL = "old"  # a kernel that runs on ipykernel 6


class Notebook:
    """An open notebook."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def cell(self, index: int) -> Locator:
        return self.page.locator(".jp-NotebookPanel:not(.lm-mod-hidden) .jp-CodeCell").nth(index)

    def start(self, index: int) -> None:
        """Run a cell, and don't wait for its end."""
        prompt = self.cell(index).locator(".jp-InputArea-prompt")
        expect(prompt).to_have_text(re.compile(r"\[.*\]:"))  # empty until the notebook is drawn
        before = prompt.inner_text()
        for _ in range(TRIES):  # a notebook that still settles may lose a key
            self.cell(index).locator(".cm-content").click()
            self.page.keyboard.press("Shift+Enter")
            with suppress(AssertionError):
                return expect(prompt).not_to_have_text(before, timeout=3000)
        raise AssertionError(f"cell {index} did not start")

    def run(self, index: int) -> str:
        """Run a cell to its end; what it printed."""
        prompt = self.cell(index).locator(".jp-InputArea-prompt")
        for _ in range(TRIES):  # a kernel that still connects may forget what it was asked
            self.start(index)
            expect(prompt).to_have_text(re.compile(r"\[[^*]*\]:"))
            if prompt.inner_text() != "[ ]:":
                break
        self.ended(index)
        return self.cell(index).locator(".jp-OutputArea").inner_text()

    def told(self, index: int, *words: str) -> list[str]:
        """Run a cell until it prints these words first; what it printed last.

        A frontend holds a widget's second change back until the kernel is done with its first, so
        that a cell run at once may be a step behind what is on the page.
        """
        for _ in range(TRIES):
            printed = self.run(index).split()
            if printed[: len(words)] == list(words):
                break
        return printed[: len(words)]

    def ended(self, index: int) -> None:
        prompt = self.cell(index).locator(".jp-InputArea-prompt")
        expect(prompt).to_have_text(re.compile(r"\[\d+\]:"))

    def widget(self, index: int = 0) -> Locator:
        """The page that a cell shows."""
        return self.cell(index).locator(".app")

    def command(self, name: str) -> None:
        """Run one of JupyterLab's commands by its label in the palette."""
        # Inside the widget, keys are its own.
        self.cell(0).locator(".jp-InputArea .cm-content").click()
        self.page.keyboard.press("ControlOrMeta+Shift+C")
        palette = self.page.locator("#modal-command-palette")
        palette.locator("input").fill(name)
        palette.locator(".lm-CommandPalette-item").first.click()

    def save(self) -> None:
        self.page.get_by_role("button", name="Save and create checkpoint").first.click()
        expect(self.page.locator(".lm-TabBar-tab.jp-mod-current.jp-mod-dirty")).to_have_count(0)

    def save_with(self, content: str, path: Path) -> None:
        """Save until this is in the file; a setting may take a while to be heard of."""
        for _ in range(60):
            self.save()
            if content in path.read_text():
                return
            self.page.wait_for_timeout(500)
        raise AssertionError(f"{path.name} was saved without {content}")


class Lab:
    """A JupyterLab server on a folder of its own.

    Args:
        url: of the server, without a path.
        root: where its notebooks are.
    """

    def __init__(self, url: str, root: Path) -> None:
        self.url = url
        self.root = root

    def write(self, name: str, *cells: str, kernel: str = "python3") -> Path:
        """A notebook of code cells."""
        spec = {"name": kernel, "display_name": kernel, "language": "python"}
        made = [nbformat.v4.new_code_cell(source) for source in cells]
        notebook = nbformat.v4.new_notebook(cells=made, metadata={"kernelspec": spec})
        path = self.root / f"{name}.ipynb"
        nbformat.write(notebook, path)
        return path

    def open(self, page: Page, name: str) -> Notebook:
        """Open a notebook in a fresh workspace, and wait for its kernel."""
        page.goto(f"{self.url}/lab/workspaces/{name}/tree/{name}.ipynb?reset&token=t")
        expect(page.locator("#jp-main-statusbar").get_by_text("| Idle")).to_be_visible()
        return Notebook(page)

    def open_alone(self, page: Page, name: str) -> Notebook:
        """Open a notebook in Notebook 7, which shows one and little else.

        On a busy machine, Notebook may ask before it has settled, for a kernel say; its own
        suggestion is taken, and what it asked is in the test's output.
        """
        page.add_locator_handler(page.locator("dialog.jp-Dialog"), _accept)
        page.goto(f"{self.url}/notebooks/{name}.ipynb?token=t")
        expect(page.locator(".jp-NotebookKernelStatus")).to_be_attached()
        indicator = page.locator(".jp-Notebook-ExecutionIndicator").first
        expect(indicator).to_have_attribute("data-status", "idle")
        return Notebook(page)

    def end_kernels(self) -> None:
        """Shut down every kernel."""
        headers = {"Authorization": "token t"}
        with urlopen(Request(f"{self.url}/api/kernels", headers=headers)) as answer:
            kernels = json.load(answer)
        for kernel in kernels:
            address = f"{self.url}/api/kernels/{kernel['id']}"
            urlopen(Request(address, headers=headers, method="DELETE")).close()


def _accept(dialog: Locator) -> None:
    print("Jupyter asked:", dialog.inner_text())
    dialog.locator(".jp-mod-accept").click()


@contextmanager
def lab(folder: Path) -> Iterator[Lab]:
    """Start JupyterLab, with an ipykernel 6 beside the installed one; stop it and its kernels."""
    root = folder / "notebooks"
    root.mkdir()
    _old_kernel(folder / "old")
    settings = folder / "settings" / "@jupyterlab" / "apputils-extension"
    settings.mkdir(parents=True)
    (settings / "notification.jupyterlab-settings").write_text('{"fetchNews": "false"}')
    environment = {
        **os.environ,
        "JUPYTER_CONFIG_DIR": str(folder / "config"),
        "JUPYTER_DATA_DIR": str(folder / "data"),
        "JUPYTER_RUNTIME_DIR": str(folder / "runtime"),
        "JUPYTER_PATH": str(folder / "old" / "share" / "jupyter"),
        "JUPYTERLAB_SETTINGS_DIR": str(folder / "settings"),
        "IPYTHONDIR": str(folder / "ipython"),
    }
    options = ["--no-browser", "--allow-root", "--ServerApp.port=0", "--IdentityProvider.token=t"]
    command = [sys.executable, "-m", "jupyterlab", *options, f"--ServerApp.root_dir={root}"]
    process = subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    log: list[str] = []
    drain: threading.Thread | None = None
    try:
        for line in process.stderr:
            log.append(line)
            found = re.search(r"(http://127\.0\.0\.1:\d+)/lab", line)
            if found:
                break
        else:
            raise AssertionError("JupyterLab did not start:\n" + "".join(log))
        drain = threading.Thread(target=process.stderr.read, daemon=True)
        drain.start()
        yield Lab(found[1], root)
    finally:
        process.terminate()
        process.wait(timeout=30)
        if drain is not None:
            drain.join(timeout=5)
        process.stderr.close()


def _old_kernel(folder: Path) -> None:
    """A kernel that differs from the installed one by its ipykernel alone."""
    library = folder / "library"
    install = ["-m", "pip", "install", "--quiet", "--no-deps", "--target", str(library)]
    packages = ["ipykernel==6.31.0", "nest_asyncio==1.6.0"]
    subprocess.run([sys.executable, *install, *packages], check=True, capture_output=True)
    spec = {
        "argv": [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"],
        "display_name": "Old",
        "language": "python",
        "env": {"PYTHONPATH": str(library)},
    }
    place = folder / "share" / "jupyter" / "kernels" / OLD_KERNEL
    place.mkdir(parents=True)
    (place / "kernel.json").write_text(json.dumps(spec))
