"""After one click on the answer, what led to it is in view: nobody has to scroll."""

import re

import pytest
from playwright.sync_api import Browser, Locator, Page, ViewportSize, expect

from tests.support.page import (
    answer_chip,
    choose,
    editor,
    finished,
    generate,
    granularity,
    mapped,
    strongest,
    type_prompt,
    what_matters_is_seen,
    whole_list,
)

pytestmark = pytest.mark.browser

MANY = [f"{n} and {n * 7}." for n in range(700)]
LINES = MANY[:80]
PROMPT = "\n".join([*LINES[:40], "The dog likes cold water.", *LINES[40:], "The dog likes"])
PHONE: ViewportSize = {"width": 390, "height": 844}
SIZES: list[ViewportSize] = [
    {"width": 1440, "height": 900},
    {"width": 1024, "height": 768},
    PHONE,
]
at_every_size = pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size['width']} px")


@pytest.fixture
def long(page: Page, toy_url: str) -> Page:
    """A prompt that is longer than the window, answered and explained."""
    page.goto(toy_url)
    ask_about(page, PROMPT)
    return page


def ask_about(page: Page, prompt: str) -> None:
    type_prompt(page, prompt)
    generate(page)
    finished(page)
    granularity(page, "Line")
    page.get_by_test_id("answer-text").locator("[data-token]").first.click()
    mapped(page)


@pytest.mark.model
@at_every_size
def test_of_the_default_model_the_mistaken_line_the_target_and_the_finding_are_in_view(
    browser: Browser, default_url: str, size: ViewportSize
) -> None:
    context = browser.new_context(viewport=size)
    page = context.new_page()
    page.goto(default_url)
    choose(page, "fewshot-mistake")
    generate(page)
    finished(page)
    # its stop string ended it, before it went on with examples of its own
    expect(page.get_by_test_id("answer-text")).to_have_attribute("data-finish", "stop")
    granularity(page, "Line")
    answer_chip(page, "try")
    what_matters_is_seen(page, influences=0 if size == PHONE else 3)
    expect(page.get_by_test_id("found")).to_have_text(
        re.compile(
            "line 19, “Recommendation: You have to try it.” Without it, this answer is "
            r"\d+ times less likely, and the model says “.+” instead\.$"
        )
    )
    expect(strongest(page)).to_contain_text("Recommend")
    context.close()


@at_every_size
def test_of_four_thousand_tokens_too(browser: Browser, toy_url: str, size: ViewportSize) -> None:
    context = browser.new_context(viewport=size)
    page = context.new_page()
    page.goto(toy_url)
    ask_about(
        page, "\n".join([*MANY[:300], "The dog likes cold water.", *MANY[300:], "The dog likes"])
    )
    assert int(page.get_by_test_id("token-count").inner_text().split()[0].replace(",", "")) >= 4_000
    what_matters_is_seen(page, influences=0 if size == PHONE else 3)
    expect(page.get_by_test_id("influence").first).to_contain_text("The dog likes cold water.")
    context.close()


def test_the_strongest_part_of_a_long_prompt_is_scrolled_to(long: Page) -> None:
    expect(long.get_by_test_id("influence").first).to_contain_text("The dog likes cold water.")
    expect(strongest(long)).to_be_in_viewport(ratio=1)
    target = long.get_by_test_id("answer-text").locator("[data-on~=target]").first
    expect(target).to_be_in_viewport(ratio=1)
    expect(long.get_by_test_id("found")).to_be_in_viewport()


def test_the_whole_map_is_beside_it_and_a_click_goes_there(long: Page) -> None:
    places = long.get_by_test_id("minimap-place")
    expect(places.first).to_be_in_viewport()
    pane = long.locator("[data-pane=prompt]")
    expect(strongest(long)).to_be_in_viewport(ratio=1)
    pane.evaluate("pane => (pane.scrollTop = 0)")
    expect(strongest(long)).not_to_be_in_viewport()
    opacity = places.evaluate_all("all => all.map(one => Number(one.style.opacity))")
    places.nth(opacity.index(max(opacity))).click()
    expect(strongest(long)).to_be_in_viewport(ratio=1)


def test_brackets_walk_through_the_parts_wherever_they_are(long: Page) -> None:
    rows = long.get_by_test_id("influence")
    for at in (0, 1, 2):
        long.keyboard.press("]")
        expect(rows.nth(at)).to_have_class(re.compile("marked"))
        expect(rows.nth(at)).to_be_in_viewport()
        marked = long.locator("[data-token][data-on~=marked]").first
        expect(marked).to_be_in_viewport(ratio=1)
    long.keyboard.press("[")
    expect(rows.nth(1)).to_have_class(re.compile("marked"))


