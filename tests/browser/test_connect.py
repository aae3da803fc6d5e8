"""Connecting a server's model from the page."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.support.axe import violations
from tests.support.endpoints import MODEL, Fake, Odd, faked
from tests.support.page import (
    SECONDS,
    answer_chip,
    finished,
    free_port,
    generate,
    granularity,
    mapped,
    serve,
    tints,
    type_prompt,
)

pytestmark = [pytest.mark.browser, pytest.mark.process]

PROMPT = "The cat likes warm milk.\nThe dog likes cold water.\nThe dog likes"
OPEN = "Connect an endpoint…"


@pytest.fixture
def fake() -> Iterator[Fake]:
    with faked("vllm") as fake:
        yield fake


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with serve("toy", "--allow-endpoints") as address:
        yield address


def asked(page: Page, url: str) -> Locator:
    """The dialog, opened from the picker."""
    page.goto(url)
    ready(page)
    page.get_by_test_id("model-select").focus()
    page.get_by_test_id("model-select").select_option(label=OPEN)
    dialog = page.get_by_test_id("connect")
    expect(dialog).to_be_visible()
    return dialog


def ready(page: Page) -> None:
    status = page.get_by_test_id("model-status")
    expect(status).to_have_attribute("data-status", "ready", timeout=SECONDS)


def test_a_server_is_connected_and_its_answer_explained(page: Page, fake: Fake, url: str) -> None:
    dialog = asked(page, url)
    expect(dialog.get_by_label("Address")).to_be_focused()
    expect(page.get_by_test_id("model-select")).to_have_value("toy")
    page.keyboard.insert_text(f"endpoint:{fake.url}/v1")
    page.keyboard.press("Enter")
    expect(dialog).to_have_count(0)
    select = page.get_by_test_id("model-select")
    expect(select).to_have_value(MODEL)
    expect(select).to_be_focused()
    ready(page)
    expect(page.get_by_test_id("abilities")).to_contain_text(
        "exact, 1 call for each altered prompt, gradients not available"
    )
    type_prompt(page, PROMPT)
    generate(page)
    finished(page)
    granularity(page, "Line")
    answer_chip(page, "water")
    mapped(page)
    assert len(tints(page)) > 1
    page.reload()
    expect(select).to_have_value(MODEL)


def test_what_fails_is_said_beside_what_was_typed(page: Page, fake: Fake, url: str) -> None:
    def website(path: str, body: Any, answer: Any) -> Any:
        raise Odd(200, "<!doctype html><p>Hello</p>", kind="text/html")

    fake.spoil = website
    dialog = asked(page, url)
    address = dialog.get_by_label("Address")
    for typed, said in (
        (f"http://127.0.0.1:{free_port()}", "Nothing answers at 127.0.0.1"),
        (fake.url, "has no API of a model"),
        ("localhost", "An endpoint is an http:// or https:// URL."),
    ):
        address.fill(typed)
        dialog.get_by_role("button", name="Connect").click()
        expect(dialog.get_by_role("alert")).to_contain_text(said)
        expect(address).to_have_value(typed)
        expect(address).to_be_focused()
    assert not violations(dialog)
    for _ in range(10):  # the page behind it is out of reach
        page.keyboard.press("Tab")
        inside = page.evaluate(
            "() => document.activeElement === document.body"  # the browser's own bar
            " || document.activeElement.closest('dialog') !== null"
        )
        assert inside
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    expect(page.get_by_test_id("model-select")).to_be_focused()
    expect(page.get_by_test_id("model-select")).to_have_value("toy")


def test_it_is_cancelled(page: Page, fake: Fake, url: str) -> None:
    fake.go.clear()
    dialog = asked(page, url)
    dialog.get_by_label("Address").fill(fake.url)
    dialog.get_by_role("button", name="Connect").click()
    expect(dialog.get_by_role("status")).to_contain_text("Finding out what the server can")
    assert not violations(dialog)
    dialog.get_by_role("button", name="Cancel").click()
    assert fake.closed.wait(SECONDS / 1000)
    expect(dialog.get_by_label("Address")).to_be_focused()
    expect(dialog.get_by_role("status")).to_have_text(re.compile(r"^\s*$"))


def test_a_page_asks_only_servers_that_it_may(page: Page, fake: Fake) -> None:
    with faked("vllm") as other, serve(f"mine:{fake.source}") as address:
        dialog = asked(page, address)
        expect(dialog.get_by_label("Address")).to_have_value(fake.url)
        dialog.get_by_label("Address").fill(other.url)
        page.keyboard.press("Enter")
        expect(dialog.get_by_role("alert")).to_contain_text("--allow-endpoints")
        assert other.asked == []


def test_where_none_may_be_asked_it_is_not_offered(page: Page, toy_url: str) -> None:
    page.goto(toy_url)
    ready(page)
    expect(page.get_by_test_id("model-select")).not_to_contain_text(OPEN)
