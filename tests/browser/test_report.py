"""A file that is handed on: it opens from a disk, tells what was found, and asks for nothing."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Browser, Page, expect

from backlit.engines.toy import ToyEngine
from backlit.explanation import Comparison, Explanation
from backlit.methods import methods
from backlit.methods.base import unavailable
from backlit.model import Model
from tests.browser.test_compare import figures, try_change
from tests.browser.test_runs import DOG, ask
from tests.support.axe import violations
from tests.support.page import SECONDS, answer_chip, mapped, view

pytestmark = pytest.mark.browser

EVIL = "</script><img src=x onerror=\"document.title='run'\"><script>document.title='run'</script>"
PROMPT = "The cat likes warm milk.\nThe bird likes ripe berries.\nThe dog likes"


class Refusing:
    """A proxy that refuses whoever comes, and counts them."""

    def __init__(self) -> None:
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.address = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        self.asked = 0
        threading.Thread(target=self._refuse, daemon=True).start()

    def _refuse(self) -> None:
        while True:
            try:
                asking, _ = self._socket.accept()
            except OSError:
                return
            self.asked += 1
            asking.close()

    def close(self) -> None:
        self._socket.close()


@contextmanager
def alone(
    browser: Browser, file: Path, width: int = 1440, theme: Literal["light", "dark"] = "light"
) -> Iterator[Page]:
    """A page that shows a file and reaches nobody; it ends if the page tried to."""
    proxy = Refusing()
    context = browser.new_context(
        proxy={"server": proxy.address, "bypass": "<-loopback>"},
        viewport={"width": width, "height": 900},
        color_scheme=theme,
    )
    page = context.new_page()
    page.set_default_timeout(SECONDS)
    requests: list[str] = []
    problems: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("console", lambda message: problems.append(message.text))
    try:
        page.goto(file.as_uri())
        yield page
    finally:
        context.close()
        proxy.close()
    made_here = "blob:"  # what the page itself made, to be saved
    assert [url for url in requests if not url.startswith(made_here)] == [file.as_uri()]
    assert problems == []
    assert proxy.asked == 0


def saved(
    page: Page, folder: Path, *, note: str = "", form: str = "html", without: tuple[str, ...] = ()
) -> Path:
    """Save what is seen as a file."""
    page.get_by_test_id("export-open").first.click()
    dialog = page.get_by_test_id("export")
    dialog.locator(f"input[value={form}]").check()
    if note:
        page.get_by_test_id("export-note").fill(note)
    for part in without:
        page.get_by_test_id(f"without-{part}").check()
    with page.expect_download(timeout=SECONDS) as download:
        page.get_by_test_id("download").click()
    path = folder / download.value.suggested_filename
    download.value.save_as(path)
    status = dialog.get_by_role("status")
    expect(status).to_contain_text(f"Saved as {path.name}")
    expect(status).to_be_in_viewport(ratio=1)
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    return path


@pytest.fixture(scope="module")
def explanation() -> Explanation:
    model = Model(ToyEngine())
    made = model.explain(
        f"{EVIL}\n{PROMPT}", response=f" cold water. {EVIL}", method=["grad_l2", "occlusion"],
        target=" cold water", granularity="line",
    )  # fmt: skip
    return model.check(model.prove(made))


def test_what_the_page_showed_is_in_the_file(
    page: Page, browser: Browser, toy_url: str, tmp_path: Path
) -> None:
    page.goto(toy_url)
    ask(page, DOG)
    expect(page.get_by_test_id("found")).to_be_visible()
    colours = colours_of(page, '[data-testid="prompt-text"]')
    assert len(set(colours)) > 1
    page.set_viewport_size({"width": 390, "height": 844})  # there the dialog scrolls
    file = saved(page, tmp_path, note="Look at the second line.")
    assert file.stat().st_size < 300_000 + 200 * len(DOG)
    with alone(browser, file) as report:
        finding = report.get_by_test_id("finding").inner_text()
        expect(page.get_by_test_id("found")).to_contain_text(finding)  # a check may have come since
        expect(report.get_by_test_id("finding")).to_be_in_viewport(ratio=1)
        expect(report.get_by_test_id("note")).to_have_text("Look at the second line.")
        expect(report.locator("[data-pane=answer] [data-on~=target]").first).to_be_in_viewport()
        expect(report.get_by_test_id("ranked").first).to_be_in_viewport(ratio=1)
        assert colours_of(report, "[data-pane=prompt]") == colours


def colours_of(page: Page, root: str) -> list[str]:
    """The colour of every chip, once all of them are drawn: no two looks differ."""
    chips = page.locator(f"{root} [data-token]")
    expect(chips.first).to_be_visible()
    looks: list[list[str]] = []
    while len(looks) < 2 or looks[-1] != looks[-2] or len(set(looks[-1])) == 1:
        page.wait_for_timeout(100)
        looks.append(
            chips.evaluate_all(
                "chips => chips.map((chip) => getComputedStyle(chip).backgroundColor)"
            )
        )
    return looks[-1]


def test_a_finding_about_the_prompt_stays_one(
    page: Page, browser: Browser, toy_url: str, tmp_path: Path
) -> None:
    """Also where the answer's own words stand before the target."""
    page.goto(toy_url)
    ask(page, DOG)
    answer_chip(page, "water")
    mapped(page)
    found = page.get_by_test_id("found")
    expect(found).to_contain_text("Of the prompt, ")
    with alone(browser, saved(page, tmp_path)) as report:
        finding = report.get_by_test_id("finding").inner_text()
        assert finding.startswith("Of the prompt, ")
        expect(found).to_contain_text(finding)


