"""Methods, foils, checks and comparisons in a real Chromium, on the toy model."""

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support.page import (
    answer_chip,
    finished,
    generate,
    granularity,
    mapped,
    type_prompt,
    view_options,
    whole_list,
)

pytestmark = pytest.mark.browser

PROMPT = """\
The cat likes warm milk. The dog likes cold water.
The bird likes ripe berries. Two and two make four.
I like sweet soup and I dislike bitter soup.
Question: what does the dog like?
Answer:"""


@pytest.fixture
def answered(page: Page, toy_url: str) -> Page:
    """The page with an answer, whose word “water” is the target."""
    answer(page, toy_url)
    return page


def look_at(page: Page, scope: str) -> None:
    page.get_by_test_id("scope").get_by_text(scope).click()


def test_the_prompt_and_the_answer_so_far_are_told_apart(answered: Page) -> None:
    rows, tags = answered.get_by_test_id("influence"), answered.get_by_text("in the answer")
    expect(answered.get_by_test_id("scope")).to_be_in_viewport()
    whole_list(answered)
    of_prompt = rows.count()
    expect(tags).to_have_count(0)
    expect(answered.get_by_test_id("proof").first).to_be_visible()
    look_at(answered, "Answer so far")
    expect(tags.first).to_be_visible()
    of_answer = rows.count()
    expect(tags).to_have_count(of_answer)
    expect(answered.get_by_test_id("found")).to_contain_text("answer")
    expect(answered.get_by_test_id("proof").first).to_be_visible()
    look_at(answered, "Both")
    expect(rows).to_have_count(of_prompt + of_answer)
    # the first word of an answer has nothing of the answer before it
    answered.get_by_test_id("answer-text").locator("[data-token]").first.click()
    mapped(answered)
    expect(answered.get_by_test_id("scope")).to_have_count(0)


def answer(page: Page, url: str) -> None:
    page.goto(url)
    type_prompt(page, PROMPT)
    generate(page)
    expect(page.get_by_test_id("prompt-text")).to_have_text(PROMPT)
    finished(page)
    expect(page.get_by_test_id("answer-text")).to_contain_text("water")
    granularity(page, "Word")
    answer_chip(page, "water")
    mapped(page)


def method(page: Page, name: str) -> None:
    page.get_by_test_id("method-select").select_option(name)
    mapped(page)


def test_methods_are_picked_from_groups_with_their_cost(answered: Page) -> None:
    select = answered.get_by_test_id("method-select")
    expect(select).to_have_value("gate_relevance")  # what the server puts first
    groups = select.locator("optgroup")
    expect(groups).to_have_count(2)
    shapley = groups.last.locator("option").filter(has_text="Shapley")
    expect(shapley).to_have_text(re.compile(r"Shapley · (under a second|about .* runs)"))
    expect(groups.first.locator("option").first).to_have_text(re.compile("Gate relevance · under"))
    method(answered, "shapley")
    whiskers = answered.get_by_test_id("whisker")
    expect(whiskers.first).to_be_visible()
    assert whiskers.first.bounding_box()["width"] > 2  # type: ignore[index]
    expect(answered.get_by_test_id("standard-error").first).to_have_text(re.compile(r"± \d"))


def test_what_happens_without_the_first_parts_is_told_by_itself(answered: Page) -> None:
    look_at(answered, "Both")
    method(answered, "occlusion")
    rows = answered.get_by_test_id("influence")
    expect(rows.first.get_by_test_id("proof")).to_be_in_viewport()
    expect(rows.first.get_by_test_id("proof")).to_contain_text("less likely; the model says")
    granularity(answered, "Word")
    mapped(answered)
    expect(answered.get_by_test_id("proof")).to_have_count(3)
    # what the person asks for comes first, and they are measured after that
    rows.first.get_by_test_id("mute").click()
    expect(answered.get_by_test_id("mute-result")).to_contain_text("likely")
    expect(answered.get_by_test_id("proof")).to_have_count(3)


def test_a_changed_parameter_computes_again(answered: Page) -> None:
    method(answered, "integrated_gradients")
    with answered.expect_request(re.compile("/api/explain$")) as asked:
        answered.get_by_test_id("view-options").click()
        form = answered.get_by_test_id("parameter-form")
        expect(form).to_contain_text("arXiv:1703.01365")
        number = form.locator("input[type=number]").last
        number.fill("33")
        number.press("Enter")
    body = asked.value.post_data_json
    assert body is not None
    assert 33 in body["params"].values()
    answered.keyboard.press("Escape")
    mapped(answered)


def test_a_foil_by_chip_and_by_typing(answered: Page) -> None:
    answered.get_by_test_id("suggestion").first.click()
    expect(answered.get_by_test_id("foil")).to_be_visible()
    expect(answered.get_by_test_id("foil-probabilities").locator("tr")).to_have_count(2)
    expect(answered.get_by_test_id("legend")).to_contain_text("supports the foil")
    mapped(answered)

    answered.get_by_test_id("remove-foil").click()
    expect(answered.get_by_test_id("legend")).not_to_contain_text("supports the foil")
    field = answered.get_by_test_id("foil-field")
    field.fill("milk")
    field.press("Enter")
    expect(answered.get_by_test_id("foil")).to_have_text("milk")
    expect(answered.get_by_test_id("foil-probabilities")).to_contain_text("nats")
    mapped(answered)

    # another target, another question
    granularity(answered, "Line")
    answer_chip(answered, "cold")
    expect(answered.get_by_test_id("foil")).to_have_count(0)
    expect(field).to_have_value("")
    # of a longer target a chip names the word it would replace, and narrows to it
    offer = answered.get_by_test_id("suggestion").filter(has_text="cold").first
    offer.click()
    expect(answered.locator("[data-testid=target-card] blockquote")).to_have_text("cold")
    expect(answered.get_by_test_id("foil")).to_be_visible()


