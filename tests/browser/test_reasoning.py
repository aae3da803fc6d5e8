"""What was written before the target, on the page: folded if set apart, with arrows through it."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.support.page import SECONDS, choose, granularity, mapped, serve, whole_list

pytestmark = pytest.mark.browser

PROMPT = "The cat likes warm milk.\nThe dog likes cold water.\nWhat does the dog like?\n"
THOUGHT = "<think>The dog likes cold water.</think>"


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A page with two prompts whose given answers think first, one of them for ever."""
    rows = [
        {"id": "thinks", "prompt": PROMPT, "target": f"{THOUGHT}\n\nIt likes water."},
        {"id": "never-stops", "prompt": PROMPT, "target": "<think>The dog likes cold water."},
    ]
    path: Path = tmp_path_factory.mktemp("data") / "thoughts.json"
    path.write_text(json.dumps(rows))
    with serve("toy", "--data", str(path)) as served:
        yield served


def shown(page: Page, url: str, name: str) -> Locator:
    """The reasoning of the given answer to this prompt."""
    page.goto(url)
    choose(page, name)
    page.get_by_test_id("dataset-answer").click()
    granularity(page, "Sentence")
    reasoning = page.get_by_test_id("reasoning")
    expect(reasoning).to_be_visible()
    return reasoning


def arrows(page: Page) -> Locator:
    return page.get_by_test_id("arrows").locator("path.arrow")


def test_a_block_is_folded_and_ways_lead_through_it(page: Page, url: str) -> None:
    reasoning = shown(page, url, "thinks")
    thought = reasoning.locator("[data-token]").filter(has_text="water")
    expect(thought).to_be_hidden()
    answer = page.get_by_test_id("answer-text").locator("[data-token]")
    answer.filter(has_text="likes").last.click()
    mapped(page)
    expect(reasoning.locator("summary")).to_contain_text("% of the map is in here")
    page.get_by_test_id("scope").get_by_text("Answer so far").click()
    expect(page.get_by_test_id("influences")).to_contain_text("in the reasoning")

    # by keyboard, too
    reasoning.locator("summary").press("Enter")
    expect(thought).to_be_visible()
    reasoning.locator("summary").press("Enter")
    expect(thought).to_be_hidden()

    # arrows: to the fold while it is folded, each with its ends in view
    page.get_by_test_id("follow").click()
    path = page.get_by_test_id("path").first
    expect(path).to_be_visible(timeout=SECONDS)
    expect(arrows(page).first).to_be_in_viewport()
    fold, margin = reasoning.locator("summary").bounding_box(), reasoning.bounding_box()
    assert fold is not None
    assert margin is not None
    to_fold = [
        box
        for box in (one.bounding_box() for one in arrows(page).all())
        if box and fold["y"] <= box["y"] + box["height"] <= fold["y"] + fold["height"]
    ]
    assert to_fold
    assert all(box["x"] + box["width"] <= fold["x"] + 1 for box in to_fold)  # beside the text

    # one way at a time, by pointing at it
    steps = path.locator("button").count()
    path.hover()
    expect(page.locator("path.followed")).to_have_count(steps)

    # what leads there unfolds it
    path.locator("button").filter(has_text="cold water").last.click()
    expect(thought).to_be_visible()
    expect(thought).to_be_in_viewport()


def test_one_that_was_never_closed_says_so_and_can_be_asked_about(page: Page, url: str) -> None:
    reasoning = shown(page, url, "never-stops")
    expect(reasoning.locator("summary")).to_contain_text("never closed")
    reasoning.locator("[data-token]").filter(has_text="cold").click()
    mapped(page)
    expect(page.get_by_test_id("target-card")).to_contain_text("cold water")
    expect(arrows(page)).to_have_count(0)


@pytest.mark.model
def test_a_misprint_came_by_way_of_the_analysis_and_thinking_again_proves_it(
    page: Page, default_url: str
) -> None:
    page.goto(default_url)
    choose(page, "fewshot-misprint")
    page.get_by_test_id("dataset-answer").click()
    answer = page.get_by_test_id("answer-text").locator("[data-token]")
    answer.filter(has_text="=").last.click()
    expect(page.get_by_test_id("target-card")).to_contain_text("Together: 140 + 8 = 148 euros.")
    mapped(page)
    page.get_by_test_id("follow").click()
    way = page.get_by_test_id("path").first
    list_line = "- Baked moussaka: 140 euros"
    expect(way.locator("button").nth(0)).to_have_text(list_line, timeout=SECONDS)
    expect(way.locator("button").nth(1)).to_have_text("The baked moussaka is 140 euros.")
    expect(way).to_be_in_viewport()
    expect(page.get_by_test_id("besides").first).to_contain_text("through the answer")

    # with the analysis kept, the misprint is not missed; without it, another one is written
    way.locator("button").first.click()
    whole_list(page)
    line = page.get_by_test_id("influence").filter(has_text=list_line)
    line.get_by_test_id("mute").click()
    result = page.get_by_test_id("mute-result")
    little = re.compile(r"about as likely|target is [1-9](\.\d)? times less likely")
    expect(result).to_contain_text(little, timeout=SECONDS)
    page.get_by_test_id("think-again").click()
    again = page.get_by_text(re.compile("Thinking again, the target is 10.+ times less likely"))
    expect(again).to_be_visible(timeout=SECONDS)
    expect(again).to_be_in_viewport()
