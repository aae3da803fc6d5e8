"""What was generated and asked stays, and is shown again without computing anything."""

import re

import pytest
from playwright.sync_api import Browser, Locator, Page, Request, expect

from tests.support.page import (
    answer_chip,
    choose,
    editor,
    finished,
    generate,
    granularity,
    mapped,
    retype,
    strongest,
    type_prompt,
)

pytestmark = pytest.mark.browser

DOG = "The dog likes cold water. The cat is in the house.\nThe dog likes"
CAT = "The cat likes warm milk. The dog is in the garden.\nThe cat likes"
COMPUTED = re.compile("/api/(generate|respond|explain|prove|check|mute|trace|segment)$")


def ask(page: Page, prompt: str) -> None:
    type_prompt(page, prompt)
    generate(page)
    finished(page)
    granularity(page, "Word")
    page.get_by_test_id("answer-text").locator("[data-token]").first.click()
    mapped(page)
    expect(page.get_by_test_id("found")).to_be_visible()


def runs(page: Page) -> Locator:
    return page.get_by_test_id("run")


def show(run: Locator) -> None:
    run.get_by_role("button").first.click()


def test_a_run_is_seen_as_it_comes_and_shown_again_by_a_click(page: Page, toy_url: str) -> None:
    page.goto(toy_url)
    ask(page, DOG)
    expect(runs(page)).to_have_count(1)
    expect(runs(page).first).to_contain_text("Why “")
    expect(runs(page).first).to_be_in_viewport()
    expect(runs(page).first.get_by_test_id("run-verdict")).to_be_visible()
    found = page.get_by_test_id("found").inner_text()
    ask(page, CAT)
    expect(runs(page)).to_have_count(2)
    expect(page.get_by_test_id("found")).not_to_have_text(found)
    expect(runs(page).first.get_by_test_id("run-verdict")).to_be_visible()

    asked: list[str] = []

    def note(request: Request) -> None:
        if COMPUTED.search(request.url):
            asked.append(request.url)

    page.on("request", note)
    show(runs(page).nth(1))
    expect(page.get_by_test_id("found")).to_have_text(found)
    expect(page.get_by_test_id("found")).to_be_in_viewport()
    expect(page.get_by_test_id("prompt-text")).to_contain_text("The dog likes cold water.")
    expect(strongest(page)).to_be_in_viewport(ratio=1)
    expect(runs(page).nth(1).get_by_role("button").first).to_have_attribute("aria-pressed", "true")
    page.wait_for_load_state("networkidle")
    assert asked == []


def test_runs_survive_a_reload_and_an_example(page: Page, toy_url: str) -> None:
    page.goto(toy_url)
    ask(page, DOG)
    found = page.get_by_test_id("found").inner_text()
    expect(runs(page)).to_have_count(1)
    choose(page, "math-ferry")
    page.reload()
    expect(runs(page)).to_have_count(1)
    show(runs(page).first)
    expect(page.get_by_test_id("found")).to_contain_text(found)
    expect(page.get_by_test_id("prompt-text")).to_contain_text("The dog likes cold water.")


def test_a_run_is_pinned_dropped_and_brought_back(page: Page, toy_url: str) -> None:
    page.goto(toy_url)
    ask(page, DOG)
    ask(page, CAT)
    expect(runs(page)).to_have_count(2)
    runs(page).nth(1).hover()
    runs(page).nth(1).get_by_test_id("pin-run").click()
    expect(runs(page).first.get_by_test_id("pin-run")).to_have_attribute("aria-pressed", "true")
    expect(page.get_by_test_id("run-verdict")).to_have_count(2)
    answers = runs(page).all_inner_texts()
    runs(page).nth(1).hover()
    runs(page).nth(1).get_by_test_id("drop-run").click()
    expect(runs(page)).to_have_count(1)
    undo = page.get_by_test_id("runs").get_by_role("button", name="Undo")
    expect(undo).to_be_in_viewport()
    undo.click()
    expect(runs(page)).to_have_count(2)
    assert runs(page).all_inner_texts() == answers


def test_what_is_typed_is_not_lost_to_a_run(page: Page, toy_url: str) -> None:
    page.goto(toy_url)
    ask(page, DOG)
    expect(runs(page)).to_have_count(1)
    retype(editor(page), "Typed for an hour")
    show(runs(page).first)
    expect(page.get_by_test_id("prompt-text")).to_contain_text("The dog likes cold water.")
    told = page.get_by_test_id("sheet").get_by_role("button", name="Undo")
    expect(told).to_be_in_viewport()
    told.click()
    expect(editor(page)).to_have_text("Typed for an hour")


@pytest.mark.parametrize("width", [1440, 390])
def test_no_room_is_said_and_loses_nothing(browser: Browser, toy_url: str, width: int) -> None:
    context = browser.new_context(viewport={"width": width, "height": 844})
    page = context.new_page()
    page.add_init_script(
        "IDBObjectStore.prototype.put = () => {"
        " throw new DOMException('no room', 'QuotaExceededError') }"
    )
    page.goto(toy_url)
    ask(page, DOG)
    found = page.get_by_test_id("found").inner_text()
    choose(page, "math-ferry")
    if width < 1240:
        page.get_by_test_id("browse").click()
    expect(page.get_by_test_id("runs-unkept")).to_be_in_viewport()
    show(runs(page).first)
    expect(page.get_by_test_id("found")).to_contain_text(found)
    context.close()


def test_a_run_has_the_answer_that_was_asked_about(page: Page, toy_url: str) -> None:
    """Two questions about one answer are two runs, and each brings its own target."""
    page.goto(toy_url)
    ask(page, DOG)
    expect(runs(page)).to_have_count(1)
    first = page.get_by_test_id("target-card").locator("blockquote").inner_text()
    page.get_by_test_id("answer-text").locator("[data-token]").nth(2).click()
    mapped(page)
    expect(runs(page)).to_have_count(2)
    show(runs(page).nth(1))
    expect(page.get_by_test_id("target-card").locator("blockquote")).to_have_text(first)
    answer_chip(page, first)
    expect(runs(page)).to_have_count(2)
