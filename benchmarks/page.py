"""The page: from the command to a page that can be used, and recolouring a long text."""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, Page, sync_playwright

from benchmarks.timing import Line, median
from scripts.browser import find

TOKENS = 8_000


def run(rounds: int) -> Iterator[Line]:
    """Start-up on the default model, and recolouring on the toy."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=find(), args=["--no-sandbox", "--disable-gpu", "--no-first-run"]
        )
        figures = [_seconds_to_page(browser) for _ in range(rounds)]
        yield median("seconds from `backlit serve` to a usable page", figures, bound=2, unit="s")
        with _serve("toy") as url:
            page = browser.new_page()
            page.goto(url)
            figures = list(_recolour(page, rounds))
        yield median(f"milliseconds to recolour {TOKENS:,} tokens", figures, bound=None, unit="ms")
        browser.close()


@contextmanager
def _serve(*arguments: str) -> Iterator[str]:
    command = [sys.executable, "-m", "backlit", "serve", *arguments, "--no-browser"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        yield process.stdout.readline().split()[-1]
    finally:
        process.terminate()
        process.wait()


def _seconds_to_page(browser: Browser) -> float:
    """Until the prompt can be typed and the examples are listed, while the model loads."""
    started = time.perf_counter()
    with _serve() as url:
        page = browser.new_page()
        page.goto(url)
        page.get_by_test_id("example").first.wait_for()
        page.get_by_test_id("prompt-editor").wait_for()
        found = time.perf_counter() - started
        page.close()
    return found


def _recolour(page: Page, rounds: int) -> Iterator[float]:
    """Milliseconds of script, style and layout after a change of intensity."""
    raise NotImplementedError
