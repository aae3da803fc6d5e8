"""A batch in the page: its runs found, and each read with its map, while no model is there."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.support.axe import violations
from tests.support.batch import toy_batch
from tests.support.page import serve, view

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Of a server whose model fails whoever asks it."""
    folder: Path = tmp_path_factory.mktemp("batches") / "menu"
    toy_batch(folder)
    with serve("gone:/nowhere/model", "--batch", str(folder)) as url:
        yield url


def rows(page: Page) -> Locator:
    return page.get_by_test_id("batch-row")


def found(page: Page, words: str) -> None:
    expect(page.get_by_test_id("batch-found")).to_have_text(words)


def tints(run: Locator) -> set[str]:
    """The colours on the chips of what the model read."""
    chips = run.locator("[data-pane=prompt] [data-token]")
    return set(chips.evaluate_all("chips => chips.map(chip => chip.style.backgroundColor)"))


def open_run(page: Page, number: int) -> None:
    page.get_by_test_id("open-run").nth(number).click()
    expect(page.get_by_test_id("all-runs")).to_be_in_viewport(ratio=1)


def test_it_is_seen_at_once_and_its_runs_are_found(page: Page, url: str) -> None:
    page.goto(url)
    found(page, "6 runs")
    expect(page.get_by_test_id("batch-facts")).to_contain_text("3 rows × 2 variants")
    expect(page.get_by_test_id("banner")).to_have_count(0)  # a model is not needed
    expect(rows(page).nth(0)).to_contain_text("milk")
    expect(rows(page).nth(1)).to_contain_text("is not in the answer")
    expect(rows(page).nth(2)).to_contain_text("{who}")
    status = page.get_by_test_id("batch-status")
    expect(status).to_contain_text("Failed 2")
    status.get_by_text("Failed").click()
    found(page, "2 of 6 runs")
    status.get_by_text("All").click()
    page.get_by_test_id("batch-variant").select_option("warm")
    page.get_by_test_id("sort").filter(has_text="row").click()
    page.get_by_test_id("sort").filter(has_text="row").click()
    expect(page.get_by_test_id("open-run")).to_have_text(["2", "1", "0"])
    page.get_by_test_id("batch-search").fill("istanbul")
    found(page, "1 of 6 runs")
    page.get_by_test_id("batch-search").fill("nothing of the kind")
    found(page, "0 of 6 runs")
    page.get_by_role("button", name="Clear what is looked for").click()
    found(page, "6 runs")
    expect(page.locator("[data-testid=batch] b")).to_have_count(0)
    assert violations(page) == ""


def test_what_holds_on_average_is_seen_at_once_and_its_figures_on_demand(
    page: Page, url: str, tmp_path: Path
) -> None:
    page.goto(url)
    said = page.get_by_test_id("averages-told").get_by_role("listitem")
    expect(said.nth(0)).to_contain_text("warm: ")
    expect(said.nth(0)).to_be_in_viewport(ratio=1)
    expect(rows(page).nth(0)).to_be_in_viewport(ratio=1)
    expect(page.get_by_test_id("averages-figures")).to_have_count(0)
    page.get_by_test_id("averages-more").click()
    drawn = page.get_by_test_id("averages-plot")
    expect(drawn).to_be_in_viewport()
    assert drawn.evaluate("async drawn => (await drawn.decode(), drawn.naturalWidth)") > 0
    tables = page.get_by_test_id("averages-figures").get_by_role("table")
    expect(tables.nth(0)).to_contain_text("cold")
    expect(tables.nth(1)).to_contain_text("Be kind.")
    expect(tables.nth(0)).not_to_contain_text("milk")

    page.get_by_test_id("averages-find").fill("milk")
    expect(said.nth(0)).to_contain_text("“milk” is in 2 of 2 answers")
    expect(tables.nth(0)).to_contain_text("100%")
    page.get_by_test_id("averages-map").select_option("1")
    expect(page.get_by_test_id("averages-figures")).to_contain_text("lime by")
    assert violations(page) == ""
    with page.expect_download() as download:
        page.get_by_test_id("averages-save").click()
    download.value.save_as(tmp_path / "menu.html")
    assert download.value.suggested_filename == "menu.html"
    assert "“milk” is in 2 of 2 answers" in (tmp_path / "menu.html").read_text(encoding="utf-8")
    open_run(page, 0)
    page.get_by_test_id("all-runs").click()
    expect(said.nth(0)).to_contain_text("“milk”")  # as it was asked