def test_the_strongest_part_of_a_long_prompt_is_in_sight(browser: Browser, tmp_path: Path) -> None:
    lines = [f"Line {number} says nothing of it." for number in range(300)]
    lines[220] = "The dog likes cold water."
    prompt = "\n".join([*lines, "The dog likes"])
    made = Model(ToyEngine()).explain(prompt, response=" cold water.", method="grad_l2")
    file = tmp_path / "why.html"
    made.save(file)
    first = made[0].top(1)[0]
    with alone(browser, file) as page:
        pane = page.locator("[data-pane=prompt]")
        part = pane.locator(f'[data-token="{first.start}"]')
        expect(part).to_be_in_viewport(ratio=1)
        pane.evaluate("pane => (pane.scrollTop = 0)")
        expect(part).not_to_be_in_viewport()
        page.get_by_test_id("ranked").first.get_by_role("button").click()
        expect(part).to_be_in_viewport(ratio=1)


def test_what_is_left_out_on_the_page_is_not_in_the_file(
    page: Page, browser: Browser, toy_url: str, tmp_path: Path
) -> None:
    page.goto(toy_url)
    ask(page, DOG.replace("house", "Zanzibar"))
    file = saved(page, tmp_path, without=("prompt", "model"))
    assert "Zanzibar" not in file.read_text("utf-8")
    with alone(browser, file) as report:
        expect(report.locator("[data-pane=prompt]")).to_contain_text("███")
        expect(report.get_by_text("left out: the words of the prompt, the model")).to_be_visible()
        expect(report.get_by_role("heading", name="a model")).to_be_visible()


def test_pointing_units_and_methods_work_in_it(
    browser: Browser, explanation: Explanation, tmp_path: Path
) -> None:
    file = tmp_path / "why.html"
    explanation.save(file)
    with alone(browser, file) as page:
        rows = page.get_by_test_id("ranked")
        expect(rows.first).to_contain_text("Without it, ")
        rows.nth(1).hover()
        expect(page.locator("[data-pane=prompt] [data-on~=marked]").first).to_be_visible()
        before = rows.count()
        page.get_by_test_id("granularity").get_by_text("Word", exact=True).click()
        expect(rows.first).not_to_contain_text("Without it, ")  # words were not taken away
        expect(page.get_by_test_id("finding")).to_contain_text("As made: ")
        assert rows.count() > before
        expect(page.get_by_test_id("verdict")).to_have_count(0)
        page.get_by_test_id("granularity").get_by_text("As made", exact=True).click()
        expect(page.get_by_test_id("verdict")).to_be_visible()
        page.get_by_test_id("method").get_by_text("Occlusion").click()
        expect(rows.first).to_contain_text("Without it, ")
        page.get_by_text("How this was made").click()
        expect(page.locator("dl")).to_contain_text("Occlusion")
        expect(page.locator("dl")).not_to_contain_text("Grad L2")


