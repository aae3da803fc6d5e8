"""Takes the pictures in docs/images: the main job on the default model, in both themes.

`python scripts/screenshots.py notebook` takes only those of a notebook; `page`, the others.
"""

import re
import sys
import tempfile
from pathlib import Path
from typing import Protocol

from playwright.sync_api import Browser, Page, expect, sync_playwright

sys.path.insert(0, str(Path(__file__).parent.parent))

from backlit import load_dataset
from scripts.browser import find
from tests.support.lab import lab
from tests.support.page import paste, retype, serve, view, view_options

CELL = """\
import backlit

widget = backlit.make_notebook_widget(["sample_prompts"], ["smollm2"], height=760)
widget.render()"""
# One person's tastes, and a dish that has what they avoid.
TEMPLATE = """\
Enjoys: roasted vegetables
Dislikes: chilies
Dish: Red bean curry with chilies
Analysis: You dislike chilies.
Recommendation: You have to try it.

Enjoys: toasted nuts
Dislikes: {dislikes}
Dish: {dish}
Analysis: You dislike {dislikes}.
Recommendation:"""
PRINCIPLES = ["Say Avoid when the dish has what is disliked.", "Be brief."]
ROWS = """\
eggplant\tBaked eggplant with rice
anise\tPlum crumble with anise
olives\tWarm bread with olive paste
beef\tBeef stew
fish\tGrilled trout"""
IMAGES = Path(__file__).parent.parent / "docs" / "images"
SECONDS = 300_000  # milliseconds; a check is hundreds of passes


class Picture(Protocol):
    """Take a picture; of the findings' beginning, unless they stay where they are."""

    def __call__(self, name: str, from_top: bool = True) -> None: ...


def story(page: Page, url: str, theme: str) -> None:
    """From an example to a muted line, a checked map and a foil, with a picture at each step."""

    def picture(name: str, from_top: bool = True) -> None:
        page.mouse.move(0, 0)
        if from_top:
            page.locator(".pane.findings").evaluate("pane => (pane.scrollTop = 0)")
        page.screenshot(path=IMAGES / f"{name}-{theme}.png")

    page.goto(url)
    page.get_by_test_id("example").filter(has_text="fewshot-mistake").click()
    status = page.get_by_test_id("model-status")
    expect(status).to_have_attribute("data-status", "ready")
    picture("1-example")
    page.get_by_test_id("generate").click()
    answer = page.get_by_test_id("answer-text")
    expect(answer).to_have_attribute("data-finish", re.compile("stop|length"))
    picture("2-answer")
    answer.locator("[data-token]").filter(has_text="try").last.click()
    mapped(page)
    expect(page.get_by_test_id("found")).to_be_visible()
    picture("3-map")
    findings(page, picture)
    page.get_by_test_id("influence").first.get_by_test_id("mute").click()
    expect(page.get_by_test_id("mute-result")).to_contain_text("less likely")
    expect(page.get_by_test_id("found")).to_be_visible()
    picture("4-muted")
    page.get_by_test_id("think-again").click()
    expect(page.get_by_test_id("again")).to_contain_text("likely")
    picture("11-thinking-again")
    page.get_by_test_id("generate-without").click()
    expect(page.get_by_test_id("without")).to_be_visible()
    expect(answer).to_have_attribute("data-finish", re.compile("stop|length"))
    picture("5-without")

    page.get_by_test_id("example").filter(has_text="fewshot-misprint").click()
    page.get_by_test_id("dataset-answer").click()
    page.get_by_test_id("method-select").select_option("gate_relevance")
    answer.locator("[data-token]").filter(has_text="=").last.click()
    mapped(page)
    page.get_by_test_id("follow").click()
    expect(page.get_by_test_id("path").first).to_be_visible()
    expect(page.get_by_test_id("found")).to_be_visible()
    picture("12-through-the-answer")
    beside(page, picture)
    grid(page, picture)


def beside(page: Page, picture: Picture) -> None:
    """The slip is fixed in a copy that stands beside the run, and what came of it is measured."""
    page.get_by_test_id("example").filter(has_text="fewshot-mistake").click()
    page.get_by_test_id("generate").click()
    answer = page.get_by_test_id("answer-text")
    expect(answer).to_have_attribute("data-finish", re.compile("stop|length"))
    answer.locator("[data-token]").filter(has_text="try").last.click()
    mapped(page)
    page.get_by_test_id("try-change").click()
    live = page.get_by_test_id("live")
    fixed = next(
        one for one in load_dataset("sample_prompts").examples if one.id == "fewshot-fixed"
    )
    retype(live.locator(".cm-content"), str(fixed.prompt))
    live.get_by_test_id("generate").click()
    expect(page.get_by_test_id("compared")).to_be_visible()
    picture("13-compare", False)


