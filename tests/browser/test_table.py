"""Datasets as a table: found, sorted, changed and kept, however many rows there are."""

import json
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from backlit.data import load_dataset
from tests.support.page import paste, serve, view

pytestmark = pytest.mark.browser

EVIL = "<img src=x onerror=\"document.title='run'\"><script>document.title='run'</script>"
COUNT = 10_000


@pytest.fixture(scope="module")
def big(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path: Path = tmp_path_factory.mktemp("data") / "big.jsonl"
    with path.open("w", encoding="utf-8") as file:
        for number in range(COUNT):
            row = {"id": f"row-{number}", "prompt": f"Say {number * 7919 % COUNT}.\nThen stop."}
            file.write(json.dumps({**row, "level": number % 9, "note": EVIL}) + "\n")
    return path


def rows(page: Page) -> Locator:
    return page.get_by_test_id("table-row")


def opened(page: Page, url: str) -> None:
    page.goto(url)
    view(page, "Table")
    expect(page.get_by_test_id("open-row").first).to_be_visible()


def open_row(page: Page, name: str) -> Locator:
    page.get_by_test_id("open-row").filter(has_text=name).first.click()
    card = page.get_by_test_id("row-card")
    expect(card).to_be_in_viewport()
    return card


def found(page: Page, words: str) -> None:
    expect(page.get_by_test_id("found-rows")).to_have_text(words)


def test_many_rows_are_found_sorted_and_scrolled_through(page: Page, big: Path) -> None:
    with serve("toy", "--data", str(big)) as url:
        opened(page, url)
        found(page, "10,000 rows")
        assert rows(page).count() < 100  # only those in sight are drawn
        page.get_by_role("region", name="Rows").evaluate("pane => (pane.scrollTop = 1e9)")
        expect(page.get_by_text("row-9999", exact=True)).to_be_in_viewport()
        sort = page.get_by_test_id("sort").filter(has_text="level")
        sort.click()
        expect(page.get_by_test_id("open-row").first).to_have_text("row-0")
        sort.click()
        expect(page.get_by_test_id("open-row").first).to_have_text("row-8")
        page.get_by_label("Regular expression").check()
        page.get_by_test_id("find-anywhere").fill(r"^Say 12\d\.")
        found(page, "10 of 10,000 rows")
        page.get_by_test_id("find-anywhere").fill("(")
        expect(page.get_by_test_id("error")).to_be_in_viewport(ratio=1)
        page.get_by_test_id("find-anywhere").fill("nothing of the kind")
        expect(page.get_by_text("No row has all of what is looked for.")).to_be_in_viewport()
        page.get_by_role("button", name="Clear what is looked for").click()
        found(page, "10,000 rows")
        assert page.title() == "Backlit"
        expect(page.get_by_test_id("table").locator("img, script")).to_have_count(0)


def test_a_row_far_down_is_asked_about_and_is_still_there(page: Page, big: Path) -> None:
    with serve("toy", "--data", str(big)) as url:
        opened(page, url)
        page.get_by_test_id("find-in").first.fill("row-9998")
        found(page, "1 of 10,000 rows")
        open_row(page, "row-9998").get_by_test_id("look-at-row").click()
        prompt = load_dataset(str(big)).examples[9998].prompt
        assert isinstance(prompt, str)
        expect(page.locator(".cm-content").first).to_contain_text(prompt.split("\n")[0])
        page.wait_for_timeout(600)  # what is kept is written once the person pauses
        page.reload()
        expect(page.locator(".cm-content").first).to_contain_text(prompt.split("\n")[0])
        expect(page.get_by_text("edited")).to_have_count(0)
        expect(page.get_by_role("button", name="All 10,000 in the table")).to_be_attached()


def test_what_is_changed_is_kept_and_undone(page: Page, tmp_path: Path) -> None:
    with serve("toy", "--workspace", str(tmp_path / "w.sqlite3")) as url:
        opened(page, url)
        card = open_row(page, "fewshot-mistake")
        card.get_by_test_id("row-target").fill(" Another answer.")
        card.get_by_test_id("row-prompt").focus()
        expect(card.get_by_role("status")).to_contain_text("Saved")
        page.reload()
        card = open_row(page, "fewshot-mistake")
        expect(card.get_by_test_id("row-target")).to_have_value(" Another answer.")

        card.get_by_role("button", name="Duplicate").click()
        expect(page.get_by_role("heading", name="fewshot-mistake (2)")).to_be_in_viewport()
        expect(page.get_by_test_id("open-row").nth(1)).to_have_text("fewshot-mistake (2)")
        card.get_by_test_id("remove-row").click()
        expect(card).to_have_count(0)
        found(page, "13 rows")
        page.get_by_test_id("undo-row").click()
        found(page, "14 rows")
        page.get_by_test_id("undo-row").click()
        found(page, "13 rows")
        page.get_by_test_id("add-table-row").click()
        expect(page.get_by_test_id("row-prompt")).to_have_value("")
        found(page, "14 rows")


def test_files_come_and_go(page: Page, toy_url: str, tmp_path: Path) -> None:
    opened(page, toy_url)
    wide = tmp_path / "wide.csv"
    names = ["prompt", *(f"column {n}" for n in range(199))]
    wide.write_text(",".join(names) + "\n" + ",".join([EVIL, *["1"] * 199]) + "\n")
    page.get_by_test_id("table-file").set_input_files(wide)
    found(page, "1 row")
    expect(page.get_by_text("wide is here, with 1 row.")).to_be_in_viewport(ratio=1)
    assert page.evaluate("document.documentElement.scrollWidth") <= 1440
    ragged = tmp_path / "ragged.csv"
    ragged.write_text("prompt,level\na\n")
    page.get_by_test_id("table-file").set_input_files(ragged)
    expect(page.get_by_test_id("error")).to_contain_text("it has 1 cells, not 2")
    expect(page.get_by_test_id("error")).to_be_in_viewport(ratio=1)
    paste(page.get_by_role("region", name="Rows"), "Say a.\t a\nSay b.\t b")
    found(page, "2 rows")
    for form in ("JSONL", "CSV", "Parquet"):
        page.get_by_test_id("download-rows").click()
        with page.expect_download() as download:
            page.get_by_role("button", name=form, exact=True).click()
        path = tmp_path / download.value.suggested_filename
        download.value.save_as(path)
        assert [one.prompt for one in load_dataset(str(path)).examples] == ["Say a.", "Say b."]
    assert page.title() == "Backlit"


def test_chosen_rows_are_tried_in_the_grid(page: Page, toy_url: str) -> None:
    opened(page, toy_url)
    for name in ("fewshot-fixed", "math-ferry"):
        page.get_by_label(f"Select {name}", exact=True).check()
    page.get_by_test_id("rows-to-grid").click()
    expect(page.get_by_test_id("grid-template")).to_have_value("{prompt}")
    expect(page.get_by_test_id("grid-rows").locator("tbody tr")).to_have_count(2)


def test_rows_are_measured(page: Page, toy_url: str) -> None:
    opened(page, toy_url)
    page.get_by_test_id("find-in").first.fill("math")
    expect(page.get_by_test_id("open-row").first).to_have_text("math-seedlings")
    page.get_by_test_id("select-all").check()
    page.get_by_test_id("measure-rows").click()
    page.get_by_test_id("measure-rows-card").get_by_label("Exact match").check()
    page.get_by_test_id("run-measures").click()
    expect(page.get_by_test_id("measured")).to_be_in_viewport(ratio=1)
    for name in ("tokens · toy", "exact_match · toy", "answer · toy"):
        expect(page.get_by_test_id("sort").filter(has_text=name)).to_be_attached()
    card = open_row(page, "math-seedlings")
    tokens = card.get_by_label("tokens · toy")
    expect(tokens).not_to_have_value("")
    card.get_by_test_id("row-prompt").fill("Say it.")
    card.get_by_test_id("row-target").focus()
    expect(card.get_by_role("status")).to_contain_text("Kept")
    expect(tokens).to_have_count(0)  # it was another prompt's


@pytest.mark.parametrize(("width", "theme"), [(390, "dark"), (1024, "light")])
def test_it_fits(page: Page, toy_url: str, width: int, theme: str) -> None:
    page.set_viewport_size({"width": width, "height": 844})
    page.emulate_media(color_scheme="dark" if theme == "dark" else "light")
    opened(page, toy_url)
    open_row(page, "fewshot-mistake")
    wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    assert wide <= 0, "the page scrolls sideways"
