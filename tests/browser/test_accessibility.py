"""No view of the page is against the rules that axe-core knows, in either theme."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Page, expect

from tests.support.axe import violations
from tests.support.page import (
    SECONDS,
    answer_chip,
    choose,
    editor,
    finished,
    generate,
    granularity,
    mapped,
    retype,
    serve,
    type_prompt,
    view,
)

pytestmark = pytest.mark.browser

PROMPT = "The cat likes warm milk.\nThe dog likes cold water.\nI like sweet soup.\nThe dog likes"
THEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")


def answered(page: Page) -> None:
    type_prompt(page, PROMPT)
    generate(page)
    finished(page)


def explained(page: Page) -> None:
    answered(page)
    granularity(page, "Line")
    answer_chip(page, "water")
    mapped(page)
    expect(page.get_by_test_id("found")).to_be_visible(timeout=SECONDS)


def empty(page: Page) -> None:
    page.get_by_role("button", name="New prompt").click()
    expect(page.get_by_test_id("generate")).to_be_disabled()


def edited(page: Page) -> None:
    explained(page)
    editor(page).press("ControlOrMeta+End")
    page.keyboard.insert_text(" more")
    expect(page.get_by_test_id("changed")).to_be_visible()


def searched(page: Page) -> None:
    edited(page)
    page.keyboard.press("ControlOrMeta+f")
    expect(page.locator(".cm-search")).to_be_visible()


def chatting(page: Page) -> None:
    choose(page, "headline-plain")
    expect(page.get_by_test_id("message").first).to_be_visible()
    page.get_by_role("button", name="Add message").click()
    page.get_by_role("button", name="Remove message 2").click()
    expect(page.get_by_role("button", name="Undo")).to_be_visible()


def pasting(page: Page) -> None:
    page.get_by_test_id("paste-conversation").click()
    page.get_by_test_id("conversation").fill('{"messages": [{"role": "tool"}]}')
    expect(page.get_by_test_id("conversation-found")).to_contain_text("more in it than text")


def muted(page: Page) -> None:
    explained(page)
    page.get_by_test_id("influence").first.get_by_test_id("mute").click()
    expect(page.get_by_test_id("mute-result")).to_contain_text("likely")


def without(page: Page) -> None:
    muted(page)
    page.get_by_test_id("generate-without").click()
    expect(page.get_by_test_id("without")).to_be_visible(timeout=SECONDS)
    finished(page)


def checked(page: Page) -> None:
    explained(page)
    granularity(page, "Word")
    mapped(page)
    expect(page.get_by_test_id("sentence")).to_be_visible(timeout=SECONDS)


def dropped(page: Page) -> None:
    explained(page)
    page.get_by_test_id("run").first.hover()
    page.get_by_test_id("pin-run").first.click()
    page.get_by_test_id("drop-run").first.click()
    expect(page.get_by_test_id("runs").get_by_role("button", name="Undo")).to_be_visible()


def of_the_answer(page: Page) -> None:
    checked(page)
    told = page.get_by_test_id("found").inner_text()
    answer_chip(page, "water")
    mapped(page)
    expect(page.get_by_test_id("found")).not_to_have_text(told)  # nothing moves any more
    page.get_by_test_id("scope").get_by_text("Answer so far").click()
    expect(page.get_by_test_id("influence").first).to_contain_text("in the answer")


def contrasted(page: Page) -> None:
    explained(page)
    page.get_by_test_id("foil-field").fill(" warm milk.")
    page.get_by_test_id("apply-foil").click()
    expect(page.get_by_test_id("foil-probabilities")).to_be_visible(timeout=SECONDS)
    mapped(page)


def followed(page: Page) -> None:
    choose(page, "two-sentences")
    page.get_by_test_id("dataset-answer").click()
    granularity(page, "Line")
    answer_chip(page, "water")
    mapped(page)
    page.get_by_test_id("follow").click()
    expect(page.get_by_test_id("paths")).to_contain_text("not followed", timeout=SECONDS)


def compared(page: Page) -> None:
    explained(page)
    page.get_by_test_id("view-options").click()
    page.get_by_test_id("rival-select").select_option("occlusion")
    page.keyboard.press("Escape")
    expect(page.get_by_test_id("rival-side")).to_be_visible()


def beside(page: Page) -> None:
    """A change is tried, and then its run is read beside the one before."""
    explained(page)
    page.get_by_test_id("try-change").click()
    retype(page.get_by_test_id("live").locator(".cm-content"), PROMPT.replace("cold", "warm"))
    generate(page)
    expect(page.get_by_test_id("compared")).to_be_visible(timeout=SECONDS)


def beside_to_read(page: Page) -> None:
    beside(page)
    page.get_by_test_id("stop-trying").click()
    expect(page.get_by_test_id("column")).to_have_count(2)
    expect(page.get_by_test_id("matrix")).to_be_visible()


def choosing_options(page: Page) -> None:
    page.get_by_test_id("options").click()
    expect(page.get_by_test_id("options-card")).to_be_visible()


def choosing_view(page: Page) -> None:
    page.get_by_test_id("view-options").click()
    expect(page.get_by_test_id("view-options-card")).to_be_visible()


def helped(page: Page) -> None:
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_be_visible()


def refused(page: Page) -> None:
    type_prompt(page, "word " * 9_000)
    generate(page)
    expect(page.get_by_test_id("error")).to_be_visible(timeout=SECONDS)


def unreachable(page: Page) -> None:
    explained(page)
    page.route("**/api/**", lambda route: route.abort())
    granularity(page, "Word")
    expect(page.get_by_test_id("banner")).to_be_visible(timeout=SECONDS)


def gridding(page: Page) -> None:
    view(page, "Grid")
    page.get_by_test_id("grid-template").fill("The {who} likes")
    page.get_by_label("who of row 1").fill("cat")
    page.get_by_test_id("add-principle").click()
    page.get_by_test_id("principle").fill("The cat likes warm milk.")
    page.get_by_test_id("add-variant").click()
    page.get_by_test_id("grid-find").fill("milk")
    page.get_by_test_id("grid-answer").fill(" milk")
    page.get_by_test_id("run-grid").click()
    expect(page.get_by_test_id("grid-sentence").first).to_be_visible(timeout=SECONDS)
    page.get_by_text("What is tried").click()


def noting(page: Page) -> None:
    explained(page)
    expect(page.get_by_test_id("found")).to_be_visible()
    page.get_by_test_id("add-note").click()
    page.get_by_test_id("opinion-agree").click()
    page.get_by_test_id("review-note").fill("The second line.")


def reviewing(page: Page) -> None:
    noting(page)
    page.get_by_test_id("keep-note").click()
    view(page, "Review")
    page.get_by_test_id("open-review").first.click()
    expect(page.get_by_test_id("review")).to_be_visible()


def measured(page: Page) -> None:
    view(page, "Table")
    page.get_by_test_id("open-row").first.click()
    expect(page.get_by_test_id("row-card")).to_be_visible()
    page.get_by_test_id("select-all").check()
    page.get_by_test_id("measure-rows").click()
    page.get_by_test_id("run-measures").click()
    expect(page.get_by_test_id("measured")).to_be_visible()
    page.get_by_test_id("measure-rows").click()


def offered(page: Page) -> None:
    explained(page)
    page.keyboard.press("Control+k")
    page.get_by_test_id("palette").get_by_role("combobox").fill("go to")
    expect(page.get_by_test_id("command")).to_have_count(4)


def folded(page: Page) -> None:
    explained(page)
    for side in ("library", "findings"):
        page.get_by_test_id(f"edge-{side}").press("Enter")
        expect(page.get_by_test_id(f"unfold-{side}")).to_be_visible()


STATES = [
    empty, answered, explained, edited, searched, chatting, pasting, muted, without, checked,
    of_the_answer, dropped, contrasted, followed, compared, choosing_options, choosing_view,
    helped, refused, unreachable, beside, beside_to_read, gridding, noting,
    reviewing, measured, offered, folded,
]  # fmt: skip


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A page with an answer of two sentences among its examples."""
    row = {"id": "two-sentences", "prompt": PROMPT, "target": " cold water.\nI like water."}
    path: Path = tmp_path_factory.mktemp("data") / "rows.json"
    path.write_text(json.dumps([row]))
    with serve("toy", "--data", "sample_prompts", "--data", str(path)) as served:
        yield served


