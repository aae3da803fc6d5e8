"""What a browser keeps of a visit: the token is in its cookie, and nowhere that can be read."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from scripts.browser import find
from tests.browser.conftest import ARGUMENTS
from tests.support.page import TOKEN, type_prompt
from tests.support.server import serving

pytestmark = pytest.mark.browser

STATE = """() => JSON.stringify({
    dom: document.documentElement.outerHTML,
    url: location.href,
    local: {...localStorage},
    session: {...sessionStorage},
    cookie: document.cookie,
    history: history.state,
    loaded: performance.getEntries().map((entry) => entry.name),
})"""


def test_a_browser_keeps_it_in_no_page_and_no_file(browser: Browser, tmp_path: Path) -> None:
    profile = tmp_path / "profile"
    with serving("toy", environment={"BACKLIT_TOKEN": TOKEN}) as served:
        context = browser.browser_type.launch_persistent_context(
            profile, executable_path=find(), args=ARGUMENTS
        )
        page = context.new_page()
        page.goto(served.link)
        type_prompt(page, "The cat likes milk. The cat likes")
        page.get_by_test_id("generate").click()
        expect(page.get_by_test_id("answer-text")).to_have_attribute("data-finish", "stop")
        assert TOKEN not in page.evaluate(STATE)
        assert page.url.partition("#")[0] == f"{served.url}/"
        context.close()
    files = [path for path in profile.rglob("*") if path.is_file()]
    code = served.link.partition("code=")[2].encode()
    assert any(code in path.read_bytes() for path in files), "histories keep links, used ones"
    assert [path for path in files if TOKEN.encode() in path.read_bytes()] == []