def test_methods_are_called_what_the_program_calls_them(browser: Browser, tmp_path: Path) -> None:
    engine = ToyEngine()
    usable = [name for name, one in methods().items() if unavailable(one, engine) is None]
    made = Model(engine).explain(PROMPT, response=" cold", method=usable, granularity="line")
    made.save(tmp_path / "why.html")
    with alone(browser, tmp_path / "why.html", 390) as page:
        labels = page.get_by_test_id("method").locator("label")
        expect(labels).to_have_text([methods()[name].facts.label for name in usable])


def test_what_is_in_it_is_text(browser: Browser, explanation: Explanation, tmp_path: Path) -> None:
    file = tmp_path / "why.html"
    file.write_text(explanation.report(example=EVIL, note=EVIL).to_html(), "utf-8")
    with alone(browser, file) as page:
        expect(page.get_by_test_id("note")).to_have_text(EVIL)
        expect(page.locator("[data-pane=prompt]")).to_contain_text("</script><img src=x")
        expect(page.locator("img")).to_have_count(0)
        assert page.locator("script").count() == 2
        expect(page).not_to_have_title("run")


def test_a_comparison_is_handed_on_with_its_matrix(
    page: Page, browser: Browser, toy_url: str, tmp_path: Path
) -> None:
    page.goto(toy_url)
    ask(page, DOG)
    try_change(page, DOG.replace("cold", "warm"))
    expect(page.get_by_test_id("matrix")).to_be_visible()
    shown = figures(page)
    sentence = page.get_by_test_id("compared").inner_text().strip()
    file = saved(page, tmp_path)
    with alone(browser, file) as report:
        expect(report.get_by_text(sentence)).to_be_in_viewport(ratio=1)
        assert figures(report) == shown
        expect(report.get_by_test_id("run")).to_have_count(2)
        expect(report.locator("[data-on~=added]").first).to_be_visible()
    view(page, "Look")


@pytest.mark.parametrize(
    ("form", "begins"), [("csv", b'\xef\xbb\xbf"model",'), ("png", b"\x89PNG")]
)
def test_other_forms(page: Page, toy_url: str, tmp_path: Path, form: str, begins: bytes) -> None:
    page.goto(toy_url)
    ask(page, DOG)
    expect(page.get_by_test_id("found")).to_be_visible()
    assert saved(page, tmp_path, form=form).read_bytes().startswith(begins)


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 390])
def test_anybody_can_read_it(
    browser: Browser,
    explanation: Explanation,
    tmp_path: Path,
    theme: Literal["light", "dark"],
    width: int,
) -> None:
    file = tmp_path / "why.html"
    explanation.save(file)
    with alone(browser, file, width, theme) as page:
        expect(page.get_by_test_id("finding")).to_be_in_viewport(ratio=1)
        for choice in page.get_by_test_id("granularity").locator("label").all():
            expect(choice).to_be_in_viewport(ratio=1)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        page.get_by_text("How this was made").click()
        page.get_by_text("All that was measured").click()
        assert violations(page) == ""


@pytest.mark.parametrize("width", [1440, 390])
def test_anybody_can_read_several(
    browser: Browser, explanation: Explanation, tmp_path: Path, width: int
) -> None:
    generation = replace(explanation.generation, model="a-maker/" + "long-" * 30)
    other = replace(explanation, generation=generation)
    file = tmp_path / "compared.html"
    Comparison((explanation, other), ((-1.0, -2.0), (-3.0, None))).save(file)
    with alone(browser, file, width) as page:
        expect(page.get_by_test_id("run")).to_have_count(2)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert violations(page) == ""


def test_who_runs_no_scripts_reads_what_was_found(
    browser: Browser, explanation: Explanation, tmp_path: Path
) -> None:
    file = tmp_path / "why.html"
    explanation.save(file)
    context = browser.new_context(java_script_enabled=False)
    try:
        page = context.new_page()
        page.goto(file.as_uri())
        expect(page.get_by_text(explanation.finding() or "", exact=True)).to_be_visible()
    finally:
        context.close()


def test_the_proxy_counts_who_comes(browser: Browser) -> None:
    """So that none who came means something."""
    proxy = Refusing()
    context = browser.new_context(proxy={"server": proxy.address, "bypass": "<-loopback>"})
    page = context.new_page()
    with pytest.raises(Exception, match="net::ERR"):
        page.goto("http://example.invalid/")
    assert proxy.asked > 0
    context.close()
    proxy.close()
