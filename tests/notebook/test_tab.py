"""The page in a tab of its own, served by the kernel."""

import socket
import threading
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest

from backlit.notebook.tab import NewTab
from backlit.serving.models import ServedModel
from backlit.serving.service import Service
from tests.notebook.view import View
from tests.support.service import until


def serves() -> bool:
    return "backlit-server" in {thread.name for thread in threading.enumerate()}


@pytest.fixture
def tab() -> Iterator[NewTab]:
    service = Service([ServedModel("toy", "toy")], [])
    tab = NewTab(service)
    yield tab
    tab.close()
    service.close()
    until(lambda: not serves())


def test_its_address_opens_the_page_and_its_service(tab: NewTab) -> None:
    with httpx2.Client(follow_redirects=True) as client:
        assert "<title>Backlit" in client.get(tab.address).text
        state = client.get(f"{tab.address.partition('?')[0]}api/state")
        assert state.json()["models"][0]["name"] == "toy"


def test_without_a_link_it_says_where_to_find_one(tab: NewTab) -> None:
    address, _, _ = tab.address.partition("?")
    refused = httpx2.get(f"{address}api/state")
    assert refused.status_code == 401
    assert "widget.address" in refused.json()["hint"]


def test_what_is_saved_lets_nobody_in(tab: NewTab) -> None:
    code = tab._access.code()
    for secret in (code, tab._access._token, socket.gethostname()):
        assert secret not in str(tab.get_state())
        assert secret not in repr(tab)
    assert "widget.address" in repr(tab)


def test_a_link_opens_one_browser(tab: NewTab) -> None:
    address = tab.address
    assert httpx2.get(address).status_code == 200
    assert httpx2.get(address).status_code == 401
    assert httpx2.get(tab.address).status_code == 200


def test_its_view_is_told_the_address_when_it_asks(tab: Any) -> None:
    sent: list[dict[str, str]] = []
    tab.send = sent.append
    tab.comm.handle_msg({"content": {"data": {"method": "custom", "content": {}}}, "buffers": []})
    (told,) = sent
    assert httpx2.get(told["address"]).status_code == 200
    assert told["host"] == socket.gethostname()


def test_a_closed_one_serves_no_more(tab: NewTab) -> None:
    assert httpx2.get(tab.address).status_code == 200
    tab.close()
    until(lambda: not serves())
    try:
        answer = httpx2.get(tab.address)
    except httpx2.ConnectError:
        return
    assert answer.status_code == 401, "whoever got the port since knows nothing of our codes"


def test_a_widget_has_one_and_closes_it(view: View, capsys: pytest.CaptureFixture[str]) -> None:
    widget = view.widget
    before = widget.address
    assert before is None
    widget.render(open_in_new_tab=True)
    address: str = widget.address
    printed = capsys.readouterr().out
    assert "widget.address" in printed
    assert address.partition("=")[2] not in printed
    with httpx2.Client(follow_redirects=True) as client:
        client.get(address)
        state = client.get(f"{address.partition('?')[0]}api/state")
        assert state.json()["datasets"][0]["examples"][0]["id"] == "pets"
    widget.render(open_in_new_tab=True)
    assert widget.address.partition("?")[0] == address.partition("?")[0]
    widget.close()
    until(lambda: not serves())
