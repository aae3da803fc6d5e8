"""Takes the pictures in docs/images: the main job on the default model, in both themes."""

import re
import subprocess
import sys
from pathlib import Path

from playwright.sync_api import Page, expect, sync_playwright

sys.path.insert(0, str(Path(__file__).parent.parent))

from scripts.browser import find

IMAGES = Path(__file__).parent.parent / "docs" / "images"
SECONDS = 120_000


def story(page: Page, url: str, theme: str) -> None:
    """From an example to a muted line, with a picture at each step."""

    def picture(name: str) -> None:
        page.mouse.move(0, 0)
        page.screenshot(path=IMAGES / f"{name}-{theme}.png")

    page.goto(url)
    page.get_by_test_id("example").filter(has_text="fewshot-mistake").click()
    status = page.get_by_test_id("model-status")
    expect(status).to_have_attribute("data-status", "ready")
    picture("1-example")
    page.get_by_test_id("options").locator("summary").click()
    page.get_by_label("Stop strings").fill("\\n\\n")
    page.get_by_test_id("options").locator("summary").click()
    page.get_by_test_id("generate").click()
    answer = page.get_by_test_id("answer-text")
    expect(answer).to_have_attribute("data-finish", re.compile("stop|length"))
    picture("2-answer")
    answer.locator("[data-token]").filter(has_text="try").last.click()
    expect(page.get_by_test_id("influence").first).to_be_visible()
    expect(page.get_by_test_id("influences")).to_have_attribute("aria-busy", "false")
    picture("3-map")
    page.get_by_test_id("influence").first.get_by_test_id("mute").click()
    expect(page.get_by_test_id("mute-result")).to_contain_text("less likely")
    picture("4-muted")
    page.get_by_test_id("generate-without").click()
    expect(page.get_by_test_id("without")).to_be_visible()
    expect(answer).to_have_attribute("data-finish", re.compile("stop|length"))
    picture("5-without")


def main() -> None:
    IMAGES.mkdir(parents=True, exist_ok=True)
    expect.set_options(timeout=SECONDS)
    command = [sys.executable, "-u", "-m", "backlit", "serve", "--no-browser"]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert server.stdout is not None
    url = server.stdout.readline().split()[-1]
    try:
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(
                executable_path=find(), args=["--no-sandbox", "--disable-gpu", "--no-first-run"]
            )
            for theme in ("light", "dark"):
                context = browser.new_context(
                    viewport={"width": 1360, "height": 850},
                    color_scheme="dark" if theme == "dark" else "light",
                )
                page = context.new_page()
                page.set_default_timeout(SECONDS)
                story(page, url, theme)
            browser.close()
    finally:
        server.terminate()
        server.wait()


if __name__ == "__main__":
    main()