def test_an_impossible_foil_is_told_and_kept(answered: Page) -> None:
    rows = answered.get_by_test_id("influence").count()
    field = answered.get_by_test_id("foil-field")
    field.fill("water")
    field.press("Enter")
    expect(answered.get_by_test_id("foil-error")).to_contain_text("The foil is the target itself.")
    expect(field).to_have_value("water")
    mapped(answered)
    expect(answered.get_by_test_id("influence")).to_have_count(rows)  # the map is back
    field.fill("")
    expect(answered.get_by_test_id("foil-error")).to_have_count(0)


def test_a_map_is_checked_by_itself(answered: Page) -> None:
    expect(answered.get_by_test_id("sentence")).to_contain_text("Taking away the top")
    expect(answered.get_by_test_id("verdict")).to_have_attribute(
        "data-verdict", re.compile("holds|weak|chance")
    )
    expect(answered.get_by_test_id("curves")).to_contain_text("parts taken away")
    answered.get_by_test_id("which-curves").get_by_text("Left alone").click()
    expect(answered.get_by_test_id("curves")).to_contain_text("parts left")
    expect(answered.get_by_test_id("figures")).to_contain_text("Sufficiency")

    # another map, another check; back to the first: it is known
    sentence = answered.get_by_test_id("sentence").inner_text()
    with answered.expect_response("**/api/check"):
        method(answered, "occlusion")
    expect(answered.get_by_test_id("check-changed")).to_have_count(0)
    expect(answered.get_by_test_id("trust")).to_have_attribute("aria-busy", "false")
    expect(answered.get_by_test_id("agreement")).to_contain_text("Occlusion")
    asked: list[str] = []
    answered.on("request", lambda request: asked.append(request.url))
    method(answered, "gate_relevance")
    expect(answered.get_by_test_id("check-changed")).to_have_count(0)
    expect(answered.get_by_test_id("sentence")).to_have_text(sentence)
    assert [url for url in asked if url.endswith(("/api/check", "/api/explain"))] == []


def test_too_few_parts_to_check(answered: Page) -> None:
    granularity(answered, "Paragraph")
    mapped(answered)
    answered.get_by_test_id("check").click()
    error = answered.get_by_test_id("trust").get_by_test_id("error")
    expect(error).to_contain_text("Choose a finer granularity, or leave fewer parts out")


def test_side_by_side_and_out_again(answered: Page) -> None:
    with view_options(answered) as card:
        card.get_by_test_id("rival-select").select_option("occlusion")
    expect(answered.get_by_test_id("view-options")).to_have_text("Compared")
    left, right = answered.get_by_test_id("side"), answered.get_by_test_id("rival-side")
    expect(left.get_by_role("heading")).to_have_text("Gate relevance")
    expect(right.get_by_role("heading")).to_have_text("Occlusion")
    right.locator("[data-on~=target]").first.wait_for()  # both maps are there
    one, other = (side.get_by_test_id("text").bounding_box() for side in (left, right))
    assert one is not None
    assert other is not None
    assert one["y"] == other["y"]  # lines are level with each other
    assert one["width"] == pytest.approx(other["width"], abs=2)
    right.get_by_test_id("prompt-text").locator("[data-token]").nth(3).hover()
    expect(left.locator("[data-on~=marked]").first).to_be_visible()
    answered.reload()
    expect(right).to_be_visible()
    answered.get_by_test_id("leave-rival").click()
    expect(right).to_have_count(0)
    expect(answered.get_by_test_id("text")).to_have_count(1)


def test_coarse_to_fine(answered: Page) -> None:
    with view_options(answered) as card:
        expect(card.get_by_test_id("coarse")).to_be_disabled()  # every token is scored at once
    look_at(answered, "Both")
    method(answered, "occlusion")
    whole_list(answered)
    words = answered.get_by_test_id("influence").count()
    with view_options(answered) as card:
        card.get_by_test_id("coarse").click()
    expect(answered.get_by_test_id("view-options")).to_have_text("Coarse to fine")
    expect(answered.get_by_test_id("level").first).to_be_visible()
    levels = set(answered.get_by_test_id("level").all_inner_texts())
    assert len(levels) > 1
    assert answered.get_by_test_id("influence").count() < words
    expect(answered.get_by_test_id("sentence")).to_contain_text("parts")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_narrow_window_holds_it_all(browser: Browser, toy_url: str, scheme: str) -> None:
    context = browser.new_context(
        color_scheme=scheme,  # type: ignore[arg-type]
        viewport={"width": 420, "height": 800},
    )
    page = context.new_page()
    answer(page, toy_url)
    expect(page.get_by_test_id("sentence")).to_be_visible()
    with view_options(page) as card:
        card.get_by_test_id("rival-select").select_option("shapley")
    expect(page.get_by_test_id("rival-side")).to_be_visible()
    page.get_by_test_id("suggestion").first.click()
    mapped(page)
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    context.close()


def test_a_click_below_a_changed_option_is_not_lost(browser: Browser, toy_url: str) -> None:
    """Leaving the field changes the options, and closes their card over the button."""
    context = browser.new_context(viewport={"width": 420, "height": 800})
    page = context.new_page()
    page.goto(toy_url)
    type_prompt(page, "The cat likes")
    page.get_by_test_id("options").click()
    expect(page.get_by_text("Reset", exact=True)).to_be_hidden()
    page.get_by_label("Stop strings").fill("\\n")
    generate(page)
    finished(page)
    page.get_by_test_id("options").click()
    expect(page.get_by_label("Stop strings")).to_have_value("\\n")
    expect(page.get_by_text("Reset", exact=True)).to_be_visible()
    context.close()
