"""The page: how soon it can be used, a cause is told, a long text recoloured and typed in."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
from playwright.sync_api import Browser, Page, Route, sync_playwright

from backlit.engines.toy import ToyEngine
from backlit.explaining.responses import respond
from backlit.explanation import Attribution, Explanation
from backlit.serving.requests.explain import ExplanationEvent
from backlit.types import Target
from benchmarks.timing import Line, median
from scripts.browser import find

TOKENS = 8_000
KEYS = 100
PROMPT = "\n".join([" ".join(["cat"] * 15)] * (TOKENS // 16))  # a line, with its end, is 16


def run(rounds: int) -> Iterator[Line]:
    """Start-up on the default model, and recolouring on the toy."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=find(), args=["--no-sandbox", "--disable-gpu", "--no-first-run"]
        )
        figures = [_seconds_to_page(browser) for _ in range(rounds)]
        yield median("seconds from `backlit serve` to a usable page", figures, bound=2, unit="s")
        figures = list(_seconds_to_finding(browser, rounds))
        yield median("seconds from a click to the finding", figures, bound=15, unit="s")
        with serve("toy") as url:
            page = browser.new_context(bypass_csp=True).new_page()  # to poll from here
            page.goto(url)
            figures = list(_recolour(page, rounds))
            yield median(f"ms to recolour {TOKENS:,} tokens", figures, bound=60, unit="ms")
            figures = _typing(page)
        yield median(f"ms a key press in {TOKENS:,} tokens", figures, bound=50, unit="ms")
        browser.close()


@contextmanager
def serve(*arguments: str) -> Iterator[str]:
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
    with serve() as url:
        page = browser.new_page()
        page.goto(url)
        page.get_by_test_id("example").first.wait_for()
        page.get_by_test_id("prompt-editor").wait_for()
        found = time.perf_counter() - started
        page.close()
    return found


def _seconds_to_finding(browser: Browser, rounds: int) -> Iterator[float]:
    """From a click on the mistaken answer until its cause is told, with all that was measured.

    Each in a fresh server: what was found once is remembered.
    """
    for _ in range(rounds):
        with serve() as url:
            page = browser.new_context(viewport={"width": 1440, "height": 900}).new_page()
            page.goto(url)
            page.get_by_test_id("example").filter(has_text="fewshot-mistake").click()
            page.get_by_test_id("generate").click()
            page.locator("[data-testid=answer-text][data-finish=stop]").wait_for(timeout=120_000)
            answer = page.get_by_test_id("answer-text").locator("[data-token]")
            answer.filter(has_text="try").last.click()
            started = time.perf_counter()
            page.get_by_test_id("found").wait_for(timeout=120_000)
            yield time.perf_counter() - started
            page.context.close()


def _recolour(page: Page, rounds: int) -> Iterator[float]:
    """Milliseconds of script, style and layout when the intensity slider is moved.

    The scores are random, so that every token has a colour of its own to change.
    """
    page.route("**/api/explain", _random_scores)
    page.get_by_test_id("method-select").select_option("grad_x_input")
    page.locator(".cm-content[data-testid=prompt-editor]").fill(PROMPT)
    page.get_by_test_id("generate").click()
    page.get_by_test_id("granularity").get_by_text("Token", exact=True).click()
    answer = page.get_by_test_id("answer-text").locator("[data-token]")
    page.wait_for_function("document.querySelector('[data-finish]')?.dataset.finish")
    answer.first.click()
    page.wait_for_function("document.querySelectorAll('[data-testid=influence]').length > 0")
    chips = page.locator("[data-token]").count()
    assert chips >= TOKENS, f"only {chips} tokens on the page"
    for number in range(rounds + 1):
        found = page.evaluate(RECOLOUR, 1 if number % 2 else -1)
        if number:  # the first warms
            yield found


def _random_scores(route: Route) -> None:
    """Answer an explain request in the server's place."""
    body = route.request.post_data
    assert body is not None
    asked = json.loads(body)
    start, stop = asked["target"]
    reference = asked["reference"]
    generation = respond(ToyEngine(), reference["prompt"], reference["response_ids"])
    scores = np.random.default_rng(0).normal(size=start)
    attribution = Attribution(
        method="grad_x_input",
        params={},
        target=Target(start, stop),
        granularity="token",
        segments=(),
        signed=True,
        target_log_prob=-1.0,
        token_scores=tuple(scores.tolist()),
    )
    event = ExplanationEvent(explanation=Explanation(generation, (attribution,)))
    route.fulfill(content_type="text/event-stream", body=f"data: {event.model_dump_json()}\n\n")


def _typing(page: Page) -> list[float]:
    """Milliseconds from a key in the middle of the coloured prompt until it is drawn."""
    page.get_by_test_id("prompt-text").locator("[data-token]").nth(TOKENS // 2).dblclick()
    page.locator(".cm-content[data-testid=prompt-editor]").wait_for()
    page.evaluate(WATCH_KEYS)
    for number in range(KEYS):
        page.keyboard.press("a")
        page.wait_for_function(f"window.drawn.length > {number}")
    found: list[float] = page.evaluate("window.drawn")
    return found


WATCH_KEYS = """() => {
  window.drawn = [];
  const pressed = () => {
    const start = performance.now();
    requestAnimationFrame(() => setTimeout(() => window.drawn.push(performance.now() - start)));
  };
  document.addEventListener("keydown", pressed, true);
}"""
RECOLOUR = """async (intensity) => {
  const slider = document.querySelector("[data-testid=intensity]");
  performance.clearMeasures();
  slider.value = intensity;
  slider.dispatchEvent(new InputEvent("input", { bubbles: true }));
  let written;
  while (!(written = performance.getEntriesByName("recolour").at(-1))) {
    await new Promise(requestAnimationFrame);
  }
  const start = performance.now();
  document.querySelector("[data-testid=text]").getBoundingClientRect();
  return written.duration + performance.now() - start;
}"""