def violations_by_theme(page: Page) -> dict[str, str]:
    """Of the same state in each theme, which follows the system's."""
    found: dict[str, str] = {}
    for theme in THEMES:
        page.emulate_media(color_scheme=theme)
        expect(page.locator("html")).to_have_attribute("data-theme", theme)
        found[theme] = violations(page)
    return found


NONE = dict.fromkeys(THEMES, "")


@pytest.mark.parametrize("reach", STATES, ids=lambda reach: reach.__name__)
def test_a_view_has_no_violation(page: Page, url: str, reach: Callable[[Page], None]) -> None:
    page.goto(url)
    page.get_by_test_id("example").first.wait_for()
    reach(page)
    assert violations_by_theme(page) == NONE


def test_nor_on_a_phone(page: Page, url: str) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(url)
    explained(page)
    assert violations_by_theme(page) == NONE
    page.get_by_test_id("browse").click()
    expect(page.get_by_test_id("example").first).to_be_visible()
    assert violations_by_theme(page) == NONE


def tab_to(page: Page, testid: str) -> None:
    """Go there as somebody without a pointer does."""
    there = f"!!document.activeElement.closest('[data-testid={testid}]')"
    for _ in range(80):
        page.keyboard.press("Tab")
        if page.evaluate(there):
            return
    raise AssertionError(f"no way to {testid} by Tab")


def test_the_main_story_by_keyboard_alone(page: Page, url: str) -> None:
    page.goto(url)
    page.get_by_test_id("example").first.wait_for()
    tab_to(page, "example")
    tab_to(page, "prompt-editor")
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.type("The dog likes cold water. The dog likes")
    page.keyboard.press("ControlOrMeta+Enter")
    finished(page)
    page.keyboard.press("2")  # by words
    tab_to(page, "text")
    page.keyboard.press("Home")
    page.keyboard.press("Enter")
    mapped(page)
    expect(page.get_by_test_id("target-card")).to_contain_text("cold")
    tab_to(page, "mute")
    page.keyboard.press("Space")
    expect(page.get_by_test_id("mute-result")).to_contain_text("likely")
    expect(page.get_by_test_id("mute-result")).to_be_in_viewport()
    page.keyboard.press("e")
    expect(editor(page)).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.get_by_test_id("edit-prompt")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_test_id("influence")).to_have_count(0)