def drag(edge: Locator, at: tuple[int, int], by: tuple[int, int]) -> None:
    """From a place on it, as far as that."""
    box = edge.bounding_box()
    assert box
    x, y = box["x"] + at[0], box["y"] + at[1]
    edge.page.mouse.move(x, y)
    edge.page.mouse.down()
    edge.page.mouse.move(x + by[0], y + by[1])
    edge.page.mouse.up()


def test_the_edge_is_dragged_kept_and_let_go(long: Page) -> None:
    edge, docked = long.get_by_test_id("dock-edge"), long.locator("[data-pane=answer]")

    def height() -> float:
        box = docked.bounding_box()
        assert box
        return box["height"]

    before = height()
    drag(edge, (100, 1), (0, -150))
    larger = height()
    assert larger == pytest.approx(before + 150, abs=4)
    edge.focus()
    edge.press("ArrowDown")
    assert height() < larger
    smaller = height()
    long.wait_for_timeout(600)  # what is kept is written once the person pauses
    long.reload()
    mapped(long)
    assert height() == pytest.approx(smaller, abs=4)
    edge.dblclick()
    assert height() == pytest.approx(before, abs=4)


@pytest.mark.parametrize(
    ("side", "pane", "inwards"), [("library", "Examples and runs", 1), ("findings", "Findings", -1)]
)
def test_a_pane_beside_it_is_resized_folded_and_kept_so(
    long: Page, side: str, pane: str, inwards: int
) -> None:
    section, edge = long.get_by_role("region", name=pane), long.get_by_test_id(f"edge-{side}")

    def width() -> float:
        box = section.bounding_box()
        assert box
        return box["width"]

    before = width()
    drag(edge, (0, 200), (inwards * 60, 0))
    assert width() == pytest.approx(before + 60, abs=2)
    expect(long.get_by_test_id("found")).to_be_in_viewport(ratio=1)
    edge.press("ArrowRight" if inwards > 0 else "ArrowLeft")
    wider = width()
    assert wider > before + 60
    edge.press("Enter")
    expect(section).to_be_hidden()
    long.wait_for_timeout(600)  # what is kept is written once the person pauses
    long.reload()
    expect(long.get_by_test_id("prompt-text")).to_be_visible()
    expect(section).to_be_hidden()
    long.get_by_test_id(f"unfold-{side}").click()
    assert width() == pytest.approx(wider, abs=1)
    edge.dblclick()
    assert width() == pytest.approx(before, abs=1)
    long.get_by_test_id("prompt-text").hover()
    edge.hover()
    long.get_by_test_id(f"fold-{side}").click()
    expect(section).to_be_hidden()
    edge.press("ArrowRight" if inwards > 0 else "ArrowLeft")
    expect(section).to_be_visible()


def test_with_room_to_its_side_the_answer_is_beside_the_prompt(
    browser: Browser, toy_url: str
) -> None:
    context = browser.new_context(viewport={"width": 2560, "height": 1300})
    page = context.new_page()
    page.goto(toy_url)
    type_prompt(page, PROMPT)
    generate(page)
    finished(page)
    left = page.locator("[data-pane=prompt]").bounding_box()
    right = page.locator("[data-pane=answer]").bounding_box()
    assert left
    assert right
    assert right["x"] >= left["x"] + left["width"]
    assert right["y"] == pytest.approx(left["y"], abs=2)
    context.close()


def test_what_is_muted_far_down_the_list_is_measured_in_view(long: Page) -> None:
    whole_list(long)
    rows = long.get_by_test_id("influence")
    rows.last.get_by_test_id("mute").click()
    expect(long.get_by_test_id("mute-result")).to_contain_text("likely")
    expect(long.get_by_test_id("mute-result")).to_be_in_viewport(ratio=1)
    expect(rows.last.get_by_test_id("mute")).to_be_in_viewport()


def test_colours_stay_while_it_is_edited_and_after(long: Page) -> None:
    lit = strongest(long).inner_text()
    answer = long.get_by_test_id("answer-text").locator("[data-token]")
    before = answer.evaluate_all("chips => chips.map(chip => chip.style.backgroundColor)")
    long.get_by_test_id("edit-prompt").click()
    line = editor(long).locator(".cm-line").filter(has_text="The dog likes cold water.")
    expect(line).to_be_in_viewport()  # it stands where it stood
    expect(line.locator("[style*=background]").first).to_contain_text("The dog likes")
    granularity(long, "Sentence")  # another map is drawn, and this one again
    mapped(long)
    granularity(long, "Line")
    mapped(long)
    after = answer.evaluate_all("chips => chips.map(chip => chip.style.backgroundColor)")
    assert after == before
    long.get_by_test_id("done-editing").click()
    expect(strongest(long)).to_have_text(lit)
    expect(long.get_by_test_id("minimap-place").first).to_be_visible()
