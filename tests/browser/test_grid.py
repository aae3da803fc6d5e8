"""Variants of a prompt over rows: typed, run, read, looked into; on the default model as well."""

import re
import time

import pytest
from playwright.sync_api import Locator, Page, expect

from backlit import load_model
from backlit.explaining.variants import with_principles
from backlit.explanation import Variant
from tests.support.page import SECONDS, mapped, paste, view

pytestmark = pytest.mark.browser

TEMPLATE = "{what}\n\nQuestion: what does the {who} like? Answer:"
ROWS = "The cat likes warm milk.\tcat\nThe dog likes cold water.\tdog\nI dislike soup.\tbird"
PRINCIPLES = ["The cat likes warm milk.", "Avoid."]
DISHES = ["eggplant", "anise", "olives", "beef", "fish"]
MENU = """\
Enjoys: roasted vegetables
Dislikes: chilies
Dish: Red bean curry with chilies
Recommendation: You have to try it.

Enjoys: toasted nuts
Dislikes: {dish}
Dish: Baked {dish} with rice
Recommendation:"""


def opened(page: Page, url: str) -> None:
    page.goto(url)
    view(page, "Grid")
    expect(page.get_by_test_id("grid-template")).to_be_visible()


def fill(page: Page, template: str, rows: str, principles: list[str]) -> None:
    page.get_by_test_id("grid-template").fill(template)
    paste(page.get_by_test_id("grid-rows").locator("input").first, rows)
    for number, text in enumerate(principles):
        page.get_by_test_id("add-principle").click()
        page.get_by_test_id("principle").nth(number).fill(text)


def run(page: Page) -> None:
    page.get_by_test_id("run-grid").click()
    expect(page.get_by_test_id("run-grid")).to_be_visible(timeout=2 * SECONDS)
    expect(page.get_by_test_id("error")).to_have_count(0)


def cell(page: Page, variant: int, row: int) -> Locator:
    return page.get_by_test_id("grid-row").nth(row).get_by_test_id("grid-cell").nth(variant)


def test_a_grid_is_what_python_says(page: Page, toy_url: str) -> None:
    opened(page, toy_url)
    fill(page, TEMPLATE, ROWS, PRINCIPLES)
    page.get_by_test_id("grid-find").fill("milk")
    page.get_by_test_id("grid-answer").fill(" the {who}")
    run(page)
    rows = [dict(zip(("what", "who"), row.split("\t"), strict=True)) for row in ROWS.split("\n")]
    variants = [Variant("as it is", TEMPLATE), *with_principles(TEMPLATE, PRINCIPLES)]
    known = load_model("toy").grid(variants, rows, find="milk", answer=" the {who}")
    sentences = page.get_by_test_id("grid-sentence")
    expect(sentences).to_have_text(known.sentences)
    expect(sentences.first).to_be_in_viewport(ratio=1)
    for one in known.cells:
        shown = cell(page, one.variant, one.row)
        expect(shown).to_contain_text(one.samples[0].response.strip())
        expect(shown.get_by_text("✓" if one.samples[0].found else "✗")).to_be_visible()
        expect(shown).to_contain_text(f"{abs(one.answer_log_prob or 0):.2f} nats")
    found = page.get_by_test_id("line-effect")
    expect(page.get_by_test_id("effects-of")).to_have_value("3")
    for line, effect in known.effects(3)[:2]:
        expect(found.filter(has_text=line.text)).to_contain_text(f"{abs(effect.value):.2f} nats")
    expect(found.filter(has_text="new")).to_have_count(2)


def test_a_cell_is_looked_into_and_the_grid_is_still_there(page: Page, toy_url: str) -> None:
    opened(page, toy_url)
    fill(page, TEMPLATE.replace("{what}", "The cat likes warm milk."), "cat\ndog", PRINCIPLES[:1])
    run(page)
    cell(page, 1, 1).get_by_role("button").click()
    mapped(page)
    expect(page.get_by_test_id("prompt-text")).to_contain_text("Principle 1: The cat likes warm")
    expect(page.get_by_test_id("prompt-text")).to_contain_text("what does the dog like")
    expect(page.get_by_test_id("found")).to_be_in_viewport(ratio=1, timeout=SECONDS)
    view(page, "Grid")
    expect(cell(page, 1, 1)).to_be_in_viewport(ratio=1)
    page.reload()
    page.get_by_text("What is tried").wait_for()
    expect(page.get_by_label("who of row 2")).to_have_value("dog")


