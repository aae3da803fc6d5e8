"""Runs side by side: a change is tried beside its run, and what came of it is measured."""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from backlit import load_dataset
from tests.browser.test_runs import CAT, DOG, ask, runs
from tests.support.page import (
    SECONDS,
    choose,
    finished,
    generate,
    granularity,
    mapped,
    retype,
    view,
)

pytestmark = pytest.mark.browser

SLIP = "Recommendation: You have to try it."


def column(page: Page, number: int) -> Locator:
    return page.get_by_test_id("column").nth(number)


def live(page: Page) -> Locator:
    return page.get_by_test_id("live")


def try_change(page: Page, prompt: str) -> None:
    page.get_by_test_id("try-change").click()
    retype(live(page).locator(".cm-content"), prompt)
    live(page).get_by_test_id("generate").click()
    expect(page.get_by_test_id("compared")).to_be_visible(timeout=SECONDS)


def figures(page: Page) -> list[list[float]]:
    """The matrix, nats."""
    rows = page.get_by_test_id("matrix").locator("tbody tr").all()
    return [
        [float(cell.get_attribute("data-log-prob") or "nan") for cell in row.locator("td").all()]
        for row in rows
    ]


def test_a_change_is_tried_beside_the_run(page: Page, toy_url: str) -> None:
    page.goto(toy_url)
    ask(page, DOG)
    page.get_by_test_id("try-change").click()
    expect(column(page, 0)).to_be_in_viewport(ratio=0.99)
    expect(live(page)).to_be_in_viewport(ratio=0.99)
    typed = live(page).locator(".cm-content")
    expect(typed).to_be_focused()
    expect(page.get_by_test_id("compare")).to_contain_text("press Generate")
    retype(typed, DOG.replace("cold water", "warm milk"))
    live(page).get_by_test_id("generate").click()
    sentence = page.get_by_test_id("compared")
    expect(sentence).to_contain_text("With line 1 changed to", timeout=SECONDS)
    expect(sentence).to_be_in_viewport(ratio=1)
    expect(page.get_by_test_id("matrix")).to_be_in_viewport(ratio=1)
    for side in (column(page, 0), live(page)):  # the same part of both answers, asked about
        expect(side.locator("[data-on~=target]").first).to_be_in_viewport()
    expect(column(page, 0).locator("[data-on~=removed]").first).to_be_in_viewport()
    expect(live(page).locator("[data-on~=added]").first).to_be_in_viewport()
    before, after = figures(page)
    assert len(before) == len(after) == 2
    assert max(*before, *after) <= 0


def test_going_on_from_a_change_and_stopping(page: Page, toy_url: str) -> None:
    page.goto(toy_url)
    ask(page, DOG)
    try_change(page, DOG.replace("cold", "warm"))
    page.get_by_test_id("try-another").click()
    expect(page.get_by_test_id("column")).to_have_count(2)
    expect(live(page).locator(".cm-content")).to_be_focused()
    page.get_by_test_id("stop-trying").click()
    expect(live(page)).to_have_count(0)
    expect(page.get_by_test_id("column")).to_have_count(2)
    expect(page.get_by_test_id("compared")).to_be_visible()
    column(page, 1).get_by_test_id("look-at").click()
    expect(page.get_by_test_id("found")).to_be_visible()
    expect(page.get_by_test_id("prompt-text")).to_contain_text("warm")


def test_runs_are_chosen_in_the_list_and_the_link_shows_them(
    page: Page, browser: Browser, toy_url: str
) -> None:
    page.goto(toy_url)
    view(page, "Compare")
    expect(page.get_by_test_id("compare")).to_contain_text("Choose two runs")
    view(page, "Look")
    ask(page, DOG)
    ask(page, CAT)
    runs(page).nth(1).hover()
    runs(page).nth(1).get_by_test_id("compare-run").click()
    expect(page.get_by_test_id("column")).to_have_count(2)
    expect(column(page, 0)).to_contain_text("The dog likes cold water.")
    expect(page.get_by_test_id("compared")).to_be_visible(timeout=SECONDS)
    before = figures(page)
    page.reload()
    expect(page.get_by_test_id("compared")).to_be_visible(timeout=SECONDS)
    assert figures(page) == before
    assert re.search(r"#compare=[^,]+,[^,]+$", page.url)
    assert "token" not in page.url

    tab = page.context.new_page()  # the browser's runs are those of all its tabs
    tab.goto(page.url)
    expect(tab.get_by_test_id("column")).to_have_count(2)
    expect(tab.get_by_test_id("compared")).to_be_visible(timeout=SECONDS)

    column(page, 1).get_by_test_id("put-first").click()
    expect(column(page, 0)).to_contain_text("The cat likes warm milk.")
    expect(page.get_by_test_id("compared")).to_be_visible(timeout=SECONDS)
    column(page, 1).get_by_test_id("take-away").click()
    expect(page.get_by_test_id("column")).to_have_count(1)
    expect(page.get_by_test_id("matrix")).to_have_count(0)


