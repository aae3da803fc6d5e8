"""Fingers, colours that the system chooses, and the smallest and largest windows."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, ViewportSize, expect

from tests.support.page import (
    SECONDS,
    editor,
    finished,
    generate,
    granularity,
    mapped,
    strongest,
    type_prompt,
    what_matters_is_seen,
)

pytestmark = pytest.mark.browser

PROMPT = "The cat likes warm milk.\nThe dog likes cold water.\nI like sweet soup.\nThe dog likes"
SIZES: list[ViewportSize] = [{"width": 360, "height": 740}, {"width": 2560, "height": 1300}]


def ask(page: Page, url: str) -> None:
    page.goto(url)
    type_prompt(page, PROMPT)
    generate(page)
    finished(page)
    granularity(page, "Line")
    page.get_by_test_id("answer-text").locator("[data-token]").first.click()
    mapped(page)
    expect(page.get_by_test_id("found")).to_be_visible(timeout=SECONDS)


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size['width']} px")
def test_the_smallest_and_the_largest_window(
    browser: Browser, toy_url: str, size: ViewportSize
) -> None:
    context = browser.new_context(viewport=size)
    page = context.new_page()
    ask(page, toy_url)
    what_matters_is_seen(page, influences=0 if size["width"] < 760 else 3)
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    context.close()


@pytest.fixture
def phone(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True)
    yield context.new_page()
    context.close()


def test_a_finger_taps_for_a_target_and_is_held_for_a_tokens_card(
    phone: Page, toy_url: str
) -> None:
    ask(phone, toy_url)
    card = phone.get_by_test_id("token-card")
    target = phone.get_by_test_id("target-card").locator("blockquote")
    told = target.inner_text()
    granularity(phone, "Word")
    words = phone.get_by_test_id("answer-text").locator("[data-token]")
    words.nth(1).tap()
    expect(target).not_to_have_text(told)
    expect(card).to_have_count(0)
    told = target.inner_text()

    box = words.first.bounding_box()
    assert box
    point = {"x": box["x"] + box["width"] / 2, "y": box["y"] + box["height"] / 2}
    touch = phone.context.new_cdp_session(phone)
    touch.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [point]})
    expect(card).to_be_visible()
    touch.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    phone.wait_for_timeout(300)  # it stays when the finger is lifted
    expect(card).to_be_in_viewport()
    expect(target).to_have_text(told)
    words.first.tap()
    expect(card).to_have_count(0)
    expect(target).not_to_have_text(told)


@pytest.mark.parametrize("chosen", [None, "light", "dark"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_forced_colours_leave_those_that_mean_something(
    browser: Browser, toy_url: str, scheme: str, chosen: str | None
) -> None:
    """Text is read on the system's own ground, whatever theme was chosen for the page before."""
    context = browser.new_context(
        color_scheme=scheme,  # type: ignore[arg-type]
        forced_colors="active",
        viewport={"width": 1440, "height": 900},
    )
    page = context.new_page()
    if chosen:
        page.add_init_script(f"localStorage.setItem('backlit.theme', '\"{chosen}\"')")
    ask(page, toy_url)
    expect(page.get_by_test_id("theme-toggle")).to_be_hidden()
    expect(page.locator("html")).to_have_attribute("data-theme", scheme)
    drawn = "(chip) => [getComputedStyle(chip).backgroundColor, getComputedStyle(chip).color]"
    plain, _ = page.locator("[data-pane=prompt]").evaluate(drawn)
    expect(strongest(page)).not_to_have_css("background-color", plain)  # colours come in a frame
    back, ink = strongest(page).evaluate(drawn)
    assert back not in (plain, ink)
    bars = page.get_by_test_id("influence").locator(".bar")
    colours = {bar.evaluate(drawn)[0] for bar in bars.all()}
    assert colours - {plain}, "bars are seen"
    context.close()


def test_two_hundred_messages(page: Page, toy_url: str) -> None:
    """Only those in sight have an editor, and none is lost."""
    messages = [
        {"role": "user" if n % 2 == 0 else "assistant", "content": f"Message number {n}."}
        for n in range(200)
    ]
    page.goto(toy_url)
    page.get_by_test_id("example").first.wait_for()
    editor(page).click()
    page.get_by_test_id("paste-conversation").click()
    field = page.get_by_test_id("conversation")
    field.evaluate(
        """(area, text) => {
          area.value = text;
          area.dispatchEvent(new InputEvent("input", { bubbles: true }));
        }""",
        page.evaluate("(messages) => JSON.stringify({ messages })", messages),
    )
    page.get_by_role("dialog").locator("button.primary").click()
    page.get_by_test_id("edit-prompt").click()
    rows = page.get_by_test_id("message")
    expect(rows).to_have_count(199)  # the last is the answer
    expect(rows.first.locator(".cm-content")).to_be_visible()
    assert page.locator(".cm-content").count() < 60
    assert rows.last.locator("textarea").input_value() == "Message number 198."
    rows.last.scroll_into_view_if_needed()
    expect(rows.last.locator(".cm-content")).to_have_text("Message number 198.")
    rows.last.locator(".cm-content").click()
    page.keyboard.type("Typed. ")
    expect(rows.last.locator(".cm-content")).to_contain_text("Typed.")