def test_the_page_s_own_prompt_stays_the_template(page: Page, toy_url: str) -> None:
    """Also once an answer was looked into, whose prompt the page then shows."""
    opened(page, toy_url)
    template = page.get_by_test_id("grid-template").input_value()
    page.get_by_test_id("add-principle").click()
    page.get_by_test_id("principle").fill("Be brief.")
    run(page)
    cell(page, 1, 0).get_by_role("button").click()
    expect(page.get_by_test_id("prompt-text")).to_contain_text("Principle 1: Be brief.")
    view(page, "Grid")
    page.get_by_text("What is tried").click()
    expect(page.get_by_test_id("grid-template")).to_have_value(template)


def test_it_runs_from_the_keyboard(page: Page, toy_url: str) -> None:
    opened(page, toy_url)
    page.get_by_test_id("grid-template").fill("The {who} likes")
    page.get_by_label("who of row 1").press_sequentially("cat")
    page.keyboard.press("Control+Enter")
    answer = cell(page, 0, 0).get_by_role("button")
    name = re.compile("Look into the answer to cat, as it is: .*water")
    expect(answer).to_have_accessible_name(name)
    answer.focus()
    page.keyboard.press("Enter")
    mapped(page)


def test_what_can_not_be_asked_is_told(page: Page, toy_url: str) -> None:
    opened(page, toy_url)
    page.get_by_test_id("grid-template").fill("Say {x}")
    expect(page.get_by_test_id("run-grid")).to_be_disabled()
    expect(page.get_by_test_id("grid")).to_contain_text("Give at least one row")
    page.get_by_label("x of row 1").fill("<script>alert(1)</script>")
    page.get_by_test_id("without-each").get_by_text("Examples").click()
    page.get_by_test_id("run-grid").click()
    expect(page.get_by_test_id("error")).to_contain_text("no examples that a blank line parts")
    expect(page.get_by_test_id("error")).to_be_in_viewport(ratio=1)
    page.get_by_test_id("without-each").get_by_text("Nothing").click()
    run(page)
    expect(cell(page, 0, 0)).to_be_in_viewport()
    expect(page.get_by_test_id("grid-answers")).to_contain_text("<script>alert(1)</script>")


def test_rows_of_a_dataset_and_a_variant_of_ones_own(page: Page, toy_url: str) -> None:
    opened(page, toy_url)
    page.get_by_test_id("grid-template").fill("{id}: {kind}")
    page.get_by_test_id("rows-from-examples").click()
    rows = page.get_by_test_id("grid-rows").locator("tbody tr")
    expect(rows).to_have_count(13)
    while rows.count() > 2:
        rows.last.get_by_role("button").click()
    page.get_by_test_id("add-variant").click()
    page.get_by_test_id("own-variant").fill("{kind}")
    run(page)
    heads = page.get_by_test_id("grid-answers").get_by_role("columnheader")
    expect(heads.last).to_have_text("variant 1")
    expect(page.get_by_test_id("grid-cell")).to_have_count(4)


@pytest.mark.model
def test_it_can_be_stopped_and_what_came_stays(page: Page, default_url: str) -> None:
    """On the default model, which takes long enough; going on does not begin anew."""
    opened(page, default_url)
    dishes = "\n".join(f"{dish} number {number}" for number in range(12) for dish in DISHES)
    fill(page, MENU, dishes, ["Say Avoid when it has what is disliked."])
    page.get_by_test_id("run-grid").click()
    answers = page.get_by_test_id("grid-cell").get_by_role("button")
    answers.first.wait_for(timeout=SECONDS)
    page.get_by_test_id("stop-grid").click()
    expect(page.get_by_test_id("run-grid")).to_be_visible()
    known = answers.count()
    assert 0 < known < 120
    page.get_by_test_id("run-grid").click()
    # what is remembered comes at once, before anything is written
    progress = page.get_by_role("progressbar", name="Grid")
    expect(progress).to_have_attribute("aria-valuenow", re.compile("[1-9]"), timeout=SECONDS)
    expect(answers.nth(known - 1)).to_be_visible()
    page.get_by_test_id("stop-grid").click()
    expect(page.get_by_test_id("grid")).to_contain_text("Stopped: ")