def test_a_run_opens_with_its_map_and_a_reload_shows_the_same(page: Page, url: str) -> None:
    page.goto(url)
    open_run(page, 0)
    run = page.get_by_test_id("run")
    expect(run.locator("[data-pane=prompt]")).to_contain_text("The cat likes warm milk.")
    assert len(tints(run)) > 1  # its map is drawn
    expect(run.get_by_test_id("ranked").first).to_be_visible()
    run.get_by_test_id("method").get_by_text("LIME").click()
    expect(run.get_by_role("radio", name="LIME")).to_be_checked()
    assert len(tints(run)) > 1
    expect(page.get_by_test_id("run-place")).to_have_text("1 of 6")
    assert violations(page) == ""

    page.get_by_test_id("run-after").click()
    expect(page.get_by_test_id("run-place")).to_have_text("2 of 6")
    expect(page.get_by_test_id("unmatched")).to_be_in_viewport(ratio=1)
    page.get_by_test_id("run-after").click()
    expect(page.get_by_test_id("error")).to_contain_text("{who}")
    address = page.url
    assert "#batch=menu," in address
    page.reload()
    expect(page.get_by_test_id("error")).to_contain_text("{who}")
    expect(page.get_by_test_id("run-place")).to_have_text("3 of 6")
    assert page.url == address
    page.get_by_test_id("all-runs").click()
    found(page, "6 runs")
    assert page.url.endswith("#batch=menu")


def test_a_run_is_looked_into(page: Page, url: str) -> None:
    page.goto(url)
    open_run(page, 0)
    page.get_by_test_id("look-into-run").click()
    prompt = page.locator("[data-pane=prompt]")
    expect(prompt).to_contain_text("The cat likes warm milk.")
    expect(prompt).to_be_in_viewport()
    expect(page.get_by_test_id("influence").first).to_be_in_viewport(ratio=1)
    assert len(tints(page.locator("body"))) > 1
    assert "#batch" not in page.url
    view(page, "Batch")
    expect(page.get_by_test_id("run-place")).to_have_text("1 of 6")


def test_the_table_is_where_it_was_and_keys_go_on(page: Page, url: str) -> None:
    page.set_viewport_size({"width": 1440, "height": 460})
    page.goto(url)
    found(page, "6 runs")
    page.get_by_role("region", name="Runs", exact=True).evaluate("pane => (pane.scrollTop = 60)")
    open_run(page, 4)
    page.keyboard.press("Escape")
    expect(page.get_by_test_id("open-run").nth(4)).to_be_focused()
    pane = page.get_by_role("region", name="Runs", exact=True)
    assert pane.evaluate("pane => pane.scrollTop") == 60
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("run-place")).to_have_text("6 of 6")
    expect(page.get_by_test_id("run-after")).to_be_disabled()


def test_whoever_is_back_before_a_run_is_here_goes_on_where_it_was(page: Page, url: str) -> None:
    page.route("**/api/batch_run", lambda route: None)  # it never comes
    page.goto(url)
    open_run(page, 4)
    expect(page.get_by_test_id("batch-run")).to_have_attribute("aria-busy", "true")
    page.keyboard.press("Escape")
    expect(page.get_by_test_id("open-run").nth(4)).to_be_focused()


def test_a_batch_that_was_damaged_says_so(page: Page, tmp_path: Path) -> None:
    toy_batch(tmp_path / "menu")
    (part,) = (tmp_path / "menu" / "parts").iterdir()
    part.write_bytes(b"no gzip" + part.read_bytes())
    with serve("gone:/nowhere/model", "--batch", str(tmp_path / "menu")) as url:
        page.goto(url)
        expect(page.get_by_test_id("error")).to_contain_text(part.name)
        expect(page.get_by_test_id("error")).to_be_in_viewport(ratio=1)
        found(page, "0 runs")
        expect(page.get_by_test_id("batch")).to_contain_text("None of its runs can be read.")


def test_a_link_to_a_run_that_is_gone_says_so(page: Page, url: str) -> None:
    page.goto(f"{url}#batch=menu,gone")
    expect(page.get_by_test_id("error")).to_contain_text("no run 'gone' in menu")
    page.get_by_test_id("all-runs").click()
    found(page, "6 runs")


def test_there_is_no_such_view_without_one(page: Page, toy_url: str) -> None:
    page.goto(toy_url)
    expect(page.get_by_test_id("views").get_by_role("radio")).to_have_count(5)
    view(page, "Table")
    expect(page.get_by_test_id("table")).to_be_visible()


@pytest.mark.parametrize("width", [390, 760])
def test_it_fits_a_narrow_window(page: Page, url: str, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 844})
    page.goto(url)
    found(page, "6 runs")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    open_run(page, 0)
    expect(page.get_by_test_id("run")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("locale", ["en", "tr"])
def test_the_head_of_a_narrow_window_hides_nothing(browser: Browser, url: str, locale: str) -> None:
    """Its model, the way to try it again and every view, in words: whole, and under nothing."""
    context = browser.new_context(viewport={"width": 360, "height": 740}, locale=locale)
    page = context.new_page()
    page.goto(url)
    head = page.get_by_role("banner")
    views = head.get_by_test_id("views").locator("label")
    expect(views).to_have_count(6)
    seen = [
        head.get_by_test_id("model-select"),
        head.get_by_test_id("model-status").get_by_role("button"),
        head.get_by_test_id("theme-toggle"),
        *views.all(),
    ]
    for one in seen:
        expect(one).to_be_in_viewport(ratio=1)
        one.click(trial=True)
    context.close()