def test_a_link_whose_runs_are_gone_says_so(page: Page, toy_url: str) -> None:
    page.goto(f"{toy_url}#compare=gone.one,gone.two")
    expect(page.get_by_test_id("column")).to_have_count(2)
    expect(column(page, 0)).to_contain_text("not here any more")
    page.goto("about:blank")
    page.goto(f"{toy_url}#look=gone.one")
    expect(page.get_by_text("That run is not there any more")).to_be_in_viewport()


def test_what_is_in_a_run_is_text(page: Page, toy_url: str) -> None:
    evil = "<img src=x onerror=\"document.title='run'\"><script>document.title='run'</script>"
    page.goto(toy_url)
    ask(page, f"{evil} {DOG}")
    try_change(page, f"{evil}{evil} {DOG}")
    expect(page.get_by_test_id("compare").locator("img, script")).to_have_count(0)
    expect(page).to_have_title("Backlit")


@pytest.mark.parametrize("width", [1024, 390])
def test_beside_each_other_in_a_narrow_window(page: Page, toy_url: str, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 844})
    page.goto(toy_url)
    ask(page, DOG)
    try_change(page, DOG.replace("cold", "warm"))
    expect(page.get_by_test_id("compared")).to_be_in_viewport(ratio=1)
    wide = page.evaluate("document.documentElement.scrollWidth")
    assert wide <= width

    page.get_by_test_id("stop-trying").click()
    column(page, 1).get_by_test_id("look-at").click()
    expect(page.get_by_test_id("found")).to_be_in_viewport()  # it begins where the view begins


def test_the_mistaken_example_is_fixed_and_compared(
    page: Page, default_url: str, tmp_path: Path
) -> None:
    """The figures are those of `backlit explain`, and `backlit compare` says the same."""
    page.goto(default_url)
    choose(page, "fewshot-mistake")
    generate(page)
    finished(page)
    granularity(page, "Sentence")
    answer = page.get_by_test_id("answer-text")
    answer.locator("[data-token]").filter(has_text="try").last.click()
    mapped(page)
    prompt = load_dataset("sample_prompts").examples[0].prompt
    assert isinstance(prompt, str)
    lines = prompt.split("\n")
    slip = next(
        i
        for i, line in enumerate(lines)
        if line == SLIP and any("dislike" in said for said in lines[i - 2 : i])
    )
    lines[slip] = "Recommendation: Avoid."
    page.get_by_test_id("try-change").click()
    retype(live(page).locator(".cm-content"), "\n".join(lines))
    live(page).get_by_test_id("generate").click()
    sentence = page.get_by_test_id("compared")
    expect(sentence).to_contain_text(
        f"With line {slip + 1} changed to “Recommendation: Avoid.”", timeout=SECONDS
    )
    expect(sentence).to_contain_text("its old answer is")
    expect(sentence).to_contain_text("times less likely")
    expect(live(page).locator("[data-on~=target]").first).to_be_in_viewport()
    shown = figures(page)

    page.get_by_test_id("stop-trying").click()
    explanations = kept(page)
    files = [tmp_path / f"{number}.json" for number in range(len(explanations))]
    for file, one in zip(files, explanations, strict=True):
        file.write_text(json.dumps(one), "utf-8")
    command = [sys.executable, "-m", "backlit", "compare", *map(str, files), "--format", "json"]
    compared = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
    assert compared["sentences"] == [sentence.inner_text().strip()]
    for row, told in zip(shown, compared["log_probs"], strict=True):
        assert row == pytest.approx(told, abs=1e-4)
    for i, one in enumerate(explanations):
        explained = one["attributions"][0]["target_log_prob"]
        assert shown[i][i] == pytest.approx(explained, abs=1e-4)


def kept(page: Page) -> list[dict[str, Any]]:
    """The explanations of the runs beside each other, as the browser keeps them."""
    found: list[dict[str, Any]] = page.evaluate(
        """async () => {
          const ended = (request) => new Promise((done, fail) => {
            request.onsuccess = () => done(request.result);
            request.onerror = () => fail(request.error);
          });
          const database = await ended(indexedDB.open("backlit.runs"));
          const ids = location.hash.split("=")[1].split(",").map(decodeURIComponent);
          const found = [];
          for (const id of ids) {
            const runs = database.transaction("runs").objectStore("runs");
            found.push((await ended(runs.get(`run.${id}`))).explanation);
          }
          database.close();
          return found;
        }"""
    )
    return found