@pytest.mark.model
def test_which_principle_did_the_work_on_the_default_model(page: Page, default_url: str) -> None:
    opened(page, default_url)
    principles = ["Say Avoid when the dish has what is disliked.", "Be brief."]
    fill(page, MENU, "\n".join(DISHES), principles)
    page.get_by_test_id("grid-answer").fill(" Avoid.")
    started = time.monotonic()
    run(page)
    print(f"3 x 5 cells took {time.monotonic() - started:.0f} s")
    told = page.get_by_test_id("grid-sentence").nth(3)
    expect(told).to_contain_text("of what is new, line 1, “Principle 1: Say Avoid when the dish")
    expect(told).to_be_in_viewport(ratio=1)
    first = page.get_by_test_id("line-effect").filter(has_text="new").first
    expect(first).to_contain_text("Principle 1")


@pytest.mark.parametrize(("width", "theme"), [(390, "dark"), (1024, "light")])
def test_it_fits(page: Page, toy_url: str, width: int, theme: str) -> None:
    page.set_viewport_size({"width": width, "height": 844})
    page.emulate_media(color_scheme="dark" if theme == "dark" else "light")
    opened(page, toy_url)
    fill(page, TEMPLATE.replace("{what}", "I like soup."), "cat\ndog", PRINCIPLES)
    run(page)
    expect(page.get_by_test_id("grid-sentence").first).to_be_in_viewport(ratio=1)
    wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    assert wide <= 0, "the page scrolls sideways"


def test_what_will_be_tried_is_told_before(page: Page, toy_url: str) -> None:
    opened(page, toy_url)
    fill(page, TEMPLATE, ROWS, PRINCIPLES)
    expect(page.get_by_test_id("grid")).to_contain_text("4 variants × 3 rows: 12 answers to write.")
    page.get_by_test_id("foreseen").click()
    expect(page.get_by_text("with the principle “Avoid.”")).to_be_visible()
    page.get_by_test_id("without-each").get_by_text("Examples").click()
    expect(page.get_by_text("5 variants will be tried")).to_be_visible()
    page.get_by_test_id("grid-template").fill("The {who} likes {what}")
    expect(page.get_by_text("no examples that a blank line parts")).to_be_visible()


def test_answers_that_differ_are_marked(page: Page, toy_url: str) -> None:
    opened(page, toy_url)
    fill(page, TEMPLATE, ROWS, PRINCIPLES[:1])
    run(page)
    expect(page.get_by_text("Marked: other than with “as it is”")).to_be_visible()
    words = [cell(page, variant, 2).locator(".words").inner_text() for variant in (0, 1)]
    marked = cell(page, 1, 2).get_by_text("other than with the first variant")
    expect(marked).to_have_count(1 if words[0] != words[1] else 0)
    assert words[0] != words[1]
    expect(cell(page, 0, 2).get_by_text("other than with the first variant")).to_have_count(0)


def test_a_word_and_a_line_are_changed_each_alone(page: Page, toy_url: str) -> None:
    opened(page, toy_url)
    fill(page, "The cat likes warm milk.\nThe {who} likes", "dog\ncat", [])
    page.get_by_test_id("add-word").click()
    page.get_by_test_id("other-word").fill("cat")
    page.get_by_test_id("other-words").fill("dog, bird")
    page.get_by_test_id("add-line").click()
    page.get_by_test_id("line-number").fill("9")
    page.get_by_test_id("line-text").fill("The dog likes cold water.")
    expect(page.get_by_text("There is no line 9.")).to_be_visible()
    page.get_by_test_id("line-number").fill("1")
    expect(page.get_by_test_id("foreseen")).to_have_text("4 variants will be tried")
    run(page)
    told = page.get_by_test_id("grid-sentence")
    expect(told).to_contain_text(["as it is", "line 1", "“dog” for “cat”", "“bird” for “cat”"])
