"""The page as a person uses it: served as they start it, clicked and typed into."""

import re
import socket
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Locator, Page, expect

from tests.support.server import serving

SECONDS = 180_000  # milliseconds to wait for a model on a busy machine


TOKEN = "a-secret-of-the-tests"


@contextmanager
def serve(*arguments: str) -> Iterator[str]:
    """`backlit serve` with these arguments; a link that opens any number of browsers."""
    with serving(*arguments, environment={"BACKLIT_TOKEN": TOKEN}) as served:
        yield f"{served.url}/?token={TOKEN}"


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port: int = sock.getsockname()[1]
        return port


def choose(page: Page | Locator, name: str) -> None:
    page.get_by_test_id("example").first.wait_for(state="attached")
    if page.get_by_test_id("browse").is_visible():  # they are out of sight in a narrow window
        page.get_by_test_id("browse").click()
    page.get_by_test_id("example").filter(has_text=name).first.click()


def view(page: Page, name: str) -> None:
    """By its name, which a narrow window has no room to show."""
    radio = page.get_by_role("radio", name=name, exact=True)
    page.get_by_test_id("views").locator("label").filter(has=radio).click()


def granularity(page: Page, name: str) -> None:
    page.get_by_test_id("granularity").get_by_text(name, exact=True).click()


def type_prompt(page: Page, text: str) -> None:
    # Before, a first visit's example may take the place of the text between two keys.
    page.get_by_test_id("example").first.wait_for(state="attached")
    retype(editor(page), text)


def retype(typed: Locator, text: str) -> None:
    """Type another text over all that is there."""
    typed.press("ControlOrMeta+a")
    typed.press("Delete")
    typed.page.keyboard.insert_text(text)


def paste(field: Locator, text: str) -> None:
    """As a person who copied it elsewhere."""
    field.evaluate(
        """(field, text) => {
          const clipboardData = new DataTransfer();
          clipboardData.setData("text/plain", text);
          const options = { clipboardData, bubbles: true, cancelable: true };
          field.dispatchEvent(new ClipboardEvent("paste", options));
        }""",
        text,
    )


def editor(page: Page) -> Locator:
    """The prompt, where it is typed."""
    if page.get_by_test_id("edit-prompt").count():
        page.get_by_test_id("edit-prompt").click()
    return page.locator(".cm-content[data-testid=prompt-editor]")


def generate(page: Page) -> None:
    page.get_by_test_id("generate").click()


def finished(page: Page) -> None:
    """Wait until nothing is being written and the answer in sight is whole."""
    expect(page.get_by_test_id("stop")).to_have_count(0, timeout=SECONDS)
    expect(page.get_by_test_id("answer-text")).to_have_attribute(
        "data-finish", re.compile("stop|length|context"), timeout=SECONDS
    )


def answer_chip(page: Page, text: str) -> None:
    """Click the first chip of the answer that holds this text."""
    page.get_by_test_id("answer-text").locator("[data-token]").filter(has_text=text).last.click()


def mapped(page: Page) -> None:
    """Wait until a map is there and nothing is being computed."""
    expect(page.get_by_test_id("influence").first).to_be_visible(timeout=SECONDS)
    expect(page.get_by_test_id("influences")).to_have_attribute("aria-busy", "false")


def whole_list(page: Page) -> None:
    """Show every influence, not only the first ones."""
    while page.get_by_test_id("more-influences").count():
        page.get_by_test_id("more-influences").click()


@contextmanager
def view_options(page: Page | Locator) -> Iterator[Locator]:
    """The card with the rest of how it is explained and drawn, open."""
    page.get_by_test_id("view-options").click()
    card = page.get_by_test_id("view-options-card")
    expect(card).to_be_visible()
    yield card
    card.press("Escape")
    expect(card).to_be_hidden()


def tints(page: Page) -> set[str]:
    """The colours on the prompt's chips."""
    return set(
        page.get_by_test_id("prompt-text")
        .locator("[data-token]")
        .evaluate_all("chips => chips.map(chip => chip.style.backgroundColor)")
    )


def strongest(page: Page | Locator) -> Locator:
    """The chip with the strongest colour of the prompt."""
    chips = page.get_by_test_id("prompt-text").locator("[data-token]")
    at = chips.evaluate_all(
        """chips => {
          const strength = (chip) => {
            const channels = (chip.style.backgroundColor.match(/[\\d.]+/g) || [0]).map(Number);
            return Math.max(...channels) - Math.min(...channels);
          };
          const all = chips.map(strength);
          return all.indexOf(Math.max(...all));
        }"""
    )
    return chips.nth(at)


def what_matters_is_seen(page: Page | Locator, influences: int) -> None:
    """The target, the strongest line, the finding and the first influences; nobody scrolled."""
    expect(page.get_by_test_id("found")).to_be_in_viewport(ratio=1, timeout=SECONDS)
    expect(strongest(page)).to_be_in_viewport(ratio=1)
    target = page.get_by_test_id("answer-text").locator("[data-on~=target]").first
    expect(target).to_be_in_viewport(ratio=1)
    for at in range(influences):
        row = page.get_by_test_id("influence").nth(at)
        expect(row.get_by_test_id("proof")).to_be_in_viewport(ratio=1, timeout=SECONDS)
