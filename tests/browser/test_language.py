"""The page in Turkish: the whole of it, and nothing lost where a person changes the language."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support.axe import violations
from tests.support.page import (
    SECONDS,
    answer_chip,
    finished,
    generate,
    granularity,
    mapped,
    retype,
    type_prompt,
)

pytestmark = pytest.mark.browser

PROMPT = "The cat likes warm milk.\nThe dog likes cold water.\nI like sweet soup.\nThe dog likes"
ENGLISH = re.compile(
    r"\b(of|and|with|what|this|that|is|are|without|to|from|all|your|answers?|rows?|lines?|target)\b",
    re.IGNORECASE,
)
"""Words of a page, but none of the prompts here."""
SAID = """() => {
  const shown = ["example", "table-row", "row-card"].map((one) => `[data-testid=${one}]`);
  const others = ["[data-pane]", ...shown, "[lang=en]", "script", "style", "code"].join();
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const texts = [];
  while (walker.nextNode()) {
    const { parentElement: parent, textContent } = walker.currentNode;
    if (!parent.closest(others)) texts.push(textContent.replace(/“[^”]*”/g, ""));
  }
  for (const one of document.querySelectorAll("[aria-label], [title], [placeholder]")) {
    if (one.closest(others)) continue;
    for (const name of ["aria-label", "title", "placeholder"]) {
      texts.push((one.getAttribute(name) ?? "").replace(/“[^”]*”/g, ""));
    }
  }
  return texts.filter((text) => text.trim());
}"""
"""What the page itself says: neither prompts and answers, nor what it quotes of them."""


def english(page: Page) -> list[str]:
    said = [text for text in page.evaluate(SAID) if not text.startswith("Kaynak:")]  # of papers
    return [text for text in said if ENGLISH.search(text)]


@pytest.fixture
def turkish(browser: Browser, toy_url: str) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1440, "height": 900}, locale="tr-TR")
    page = context.new_page()
    page.set_default_timeout(SECONDS)
    page.goto(toy_url)
    yield page
    context.close()


def open_view(page: Page, number: int) -> None:
    page.get_by_test_id("views").locator("label").nth(number).click()


def explained(page: Page) -> None:
    type_prompt(page, PROMPT)
    generate(page)
    finished(page)
    granularity(page, "Satır" if page.locator("html").get_attribute("lang") == "tr" else "Line")
    answer_chip(page, "water")
    mapped(page)
    expect(page.get_by_test_id("found")).to_be_visible()


def test_one_answer_is_told_in_turkish(turkish: Page) -> None:
    page = turkish
    expect(page.get_by_test_id("generate")).to_have_text("Üret")
    expect(page.locator("html")).to_have_attribute("lang", "tr")
    assert english(page) == []
    explained(page)
    expect(page.get_by_test_id("found")).to_contain_text("olasılıklı")
    page.get_by_test_id("influence").first.get_by_test_id("mute").click()
    expect(page.get_by_test_id("mute-result")).to_contain_text("olmadan hedef")
    assert english(page) == []
    granularity(page, "Sözcük")
    mapped(page)
    expect(page.get_by_test_id("sentence")).to_contain_text("rastgele")
    assert english(page) == []
    assert violations(page) == ""
    page.get_by_test_id("view-options").click()
    expect(page.get_by_test_id("view-options-card")).to_be_visible()
    assert english(page) == []
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_be_visible()
    assert english(page) == []
    page.keyboard.press("Escape")
    page.keyboard.press("Control+k")
    page.get_by_test_id("palette").get_by_role("combobox").fill("ISTEM")  # finds “İstem”
    expect(page.get_by_test_id("command").first).to_contain_text("istem", ignore_case=True)
    assert english(page) == []


def test_and_so_are_the_views_beside_it(turkish: Page) -> None:
    page = turkish
    explained(page)
    page.get_by_test_id("try-change").click()
    retype(page.get_by_test_id("live").locator(".cm-content"), PROMPT.replace("cold", "warm"))
    generate(page)
    expect(page.get_by_test_id("compared")).to_contain_text("olunca")
    assert english(page) == []
    open_view(page, 2)
    page.get_by_test_id("grid-template").fill(PROMPT.replace("cat", "{kim}"))
    page.get_by_test_id("add-principle").click()
    page.get_by_test_id("principle").fill("Kedi ılık süt sever.")
    page.get_by_test_id("add-variant").click()
    page.locator("[data-testid=grid-rows] input, [data-testid=grid-row] input").first.fill("cat")
    page.get_by_test_id("grid-answer").fill(" cold water.")
    page.get_by_test_id("run-grid").click()
    expect(page.get_by_test_id("grid-sentence").nth(1)).to_contain_text("sabit yanıt")
    assert english(page) == []
    open_view(page, 3)
    expect(page.get_by_test_id("open-row").first).to_be_visible()
    page.get_by_test_id("open-row").first.click()
    expect(page.get_by_test_id("row-card")).to_be_visible()
    assert english(page) == []
    open_view(page, 4)
    expect(page.get_by_test_id("open-review").first).to_be_visible()
    assert english(page) == []


def test_another_language_is_chosen_and_nothing_is_lost(page: Page, toy_url: str) -> None:
    page.goto(toy_url)
    explained(page)
    page.locator("[data-testid=language]:visible").select_option("tr")
    expect(page.get_by_test_id("generate")).to_have_text("Üret")
    expect(page.get_by_test_id("answer-text")).to_contain_text("water")
    expect(page.get_by_test_id("target-card")).to_contain_text("water")
    expect(page.get_by_test_id("found")).to_contain_text("olasılıklı")  # told anew
    expect(page.get_by_text("Yanıtı, modelin dikkati")).not_to_have_count(0)  # so are methods
    mapped(page)
    assert english(page) == []
    assert page.evaluate("document.activeElement.dataset.testid") == "language"
    page.reload()
    expect(page.get_by_test_id("generate")).to_have_text("Üret")
    answer_chip(page, "water")
    mapped(page)
    expect(page.get_by_test_id("found")).to_contain_text("olasılıklı")
    page.locator("[data-testid=language]:visible").select_option("en")
    expect(page.get_by_test_id("generate")).to_have_text("Generate")


def test_words_that_do_not_come_leave_the_page_as_it_was(page: Page, toy_url: str) -> None:
    page.goto(toy_url)
    page.route(re.compile(r"/assets/tr-"), lambda route: route.abort())
    page.locator("[data-testid=language]:visible").select_option("tr")
    expect(page.get_by_text("This language could not be loaded").first).to_be_visible()
    expect(page.get_by_test_id("generate")).to_have_text("Generate")
