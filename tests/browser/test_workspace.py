"""Runs in a workspace: seen by other browsers and servers, and there after a kill."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from backlit.workspace import Record, Workspace
from tests.browser.test_runs import CAT, DOG, ask, runs, show
from tests.support.page import SECONDS, TOKEN, free_port, serve, view
from tests.support.server import serving

pytestmark = pytest.mark.browser


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "workspace.sqlite3"


@pytest.fixture
def other(browser: Browser) -> Iterator[Page]:
    """Another browser, which knows nothing of the first."""
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    page = context.new_page()
    page.set_default_timeout(SECONDS)
    yield page
    context.close()


def saved(page: Page) -> None:
    expect(page.get_by_test_id("saved")).to_have_text("Saved")
    expect(page.get_by_test_id("saved")).to_be_in_viewport()


def test_what_one_browser_asks_another_sees(page: Page, other: Page, path: Path) -> None:
    with (
        serve("toy", "--workspace", str(path)) as url,
        serve("toy", "--workspace", str(path)) as second,
    ):
        other.goto(second)
        expect(other.get_by_test_id("example").first).to_be_visible()
        expect(runs(other)).to_have_count(0)
        page.goto(url)
        ask(page, DOG)
        expect(runs(page)).to_have_count(1)
        saved(page)
        expect(runs(other)).to_have_count(1)
        for one in (page, other):  # the check comes by itself, and is told behind the finding
            expect(runs(one).first.get_by_test_id("run-verdict")).to_be_visible()
        found = page.get_by_test_id("found").inner_text()
        show(runs(other).first)
        expect(other.get_by_test_id("found")).to_have_text(found)
        runs(other).first.hover()
        runs(other).first.get_by_test_id("drop-run").click()
        expect(runs(other)).to_have_count(0)
        expect(runs(page)).to_have_count(0)


def test_what_was_saved_is_there_after_a_kill(page: Page, other: Page, path: Path) -> None:
    environment = {"BACKLIT_TOKEN": TOKEN}
    with serving("toy", "--workspace", str(path), environment=environment) as served:
        page.goto(f"{served.url}/?token={TOKEN}")
        ask(page, DOG)
        expect(runs(page).first.get_by_test_id("run-verdict")).to_be_visible()
        saved(page)
        served.process.kill()
        served.process.wait()
    with serve("toy", "--workspace", str(path)) as url:
        other.goto(url)
        expect(runs(other)).to_have_count(1)
        expect(runs(other).first.get_by_test_id("run-verdict")).to_be_visible()


def test_what_a_browser_kept_moves_in(page: Page, other: Page, path: Path) -> None:
    port = str(free_port())
    with serve("toy", "--port", port) as url:  # no workspace yet
        page.goto(url)
        ask(page, DOG)
        ask(page, CAT)
        expect(runs(page)).to_have_count(2)
        expect(page.get_by_test_id("saved")).to_have_count(0)
    with serve("toy", "--port", port, "--workspace", str(path)) as url:
        page.goto(url)
        expect(runs(page)).to_have_count(2)
        saved(page)
        other.goto(url)
        expect(runs(other)).to_have_count(2)
        show(runs(other).last)
        expect(other.get_by_test_id("prompt-text")).to_contain_text("The dog likes cold water.")
    with Workspace(path) as workspace:
        assert len(workspace.heads("runs")) == 2


def test_one_that_is_only_read_says_so_and_keeps_the_work_on_the_page(
    page: Page, path: Path
) -> None:
    Workspace(path).close()
    with serve("toy", "--workspace", str(path), "--read-only") as url:
        page.goto(url)
        ask(page, DOG)
        expect(runs(page)).to_have_count(1)
        note = page.get_by_test_id("runs-unkept")
        expect(note).to_contain_text("workspace.sqlite3 is only read")
        expect(note).to_be_in_viewport()
        expect(page.get_by_test_id("saved")).to_have_count(0)
        ask(page, CAT)
        show(runs(page).nth(1))
        expect(page.get_by_test_id("prompt-text")).to_contain_text("The dog likes cold water.")


def test_a_damaged_one_is_told_of(page: Page, path: Path) -> None:
    path.write_bytes(b"no database" * 1000)
    with serve("toy", "--workspace", str(path)) as url:
        page.goto(url)
        note = page.get_by_test_id("runs").get_by_text("The workspace was damaged. It is kept as")
        expect(note).to_be_in_viewport()
        ask(page, DOG)
        saved(page)


def test_a_strangers_record_is_text_and_does_no_harm(page: Page, path: Path) -> None:
    script = "<img src=x onerror=\"document.title='pwned'\">"
    head = {
        "answer": "a",
        "at": 1,
        "pinned": True,
        "model": script,
        "example": script,
        "prompt": script,
        "words": script,
        "target": script,
        "foil": None,
        "verdict": None,
    }
    with Workspace(path) as workspace:
        workspace.keep(
            [
                Record("runs", "strange", head, {"no": "run"}),
                Record("runs", "no head", {"answer": 1}),
                Record("runs", "empty"),
            ]
        )
    with serve("toy", "--workspace", str(path)) as url:
        page.goto(url)
        expect(runs(page)).to_have_count(1)
        expect(runs(page).first).to_contain_text("<img src=x")
        ask(page, DOG)
        expect(runs(page)).to_have_count(2)
        show(runs(page).first)  # it is no run: said, and what there was stays
        expect(page.get_by_text("can’t be shown")).to_be_in_viewport()
        expect(page.get_by_test_id("prompt-text")).to_contain_text("The dog likes cold water.")
        assert page.title() != "pwned"


def test_a_grid_is_there_after_a_kill_in_any_browser(page: Page, other: Page, path: Path) -> None:
    environment = {"BACKLIT_TOKEN": TOKEN}
    with serving("toy", "--workspace", str(path), environment=environment) as served:
        page.goto(f"{served.url}/?token={TOKEN}")
        try_grid(page)
        expect(page.get_by_test_id("grid-saved")).to_have_text("Saved")
        expect(page.get_by_test_id("grid-saved")).to_be_in_viewport()
        link = page.url.partition("#")[2]
        said = page.get_by_test_id("grid-sentence").all_inner_texts()
        served.process.kill()
        served.process.wait()
    with serve("toy", "--workspace", str(path)) as url:
        other.goto(f"{url}#{link}")
        expect(other.get_by_test_id("grid-sentence")).to_have_text(said)
        expect(other.get_by_test_id("grid-cell").first).to_contain_text("water")
        other.goto(f"{url}#grid=")
        other.reload()
        expect(other.get_by_test_id("grid-sentence")).to_have_text(said)  # where one was


def test_earlier_grids_come_back_and_go(page: Page, path: Path) -> None:
    with serve("toy", "--workspace", str(path)) as url:
        page.goto(url)
        try_grid(page)
        page.get_by_test_id("grid-setup").locator("> summary").click()
        page.get_by_test_id("grid-template").fill("{who} dislikes")
        run_grid(page)
        page.get_by_test_id("grid-setup").locator("> summary").click()
        page.get_by_test_id("grid-template").fill("Not run yet: {who}")
        page.get_by_test_id("earlier-grids").click()
        earlier = page.get_by_test_id("earlier-grid")
        expect(earlier).to_have_count(2)
        earlier.filter(has_text="The {who} likes").click()
        expect(page.get_by_test_id("grid-cell").first).to_contain_text("water")
        expect(page.get_by_test_id("grid-template")).to_have_value("The {who} likes")
        page.get_by_test_id("grid-back").click()
        expect(page.get_by_test_id("grid-template")).to_have_value("Not run yet: {who}")
        page.get_by_test_id("earlier-grids").click()
        for left in (1, 0):
            page.get_by_test_id("drop-grid").first.click()
            page.get_by_role("button", name="Remove it for good").click()
            expect(earlier).to_have_count(left)
        expect(page.get_by_test_id("grid-sentence")).to_have_count(0)
    with Workspace(path) as workspace:
        assert workspace.heads("grids") == []


def test_a_grid_is_downloaded_as_python_would_write_it(page: Page, path: Path) -> None:
    with serve("toy", "--workspace", str(path)) as url:
        page.goto(url)
        try_grid(page)
        page.get_by_test_id("download-grid").click()
        with page.expect_download() as saved_file:
            page.get_by_role("button", name="CSV").click()
    table = saved_file.value.path().read_text(encoding="utf-8")
    assert table.splitlines()[0].startswith('"variant","row","sample","response"')
    assert '"as it is","row 1",1," cold water.' in table


def try_grid(page: Page) -> None:
    view(page, "Grid")
    page.get_by_test_id("grid-template").fill("The {who} likes")
    page.get_by_label("who of row 1").fill("cat")
    page.get_by_test_id("grid-answer").fill(" water")
    run_grid(page)


def run_grid(page: Page) -> None:
    page.get_by_test_id("run-grid").click()
    expect(page.get_by_test_id("run-grid")).to_be_visible()
    expect(page.get_by_test_id("grid-saved")).to_have_text("Saved")
