"""What people think of what was found: said on the page, in a file, and on a page for review."""

import json
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.test_report import alone, saved
from tests.browser.test_runs import DOG, ask, runs
from tests.browser.test_workspace import other  # noqa: F401  a fixture
from tests.support.page import SECONDS, serve, view

pytestmark = pytest.mark.browser

EVIL = "<img src=x onerror=\"document.title='run'\">"


def say(within: Page | Locator, opinion: str, note: str, by: str | None = None) -> None:
    within.get_by_test_id(f"opinion-{opinion}").click()
    within.get_by_test_id("review-note").fill(note)
    if by is not None:
        within.get_by_test_id("review-by").fill(by)


def noted(page: Page, url: str) -> None:
    """Something was found, and a note written where it was."""
    page.goto(url)
    ask(page, DOG)
    expect(page.get_by_test_id("found")).to_be_visible()
    page.get_by_test_id("add-note").click()
    expect(page.get_by_test_id("review-note")).to_be_in_viewport(ratio=1)
    say(page, "agree", "The second sentence did it.", "Ann")
    page.get_by_test_id("keep-note").click()
    expect(page.get_by_test_id("review")).to_contain_text("Ann agrees")
    expect(page.get_by_test_id("review")).to_be_in_viewport(ratio=1)


def sent_back(report: Page, folder: Path) -> Path:
    with report.expect_download(timeout=SECONDS) as download:
        report.get_by_test_id("save-review").click()
    path = folder / download.value.suggested_filename
    download.value.save_as(path)
    expect(report.get_by_test_id("yours")).to_contain_text(f"Saved as {path.name}")
    expect(report.get_by_test_id("yours")).to_be_in_viewport(ratio=1)
    return path


def test_a_report_comes_back_with_an_opinion(
    page: Page, browser: Browser, toy_url: str, tmp_path: Path
) -> None:
    noted(page, toy_url)
    file = saved(page, tmp_path, without=("prompt",))
    with alone(browser, file) as report:
        expect(report.get_by_test_id("note")).to_have_text("Ann: The second sentence did it.")
        expect(report.get_by_test_id("save-review")).to_be_disabled()
        say(report, "disagree", f"It is the first.\n{EVIL}")
        report.get_by_test_id("review-by").fill("Ben")
        review = sent_back(report, tmp_path)
    assert "warm milk" not in review.read_text(encoding="utf-8")  # of the prompt
    view(page, "Review")
    for told in ("1 review was taken in", "1 was there already"):
        page.get_by_test_id("review-file").set_input_files(review)
        expect(page.get_by_test_id("taken")).to_contain_text(told)
        expect(page.get_by_test_id("taken")).to_be_in_viewport(ratio=1)
    run = page.get_by_test_id("reviewable")
    run.get_by_test_id("open-review").click()
    expect(run.get_by_test_id("tally")).to_contain_text("1 agrees")
    expect(run.get_by_test_id("tally")).to_contain_text("1 disagrees")
    expect(run.get_by_test_id("review").last).to_contain_text(f"It is the first. {EVIL}")
    assert page.title() != "run"
    expect(page.get_by_test_id("reviews-elsewhere")).to_have_count(0)
    view(page, "Look")
    expect(page.get_by_test_id("review").last).to_contain_text("Ben disagrees")


def test_a_file_that_is_no_review_is_told(page: Page, toy_url: str, tmp_path: Path) -> None:
    page.goto(toy_url)
    view(page, "Review")
    file = tmp_path / "other.json"
    for content, words in (("[]", "no review"), ('{"backlit_review": 9}', "another version")):
        file.write_text(content)
        page.get_by_test_id("review-file").set_input_files(file)
        expect(page.get_by_test_id("error")).to_contain_text(words)
        expect(page.get_by_test_id("error")).to_be_in_viewport(ratio=1)


def test_a_review_of_a_report_from_elsewhere_is_kept(
    page: Page, toy_url: str, tmp_path: Path
) -> None:
    file = tmp_path / "review.json"
    review = {"run": 1, "opinion": "unsure", "note": "?", "by": "", "at": "2026-11-29T10:00:00Z"}
    file.write_text(
        json.dumps(
            {"backlit_review": 1, "report": "other", "title": "What led to “it”"}
            | {"reviews": [review]}
        )
    )
    page.goto(toy_url)
    view(page, "Review")
    page.get_by_test_id("review-file").set_input_files(file)
    elsewhere = page.get_by_test_id("reviews-elsewhere")
    expect(elsewhere).to_contain_text("Somebody is unsure")
    expect(elsewhere).to_contain_text("What led to “it”")
    page.reload()
    expect(elsewhere).to_contain_text("Somebody is unsure")


def test_colleagues_review_on_a_page_of_their_own(
    page: Page,
    other: Page,  # noqa: F811
    tmp_path: Path,
) -> None:
    path = str(tmp_path / "workspace.sqlite3")
    with (
        serve("toy", "--workspace", path) as url,
        serve("--workspace", path, "--review") as review,
    ):
        noted(page, url)
        other.goto(review)
        run = other.get_by_test_id("reviewable")
        run.get_by_test_id("open-review").click()
        expect(run.get_by_test_id("finding")).to_be_in_viewport(ratio=1)
        expect(run.get_by_test_id("review")).to_contain_text("Ann agrees")
        expect(other.get_by_test_id("generate")).to_have_count(0)
        expect(other.get_by_test_id("views")).to_have_count(0)
        say(run, "disagree", "It is the first.", "Ben")
        run.get_by_test_id("keep-note").click()
        expect(run.get_by_test_id("tally")).to_contain_text("1 disagrees")
        expect(page.get_by_test_id("review").last).to_contain_text("Ben disagrees")
        expect(runs(page)).to_have_count(1)
        other.reload()
        expect(run.get_by_test_id("tally")).to_contain_text("1 disagrees")