def grid(page: Page, picture: Picture) -> None:
    """Two principles over five dishes, and which of them did the work."""
    view(page, "Grid")
    page.get_by_test_id("grid-template").fill(TEMPLATE)
    for number, principle in enumerate(PRINCIPLES):
        page.get_by_test_id("add-principle").click()
        page.get_by_test_id("principle").nth(number).fill(principle)
    paste(page.get_by_test_id("grid-rows").locator("input").first, ROWS)
    page.get_by_test_id("grid-find").fill("Avoid")
    page.get_by_test_id("grid-answer").fill(" Avoid.")
    page.get_by_test_id("run-grid").click()
    expect(page.get_by_test_id("grid-sentence").nth(len(PRINCIPLES) + 1)).to_be_visible()
    picture("14-grid", False)


def findings(page: Page, picture: Picture) -> None:
    """Samples with error bars, a check, two methods side by side, coarse to fine, and a foil."""
    method = page.get_by_test_id("method-select")
    first = method.input_value()
    sentence, check = page.get_by_test_id("sentence"), page.get_by_test_id("check")
    expect(page.get_by_test_id("found")).to_be_visible()
    page.wait_for_timeout(1_000)  # it comes by itself, unless this machine is too slow for that
    if check.is_visible():
        check.click()
    expect(sentence).to_be_visible()
    sentence.scroll_into_view_if_needed()
    picture("6-check", False)
    with view_options(page) as card:
        card.get_by_test_id("rival-select").select_option("occlusion")
    beside = page.get_by_test_id("rival-side")
    expect(beside).to_be_visible()
    expect(beside.get_by_role("progressbar")).to_have_count(0)
    picture("7-side-by-side")
    page.get_by_test_id("leave-rival").click()
    method.select_option("shapley")
    mapped(page)
    picture("8-error-bars")
    method.select_option("occlusion")
    granularity = page.get_by_test_id("granularity")
    granularity.get_by_text("Word", exact=True).click()
    with view_options(page) as card:
        card.get_by_test_id("coarse").click()
    expect(page.get_by_test_id("level").first).to_be_visible()
    mapped(page)
    picture("9-coarse-to-fine")
    with view_options(page) as card:
        card.get_by_test_id("coarse").click()
    granularity.get_by_text("Line", exact=True).click()
    method.select_option(first)
    page.get_by_test_id("foil-field").fill("Recommendation: Avoid.")
    page.get_by_test_id("apply-foil").click()
    expect(page.get_by_test_id("foil-probabilities")).to_be_visible()
    mapped(page)
    page.get_by_test_id("contrast").scroll_into_view_if_needed()
    picture("10-foil", False)
    page.get_by_test_id("remove-foil").click()
    method.select_option("occlusion")
    mapped(page)


def mapped(page: Page) -> None:
    """Wait until a map is there and nothing is being computed."""
    expect(page.get_by_test_id("influence").first).to_be_visible()
    expect(page.get_by_test_id("influences")).to_have_attribute("aria-busy", "false")


def in_a_notebook(browser: Browser) -> None:
    """A map in a cell of JupyterLab, and what the cell after it sees."""
    with tempfile.TemporaryDirectory() as folder, lab(Path(folder)) as jupyter:
        jupyter.write("debugging", CELL, "widget.explanation")
        for theme in ("light", "dark"):
            page = browser.new_page(viewport={"width": 1360, "height": 1030})
            page.set_default_timeout(SECONDS)
            notebook = jupyter.open(page, "debugging")
            notebook.command(f"Use Theme: JupyterLab {theme.capitalize()}")
            page.keyboard.press("ControlOrMeta+b")  # the file browser makes way
            notebook.run(0)
            widget = notebook.widget()
            widget.get_by_test_id("generate").click()
            answer = widget.get_by_test_id("answer-text")
            expect(answer).to_have_attribute("data-finish", re.compile("stop|length"))
            answer.locator("[data-token]").filter(has_text="try").first.click()
            mapped(page)
            expect(widget.get_by_test_id("found")).to_be_visible()
            widget.get_by_test_id("influence").first.get_by_role("button").first.click()
            notebook.run(1)
            notebook.cell(0).locator(".jp-InputArea .cm-content").click()
            page.mouse.move(0, 0)
            page.screenshot(path=IMAGES / f"notebook-{theme}.png")
            page.close()
            jupyter.end_kernels()


def main() -> None:
    IMAGES.mkdir(parents=True, exist_ok=True)
    expect.set_options(timeout=SECONDS)
    wanted = sys.argv[1:] or ["page", "notebook"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=find(), args=["--no-sandbox", "--disable-gpu", "--no-first-run"]
        )
        if "page" in wanted:
            on_the_page(browser)
        if "notebook" in wanted:
            in_a_notebook(browser)
        browser.close()


def on_the_page(browser: Browser) -> None:
    with serve() as url:
        for theme in ("light", "dark"):
            context = browser.new_context(
                viewport={"width": 1360, "height": 850},
                color_scheme="dark" if theme == "dark" else "light",
            )
            page = context.new_page()
            page.set_default_timeout(SECONDS)
            story(page, url, theme)


if __name__ == "__main__":
    main()
