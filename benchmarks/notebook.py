"""The widget in JupyterLab: from the end of its cell to a page that can be used."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from benchmarks.timing import Line, median
from scripts.browser import find
from tests.support.lab import Lab, lab

CELL = """\
import backlit
widget = backlit.make_notebook_widget(["sample_prompts"], ["toy"])
widget.render()
"""
WATCH = """() => {
  const prompt = document.querySelector(".jp-CodeCell .jp-InputArea-prompt");
  const seen = { ended: null, usable: null };
  window.seen = seen;
  const look = () => {
    const over = /\\[\\d+\\]:/.test(prompt.textContent);
    if (seen.ended === null && over) seen.ended = performance.now();
    const hosts = document.querySelectorAll(".jp-CodeCell .jp-OutputArea *");
    for (const { shadowRoot } of hosts) {
      if (seen.usable === null && shadowRoot?.querySelector("[data-testid=example]")) {
        seen.usable = performance.now();
      }
    }
    if (seen.ended === null || seen.usable === null) requestAnimationFrame(look);
  };
  look();
}"""


def run(rounds: int) -> Iterator[Line]:
    """Seconds to the first paint; none if it is there when the cell ends."""
    with (
        tempfile.TemporaryDirectory() as folder,
        lab(Path(folder)) as jupyter,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(
            executable_path=find(), args=["--no-sandbox", "--disable-gpu", "--no-first-run"]
        )
        found = [_first_paint(jupyter, browser.new_page(), n) for n in range(rounds)]
        browser.close()
    yield median("seconds from the end of the cell to the widget", found, bound=1, unit="s")


def _first_paint(jupyter: Lab, page: Page, number: int) -> float:
    name = f"paint{number}"
    jupyter.write(name, CELL)
    notebook = jupyter.open(page, name)
    page.evaluate(WATCH)
    notebook.start(0)
    page.wait_for_function("window.seen.ended !== null && window.seen.usable !== null")
    seen = page.evaluate("window.seen")
    jupyter.end_kernels()
    page.close()
    waited: float = seen["usable"] - seen["ended"]
    return max(0.0, waited / 1000)
