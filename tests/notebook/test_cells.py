"""Which widget was made in which cell."""

import json
import sys
from collections.abc import Callable

import pytest

from backlit.notebook import cells as module
from backlit.notebook.cells import Cells, running_cell

Run = Callable[[str, str], None]


class Fake:
    """A widget that knows whether it was closed."""

    def __init__(self, cells: Cells) -> None:
        self.closed = 0
        self._cells = cells
        cells.register(self)

    def close(self) -> None:
        self.closed += 1
        self._cells.forget(self)


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Run:
    """Pretend that a run of a cell goes on from here."""

    def begin(cell: str, number: str) -> None:
        # as ipykernel names a run: the same string again is the same object
        monkeypatch.setattr(module, "running_cell", lambda: (cell, sys.intern(number)))

    return begin


def test_a_cell_that_runs_again_closes_its_widgets(run: Run) -> None:
    cells = Cells()
    run("cell", "1")
    first, second = Fake(cells), Fake(cells)
    run("another", "1")
    other = Fake(cells)
    assert (first.closed, second.closed) == (0, 0)
    run("cell", "2")
    third = Fake(cells)
    assert (first.closed, second.closed, third.closed, other.closed) == (1, 1, 0, 0)


def test_a_widget_that_was_closed_is_not_closed_again(run: Run) -> None:
    cells = Cells()
    run("cell", "1")
    first, second = Fake(cells), Fake(cells)
    first.close()
    run("cell", "2")
    Fake(cells)
    assert (first.closed, second.closed) == (1, 1)


def test_where_no_cell_runs_nothing_is_closed(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Such as a widget that a button makes."""
    cells = Cells()
    run("cell", "1")
    first = Fake(cells)
    monkeypatch.setattr(module, "running_cell", lambda: None)
    Fake(cells)
    assert first.closed == 0


def test_outside_of_a_notebook_there_is_no_cell() -> None:
    assert running_cell() is None


class Kernel:
    """An IPython kernel that works on this message."""

    def __init__(self, message: dict[str, object]) -> None:
        self._message = message

    def get_parent(self, channel: str) -> dict[str, object]:
        assert channel == "shell"
        return json.loads(json.dumps(self._message))  # type: ignore[no-any-return]


def working_on(
    monkeypatch: pytest.MonkeyPatch, id_: str, code: str, kind: str = "execute_request", **more: str
) -> None:
    message: dict[str, object] = {
        "header": {"msg_type": kind, "msg_id": id_},
        "metadata": more,
        "content": {"code": code},
    }
    monkeypatch.setattr(module, "ipython_kernel", lambda: Kernel(message))


def test_a_cell_is_known_by_its_id_and_its_run_by_the_request(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    working_on(monkeypatch, "1", "code", cellId="c")
    first, same = running_cell(), running_cell()
    working_on(monkeypatch, "2", "other code", cellId="c")
    again = running_cell()
    assert first is not None
    assert same is not None
    assert again is not None
    assert first[0] == again[0] == "c"
    assert first[1] is same[1]
    assert first[1] is not again[1]


def test_a_cell_without_an_id_is_known_by_its_code(monkeypatch: pytest.MonkeyPatch) -> None:
    names = []
    for id_, code in (("1", "code"), ("2", "code"), ("3", "other")):
        working_on(monkeypatch, id_, code)
        cell = running_cell()
        assert cell is not None
        names.append(cell[0])
    assert names[0] == names[1] != names[2]


def test_what_a_button_does_is_in_no_cell(monkeypatch: pytest.MonkeyPatch) -> None:
    working_on(monkeypatch, "1", "code", kind="comm_msg")
    assert running_cell() is None
