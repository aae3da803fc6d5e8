"""Frames while much is shown: a table and a batch of 10,000 rows, and a grid that streams in."""

import json
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
from playwright.sync_api import Page, sync_playwright

import backlit
from backlit.batch.folder import Folder
from backlit.batch.parts import PartWriter, packed, places_of
from backlit.batch.tables import Reader
from backlit.batch.task import run_of
from benchmarks.page import serve
from benchmarks.timing import Line
from scripts.browser import find

ROWS = 10_000
GRID_ROWS = 200
BOUND = 50  # ms a frame


def run() -> Iterator[Line]:
    """All on the toy, which answers at once, so that all comes as fast as it can."""
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as folder:
        browser = playwright.chromium.launch(
            executable_path=find(), args=["--no-sandbox", "--disable-gpu", "--no-first-run"]
        )
        data = Path(folder, "rows.jsonl")
        rows = [{"prompt": f"Say {n * 7919 % ROWS}.", "level": n % 9} for n in range(ROWS)]
        data.write_text("\n".join(map(json.dumps, rows)))
        batch = Path(folder, "batch")
        _make_batch(batch)
        measured: dict[Callable[[Page], Iterator[Line]], list[str]] = {
            _table: ["--data", str(data)],
            _batch: ["--batch", str(batch)],
            _grid: [],
        }
        for measure, arguments in measured.items():
            with serve("toy", "--no-workspace", *arguments) as url:
                viewport = {"width": 1440, "height": 900}
                # To poll from here, what the page's policy forbids is allowed.
                page = browser.new_context(viewport=viewport, bypass_csp=True).new_page()  # type: ignore[arg-type]
                page.goto(url)
                yield from measure(page)
        browser.close()


def _make_batch(folder: Path) -> None:
    """Runs that were done, and as many more like them as there are to be."""
    data = [{"id": f"row {n}", "prompt": f"The cat likes milk.\nSay {n}."} for n in range(100)]
    backlit.explain_dataset("toy", data, folder, method="occlusion", progress=False)
    place = Folder(folder)
    reader = Reader(place)
    known = [reader.record(one) for one in places_of(place).values()]
    writer = PartWriter(place)
    for first in range(len(known), ROWS, len(known)):
        rows = [(f"row {first + n}", first + n, one) for n, one in enumerate(known)]
        writer.write(
            packed(
                [replace(one, run=run_of(row, None), row=row, position=n) for row, n, one in rows]
            )
        )


def _table(page: Page) -> Iterator[Line]:
    started = page.evaluate("performance.now()")
    page.get_by_test_id("views").get_by_text("Table").click()
    page.get_by_test_id("open-row").first.wait_for()
    seconds = (page.evaluate("performance.now()") - started) / 1000
    yield Line(f"seconds to the first of {ROWS:,} rows", seconds, 1, "s")

    page.evaluate(WATCH, "[aria-label=Rows]")
    page.wait_for_timeout(4_000)
    yield _frames(page, "ms a frame, scrolling them")

    page.evaluate(WATCH, None)
    for _ in range(3):
        page.get_by_test_id("sort").filter(has_text="level").click()
        page.wait_for_timeout(700)
    yield _frames(page, "ms a frame, sorting them")

    page.evaluate(WATCH, None)
    page.get_by_test_id("find-anywhere").press_sequentially("say 12", delay=120)
    page.wait_for_function("document.querySelector('[data-testid=found-rows]').innerText != ''")
    page.wait_for_timeout(700)
    yield _frames(page, "ms a frame, filtering them")


def _batch(page: Page) -> Iterator[Line]:
    page.get_by_test_id("open-run").first.wait_for()
    page.evaluate(WATCH, "[aria-label=Runs]")
    page.wait_for_timeout(4_000)
    yield _frames(page, f"ms a frame, scrolling a batch of {ROWS:,} runs")

    page.evaluate(WATCH, None)
    page.get_by_test_id("batch-search").press_sequentially("say 12", delay=120)
    page.wait_for_timeout(700)
    page.get_by_test_id("batch-status").get_by_text("Explained").click()
    page.wait_for_timeout(700)
    yield _frames(page, "ms a frame, filtering them")

    started = page.evaluate("performance.now()")
    page.get_by_test_id("open-run").first.click()
    page.get_by_test_id("run").wait_for()
    seconds = (page.evaluate("performance.now()") - started) / 1000
    yield Line("seconds to a run of them with its map", seconds, 1, "s")


def _grid(page: Page) -> Iterator[Line]:
    page.get_by_test_id("views").get_by_text("Grid").click()
    page.get_by_test_id("grid-template").fill("The {who} likes warm milk.\nThe dog likes")
    page.get_by_test_id("grid-rows").locator("input").first.evaluate(
        PASTE, "\n".join(f"cat {n}" for n in range(GRID_ROWS))
    )
    for number, principle in enumerate(("Be kind.", "Avoid.")):
        page.get_by_test_id("add-principle").click()
        page.get_by_test_id("principle").nth(number).fill(principle)
    page.get_by_test_id("grid-find").fill("water")
    page.evaluate(WATCH, "[data-testid=grid] > .body")
    page.get_by_test_id("run-grid").click()
    page.get_by_test_id("grid-sentence").first.wait_for(timeout=120_000)
    yield _frames(page, f"ms a frame, 3 x {GRID_ROWS} cells streaming in, scrolled")


def _frames(page: Page, what: str) -> Line:
    """The 95th percentile of the times between two frames."""
    found: list[float] = page.evaluate("window.frames_ms")
    low, high = np.quantile(found, [0.5, 1])
    return Line(what, float(np.quantile(found, 0.95)), BOUND, "ms", (float(low), float(high)))


WATCH = """selector => {
  cancelAnimationFrame(window.watched);
  window.frames_ms = [];
  let last = performance.now();
  const frame = (now) => {
    window.frames_ms.push(now - last);
    last = now;
    const pane = selector && document.querySelector(selector);
    if (pane) {
      const rest = Math.max(1, pane.scrollHeight - pane.clientHeight);
      pane.scrollTop = (pane.scrollTop + 40) % rest;
    }
    window.watched = requestAnimationFrame(frame);
  };
  window.watched = requestAnimationFrame(frame);
}"""

PASTE = """(input, text) => {
  const clipboardData = new DataTransfer();
  clipboardData.setData("text/plain", text);
  input.focus();
  input.dispatchEvent(new ClipboardEvent("paste", { clipboardData, bubbles: true }));
}"""
