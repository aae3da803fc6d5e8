"""Three steps for who is here for the first time, on the page as it is."""

import re

import pytest
from playwright.sync_api import Browser, Page, ViewportSize, expect

from tests.support.page import finished, generate, mapped

pytestmark = pytest.mark.browser

TOURED = re.compile("toured")


def begin(page: Page, url: str) -> None:
    page.goto(url)
    page.get_by_test_id("example").first.wait_for(state="attached")


def test_it_goes_on_as_the_person_does(page: Page, toy_url: str) -> None:
    begin(page, toy_url)
    tour = page.get_by_test_id("tour")
    expect(tour).to_be_in_viewport(ratio=1)
    expect(tour).to_contain_text("1 of 3")
    expect(page.get_by_test_id("generate")).to_have_class(TOURED)
    generate(page)
    finished(page)
    expect(tour).to_contain_text("2 of 3")
    expect(page.get_by_test_id("answer-text")).to_have_class(TOURED)
    page.get_by_test_id("answer-text").locator("[data-token]").first.click()
    mapped(page)
    expect(tour).to_contain_text("3 of 3")
    mute = page.get_by_test_id("mute")
    expect(mute.first).to_have_class(TOURED)
    expect(mute.first).to_be_in_viewport(ratio=1)
    expect(mute.nth(1)).not_to_have_class(TOURED)
    # What is measured of the parts stands in the list, whose rows move as it comes.
    expect(page.get_by_test_id("finding")).to_have_attribute("aria-busy", "false")
    expect(page.get_by_test_id("trust")).to_have_attribute("aria-busy", "false")
    mute.first.click()
    expect(tour).to_have_count(0)
    page.reload()
    page.get_by_test_id("example").first.wait_for(state="attached")
    expect(tour).to_have_count(0)


def test_it_is_skipped_for_good_and_reached_from_the_help(page: Page, toy_url: str) -> None:
    begin(page, toy_url)
    page.get_by_test_id("tour-skip").click()
    page.reload()
    page.get_by_test_id("example").first.wait_for(state="attached")
    expect(page.get_by_test_id("tour")).to_have_count(0)
    generate(page)
    finished(page)
    page.keyboard.press("?")
    page.get_by_test_id("take-tour").click()
    tour = page.get_by_test_id("tour")
    expect(tour).to_contain_text("1 of 3")  # though an answer is there
    for _ in range(3):
        expect(tour).to_be_in_viewport(ratio=1)
        page.get_by_test_id("tour-next").click()
    expect(tour).to_have_count(0)


@pytest.mark.parametrize(
    "size", [ViewportSize(width=360, height=740), ViewportSize(width=1024, height=768)], ids=str
)
def test_it_is_in_view_in_narrow_windows(
    browser: Browser, toy_url: str, size: ViewportSize
) -> None:
    context = browser.new_context(viewport=size)
    page = context.new_page()
    begin(page, toy_url)
    tour = page.get_by_test_id("tour")
    expect(tour).to_be_in_viewport(ratio=1)
    generate(page)
    finished(page)
    page.get_by_test_id("answer-text").locator("[data-token]").first.click()
    mapped(page)
    expect(tour).to_contain_text("3 of 3")
    expect(tour).to_be_in_viewport(ratio=1)
    context.close()
