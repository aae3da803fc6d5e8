"""A widget on the toy, and its page."""

from collections.abc import Iterator

import pytest

import backlit
from backlit.notebook.widget import NotebookWidget
from tests.notebook.view import ROWS, View


@pytest.fixture
def widget() -> Iterator[NotebookWidget]:
    widget = backlit.make_notebook_widget([ROWS], ["toy"])
    yield widget
    widget.close()


@pytest.fixture
def view(widget: NotebookWidget) -> View:
    return View(widget)
